"""The course of a half-cycle: how it ends, that energy only falls, and that neither precision nor layers change it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import energy_of, materials_of, relaxed, system_of

from hardmag.loops import analyse
from hardmag.materials import Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.minimiser import advance, wide
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import normalised
from hardmag.nanostructures.smco17 import SmCo17
from hardmag.voxels import Voxels

DIRECTION = (0.1, 0.0, 1.0)


def three_phase_box(seed):
    """12×9×6 cells in blocks of 3: hard, soft and lean at random, axes a little apart."""
    rng = np.random.default_rng(seed)
    phases = (
        Phase("hard", 8.0e-12, 4.9e6, 1.281e6, (0, 0, 1)),
        Phase("soft", 1.5e-11, 3.0e5, 1.6e6, (0, 0, 1)),
        Phase("lean", 4.0e-12, 2.0e6, 6.0e5, (0.3, 0.0, 1.0)),
    )
    index = rng.integers(0, 3, (4, 3, 2)).repeat(3, 0).repeat(3, 1).repeat(3, 2)
    return Voxels(index, phases, (1.0e-9, 1.2e-9, 0.9e-9))


def ended(run, **options):
    return run_half_cycles({0: run}, **options)[0]


def coercivity(curve, voxels):
    return analyse(curve.mu0_H_T, curve.m_parallel, voxels.per_cell("Ms_A_per_m").mean()).mu0_Hc_T


def test_reversal():
    """The run ends, OK, at the first field at which the sample has reversed, and tells every field before it."""
    curve = ended(HalfCycle(three_phase_box(3), DIRECTION, 1.0, -9.0, 0.5))
    assert curve.status is Status.OK
    assert np.array_equal(curve.mu0_H_T, 1.0 - 0.5 * np.arange(len(curve.m_parallel)))
    assert np.isfinite(curve.m_parallel).all()
    assert curve.m_parallel[-1] <= -0.8 * curve.m_parallel[0]
    assert (curve.m_parallel[:-1] > -0.8 * curve.m_parallel[0]).all()
    assert (np.diff(curve.m_parallel) < 0).all()


def test_a_range_too_short():
    """NOT_REVERSED at the last field, with all fields told."""
    curve = ended(HalfCycle(three_phase_box(3), DIRECTION, 1.0, -0.5, 0.5))
    assert curve.status is Status.NOT_REVERSED
    assert curve.mu0_H_T.tolist() == [1.0, 0.5, 0.0, -0.5]
    assert curve.m_parallel[-1] > 0


def test_a_cap_of_three_iterations():
    """NOT_CONVERGED where three passes do not do; the field that failed is not told."""
    curve = ended(HalfCycle(three_phase_box(3), DIRECTION, 1.0, -9.0, 0.5, max_iterations=3))
    assert curve.status is Status.NOT_CONVERGED
    assert len(curve.mu0_H_T) == len(curve.m_parallel) < 20
    assert curve.evaluations <= 3 * (len(curve.m_parallel) + 1)


def test_a_first_field_that_does_not_saturate():
    """NOT_SATURATED when the sample reverses at the first field already."""
    assert ended(HalfCycle(three_phase_box(3), DIRECTION, -9.0, -10.0, 0.5)).status is Status.NOT_SATURATED


@pytest.mark.parametrize(("kick", "status"), [(0.005, Status.OK), (0.0, Status.NOT_REVERSED)])
def test_the_kick_breaks_a_perfect_symmetry(kick, status):
    """Field along the axis of one cell: m stays at what has become a maximum, unless kicked; then it turns within two
    steps of 0.06 T beyond 2K/Ms. Not before the torque of a kick, (H − 2K/Ms)·0.007 rad, exceeds the tolerance of 0.1 mT,
    which is 0.014 T beyond it."""
    K, Ms = 3.0e6, 1.0e6
    voxels = Voxels(np.zeros((1, 1, 1), int), (Phase("hard", 1e-11, K, Ms, (0, 0, 1)),), (1e-9,) * 3)
    run = HalfCycle(voxels, (0, 0, 1), 0.33, -9.0, 0.06, kick=kick, tolerance_T=1e-4, demag=False)
    curve = ended(run, precision="fp64")
    assert curve.status is status
    if status is Status.OK:
        assert 0 < -curve.mu0_H_T[-1] - 2 * K / Ms < 0.12


def test_what_is_told_at_rest_is_the_equilibrium():
    """on_rest gets the state that m_parallel was taken from, 1e-6 in fp32, and whose torque is below the tolerance."""
    voxels, tolerance_T = three_phase_box(3), 1e-3
    run = HalfCycle(voxels, DIRECTION, 1.0, -9.0, 0.5, tolerance_T=tolerance_T)
    told = []
    curve = ended(run, on_rest=lambda key, field_T, m: told.append((field_T, m)))
    assert [field_T for field_T, _ in told] == curve.mu0_H_T.tolist()
    h, Ms = run.unit_direction, voxels.per_cell("Ms_A_per_m")
    along = [(Ms * np.tensordot(h, m, 1)).sum() / Ms.sum() for _, m in told]
    assert np.abs(along - curve.m_parallel).max() < 1e-6
    system, materials = system_of(voxels), materials_of(voxels)
    for field_T, m in told:
        m = normalised(torch.as_tensor(m, dtype=torch.float64)[None])
        gradient = system.gradient(materials, m, torch.as_tensor(field_T * h)[None])
        tangential = gradient - (gradient * m).sum(1, keepdim=True) * m
        torque = (tangential.square().sum(1, keepdim=True).sqrt() * materials.inv_weight).max().item()
        assert torque < 1.01 * tolerance_T


def test_energy_never_rises():
    """fp64, eight samples that begin nearly saturated, against a field that reverses each in one avalanche: energy of every
    accepted iterate against the one before. 1e-12 of the energy: rounding of the two sums.

    The first step along a direction is good enough that the line search has nothing to refuse; so for the last four
    samples every third is made thirty times too long."""
    samples = [three_phase_box(seed) for seed in range(4)] * 2
    system, materials = system_of(samples[0]), materials_of(*samples)
    h = torch.tensor(DIRECTION, dtype=torch.float64) / np.linalg.norm(DIRECTION)
    field_T = (-8.0 * h).repeat(8, 1)
    noise = torch.as_tensor(np.random.default_rng(1).standard_normal((8, 3, *samples[0].index.shape)))
    it = Iterate.start(normalised(h[None, :, None, None, None] + 0.02 * noise))

    def energy(m):
        return energy_of(system, materials, m, field_T)

    last, refusals, torque = energy(it.m), torch.zeros(8), torch.full((8,), torch.inf, dtype=torch.float64)
    for k in range(400):
        it, accepted, trial_torque = advance(system, materials, it, field_T)
        if k % 3 == 0:
            it.step[4:] *= torch.where(it.backtracks[4:] == 0, 30, 1)
            it.trial[4:] = normalised(it.m[4:] + wide(it.step[4:]) * it.p[4:])
        now = energy(it.m)
        assert (now <= last + 1e-12 * last.abs()).all()
        assert (now == last)[~accepted].all()
        last, refusals = now, refusals + ~accepted
        torque = torch.where(accepted, trial_torque, torque)
        if (torque < 1e-6).all():
            break
    along = (it.m * h[None, :, None, None, None]).sum(1).mean((1, 2, 3))
    assert (torque < 1e-6).all()
    assert (along < -0.9).all()  # each went through its avalanche
    assert (refusals[4:] > 0).all()


def test_precision_does_not_change_the_coercivity():
    """fp32 and fp64 of three samples: Hc within a field step, the branch before the first jump to 1e-4 (both stop at
    1 mT of torque in fields of some T, along different paths)."""
    runs = {seed: HalfCycle(three_phase_box(seed), DIRECTION, 1.0, -9.0, 0.25, seed=seed) for seed in range(3)}
    single, double = (run_half_cycles(runs, precision=precision) for precision in ("fp32", "fp64"))
    for seed, run in runs.items():
        assert single[seed].status is double[seed].status is Status.OK
        difference = coercivity(single[seed], run.body) - coercivity(double[seed], run.body)
        assert abs(difference) <= run.step_T
        before = int(np.argmax(-np.diff(double[seed].m_parallel) > 0.02)) + 1
        assert before > 4
        assert np.abs(single[seed].m_parallel[:before] - double[seed].m_parallel[:before]).max() < 1e-4


def extruded(layers):
    """A small SmCo-1:7 structure, 48×48 cells of 1 nm and, for 'all', 8 layers of 1 nm."""
    structure = SmCo17(L_nm=40, d_nm=30, wS_nm=4, wZ_nm=4, size_nm=(48, 48, 8), cell_nm=(1, 1, 1), layers=layers)
    return structure.build(np.random.default_rng(0))


@pytest.fixture(scope="module")
def flat():
    """The half-cycle of one layer: (run, curve, {field (T): equilibrium})."""
    run = HalfCycle(extruded(1), (np.sin(0.05), np.cos(0.05), 0.0), -1.9, -6.0, 0.25, reversed_at=0.7)
    equilibria = {}
    curve = ended(run, on_rest=lambda key, field_T, m: equilibria.update({field_T: m}))
    assert curve.status is Status.OK
    assert (-np.diff(curve.m_parallel) > 0.05).sum() == 3  # avalanches
    return run, curve, equilibria


def test_one_layer_stands_for_eight(flat):
    """Through three avalanches, z-invariant against 8 periodic layers: 2e-2 at every field, and Hc within a step.

    The 3-D run has kicks of its own in every layer, and its bar is 97 periods long instead of infinite. The fields keep
    0.05 T away from those at which an avalanche sets in, where the kicks' seed decides whether it comes now or a step
    later, in one layer as in eight."""
    run, one, _ = flat
    eight = ended(replace(run, body=extruded("all")))
    assert eight.status is Status.OK
    assert len(one.m_parallel) == len(eight.m_parallel)
    assert np.abs(one.m_parallel - eight.m_parallel).max() < 2e-2
    assert abs(coercivity(one, run.body) - coercivity(eight, run.body)) <= run.step_T


def test_equilibria_of_one_layer_are_those_of_eight(flat):
    """The states after each avalanche, repeated in 8 layers, disturbed by 0.01 rad in each cell and minimised again at their
    field: back to within 1e-2 in every cell, and the same in every layer to 1e-4.

    1e-2 is what the ends of a bar of 97 periods do to a soft wall: with 24, 48, 96 and 192 images on either side the worst
    cell is 2.6e-2, 6.8e-3, 1.8e-3 and 5e-4 away."""
    run, curve, equilibria = flat
    after = [k + 1 for k in np.flatnonzero(-np.diff(curve.m_parallel) > 0.05)]
    fields_T = [float(curve.mu0_H_T[k]) for k in after]
    voxels = extruded("all")
    system, materials = system_of(voxels, dtype=torch.float32), materials_of(*[voxels] * len(after), dtype=torch.float32)
    expected = torch.stack([torch.as_tensor(equilibria[field]) for field in fields_T]).expand(-1, -1, -1, -1, 8)
    noise = np.random.default_rng(1).standard_normal(expected.shape)
    start = normalised(expected + 0.01 * torch.as_tensor(noise, dtype=torch.float32))
    field_T = torch.as_tensor(np.outer(fields_T, run.unit_direction), dtype=torch.float32)
    m = relaxed(system, materials, start, field_T, run.tolerance_T)
    assert (m - expected).abs().max() < 1e-2
    assert m.std(-1).max() < 1e-4


@pytest.mark.parametrize(("size", "status"), [(1e-6, Status.OK), (1e-4, Status.ENERGY_ROSE)])
def test_a_rise_of_energy_is_held_against_the_sizes_of_its_terms(monkeypatch, size, status):
    """Terms cancel where the applied field is near K/Ms; what is left in fp32 is rounding, 1e-6 of the terms' sizes, and may
    go up. An energy that goes up by more is reported."""
    sign = iter(k % 2 for k in range(10_000))
    energy = lambda *_: size * next(sign) * 2e6 * torch.ones(1)  # noqa: E731  K of 2e6 J/m³ in one cell
    monkeypatch.setattr("hardmag.micromagnetics.system.System.energy", energy)
    voxels = Voxels(np.zeros((1, 1, 1), int), (Phase("hard", 8e-12, 2e6, 8e5, (0.0, 1.0, 0.0)),), (1e-9, 1e-9, 2e-9))
    run = HalfCycle(voxels, (0.1, 1.0, 0.0), 1.0, -9.0, 0.5, demag=False)
    assert run_half_cycles({0: run})[0].status is status


def test_a_stack_of_layers_has_no_demagnetising_field_in_its_plane():
    """A hard and a soft layer of 10 nm each as 1×1×20 cells, periodic in the plane, the field along the easy axis in it. The
    spring turns in the plane, where there are no poles: it begins to where it does without a demagnetising field, within
    twice the resolution. That is near π²A/2Msd², for a soft layer that is held at one face and free at the other; less here,
    for the hard layer gives."""
    hard = Phase("hard", 1.0e-11, 4.0e6, 1.2e6, (1, 0, 0))
    soft = Phase("soft", 1.0e-11, 0.0, 1.7e6, (1, 0, 0))
    body = Voxels((np.arange(20) >= 10).astype(int).reshape(1, 1, 20), (hard, soft), (1e-9,) * 3, (True, True, False))
    run = HalfCycle(body, (1, 0.01, 0), 1.0, -4.0, 0.2, resolution_T=0.01)
    begin = []
    for demag in (True, False):
        curve = ended(replace(run, demag=demag))
        assert curve.status is Status.OK
        begin.append(-np.interp(-0.99, -curve.m_parallel, curve.mu0_H_T))
    assert begin[0] == pytest.approx(begin[1], abs=0.02)
    rigid = np.pi**2 * soft.A_J_per_m / (2 * soft.Ms_A_per_m * 10e-9**2)
    assert 0.6 * rigid < begin[0] < 1.1 * rigid
