"""Questions to the surrogates of a campaign: what is predicted for a nanostructure; designs for a query, or the refusal."""

from pathlib import Path

import numpy as np

from hardmag.errors import UserError, meant
from hardmag.inverse.feasible import CONTINUOUS, space_of
from hardmag.inverse.i_nn import impossible
from hardmag.inverse.propose import METHODS, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.store import load_designer, load_inverse
from hardmag.inverse.success import checked_query
from hardmag.inverse.values import Designs, Predicted
from hardmag.materials import Z_PHASES
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.report import poor
from hardmag.surrogates.rows import GEOMETRY, TARGETS, within_range

SEED = 1  # of the starts and draws: the same question has the same answer
FREE = "free"  # instead of an angle or a Z set: to be designed too
PARAMETERS = (*CONTINUOUS, "z_set")


def predict(folder, parameters):
    """What the ensemble of results/<campaign> predicts for a nanostructure: a Predicted.

    parameters: {name: value} of the lengths, alpha_deg and z_set; of the last two, what is left out is as the campaign
    prescribes it. Raises UserError where such a structure cannot exist, for unknown and missing parameters, and for missing
    files.
    """
    designer = load_designer(Path(folder) / "designer.h5")
    unknown = [name for name in parameters if name not in PARAMETERS]
    if unknown:
        raise UserError(f"{unknown[0]}: not a parameter; there are {', '.join(PARAMETERS)}{meant(unknown[0], PARAMETERS)}")
    parameters = designer.metadata["prescribed"] | parameters
    missing = [name for name in PARAMETERS if name not in parameters]
    if missing:
        raise UserError(f"{missing[0]}: required parameter is missing; there are {', '.join(PARAMETERS)}")
    numbers = {name: _number(name, parameters[name]) for name in CONTINUOUS}
    reason = impossible(**{name: numbers[name] for name in GEOMETRY})
    if reason is not None:
        raise UserError(reason)
    if not 0 <= numbers["alpha_deg"] <= 90:
        raise UserError(f"alpha_deg = {numbers['alpha_deg']:g} must be from 0 to 90 degrees")
    if parameters["z_set"] not in Z_PHASES:
        raise UserError(f"z_set = {parameters['z_set']!r} is not one of {', '.join(Z_PHASES)}")
    return _predicted(designer, numbers | {"z_set": parameters["z_set"]})


def design(folder, wanted, prescribed, *, method, count):
    """Designs for {target: value} from results/<campaign>, at most `count`, or their refusal.

    prescribed: {parameter: value} of the lengths, alpha_deg and z_set; of the last two, what is left out is as the campaign
    prescribes it, and FREE is designed. Raises UserErrors of propose, for wrong arguments and for missing files.
    """
    if set(wanted) != set(TARGETS):
        raise UserError(f"wanted: must hold {' and '.join(TARGETS)}, got {', '.join(wanted) or 'nothing'}")
    query = checked_query(*(_number(f"query: {name}", wanted[name]) for name in TARGETS))
    wanted = dict(zip(TARGETS, query.tolist(), strict=True))
    if method not in METHODS:
        raise UserError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    if not isinstance(count, int) or count < 1:
        raise UserError(f"count: {count!r} must be a whole number >= 1")
    designer = load_designer(Path(folder) / "designer.h5")
    prescribed = designer.metadata["prescribed"] | prescribed
    prescribed = {name: value for name, value in prescribed.items() if value != FREE}
    prescribed = {n: _number(f"prescribed: {n}", value) if n in CONTINUOUS else value for n, value in prescribed.items()}
    found = reach(designer, space_of(designer.bounds, prescribed), query)
    if not found.reachable:
        refusal = f"out of reach of the data at what is prescribed: {_targets(wanted)}; "
        if found.nearest is None:
            refusal += "so is every target that is predicted with these lengths"
        else:
            refusal += f"the nearest {found.origin} target is {_targets(found.nearest)}"
        return Designs(wanted, (), count, refusal, found.nearest)
    inverse = (load_inverse(Path(folder) / "inverse.h5"),) if METHODS[method].candidates is None else ()
    proposals = propose(method, designer, query, prescribed, count=count, seed=SEED, inverse=inverse)
    if not proposals:
        return Designs(wanted, (), count, "no row of the data has what is prescribed; the other methods design beyond the rows")
    return Designs(wanted, tuple(_predicted(designer, p.parameters) for p in proposals), count, remark=_remark(designer))


def _predicted(designer, parameters):
    """Predicted of a nanostructure that can exist."""
    values = np.array([[parameters[name] for name in CONTINUOUS]])
    found = designer.predict(values, parameters["z_set"])
    mean, std, half = (array[0].tolist() for array in (found.mean, found.deviation, found.half_width))
    features = {name: value for name, value in parameters.items() if name != "z_set"} | z_properties(parameters["z_set"])
    outside = (name for name, value in features.items() if not within_range(value, *designer.training_range[name]))
    return Predicted(
        parameters=parameters,
        mean=dict(zip(TARGETS, mean, strict=True)),
        std=dict(zip(TARGETS, std, strict=True)),
        half_width={target: width if np.isfinite(width) else None for target, width in zip(TARGETS, half, strict=True)},
        extrapolated=tuple(outside),
        remark=_remark(designer),
    )


def _remark(designer):
    """What to say first where the ensemble predicts poorly, or None. A designer of an older version does not know."""
    return poor(designer.metadata.get("R2_left_out", {}))


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UserError(f"{name} = {value!r} must be a number") from None


def _targets(values):
    return ", ".join(f"{name} = {values[name]:.3f}" for name in TARGETS)
