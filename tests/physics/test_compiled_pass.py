"""A pass of the minimiser compiled for the CPU against the same in torch: to the bit, for both do the same operations."""

from dataclasses import fields, replace
from itertools import islice

import numpy as np
import pytest
import torch
from helpers import iterates, materials_of, system_of
from test_independence import assert_same
from test_modes import CELL, PRECISION, dtypes, modes, random_directions, random_three_phases

from hardmag.materials import Phase
from hardmag.micromagnetics import minimiser
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.voxels import Voxels


def both(monkeypatch, compute):
    """(compiled, in torch) results of compute()."""
    assert minimiser.cpu_minimiser is not None
    compiled = compute()
    with monkeypatch.context() as patch:
        patch.setattr(minimiser, "cpu_minimiser", None)
        return compiled, compute()


@modes
@dtypes
@pytest.mark.parametrize("exchange", ["variational", "yang_eq7"])
def test_half_cycles(layers, periodic, dtype, exchange, monkeypatch):
    """Three strangers of hard, soft and lean cells and voids, easy axes of their own, through their jumps."""
    runs = {
        k: HalfCycle(
            random_three_phases(layers, periodic, k),
            (0.1 + 0.1 * k, 0, 1),
            1,
            -9,
            0.64,
            k,
            resolution_T=0.04,
            exchange=exchange,
        )
        for k in range(3)
    }
    compiled, plain = both(monkeypatch, lambda: run_half_cycles(runs, precision=PRECISION[dtype]))
    assert_same(compiled, plain)


@modes
@dtypes
@pytest.mark.parametrize("demag", [True, False])
def test_passes_from_disorder(layers, periodic, dtype, demag, monkeypatch):
    """From directions at random: steps are cut, trial points refused, avalanches swept."""
    samples = [random_three_phases(layers, periodic, seed) for seed in range(3)]
    system, materials = system_of(samples[0], demag, dtype), materials_of(*samples, dtype=dtype)
    m = random_directions(3, samples[0].index.shape, 1).to(dtype)
    field_T = torch.tensor([[0.3, 0.0, -12.0], [0.0, 0.2, 4.0], [6.0, 1.0, 1.0]], dtype=dtype)

    compiled, plain = both(monkeypatch, lambda: list(islice(iterates(system, materials, m, field_T), 60)))
    for ours, theirs in zip(compiled, plain, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    assert not all(accepted.all() for _, accepted, _ in plain)


def test_the_whole_iterate(monkeypatch):
    """All that a pass hands on, and not its states alone."""
    voxels = random_three_phases(4, (False, False, False), 5)
    system, materials = system_of(voxels, dtype=torch.float32), materials_of(voxels, dtype=torch.float32)
    m, field_T = random_directions(1, voxels.index.shape, 2).float(), torch.tensor([[0.0, 0.1, -8.0]])

    def passes():
        it, found = Iterate.start(m), []
        for _ in range(30):
            it, accepted, torque = minimiser.advance(system, materials, it, field_T)
            found += [(f.name, getattr(it, f.name)) for f in fields(it)] + [("accepted", accepted), ("torque", torque)]
        return found

    for (name, ours), (_, theirs) in zip(*both(monkeypatch, passes), strict=True):
        assert ours.shape == theirs.shape, name
        assert ours.dtype == theirs.dtype, name
        assert torch.equal(ours, theirs), name


def test_cells_that_nothing_holds(monkeypatch):
    """A soft magnet with an empty cell, where the preconditioner's diagonal is zero; NaN beside it stays where it is."""
    index = np.zeros((4, 3, 2), int)
    index[1, 1, 1] = 1
    soft = (Phase("soft", 1e-11, 0.0, 1.6e6), Phase("void", 0.0, 0.0, 0.0))
    run = HalfCycle(Voxels(index, soft, CELL), (0.1, 0, 1), 1, -2, 0.32, resolution_T=0.02)
    runs = {"soft": run, "ill": replace(run, kick=float("nan"))}
    compiled, plain = both(monkeypatch, lambda: run_half_cycles(runs))
    assert_same(compiled, plain)
    assert [compiled[k].status.name for k in runs] == ["OK", "NOT_A_NUMBER"]
