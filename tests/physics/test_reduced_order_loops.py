"""What numba compiles of the reduced-order model gives what the torch code gives."""

import numpy as np
import pytest
import torch

from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.reduced_order import field, system
from hardmag.reduced_order.system import System

ROUNDING = 1e-13  # of the largest number: some hundred operations in fp64 each
TENSORS = 1e-6  # of D, kept in fp32


def magnets():
    """Two, in one of which grains are far."""
    few = Polycrystal(grains=5, grain_size_nm=300, boundary_percent=1, structure_seed=1)
    more = Polycrystal(grains=60, grain_size_nm=100, boundary_nm=3, structure_seed=2, points_per_edge=2, near_radii=2)
    return [few.build(None), more.build(None)]


@pytest.fixture(scope="module")
def ours():
    assert system.cpu_loops is not None
    return System.of(magnets())


def test_tensors(ours, monkeypatch):
    monkeypatch.setattr(field, "cpu_loops", None)
    plain = System.of(magnets())
    assert (ours.tensors - plain.tensors).abs().max() < TENSORS
    assert (ours.means - plain.means).abs().max() < 100 * ROUNDING


@pytest.mark.parametrize("changed", [1.0, 0.01], ids=["flipped", "turned a little"])
def test_fields(ours, changed, monkeypatch):
    """Those of some grains, near, far and further than four radii, and how near all are to switching in them."""
    monkeypatch.setattr(system, "AFAR", 4.0)
    rng = np.random.default_rng(5)
    count, points = len(ours.J), ours.points.shape[1]
    draw = lambda *shape: torch.as_tensor(rng.standard_normal(shape))  # noqa: E731
    M, uniform, at_points, change = draw(3, count), draw(3, count), 4 * draw(3, points), changed * draw(3, count)
    turned = torch.as_tensor(rng.random(count) < 0.3)

    def results():
        near, far, at_centres, expansion = at_points.clone(), 0 * at_points, 0 * M, 0 * M.repeat(3, 1)
        ours.add_near(near, change, turned)
        ours.add_far(far, at_centres, expansion, change, turned)
        excess = ours.excess(near + far, expansion, M, uniform, ours.axis)
        return near, far, at_centres, expansion[:3], expansion[3:], ours.mean_near(M), excess

    compiled = results()
    monkeypatch.setattr(system, "cpu_loops", None)
    for place, (one, other) in enumerate(zip(compiled, results(), strict=True)):
        assert other.abs().max() > 0 or (place == 1 and changed < 1)  # all of a little is expanded
        assert (one - other).abs().max() <= ROUNDING * other.abs().max(), place


def test_without_magnetostatics_no_tensor_counts(monkeypatch):
    """Not even where memory holds what is no number."""
    empty = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *shape, **kinds: empty(*shape, **kinds).fill_(torch.nan))
    alone = System.of(magnets(), magnetostatics=False)
    monkeypatch.undo()
    field, none = torch.zeros_like(alone.points), torch.zeros(9, len(alone.J), dtype=torch.float64)
    for share in (0.9, 1.1):  # of the anisotropy field, against a moment along its axis
        excess = alone.excess(field, none, alone.axis * alone.J, -share * alone.HA * alone.axis, alone.axis)
        np.testing.assert_allclose(excess, share, rtol=1e-4)  # rounding across the axis enters by its power of ⅔
