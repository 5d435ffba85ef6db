"""Sobol' indices against those known in closed form."""

import numpy as np
import pytest

from hardmag.analysis.sobol import indices


def test_ishigami():
    """sin x₁ + 7 sin² x₂ + 0.1 x₃⁴ sin x₁ on (−π, π)³ (Ishigami and Homma 1990): the third acts with the first alone.

    4096 points leave an error of some thousandths.
    """
    columns = np.linspace(-np.pi, np.pi, 1001)[:, None].repeat(3, axis=1)
    answer = lambda x: np.stack([np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2, x[:, 1]], axis=1)  # noqa: E731
    first, total = indices(answer, columns, points=4096, rng=np.random.default_rng(1))
    np.testing.assert_allclose(first, [[0.3139, 0.4424, 0], [0, 1, 0]], atol=0.01)
    np.testing.assert_allclose(total, [[0.5576, 0.4424, 0.2437], [0, 1, 0]], atol=0.01)


def test_a_parameter_counts_as_the_samples_have_it():
    """Two that add up: one of three times the spread has nine parts of ten of the variance. A constant answer has none."""
    rng = np.random.default_rng(2)
    columns = np.stack([3 * rng.standard_normal(5000), rng.standard_normal(5000)], axis=1)
    answer = lambda x: np.stack([x.sum(1), 0 * x[:, 0]], axis=1)  # noqa: E731
    first, total = indices(answer, columns, points=2048, rng=rng)
    assert first[0] == pytest.approx([0.9, 0.1], abs=0.02)
    assert total[0] == pytest.approx([0.9, 0.1], abs=0.02)
    assert not first[1].any()
    assert not total[1].any()
