"""Efficient global optimisation: where a Gaussian process of what is known expects the most improvement, is tried next.

Kovacs et al. 2023 (section 2.3.4) tune their model by it, as Huang et al. 2006 describe it.
"""

import warnings

import numpy as np
from scipy.stats import norm, qmc
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

CANDIDATES = 4096
KERNEL = ConstantKernel(1.0, (1e-2, 1e3)) * RBF([0.5, 0.5], (0.1, 10)) + WhiteKernel(1e-6, (1e-9, 1e-2))


def minimise(function, bounds, *, first, then, seed):
    """(points (n, k), values (n,)) that were tried, in this order.

    function: of points (n, k) to values (n,), smooth where it is least, as mean squares are and their roots are not; bounds: k
    pairs; first: points of a Sobol sequence; then: one by one.
    """
    low, high = np.array(bounds, dtype=float).T
    share = qmc.Sobol(len(low), seed=seed).random(first)
    values = np.asarray(function(low + share * (high - low)), dtype=float)
    for k in range(then):
        new = _most_expected(share, values, seed + k + 1)
        share = np.vstack([share, new])
        values = np.append(values, function((low + new * (high - low))[None]))
    return low + share * (high - low), values


def improvement(mean, deviation, best):
    """What values that are normally distributed are expected to lie below the best by: (n,)."""
    z = (best - mean) / np.maximum(deviation, 1e-12)
    return (best - mean) * norm.cdf(z) + deviation * norm.pdf(z)


def _most_expected(share, values, seed):
    """Of candidates in the unit cube the one of most expected improvement."""
    process = GaussianProcessRegressor(KERNEL, normalize_y=True, n_restarts_optimizer=2, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a scale at its bound
        process.fit(share, values)
    candidates = qmc.Sobol(share.shape[1], seed=seed).random(CANDIDATES)
    return candidates[improvement(*process.predict(candidates, return_std=True), values.min()).argmax()]
