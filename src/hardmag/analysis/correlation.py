"""Pearson's and Spearman's correlation of all pairs of columns, with bootstrap intervals (Yang et al., Suppl. Fig. 7)."""

import warnings

import numpy as np
from scipy.stats import rankdata

from hardmag.analysis.resampling import Groups


def pearson(x):
    """Pearson's r of the columns of x (n, k): (k, k). NaN where a column is constant."""
    centred = x - x.mean(axis=0)
    centred[:, np.ptp(x, axis=0) == 0] = 0.0  # the mean of equal numbers is not exactly that number
    norm = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(centred.T @ centred / np.outer(norm, norm), -1.0, 1.0)


def spearman(x):
    """Spearman's ρ of the columns of x (n, k): Pearson's r of their ranks, ties sharing their mean rank."""
    return pearson(rankdata(x, axis=0))


def with_intervals(measure, x, groups, *, resamples=1000, rng):
    """(value, low, high), each (k, k): measure(x) and its 95 % percentile bootstrap interval.

    measure: pearson or spearman; x (n, k); groups (n,): rows that are drawn together, the nanostructures. With few
    groups (below some 20) such intervals are too narrow.
    """
    groups = Groups(groups)
    drawn = np.stack([measure(x[groups.draw(rng)]) for _ in range(resamples)])
    with warnings.catch_warnings():
        # A column that is constant in every resample has no interval: NaN.
        warnings.filterwarnings("ignore", "All-NaN slice encountered", RuntimeWarning)
        low, high = np.nanquantile(drawn, [0.025, 0.975], axis=0)
    return measure(x), low, high
