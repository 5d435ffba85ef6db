"""A sample knows nothing of its neighbours: bit by bit the same curve alone and in any batch, in any order, at any time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import materials_of, system_of
from test_modes import CELL, modes

from hardmag.materials import Phase
from hardmag.micromagnetics.at_once import AT_ONCE
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.minimiser import advance
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import normalised
from hardmag.voxels import Voxels

N, STRANGERS = (20, 18, 8), 6  # 8640 numbers a sample: seven of them are split over threads


def sample(k):
    """Half-cycle k: materials, structure, field, kick and tolerance of its own on the common grid."""
    rng = np.random.default_rng(100 + k)
    scale = rng.uniform(0.6, 1.4, size=5)
    phases = (
        Phase("hard", 8.0e-12 * scale[0], 3.5e6 * scale[1], 1.1e6 * scale[2], (0, 0.2, 1)),
        Phase("soft", 1.4e-11 * scale[3], 2.0e5 * k, 1.5e6 * scale[4], (0.1 * k, 0, 1)),
        Phase("void", 0.0, 0.0, 0.0),
    )
    index = rng.choice(3, p=(0.75, 0.2, 0.05), size=(10, 9, 4)).repeat(2, 0).repeat(2, 1).repeat(2, 2)
    tilt = rng.uniform(0.05, 0.25)
    return HalfCycle(
        Voxels(index, phases, CELL),
        (np.sin(tilt), 0.0, np.cos(tilt)),
        0.5 + 0.1 * k,
        -9.0,
        0.6 + 0.05 * k,
        k,
        1e-3 * (1 + k % 2),
    )


RUNS = {k: sample(k) for k in range(STRANGERS + 1)}


@pytest.fixture(scope="module")
def alone():
    """Each sample by itself, in one thread."""
    return {k: run_half_cycles({k: run})[k] for k, run in RUNS.items()}


def assert_same(curves, reference):
    for k, curve in curves.items():
        expected = reference[k]
        assert curve.status is expected.status, f"sample {k}"
        assert curve.evaluations == expected.evaluations, f"sample {k}"
        assert np.array_equal(curve.mu0_H_T, expected.mu0_H_T), f"sample {k}"
        assert np.array_equal(curve.m_parallel, expected.m_parallel), f"sample {k}"


def test_the_samples_differ_and_reverse(alone):
    """Otherwise the tests below would show little."""
    assert [curve.status for curve in alone.values()] == [Status.OK] * len(RUNS)
    assert len({curve.evaluations for curve in alone.values()}) > STRANGERS // 2
    assert len({curve.m_parallel.tobytes() for curve in alone.values()}) == len(RUNS)


@pytest.mark.parametrize("slots", [1, 3, 7])
def test_any_number_of_slots(alone, slots):
    """One slot after the other, three with strangers coming and going, all seven at once."""
    assert_same(run_half_cycles(RUNS, slots=slots), alone)


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_pass_in_parts(alone, at_once, monkeypatch):
    """Seven slots, of which each pass takes one or three at once, so that what it overwrites is seen by nobody else."""
    monkeypatch.setitem(AT_ONCE, "cpu", at_once * N[0] * N[1] * N[2])
    assert_same(run_half_cycles(RUNS, slots=7), alone)


def test_any_order(alone):
    """The last sample first, so that each sits in another slot beside other strangers."""
    assert_same(run_half_cycles(dict(reversed(RUNS.items())), slots=4), alone)


def adaptive(layers, periodic):
    """Half-cycles of RUNS' materials on a small grid of the mode, which find their jumps themselves. Grids and edges of
    test_modes: kernels of what is periodic everywhere take long."""
    rng = np.random.default_rng(5)
    cut = lambda run: rng.choice(3, p=(0.75, 0.2, 0.05), size=(8, 8, layers))  # noqa: E731
    bodies = {k: Voxels(cut(run), run.body.phases, CELL, periodic) for k, run in RUNS.items() if k < 4}
    return {k: replace(RUNS[k], body=body, step_T=0.64, resolution_T=0.04) for k, body in bodies.items()}


@modes
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_any_mode(layers, periodic, precision):
    """Four strangers in three slots, with steps of their own, against each alone."""
    runs = adaptive(layers, periodic)
    by_itself = {k: run_half_cycles({k: run}, precision=precision)[k] for k, run in runs.items()}
    assert [curve.status for curve in by_itself.values()] == [Status.OK] * len(runs)
    assert_same(run_half_cycles(runs, slots=3, precision=precision), by_itself)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@modes
def test_twice_the_same_on_a_gpu(layers, periodic):
    runs = adaptive(layers, periodic)
    first, second = (run_half_cycles(runs, slots=3, device="cuda") for _ in range(2))
    assert_same(second, first)


def test_two_threads():
    """Two threads share the work of a batch, and no sum of a sample is split between them: three passes of the minimiser.

    Alone means alone in two threads: MKL's complex-to-real FFT rounds otherwise in two threads than in one (3-D grids),
    whatever the batch. Few passes, because two threads on one busy core wait for each other a hundred times longer."""
    torch.set_num_threads(2)
    voxels = [run.body for run in RUNS.values()]
    system = system_of(voxels[0], dtype=torch.float32)
    m = normalised(torch.as_tensor(np.random.default_rng(1).standard_normal((len(RUNS), 3, *N)), dtype=torch.float32))
    field_T = torch.stack([torch.as_tensor(-run.unit_direction, dtype=torch.float32) for run in RUNS.values()])

    def three_passes(chosen):
        materials = materials_of(*[voxels[k] for k in chosen], dtype=torch.float32)
        it = Iterate.start(m[chosen])
        for _ in range(3):
            it, accepted, torque = advance(system, materials, it, field_T[chosen])
        return [it.m, it.g, it.p, it.step, it.slope, accepted, torque]

    together = three_passes(list(RUNS))
    for k in (0, 3, 6):
        for batch, alone in zip(together, three_passes([k]), strict=True):
            assert torch.equal(batch[k : k + 1], alone), f"sample {k}"


@pytest.mark.parametrize("every", [40, 137])
def test_set_aside_and_taken_up_again(alone, every):
    """All are stopped after every so many passes, wherever they stand, and go on in other slots and other company."""
    curves, suspended, chosen = {}, {}, list(RUNS)
    while len(curves) < len(RUNS):
        chosen = [k for k in reversed(chosen) if k not in curves]
        left = iter(range(every))
        stop = lambda left=left: next(left, None) is None  # noqa: E731
        curves |= run_half_cycles({k: RUNS[k] for k in chosen}, slots=3, stop=stop, suspended=suspended)
    assert_same(curves, alone)


def test_twice_the_same(alone):
    """Nothing is left behind by a first run that a second could see."""
    assert_same(run_half_cycles({2: RUNS[2]}), alone)


@pytest.mark.parametrize("poison", ["interface_strength", "kick"])
def test_not_a_number_stays_in_its_slot(alone, poison):
    """NaN in one sample's stiffness (interface_strength) or, after its first field, in its state (kick)."""
    run = RUNS[3]
    ill = replace(run, **{poison: float("nan")})
    curves = run_half_cycles({**RUNS, 3: ill}, slots=7)
    assert curves[3].status is Status.NOT_A_NUMBER
    assert len(curves[3].m_parallel) == (0 if poison == "interface_strength" else 1)
    del curves[3]
    assert_same(curves, alone)


def test_axes_per_cell_that_happen_to_agree():
    """A sample whose array of axes holds one direction only, beside one whose axes differ: same grid, same batch."""
    index, phases = np.zeros((4, 3, 2), int), (Phase("hard", 8e-12, 3e6, 1e6),)
    agreeing = np.zeros((3, 4, 3, 2))
    agreeing[1] = 1.0
    differing = np.random.default_rng(1).normal((0.0, 1.0, 0.0), 0.1, (4, 3, 2, 3)).transpose(3, 0, 1, 2)
    differing /= np.linalg.norm(differing, axis=0)
    runs = {
        name: HalfCycle(Voxels(index, phases, CELL, axis=axis), (0.1, 1.0, 0.0), 1.0, -9.0, 1.0)
        for name, axis in (("agreeing", agreeing), ("differing", differing))
    }
    by_itself = {name: run_half_cycles({name: run})[name] for name, run in runs.items()}
    assert_same(run_half_cycles(runs, slots=2), by_itself)
