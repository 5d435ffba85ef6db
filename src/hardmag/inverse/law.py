"""The law by which a nanostructure switches, as the surrogates of a campaign predict it: µ0·Hc over the angle of the field."""

from pathlib import Path

import numpy as np

import hardmag
from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.inverse.answer import prediction_of
from hardmag.inverse.exists import structure
from hardmag.inverse.store import load_designer
from hardmag.materials import MU0, stoner_wohlfarth_field
from hardmag.nanostructures.laws import write_law
from hardmag.switching import SwitchingLaw

STEP_DEG = 5
TARGET = "mu0_Hc_T"


def write_switching_law(folder, parameters, path):
    """Write the law of a nanostructure to a file; returns what to say of it, in one line.

    folder: results/<campaign>; parameters: as of answer.predict, but for the angle, over which the law runs. Beyond the largest
    angle of the surrogate's rows it goes on as Stoner and Wohlfarth's law does, in proportion. Raises UserError as predict
    does, and for a surrogate that has no coercivity or no small angles.
    """
    source = Path(folder) / "designer.h5"
    designer = load_designer(source)
    known_deg, predicted = _predicted(designer, parameters)
    law = continued(list(predicted), [found.mean[TARGET] for found in predicted.values()])
    first = predicted[0]
    given = {name: value for name, value in first.parameters.items() if name != designer.variables.angle}
    body = structure(designer.variables, designer.metadata["shared"], first.parameters).build(np.random.default_rng(0))
    outside = [name for name in first.extrapolated if name != designer.variables.angle]
    about = {
        "of": designer.metadata["shared"] | given,
        "surrogate_sha256": sha256(source),
        "hardmag_version": hardmag.__version__,
        "physics_version": designer.metadata["physics_version"],
        "known_to_deg": known_deg,
        "half_width_T": [found.half_width[TARGET] for found in predicted.values()],  # up to that angle
        "extrapolated": outside,
        "remark": first.remark,
    }
    write_law(path, law, round(body.mean_Ms_A_per_m() * MU0, 9), about)
    text = f"µ0H_sw = {law.at(0):.3f} T at 0 deg, {law.at(known_deg):.3f} T at {known_deg:g} deg, from where it is continued"
    said = [*([first.remark] if first.remark else []), *([f"extrapolated: {', '.join(outside)}"] if outside else [])]
    return "; ".join([f"{text}; written to {path}", *said])


def continued(angles_deg, fields_T):
    """SwitchingLaw of fields at angles from 0, which beyond the last goes on as Stoner and Wohlfarth's law, in proportion."""
    beyond = np.arange(0, 90 + STEP_DEG, STEP_DEG)
    angles = np.concatenate([angles_deg, beyond[beyond > angles_deg[-1]]])
    shape = stoner_wohlfarth_field(0.5, 1.0, np.radians(angles[len(fields_T) - 1 :]))
    fields = np.concatenate([fields_T, fields_T[-1] * shape[1:] / shape[0]])
    return SwitchingLaw(tuple(angles.astype(float).tolist()), tuple(fields.round(6).tolist()))


def _predicted(designer, parameters):
    """(largest angle of the rows, {angle: Predicted} up to it)."""
    variables = designer.variables
    angle = variables.angle
    if TARGET not in variables.targets:
        raise UserError(f"the surrogates predict {', '.join(variables.targets)}, and not {TARGET}")
    if angle in parameters:
        raise UserError(f"{angle}: goes not with a law, which runs over it")
    if angle != "alpha_deg" and (variables.fixed | parameters).get("alpha_deg", 0) != 0:
        raise UserError(f"alpha_deg: must be 0 of a law, which runs over {angle}")
    low, high = designer.training_range[angle]
    if low > STEP_DEG:
        raise UserError(f"{angle}: the surrogate's rows begin at {low:g} deg, and those of a law at 0")
    known_deg = min(round(high), 90)
    angles = list(dict.fromkeys([*range(0, known_deg, STEP_DEG), known_deg]))
    return known_deg, {a: prediction_of(designer, parameters | {angle: float(a)}) for a in angles}
