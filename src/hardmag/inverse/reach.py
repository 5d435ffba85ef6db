"""Which targets the data support at what is prescribed: those that a simulated one would meet, or no farther from simulated
ones than these are from each other. benchmarks/reach.py compares the rule with others."""

from dataclasses import dataclass, replace

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.inverse.feasible import features_at, values_at
from hardmag.inverse.success import is_success
from hardmag.surrogates.rows import FEATURES, TARGETS

NEIGHBOURS = 3  # a distance is the mean over so many nearest targets
QUANTILE = 0.95  # of the distances of the data's own targets, each to the others: the largest that is within reach; or else a
# target must be a success for the query: without this the nearest target that a refusal names could be refused in turn
CLOUD = 2048  # designs whose predicted targets stand for what is reachable with lengths prescribed


@dataclass(frozen=True)
class Reach:
    """reachable; distance of the query and the largest allowed, both in standard deviations of the targets; nearest: {target:
    value} of the nearest target within reach, None where there is none; origin: 'simulated', or 'predicted' where lengths are
    prescribed."""

    reachable: bool
    distance: float
    limit: float
    nearest: dict
    origin: str


def reach(designer, space, query):
    """Reach of the query (2,) at what the space leaves free.

    Targets of training rows with the Z sets of the space, and with α where it is prescribed (or at both neighbouring angles
    of the data), must lie near the query. Where lengths are prescribed, of which the data know few, targets that the
    ensemble predicts over the space must do so too, at the same limit.
    """
    known = designer.y[matching(designer, space)]
    own = np.array([_mean_of_nearest(np.sort(target_distance(designer, known, one))[1:]) for one in known])
    limit = float(np.quantile(own, QUANTILE))
    found = _reach(designer, known, query, limit, "simulated")
    if all(name in space.names for name in designer.lengths.names):
        return found
    cloud = _predicted_cloud(designer, space)
    predicted = _reach(designer, cloud, query, limit, "predicted")
    if found.reachable and predicted.reachable:
        return predicted
    order = cloud[np.argsort(target_distance(designer, cloud, query))]
    both = (_named(one) for one in order if _reach(designer, known, one, limit, "simulated").reachable)
    return replace(predicted if found.reachable else found, nearest=next(both, None), origin="predicted")


def matching(designer, space):
    """Indices of the designer's rows that tell what is reachable in the space. UserError for fewer than 4."""
    fits = np.isin(designer.z_set, space.z_sets)
    if "alpha_deg" in space.fixed:
        alpha, wanted = designer.x[:, FEATURES.index("alpha_deg")], space.fixed["alpha_deg"]
        levels = np.unique(alpha[fits])
        below, above = levels[levels <= wanted + 1e-6], levels[levels >= wanted - 1e-6]
        fits &= np.isin(alpha, [*below[-1:], *above[:1]])
    rows = np.flatnonzero(fits)
    if len(rows) <= NEIGHBOURS:
        given = ", ".join([f"alpha_deg = {space.fixed['alpha_deg']:g}"] * ("alpha_deg" in space.fixed) + list(space.z_sets))
        raise UserError(f"prescribed: {given}: {len(rows)} rows of the data have it, at least {NEIGHBOURS + 1} are needed")
    return rows


def target_distance(designer, targets, query):
    """(n,) distances of targets (n, 2) from the query (2,), in standard deviations of the training targets."""
    scaler = designer.ensemble.target_scaler
    return np.linalg.norm(scaler.transform(targets) - scaler.transform(query), axis=1)


def _reach(designer, known, query, limit, origin):
    distances = target_distance(designer, known, query)
    distance = _mean_of_nearest(np.sort(distances))
    reachable = distance <= limit or bool(is_success(known, query).any())
    return Reach(reachable, distance, limit, _named(known[np.argmin(distances)]), origin)


def _named(pair):
    return dict(zip(TARGETS, pair.tolist(), strict=True))


def _mean_of_nearest(ordered):
    return float(ordered[:NEIGHBOURS].mean())


def _predicted_cloud(designer, space):
    """(n, 2) targets predicted for designs that lie evenly in the space."""
    k = max(1, len(space.names))
    even = torch.quasirandom.SobolEngine(k, scramble=True, seed=1).draw(CLOUD, dtype=torch.float64).clamp(1e-6, 1 - 1e-6)
    values = values_at(space, torch.special.ndtri(even)[:, : len(space.names)]).numpy()
    z_set = np.resize(np.array(space.z_sets), CLOUD)
    return designer.ensemble.predict(features_at(values, z_set)).physical().mean
