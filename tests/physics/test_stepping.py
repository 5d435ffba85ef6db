"""Field steps that find jumps themselves, against fixed steps and against Stoner and Wohlfarth."""

from itertools import product

import numpy as np
import pytest

from hardmag.loops import analyse, discontinuities
from hardmag.materials import Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures import SmCo17
from hardmag.voxels import Voxels

PARTICLE = Voxels(np.zeros((2, 2, 2), int), (Phase("hard", 8e-12, 4e5, 1e5, (0.0, 1.0, 0.0)),), (1e-9, 1e-9, 1e-9))


def stoner_wohlfarth_field(K1, Ms, psi):
    """µ0·H_sw (T) of a coherent particle without shape anisotropy (Stoner & Wohlfarth 1948)."""
    return 2 * K1 / Ms * (np.cos(psi) ** (2 / 3) + np.sin(psi) ** (2 / 3)) ** -1.5


@pytest.mark.parametrize("psi_deg", [5, 20, 40])
@pytest.mark.parametrize("resolution_T", [0.01, 0.05])
def test_a_single_switch_is_located(psi_deg, resolution_T):
    """The one jump of a Stoner-Wohlfarth particle lies in a step no longer than the resolution, and that step (or the one
    beside it: 2 mT for what 1 mT of torque leaves undecided) holds the formula's field."""
    psi = np.radians(psi_deg)
    run = HalfCycle(PARTICLE, (np.sin(psi), np.cos(psi), 0.0), 1.0, -10.0, 0.5, resolution_T=resolution_T, demag=False)
    curve = run_half_cycles({0: run}, precision="fp64")[0]
    (jump,) = discontinuities(curve.mu0_H_T, curve.m_parallel)
    above, below = -curve.mu0_H_T[jump], -curve.mu0_H_T[jump + 1]
    assert below - above <= resolution_T + 1e-9
    assert above - 2e-3 <= stoner_wohlfarth_field(4e5, 1e5, psi) <= below + 2e-3
    assert len(curve.mu0_H_T) < 60  # 11 T at 0.01 T would be 1100


def test_long_steps_do_not_nucleate_early_nor_late():
    """A cube that buckles at its edges, whatever field its steps begin at and which way it is disturbed: the jump is found in
    the very step of 10 mT in which fixed steps find it. (A first step over 0.64 T drives it over the barrier 30 mT early.)"""
    hard = Phase("hard", 8e-12, 4.9e6, 1.61 / (4e-7 * np.pi), (0.0, 0.0, 1.0))
    cube, direction = Voxels(np.zeros((10, 10, 10), int), (hard,), (2e-9,) * 3), (np.sin(0.035), 0.0, np.cos(0.035))
    runs = {"fixed": HalfCycle(cube, direction, -6.0, -7.0, 0.01, seed=1)}
    starts = product((1.0, 1.1, 1.2, 1.3, 1.4, 1.5), (1, 2))
    runs |= {(T, seed): HalfCycle(cube, direction, T, -8.0, 0.64, resolution_T=0.01, seed=seed) for T, seed in starts}
    found = {}
    for key, curve in run_half_cycles(runs, slots=len(runs)).items():
        (jump,) = discontinuities(curve.mu0_H_T, curve.m_parallel)
        found[key] = curve.mu0_H_T[jump], curve.mu0_H_T[jump + 1]
    for bracket in found.values():
        assert bracket == pytest.approx(found["fixed"], abs=1e-6)


def test_same_figures_as_fixed_steps():
    """A nanostructure that reverses in one avalanche and one that depins first: Hc of the former and Hp of both against
    fixed steps of 20 mT, within 10 mT and half of such a step; with half the evaluations at most.

    (After a first avalanche the state depends on the way that led there, as it does from one realisation to the next.)"""
    shapes = (dict(L_nm=40, d_nm=20, wS_nm=6, wZ_nm=3), dict(L_nm=34, d_nm=13, wS_nm=4, wZ_nm=2))
    cells = [SmCo17(**s, size_nm=(40, 40, 2), cell_nm=(1, 1, 2)).build(np.random.default_rng(0)) for s in shapes]
    settings = {"fixed": dict(step_T=0.02), "adaptive": dict(step_T=0.5, resolution_T=0.01)}
    direction = (np.sin(0.01), np.cos(0.01), 0.0)
    runs = {(k, name): HalfCycle(v, direction, -2.0, -9.0, **s) for k, v in enumerate(cells) for name, s in settings.items()}
    curves = run_half_cycles(runs, slots=4)
    loops = {key: analyse(c.mu0_H_T, c.m_parallel, 1.0) for key, c in curves.items()}
    for k in range(2):
        assert curves[k, "fixed"].status is curves[k, "adaptive"].status is Status.OK
        assert 2 * curves[k, "adaptive"].evaluations < curves[k, "fixed"].evaluations
        assert loops[k, "adaptive"].mu0_Hp_T == pytest.approx(loops[k, "fixed"].mu0_Hp_T, abs=0.02)
    assert loops[0, "adaptive"].mu0_Hc_T == pytest.approx(loops[0, "fixed"].mu0_Hc_T, abs=0.02)
    assert loops[1, "adaptive"].phi_p > 0.1


def test_fixed_steps_are_fixed():
    """Without a resolution every step is step_T, but for a shorter last one that ends at to_T."""
    run = HalfCycle(PARTICLE, (0.1, 1.0, 0.0), 1.0, -1.3, 0.5, demag=False)
    curve = run_half_cycles({0: run})[0]
    assert curve.status is Status.NOT_REVERSED
    assert curve.mu0_H_T.tolist() == [1.0, 0.5, 0.0, -0.5, -1.0, -1.3]
