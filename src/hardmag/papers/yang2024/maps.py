"""Thin-plate-spline maps over the phase shares φS = wS/L and φZ = wZ/d (Yang et al., Fig. 2d)."""

import numpy as np
from scipy.interpolate import RBFInterpolator
from scipy.spatial import Delaunay

from hardmag.nanostructures.smco17 import composition_at_percent

SMOOTHING = 10.0 ** np.arange(-6, 3)  # from nearly through the points to nearly a plane
LEAST, MOST = 6, 1000  # points: fewer say nothing of a surface; the spline's cost is the cube of their number
FOLDS = 10


def mean_per_point(points, values):
    """(points, values): points (n, 2) without repetition, values (n,) averaged over those that share one.

    A map has one value per point; and points that recur would sit on both sides of a cross validation."""
    unique, number = np.unique(points.round(9), axis=0, return_inverse=True)
    return unique, np.bincount(number.ravel(), weights=values) / np.bincount(number.ravel())


def thin(points, values, rng):
    """At most MOST of the points, drawn at random."""
    chosen = np.sort(rng.permutation(len(points))[:MOST])
    return points[chosen], values[chosen]


def spans_a_surface(points):
    """Whether (n, 2) points are enough, and not all on one line."""
    return len(points) >= LEAST and _rank(points) == 3


def choose_smoothing(points, values, rng):
    """(smoothing, RMSE): that of SMOOTHING with the least error on left-out points, 10-fold."""
    fold = rng.permutation(np.arange(len(points)) % FOLDS)
    errors = np.zeros(len(SMOOTHING))
    for number in range(FOLDS):
        out = fold == number
        if not out.any() or _rank(points[~out]) < 3:  # a plane through points on a line is not defined
            continue
        for i, smoothing in enumerate(SMOOTHING):
            errors[i] += ((spline(points[~out], values[~out], smoothing)(points[out]) - values[out]) ** 2).sum()
    best = int(np.argmin(errors))
    return float(SMOOTHING[best]), float(np.sqrt(errors[best] / len(points)))


def spline(points, values, smoothing):
    """The thin-plate spline with a plane through (n, 2) points: a function of (m, 2) points."""
    return RBFInterpolator(points, values, smoothing=smoothing, kernel="thin_plate_spline", degree=1)


def surface(points, values, smoothing, cells=50):
    """(phi_S (c,), phi_Z (c,), z (c, c)): the spline on a grid over the points' range, z[i, j] at phi_Z[i], phi_S[j]; NaN
    outside the convex hull of the points, where it would be an extrapolation."""
    phi_S, phi_Z = (np.linspace(low, high, cells) for low, high in zip(points.min(axis=0), points.max(axis=0), strict=True))
    grid = np.stack([g.ravel() for g in np.meshgrid(phi_S, phi_Z)], axis=1)
    z = spline(points, values, smoothing)(grid)
    # The hull is found on the unit square, else a narrow range of one share makes thin triangles.
    span = np.ptp(points, axis=0)
    z[Delaunay(points / span).find_simplex(grid / span, tol=1e-9) < 0] = np.nan
    return phi_S, phi_Z, z.reshape(cells, cells)


def zr_at_percent(phi_S, phi_Z):
    """Zr in at% of the ideal pattern (Supplementary eq. 1): platelets take φZ of the volume; of the rest, two families of
    stripes take φS each, φS² of it twice."""
    stripes = (1 - phi_Z) * (1 - (1 - phi_S) ** 2)
    return composition_at_percent({"2:17": 1 - phi_Z - stripes, "1:5": stripes, "Z": phi_Z})["Zr"]


def _rank(points):
    return np.linalg.matrix_rank(np.column_stack([np.ones(len(points)), points]), tol=1e-6)
