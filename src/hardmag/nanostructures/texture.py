"""Directions of easy axes around z: evenly within a cap, or after von Mises and Fisher."""

import numpy as np


def cap(count, angle_deg, rng):
    """Uniform in solid angle up to an angle from z: unit vectors (count, 3); an angle of 0 aligns all, of 180 none."""
    lowest = np.cos(np.radians(angle_deg))
    return _around_z(1 - (1 - lowest) * rng.random(count), rng)


def fisher(count, spread_deg, rng):
    """After von Mises and Fisher, density ∝ exp(cos θ/σ²): unit vectors (count, 3).

    spread_deg: σ, to which the standard deviation of the tilt about x, and about y, tends while it is small; 0 aligns all.
    """
    if spread_deg == 0:
        return np.tile([0.0, 0.0, 1.0], (count, 1))
    variance = np.radians(spread_deg) ** 2
    even = rng.random(count)
    cosine = 1 + variance * np.log1p(even * np.expm1(-2 / variance))  # the inverse of its cumulative distribution
    return _around_z(cosine, rng)


def _around_z(cosine, rng):
    azimuth = 2 * np.pi * rng.random(len(cosine))
    sine = np.sqrt(np.maximum(1 - cosine**2, 0))
    return np.column_stack([sine * np.cos(azimuth), sine * np.sin(azimuth), cosine])
