"""Designs that have what is wanted with as little as possible of something: of Nd in a grain, of a phase."""

import numpy as np
import torch
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.problem import Problem
from pymoo.optimize import minimize

from hardmag.errors import UserError, meant
from hardmag.inverse.feasible import coordinates_of, snapped, values_at
from hardmag.inverse.success import misfit
from hardmag.nanostructures import KINDS

POPULATION, GENERATIONS = 64, 40
INWARD = 1e-6  # of the unit interval: coordinates are probits


def check_column(variables, column):
    """Raise UserError for what is no number that a nanostructure of the kind has before it is simulated."""
    known = [name for name, quantity in KINDS[variables.kind].columns().items() if quantity.unit]
    if column not in known:
        raise UserError(f"least: {column} is not one of {', '.join(known)}{meant(column, known)}")


def spare(designer, space, query, column, start, seed):
    """(values (n, k), level (n,)) of designs that are predicted to be a success for the query (t,), with the least of a column
    first: all that a genetic algorithm found on its way from `start`, (values, level) of candidates.

    A level is chosen like a number, by a coordinate that runs over those of the space.
    """
    k, levels, seen = len(space.names), space.levels, []

    def designs(u):
        inward = np.clip(u[:, :k], INWARD, 1 - INWARD)
        values = snapped(space, values_at(space, torch.special.ndtri(torch.from_numpy(inward))).numpy())
        return values, np.array([levels[min(int(c * len(levels)), len(levels) - 1)] for c in u[:, k]])

    class Sparing(Problem):
        def _evaluate(self, u, out):
            values, level = designs(u)
            amount = np.array([designer.amount(column, *one) for one in zip(values, level, strict=True)])
            predicted = designer.predict(values, level).mean
            off = np.where(np.isfinite(amount), misfit(predicted, query, designer.variables.targets), np.inf)
            out["F"], out["G"] = (
                np.where(np.isfinite(amount), amount, 0.0)[:, None],
                np.nan_to_num(off - 1, posinf=1e9)[:, None],
            )
            met = off <= 1
            seen.append((values[met], level[met], amount[met]))

    values, level = start[0][:POPULATION], start[1][:POPULATION]
    ways = torch.special.ndtr(coordinates_of(space, values)).numpy()
    places = [(levels.index(str(name)) + 0.5) / len(levels) for name in level]
    first = np.column_stack([ways, places])
    problem = Sparing(n_var=k + 1, n_obj=1, n_ieq_constr=1, xl=0.0, xu=1.0)
    minimize(problem, GA(pop_size=len(first), sampling=first), ("n_gen", GENERATIONS), seed=seed)
    values, level, amount = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    order = np.argsort(amount, kind="stable")
    return values[order], level[order]
