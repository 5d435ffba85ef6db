"""Which samples to simulate next: what an ensemble promises, searched by NSGA-II, and of that distinct ones.

The goals are columns of the dataset, to be maximised or minimised, each by its upper confidence bound: the ensemble's mean
plus KAPPA standard deviations of its members, in the wanted direction. One goal is the special case of a front of one point.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.optimize import minimize
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from hardmag.errors import UserError

KAPPA = 1.0
POPULATION, GENERATIONS = 128, 40
DISTANCE = 0.05  # in features, between two proposals and from what is known; halved where there is no room


@dataclass(frozen=True)
class Goal:
    """target: column of the dataset; sign: 1 to maximise, -1 to minimise it."""

    target: str
    sign: int


GOALS = {"coercivity": Goal("mu0_Hc_T", 1)}
DISAGREEMENT = "disagreement"
SIGNS = {"maximise": 1, "minimise": -1}


def goals_of(names):
    """{name: Goal} of the goals of a campaign file, without the disagreement: those of GOALS, and 'minimise COLUMN' or
    'maximise COLUMN' of the dataset."""
    return {name: GOALS.get(name) or _by_column(*name.split()) for name in names if name != DISAGREEMENT}


def _by_column(verb, column):
    return Goal(column, SIGNS[verb])


def confidence_bounds(networks, targets, goals, exact, kappa=KAPPA):
    """Function of features (n, f) and designs → (n, goals), to be maximised.

    targets: names of the networks' targets; goals: list of Goal; exact: {column: function of designs → (n,)} of goals that
    nothing has to be learned for; kappa: standard deviations of the networks that are added to their mean.
    """

    def score(x, designs):
        predicted = networks.predict(x).members
        mean, deviation = (dict(zip(targets, v.T, strict=True)) for v in (predicted.mean(axis=0), predicted.std(axis=0)))
        bounds = [
            g.sign * (exact[g.target](designs) if g.target in exact else mean[g.target] + g.sign * kappa * deviation[g.target])
            for g in goals
        ]
        return np.stack(bounds, axis=1)

    return score


def disagreement(networks):
    """Function of features (n, f) and designs → (n, 1): root mean square over the targets of the members' standard deviation,
    in standard deviations of the target over the data."""

    def score(x, _designs):
        spread = networks.predict(x).deviation / np.array(networks.target_scaler.std)
        return np.sqrt((spread**2).mean(axis=1, keepdims=True))

    return score


def search(space, score, possible, seed, population=POPULATION, generations=GENERATIONS):
    """(u (n, k), scores (n, goals)): all possible points that NSGA-II looked at, so that others than the best are there.

    score: function of features and designs → (n, goals), to be maximised; possible: function of designs → (n,) bool. The
    first population fills the space. Raises UserError where nothing is possible.
    """
    seen = []

    class Search(Problem):
        def _evaluate(self, u, out):
            designs = space.designs(u)
            values, allowed = score(space.features_at(u), designs), possible(designs)
            out["F"], out["G"] = -np.where(allowed[:, None], values, 0.0), np.where(allowed, -1.0, 1.0)[:, None]
            seen.append((u[allowed], values[allowed]))

    start = space.fill(possible, population, 0, seed)
    if len(start) == 0:
        raise UserError("active_learning: no possible nanostructure in the ranges and levels to look in")
    goals = score(space.features_at(start[:1]), space.designs(start[:1])).shape[1]
    problem = Search(n_var=len(space.parameters), n_obj=goals, n_ieq_constr=1, xl=0.0, xu=1.0)
    minimize(problem, NSGA2(pop_size=population, sampling=start), ("n_gen", generations), seed=seed)
    u, values = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    return u, values


def choose(x, scores, known, count):
    """Indices of at most `count` of the points with features x (n, f) and scores (n, goals), best fronts first.

    Chosen are points at least DISTANCE from each other and from the features `known` (m, f); of a front, those that are far
    from each other in the goals first, beginning with the best in the first goal. Where there is no room for `count`, the
    distance is halved, down to a thousandth of it.
    """
    fronts, near = _fronts(scores), cKDTree(known).query(x)[0]
    width = np.ptp(scores[fronts[0]], axis=0)
    scaled = scores / np.where(width > 0, width, 1.0)
    distance = DISTANCE
    while True:
        chosen = _far_apart(fronts, x, scaled, near, count, distance)
        if len(chosen) == count or distance < DISTANCE / 1000:
            return chosen
        distance /= 2


def _fronts(scores):
    """Fronts of indices, best first."""
    if scores.shape[1] == 1:
        return np.argsort(-scores[:, 0], kind="stable")[:, None]
    return NonDominatedSorting().do(-scores)


def _far_apart(fronts, x, scaled, near, count, distance):
    """near (n,): how far the known points are."""
    chosen = []
    for front in fronts:
        left, own = front[near[front] >= distance], []
        if chosen:
            left = left[cdist(x[left], x[chosen]).min(axis=1) >= distance]
        while len(left) and len(chosen) < count:
            apart = cdist(scaled[left], scaled[own]).min(axis=1) if own else scaled[left, 0]
            own.append(int(left[np.argmax(apart)]))
            chosen.append(own[-1])
            left = left[np.linalg.norm(x[left] - x[own[-1]], axis=1) >= distance]
        if len(chosen) == count:
            break
    return chosen
