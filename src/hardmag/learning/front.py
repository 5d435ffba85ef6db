"""Pareto fronts: what was simulated, what networks promise, and the volume that a front dominates."""

import numpy as np
from pymoo.indicators.hv import HV
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from hardmag.dataset.read import read_table
from hardmag.learning.acquisition import confidence_bounds, goals_of, search
from hardmag.learning.known import column_or, exact_goals, known_rows, possible_in, search_space
from hardmag.surrogates.models import MEMBERS, fit_networks

FRONT_POINTS = 60  # of the networks' front, at most twice as many are told


def front_volume(values, reference):
    """Volume between the front of points (n, goals), to be maximised, and a reference point (goals,)."""
    return float(HV(ref_point=np.zeros(len(reference)))(-np.maximum(values - reference, 0)))


def front(campaign, settings, dataset, error, epochs):
    """{simulated, promised, half_width}: the samples with their goals' values, whether no other is better in all of them; the
    front of what an ensemble of all the data predicts; half its 95 % interval by target (None: too few rows to tell)."""
    space = search_space(campaign, settings)
    exact, goals = exact_goals(campaign, space, settings["goals"]), list(goals_of(settings["goals"]).values())
    table, signs = read_table(dataset), np.array([g.sign for g in goals])
    known = known_rows(table, campaign.nanostructure["kind"], space, settings["goals"], exact)
    origin = column_or(table, "origin", "design")[known.row]
    best = set(NonDominatedSorting().do(-signs * known.wanted, only_non_dominated_front=True).tolist())
    simulated = [
        {"id": str(table["id"][row]), "origin": str(origin[i]), "values": _named(goals, known.wanted[i]), "on_front": i in best}
        for i, row in enumerate(known.row)
    ]
    seed = int(np.random.default_rng([campaign.seed, 3]).integers(2**31))
    networks = fit_networks(known.x, known.y, known.groups, seed, members=MEMBERS, epochs=epochs)
    mean = confidence_bounds(networks, known.targets, goals, exact, kappa=0.0)
    _, scores = search(space, mean, possible_in(campaign), seed)
    promised = signs * scores[NonDominatedSorting().do(-scores, only_non_dominated_front=True)]
    promised = promised[np.argsort(promised[:, 0])][:: max(1, len(promised) // FRONT_POINTS)]
    return {
        "simulated": simulated,
        "promised": [{"values": _named(goals, point)} for point in promised],
        "half_width": {g.target: error[g.target]["half_width"] if g.target in error else 0.0 for g in goals},
    }


def _named(goals, values):
    return {goal.target: float(value) for goal, value in zip(goals, values, strict=True)}
