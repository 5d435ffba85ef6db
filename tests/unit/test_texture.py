"""Directions of easy axes against the moments of their distributions, within four standard deviations of the mean."""

import numpy as np
import pytest

from hardmag.nanostructures.texture import cap, fisher

COUNT = 200_000


def within(values, mean, deviation):
    return abs(np.mean(values) - mean) < 4 * deviation / len(values) ** 0.5


@pytest.mark.parametrize("angle_deg", [5.0, 35.0, 90.0, 180.0])
def test_cap(angle_deg):
    """cos θ is uniform from cos(angle) to 1, the azimuth over the circle."""
    axes = cap(COUNT, angle_deg, np.random.default_rng(1))
    lowest = np.cos(np.radians(angle_deg))
    assert np.linalg.norm(axes, axis=1) == pytest.approx(1, abs=1e-12)
    assert axes[:, 2].min() >= lowest - 1e-12 and axes[:, 2].min() < lowest + (1 - lowest) * 1e-3
    assert within(axes[:, 2], (1 + lowest) / 2, (1 - lowest) / 12**0.5)
    square = (1 - lowest**3) / (3 * (1 - lowest))
    fourth = (1 - lowest**5) / (5 * (1 - lowest))
    assert within(axes[:, 2] ** 2, square, (fourth - square**2) ** 0.5)
    sine = (1 - square) / 2  # the mean square of x and of y
    assert within(axes[:, 0], 0, sine**0.5) and within(axes[:, 1], 0, sine**0.5)
    assert within(axes[:, 0] ** 2 - axes[:, 1] ** 2, 0, 1.0)


@pytest.mark.parametrize("spread_deg", [0.5, 8.0, 30.0, 90.0])
def test_fisher(spread_deg):
    """⟨cos θ⟩ = coth κ − 1/κ, ⟨cos² θ⟩ = 1 − 2⟨cos θ⟩/κ at κ = 1/σ²; up to some degrees the tilts about x and y spread by σ."""
    axes = fisher(COUNT, spread_deg, np.random.default_rng(2))
    kappa = 1 / np.radians(spread_deg) ** 2
    mean = 1 / np.tanh(kappa) - 1 / kappa
    square = 1 - 2 * mean / kappa
    assert np.linalg.norm(axes, axis=1) == pytest.approx(1, abs=1e-12)
    assert within(axes[:, 2], mean, (square - mean**2) ** 0.5)
    assert within(axes[:, 2] ** 2, square, 1.0 if spread_deg > 20 else (4 * (square - mean**2)) ** 0.5)
    if spread_deg < 10:
        tilt = np.degrees(np.arctan2(axes[:, :2], axes[:, 2:]))
        assert tilt.std(0) == pytest.approx(spread_deg, rel=0.015)


@pytest.mark.parametrize("draw", [cap, fisher])
def test_of_no_width_all_are_aligned(draw):
    assert (draw(5, 0.0, np.random.default_rng(3)) == [0, 0, 1]).all()
