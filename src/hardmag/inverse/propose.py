"""Inverse methods, all behind one call: propose(name, designer, query, prescribed, …) → distinct designs, best first."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.inverse.adjoint import descend, expected_misfit
from hardmag.inverse.feasible import is_feasible, snapped, space_of
from hardmag.inverse.posterior import draw
from hardmag.inverse.sparing import spare
from hardmag.inverse.success import misfit

# Two designs are distinct if they differ in the level, or by this in their numbers, each in standard deviations of the training
# rows: for values spread evenly, 1 is 29 % of the range.
MIN_DISTANCE = 0.3


@dataclass(frozen=True)
class Method:
    """label: for tables. candidates(designer, space, query, seed) → (values (n, k), level (n,)), feasible but for rounding;
    None for the i-NN, of which each training gives one. ranked: whether the ensemble orders them; they come in order
    otherwise. partial: whether some targets may not be asked for, NaN in the query."""

    label: str
    candidates: Callable | None = None
    ranked: bool = False
    partial: bool = False


@dataclass(frozen=True)
class Proposal:
    """parameters: {name: value} of all that a design sets; predicted: by the ensemble, {target: value, its standard
    deviation over the members (_std), half its 95 % interval (_half_width, None if unknown)}; claimed: {target: value} by
    the network through which the method found it; possible, reason: whether its kind can draw such a structure; in_range:
    whether it lies within the data."""

    parameters: dict
    predicted: dict
    claimed: dict
    possible: bool
    reason: str | None
    in_range: bool


def propose(name, designer, query, prescribed, *, count, seed, inverse=(), least=None):
    """At most `count` Proposals of the method `name` for the query (t,), best first.

    prescribed: {parameter: value}, all kept exactly. inverse: InverseModels for `i_nn`, of which each gives one design. least:
    column of the kind of which designs shall have little (see sparing), for methods whose designs the ensemble orders. Raises
    UserError for an unknown method and for values that contradict the data. Whether the query is within reach is for the caller
    to ask (hardmag.inverse.reach). Structures that their kind cannot draw are left out, but for those of an i-NN, which has no
    other.
    """
    if name not in METHODS:
        raise UserError(f"method: {name!r} is not one of {', '.join(METHODS)}")
    space = space_of(designer.bounds, prescribed)
    method = METHODS[name]
    if least is not None and not method.ranked:
        able = ", ".join(name for name, method in METHODS.items() if method.ranked)
        raise UserError(f"least: goes with the methods {able}, not with {name}")
    if method.candidates is None:
        return [_answered(designer, model, space, query, prescribed) for model in inverse[:count]]
    values, level = method.candidates(designer, space, query, seed)
    values = snapped(space, values)
    if method.ranked:
        with torch.no_grad():
            expected = expected_misfit(designer, torch.from_numpy(values), level, query)
        order = np.argsort(expected.numpy(), kind="stable")
        values, level = values[order], level[order]
    if least is not None:
        values, level = spare(designer, space, query, least, (values, level), seed)
    kept = distinct(designer, values, level, count)
    return [proposal(designer, values[i], str(level[i])) for i in kept]


def distinct(designer, values, level, count):
    """Indices of the first `count` of values (n, k), level (n,), that exist and are MIN_DISTANCE from all before them."""
    scaled = designer.scaler.transform(np.asarray(values))
    kept = []
    for i in range(len(scaled)):
        far = [level[i] != level[k] or np.linalg.norm(scaled[i] - scaled[k]) >= MIN_DISTANCE for k in kept]
        if all(far) and designer.impossible(designer.parameters(values[i], level[i])) is None:
            kept.append(i)
        if len(kept) == count:
            break
    return kept


def proposal(designer, values, level, claimed=None):
    """Proposal of values (k,) and a level; claimed: (t,), by default what the ensemble predicts."""
    found, targets = designer.predict(values[None], level), designer.variables.targets
    mean, std, half = (array[0] for array in (found.mean, found.deviation, found.half_width))
    parameters = designer.parameters(values, level)
    reason = designer.impossible(parameters)
    predicted = {}
    for i, target in enumerate(targets):
        predicted |= {
            target: float(mean[i]),
            f"{target}_std": float(std[i]),
            f"{target}_half_width": float(half[i]) if np.isfinite(half[i]) else None,
        }
    return Proposal(
        parameters=parameters,
        predicted=predicted,
        claimed=dict(zip(targets, (mean if claimed is None else claimed).tolist(), strict=True)),
        possible=reason is None,
        reason=reason,
        in_range=bool(is_feasible(designer.bounds, values[None])[0]),
    )


def _answered(designer, model, space, query, prescribed):
    """What the i-NN gives. UserError where it was trained for something else."""
    if model.prescribed != prescribed:
        trained = ", ".join(f"{name} = {value}" for name, value in model.prescribed.items())
        raise UserError(f"method: i_nn was trained for {trained}, designs all else, and can serve nothing else")
    level = prescribed.get(designer.variables.level, "")
    values = snapped(space, model.values(query[None]))
    claimed = model.forward.predict(designer.variables.features_at(values, level)).mean
    return proposal(designer, values[0], level, claimed[0])


def _nearest(designer, space, query, seed):
    """Training rows in the order of the misfit of their targets, among those that have what is prescribed."""
    fits = np.isin(designer.level, space.levels)
    for name, value in space.fixed.items():
        fits &= np.isclose(designer.values[:, designer.variables.numbers.index(name)], value, rtol=1e-6, atol=0)
    rows = np.flatnonzero(fits)
    order = rows[np.argsort(misfit(designer.y[rows], query, designer.variables.targets), kind="stable")]
    return designer.values[order], designer.level[order]


METHODS = {
    "i_nn": Method("i-NN (Yang et al.)"),
    "neural_adjoint": Method("neural adjoint", descend, ranked=True, partial=True),
    "posterior": Method("posterior estimation", draw, ranked=True),
    "nearest": Method("nearest training point", _nearest, partial=True),
}
