"""Inverse methods, all behind one call: propose(name, designer, query, prescribed, …) → distinct designs, best first."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.inverse.adjoint import descend, expected_misfit
from hardmag.inverse.feasible import CONTINUOUS, features_at, is_feasible, snapped, space_of
from hardmag.inverse.i_nn import impossible
from hardmag.inverse.posterior import draw
from hardmag.inverse.success import misfit
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.rows import FEATURES, GEOMETRY, TARGETS

# Two designs are distinct if they differ in the Z set, or by this in L, d, wS, wZ and α, each in standard deviations of the
# training rows: for values spread evenly, 1 is 29 % of the range.
MIN_DISTANCE = 0.3


@dataclass(frozen=True)
class Method:
    """label: for tables. candidates(designer, space, query, seed) → (values (n, 5), z_set (n,)), feasible but for rounding;
    None for the i-NN, of which each training gives one. ranked: whether the ensemble orders them; they come in order
    otherwise."""

    label: str
    candidates: Callable | None = None
    ranked: bool = False


@dataclass(frozen=True)
class Proposal:
    """parameters: {L_nm, d_nm, wS_nm, wZ_nm, alpha_deg, z_set}; predicted: by the ensemble, {target: value, its standard
    deviation over the members (_std), half its 95 % interval (_half_width, None if unknown)}; claimed: {target: value} by
    the network through which the method found it; possible, reason: whether such a structure exists and is no thinner
    than the thinnest of the data, so that the voxels show it; in_range: whether it lies within the data."""

    parameters: dict
    predicted: dict
    claimed: dict
    possible: bool
    reason: str | None
    in_range: bool


def propose(name, designer, query, prescribed, *, count, seed, inverse=()):
    """At most `count` Proposals of the method `name` for the query (2,), best first.

    prescribed: {parameter: value} of L_nm, d_nm, wS_nm, wZ_nm, alpha_deg, z_set, all kept exactly. inverse: InverseModels
    for `i_nn`, of which each gives one design. Raises UserError for an unknown method and for values that contradict the
    data. Whether the query is within reach is for the caller to ask (hardmag.inverse.reach).
    """
    if name not in METHODS:
        raise UserError(f"method: {name!r} is not one of {', '.join(METHODS)}")
    space = space_of(designer.bounds, prescribed)
    method = METHODS[name]
    if method.candidates is None:
        return [_answered(designer, model, space, query, prescribed) for model in inverse[:count]]
    values, z_set = method.candidates(designer, space, query, seed)
    values = snapped(space, values)
    if method.ranked:
        with torch.no_grad():
            expected = expected_misfit(designer.ensemble, torch.from_numpy(features_at(values, z_set)), query)
        order = np.argsort(expected.numpy(), kind="stable")
        values, z_set = values[order], z_set[order]
    kept = distinct(designer, values, z_set, count)
    return [proposal(designer, values[i], str(z_set[i])) for i in kept]


def distinct(designer, values, z_set, count):
    """Indices of the first `count` of values (n, 5), z_set (n,), that are MIN_DISTANCE from all before them."""
    scaled = designer.ensemble.feature_scaler.columns(slice(0, len(CONTINUOUS))).transform(np.asarray(values))
    kept = []
    for i in range(len(scaled)):
        far = [z_set[i] != z_set[k] or np.linalg.norm(scaled[i] - scaled[k]) >= MIN_DISTANCE for k in kept]
        if all(far):
            kept.append(i)
        if len(kept) == count:
            break
    return kept


def proposal(designer, values, z_set, claimed=None):
    """Proposal of values (5,) and a Z set; claimed: (2,), by default what the ensemble predicts."""
    found = designer.predict(values[None], z_set)
    mean, std, half = (array[0] for array in (found.mean, found.deviation, found.half_width))
    lengths = dict(zip(GEOMETRY, values[: len(GEOMETRY)].tolist(), strict=True))
    reason = impossible(**lengths) or _too_thin(designer, lengths)
    predicted = {}
    for i, target in enumerate(TARGETS):
        predicted |= {
            target: float(mean[i]),
            f"{target}_std": float(std[i]),
            f"{target}_half_width": float(half[i]) if np.isfinite(half[i]) else None,
        }
    return Proposal(
        parameters=lengths | {"alpha_deg": float(values[-1]), "z_set": z_set},
        predicted=predicted,
        claimed=dict(zip(TARGETS, (mean if claimed is None else claimed).tolist(), strict=True)),
        possible=reason is None,
        reason=reason,
        in_range=bool(is_feasible(designer.bounds, values[None])[0]),
    )


def _too_thin(designer, lengths):
    for name in ("wS_nm", "wZ_nm"):
        least = designer.metadata["cell_nm"]
        if lengths[name] < least:
            return f"{name} = {lengths[name]:.4g} must be >= the cell's edge {least:g}"
    return None


def _answered(designer, model, space, query, prescribed):
    """What the i-NN gives. UserError where it was trained for something else."""
    wanted = {"alpha_deg": prescribed.get("alpha_deg")}
    wanted |= z_properties(prescribed["z_set"]) if "z_set" in prescribed else {}
    if set(prescribed) != {"alpha_deg", "z_set"} or model.prescribed != wanted:
        trained = ", ".join(f"{name} = {value:g}" for name, value in model.prescribed.items())
        raise UserError(f"method: i_nn was trained for {trained}, designs all lengths, and can serve nothing else")
    values = snapped(space, model.features(query[None])[:, : len(CONTINUOUS)])
    claimed = model.forward.predict(features_at(values, prescribed["z_set"])).mean
    return proposal(designer, values[0], prescribed["z_set"], claimed[0])


def _nearest(designer, space, query, seed):
    """Training rows in the order of the misfit of their targets, among those that have what is prescribed."""
    fits = np.isin(designer.z_set, space.z_sets)
    for name, value in space.fixed.items():
        fits &= np.isclose(designer.x[:, FEATURES.index(name)], value, rtol=1e-6, atol=0)
    rows = np.flatnonzero(fits)
    order = rows[np.argsort(misfit(designer.y[rows], query), kind="stable")]
    return designer.x[order, : len(CONTINUOUS)], designer.z_set[order]


METHODS = {
    "i_nn": Method("i-NN (Yang et al.)"),
    "neural_adjoint": Method(
        "neural adjoint", lambda designer, space, query, seed: descend(designer.ensemble, space, query, seed), ranked=True
    ),
    "posterior": Method("posterior estimation", draw, ranked=True),
    "nearest": Method("nearest training point", _nearest, ranked=False),
}
