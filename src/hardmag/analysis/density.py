"""Kernel density estimates of pairs of columns (Yang et al., Supplementary Fig. 1)."""

import numpy as np
from scipy.stats import gaussian_kde


def density(a, b, groups, cells=60):
    """(a (c,), b (c,), p (c, c)): density of the points (a, b) (n,) each, at [b, a] on a grid over their range.

    Gaussian kernels, their width by Scott's rule for as many points as there are groups: rows of one nanostructure share
    its lengths, and as copies they would make the kernels too narrow. None where the points lie on a line.
    """
    points = np.stack([a, b])
    if np.linalg.matrix_rank(np.cov(points), tol=1e-12) < 2:
        return None
    kernel = gaussian_kde(points, bw_method=len(np.unique(groups)) ** (-1 / 6))
    at = [np.linspace(v.min(), v.max(), cells) for v in points]
    return *at, kernel(np.stack([g.ravel() for g in np.meshgrid(*at)])).reshape(cells, cells)
