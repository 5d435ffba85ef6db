"""What numba compiles of the reduced-order model gives what the torch code gives."""

import numpy as np
import pytest
import torch

from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.reduced_order import field, system
from hardmag.reduced_order.system import System
from hardmag.reduced_order.watch import Watch
from hardmag.solvers import run_half_cycles

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
    turned, among, drift = torch.as_tensor(rng.random(count) < 0.3), torch.as_tensor(rng.random(count) < 0.8), 0 * ours.J

    def results():
        near, far, at_centres, expansion = at_points.clone(), 0 * at_points, 0 * M, 0 * M.repeat(3, 1)
        ours.add_near(near, drift, change, turned)
        ours.add_far(far, drift, at_centres, expansion, change, turned)
        excess, clear = ours.excess(near + far, expansion, M, uniform, ours.axis, among)
        return near, far, at_centres, expansion[:3], expansion[3:], ours.mean_near(M), excess, clear.clamp(max=99)

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
        every = torch.ones_like(alone.rotating)
        excess, _ = alone.excess(field, none, alone.axis * alone.J, -share * alone.HA * alone.axis, alone.axis, every)
        np.testing.assert_allclose(excess, share, rtol=1e-4)  # rounding across the axis enters by its power of ⅔


def test_who_is_not_looked_at_does_not_switch(monkeypatch):
    """The same curves to the bit as when all grains are looked at in each pass, which half of the time is not needed."""
    runs = {k: HalfCycle(body, (0.1, 0, 1), 2.0, -8.0, 0.64, resolution_T=0.01) for k, body in enumerate(magnets())}
    shares, suspects = [], Watch.suspects

    def counted(*arguments):
        found = suspects(*arguments)
        shares.append(found.double().mean().item())
        return found

    monkeypatch.setattr(Watch, "suspects", counted)
    watched = run_half_cycles(runs)
    monkeypatch.setattr(Watch, "suspects", lambda watch, *_: torch.ones_like(watch.drift, dtype=torch.bool))
    for k, curve in run_half_cycles(runs).items():
        assert curve.status is Status.OK and curve.evaluations == watched[k].evaluations
        np.testing.assert_array_equal(curve.mu0_H_T, watched[k].mu0_H_T)
        np.testing.assert_array_equal(curve.m_parallel, watched[k].m_parallel)
    assert 0 < np.mean(shares) < 0.5
