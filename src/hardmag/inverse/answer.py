"""Questions to the surrogates of a campaign, answered in words: what is predicted for a nanostructure; designs for a query with
what is predicted for them, or the refusal."""

from pathlib import Path

import numpy as np

from hardmag.errors import UserError
from hardmag.inverse.feasible import space_of
from hardmag.inverse.i_nn import impossible
from hardmag.inverse.propose import METHODS, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.store import load_designer, load_inverse
from hardmag.inverse.success import TOLERANCE_HC, TOLERANCE_PHI_P, checked_query, is_success
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.report import poor
from hardmag.surrogates.rows import GEOMETRY, TARGETS, within_range

SEED = 1  # of the starts and draws: the same question has the same answer
FREE = "free"  # instead of an angle or a Z set: to be designed too
BEHIND = "behind ±: half the 95 % interval of the prediction"


def prediction(folder, lengths, alpha_deg, z_set):
    """What the ensemble of results/<campaign> predicts for a nanostructure; lengths: {L_nm, d_nm, wS_nm, wZ_nm}.

    Raises UserError where it cannot exist, and for missing files.
    """
    reason = impossible(**lengths)
    if reason is not None:
        raise UserError(reason)
    if not 0 <= alpha_deg <= 90:
        raise UserError(f"alpha = {alpha_deg:g} must be from 0 to 90 degrees")
    designer = load_designer(Path(folder) / "designer.h5")
    values = [*(lengths[name] for name in GEOMETRY), alpha_deg]
    found = designer.predict(np.array([values]), z_set)
    mean, half_width = found.mean[0], found.half_width[0]
    Hc, phi_p = (f"{m:.3f} ± {_half(w if np.isfinite(w) else None)}" for m, w in zip(mean, half_width, strict=True))
    lines = [*_warning(designer), f"mu0_Hc_T = {Hc}, phi_p = {phi_p}", BEHIND]
    features = lengths | {"alpha_deg": alpha_deg} | z_properties(z_set)
    outside = [name for name, value in features.items() if not within_range(value, *designer.training_range[name])]
    if outside:
        lines.append(f"extrapolated: {', '.join(outside)} lie outside the training range, where no interval holds")
    return "\n".join(lines)


def _warning(designer):
    """The line to begin with where the ensemble predicts poorly. A designer of an older version does not know."""
    found = poor(designer.metadata.get("R2_left_out", {}))
    return [found] if found else []


def _half(width):
    return "unknown" if width is None else f"{width:.3f}"


def answer(folder, mu0_Hc_T, phi_p, prescribed, *, method, count):
    """(text, refusal), one of them None, from results/<campaign>.

    prescribed: {parameter: value} of the lengths, alpha_deg and z_set; of the last two, what is left out is as the campaign
    prescribes it, and FREE is designed. Raises UserErrors of propose and for missing files.
    """
    query = checked_query(mu0_Hc_T, phi_p)
    designer = load_designer(Path(folder) / "designer.h5")
    prescribed = designer.metadata["prescribed"] | prescribed
    prescribed = {name: value for name, value in prescribed.items() if value != FREE}
    found = reach(designer, space_of(designer.bounds, prescribed), query)
    if not found.reachable:
        refusal = f"out of reach of the data at what is prescribed: {_targets(query)}; "
        if found.nearest is None:
            return None, refusal + "so is every target that is predicted with these lengths"
        return None, refusal + f"the nearest {found.origin} target is {_targets([found.nearest[t] for t in TARGETS])}"
    inverse = (load_inverse(Path(folder) / "inverse.h5"),) if METHODS[method].candidates is None else ()
    designs = propose(method, designer, query, prescribed, count=count, seed=SEED, inverse=inverse)
    if not designs:
        return None, "no row of the data has what is prescribed; the other methods design beyond the rows"
    return "\n".join([*_warning(designer), _text(designs, query, count)]), None


def _text(designs, query, count):
    columns = (*GEOMETRY, "alpha_deg", "z_set", *TARGETS)
    lines = ["".join(f"{name:>{_width(name)}s}" for name in columns), *map(_line, designs)]
    met = sum(is_success([design.predicted[t] for t in TARGETS], query) for design in designs)
    tolerance = f"{100 * TOLERANCE_HC:g} % of mu0_Hc_T and {TOLERANCE_PHI_P:g} of phi_p"
    lines += [
        f"{met} of {len(designs)} are predicted to be within {tolerance}",
        f"{BEHIND}; in brackets: standard deviation over the networks",
    ]
    if len(designs) < count:
        lines.append(f"no more than {len(designs)} distinct design{'s were' if len(designs) > 1 else ' was'} found")
    return "\n".join(lines)


def _width(name):
    return 26 if name in TARGETS else 12


def _line(design):
    cells = [f"{design.parameters[name]:12.10g}" for name in (*GEOMETRY, "alpha_deg")] + [f"{design.parameters['z_set']:>12s}"]
    for target in TARGETS:
        value, std, half = (design.predicted[f"{target}{part}"] for part in ("", "_std", "_half_width"))
        cells.append(f"{value:.3f} ± {_half(half)} ({std:.3f})".rjust(26))
    return "".join(cells)


def _targets(values):
    return ", ".join(f"{name} = {value:.3f}" for name, value in zip(TARGETS, values, strict=True))
