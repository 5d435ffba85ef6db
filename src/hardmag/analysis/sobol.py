"""Sobol' indices: which share of the variance of an answer goes with each parameter (Sobol' 2001; Saltelli et al. 2010)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import sobol_indices


@dataclass(frozen=True)
class Marginal:
    """The distribution of one parameter over some samples, as scipy.stats.sobol_indices asks for it. values: (n,), sorted."""

    values: np.ndarray

    def ppf(self, q):
        """Quantiles, between two values linear."""
        return np.quantile(self.values, q)


def indices(answer, columns, *, points=1024, rng):
    """(first order, total), each (t, k), of an answer to k parameters, as if they were independent.

    answer: of x (n, k): (n, t); columns: (m, k), the values of each parameter in m samples, which it takes as often here. First
    order: the share of the variance that is gone once the parameter is known; total: what is left of it once all others are.
    points: a power of 2; the answer is asked at (k + 2) times as many. 0 where an answer does not vary.
    """
    dists = [Marginal(np.sort(column)) for column in columns.T]
    found = sobol_indices(func=lambda x: answer(x.T).T, n=points, dists=dists, rng=rng)
    return np.atleast_2d(found.first_order), np.atleast_2d(found.total_order)
