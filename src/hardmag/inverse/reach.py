"""Which targets the data support at what is prescribed: those that a simulated one would meet, or no farther from simulated
ones than these are from each other. benchmarks/reach.py compares the rule with others."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.inverse.feasible import values_at
from hardmag.inverse.success import is_success
from hardmag.surrogates.conformal import BIN_DEG, MAX_LEVELS

NEIGHBOURS = 3  # a distance is the mean over so many nearest targets
QUANTILE = 0.95  # of the distances of the data's own targets, each to the others: the largest that is within reach; or else a
# target must be a success for the query: without this the nearest target that a refusal names could be refused in turn
CLOUD = 2048  # designs whose predicted targets stand for what is reachable with numbers prescribed


@dataclass(frozen=True)
class Reach:
    """reachable; distance of the query and the largest allowed, both in standard deviations of the targets; nearest: {target:
    value} of the nearest target within reach, None where there is none; origin: 'simulated', or 'predicted' where numbers
    beside the angle are prescribed."""

    reachable: bool
    distance: float
    limit: float
    nearest: dict
    origin: str


def reach(designer, space, query):
    """Reach of the query (t,) at what the space leaves free.

    Targets of training rows with the levels of the space, and with the angle where it is prescribed (or at both neighbouring
    angles of the data), must lie near the query. Where other numbers are prescribed, of which the data know few, targets that
    the ensemble predicts over the space must do so too, at the same limit.
    """
    known = _asked(designer.y[matching(designer, space)], query)
    own = np.array([_mean_of_nearest(np.sort(target_distance(designer, known, one))[1:]) for one in known])
    limit = float(np.quantile(own, QUANTILE))
    found = _reach(designer, known, query, limit, "simulated")
    if all(name in space.names for name in designer.structures.names):
        return found
    cloud = _asked(_predicted_cloud(designer, space), query)
    predicted = _reach(designer, cloud, query, limit, "predicted")
    if found.reachable and predicted.reachable:
        return predicted
    order = cloud[np.argsort(target_distance(designer, cloud, query))]
    both = (_named(designer, one) for one in order if _reach(designer, known, one, limit, "simulated").reachable)
    return replace(predicted if found.reachable else found, nearest=next(both, None), origin="predicted")


def matching(designer, space):
    """Indices of the designer's rows that tell what is reachable in the space. UserError for fewer than 4."""
    fits, angle = np.isin(designer.level, space.levels), designer.variables.angle
    if angle in space.fixed:
        fits &= _at_angle(designer.angle(designer.x), space.fixed[angle], fits)
    rows = np.flatnonzero(fits)
    if len(rows) <= NEIGHBOURS:
        given = [f"{angle} = {space.fixed[angle]:g}"] if angle in space.fixed else []
        given = ", ".join([*given, *(level for level in space.levels if level)])
        raise UserError(f"prescribed: {given}: {len(rows)} rows of the data have it, at least {NEIGHBOURS + 1} are needed")
    return rows


def _at_angle(angles, wanted, fits):
    """(n,) bool: whether angles (n,) are the wanted one, or neighbours of it; where angles were sampled rather than listed,
    whether they are near it."""
    listed = np.unique(angles[fits])
    if len(listed) > MAX_LEVELS:
        return np.abs(angles - wanted) <= BIN_DEG / 2
    below, above = listed[listed <= wanted + 1e-6], listed[listed >= wanted - 1e-6]
    return np.isin(angles, [*below[-1:], *above[:1]])


def target_distance(designer, targets, query):
    """(n,) distances of targets (n, t) from the query (t,), in standard deviations of the training targets; over those that are
    asked for."""
    scaler = designer.ensemble.target_scaler
    return np.linalg.norm(np.where(np.isnan(query), 0, scaler.transform(targets) - scaler.transform(query)), axis=1)


def _reach(designer, known, query, limit, origin):
    distances = target_distance(designer, known, query)
    distance = _mean_of_nearest(np.sort(distances))
    reachable = distance <= limit or bool(is_success(known, query, designer.variables.targets).any())
    return Reach(reachable, distance, limit, _named(designer, known[np.argmin(distances)]), origin)


def _asked(targets, query):
    """Targets (n, t), NaN where the query (t,) asks for none."""
    return np.where(np.isnan(query), np.nan, targets)


def _named(designer, values):
    """{target: value} of those that are asked for."""
    return {name: value for name, value in zip(designer.variables.targets, values.tolist(), strict=True) if not np.isnan(value)}


def _mean_of_nearest(ordered):
    return float(ordered[:NEIGHBOURS].mean())


def _predicted_cloud(designer, space):
    """(n, t) targets predicted for designs that lie evenly in the space."""
    k = max(1, len(space.names))
    even = torch.quasirandom.SobolEngine(k, scramble=True, seed=1).draw(CLOUD, dtype=torch.float64).clamp(1e-6, 1 - 1e-6)
    values = values_at(space, torch.special.ndtri(even)[:, : len(space.names)]).numpy()
    level = np.resize(np.array(space.levels), CLOUD)
    return designer.ensemble.predict(designer.variables.features_at(values, level)).physical(designer.variables.targets).mean
