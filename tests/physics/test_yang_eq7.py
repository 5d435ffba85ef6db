"""The interface formula of the SmCo paper: a field without an energy, minimised by the work along each step."""

import numpy as np
import pytest
import torch
from helpers import system_of

from hardmag.materials import Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import Materials
from hardmag.nanostructures import SmCo17
from hardmag.voxels import Voxels

DIRECTION = (np.sin(np.radians(0.5)), np.cos(np.radians(0.5)), 0.0)


def small_cell(z_set="dft"):
    structure = SmCo17(L_nm=30, d_nm=16, wS_nm=6, wZ_nm=4, z_set=z_set, size_nm=(40, 40, 2), cell_nm=(1, 1, 2))
    return structure.build(np.random.default_rng(0))


def test_field_at_a_jump():
    """Two cells: 2S/µ0 ⟨A/Ms⟩ (m_j − m_i)/d² with the harmonic mean of A/Ms, by hand; 1e-12: rounding."""
    a, b, d, strength = Phase("a", 2e-12, 0.0, 1e6), Phase("b", 6e-12, 0.0, 3e5), 0.5e-9, 0.7
    voxels = Voxels(np.array([0, 1]).reshape(2, 1, 1), (a, b), (d, d, d))
    materials = Materials.of(voxels, "cpu", torch.float64, strength, "yang_eq7")
    m = torch.zeros(1, 3, 2, 1, 1, dtype=torch.float64)
    m[0, 0, 0], m[0, 1, 1] = 1.0, 1.0
    one, other = (p.A_J_per_m / p.Ms_A_per_m for p in (a, b))
    mean = 2 * one * other / (one + other)
    field = -materials.local(m)[0, :, 0, 0, 0] * materials.inv_weight[0, 0, 0, 0, 0]  # T
    assert field.tolist() == pytest.approx((2 * strength * mean / d**2 * np.array([-1.0, 1.0, 0.0])).tolist(), rel=1e-12)


def test_equal_moments_make_the_formulas_equal():
    """Where all phases have one Ms, harmonic means of A and of A/Ms differ by that factor alone: Hc to 1 mT, the branch to
    1e-4; both stop at 1 mT of torque in fields of some T."""
    drawn = small_cell()
    phases = tuple(Phase(p.name, p.A_J_per_m, p.Ku_J_per_m3, 9e5, p.axis) for p in drawn.phases)
    voxels = Voxels(drawn.index, phases, drawn.cell_m, drawn.periodic)
    runs = {f: HalfCycle(voxels, DIRECTION, 1.0, -12.0, 0.5, exchange=f) for f in ("variational", "yang_eq7")}
    one, other = (run_half_cycles(runs, precision="fp64")[f] for f in runs)
    assert one.status is other.status is Status.OK and len(one.mu0_H_T) == len(other.mu0_H_T)
    jump = int(np.argmax(-np.diff(one.m_parallel) > 0.02))
    assert np.abs(one.m_parallel[: jump + 1] - other.m_parallel[: jump + 1]).max() < 1e-4


def test_equilibria_have_no_torque():
    """At each recorded equilibrium of a cell with jumps of Ms the field written out by hand leaves less torque than the
    tolerance in every cell, and the run gets through its avalanches. 1 %: fp64 on both sides, other order of operations."""
    voxels, states = small_cell(), []
    run = HalfCycle(voxels, DIRECTION, 1.0, -12.0, 0.5, exchange="yang_eq7", tolerance_T=1e-3)
    curve = run_half_cycles({0: run}, precision="fp64", on_rest=lambda _, B, m: states.append((B, m)))[0]
    assert curve.status is Status.OK and len(states) > 5
    Ms, A, K = (voxels.per_cell(k) for k in ("Ms_A_per_m", "A_J_per_m", "Ku_J_per_m3"))
    axis, demag = voxels.easy_axis(), system_of(voxels).demag
    for B, m in states:
        ones = torch.ones(1, 1, *m.shape[1:], dtype=torch.float64)
        field = B * run.unit_direction[:, None, None, None] + 2 * K / Ms * (axis * m).sum(0) * axis
        field = field - demag.gradient(torch.as_tensor(m)[None], torch.as_tensor(Ms)[None, None], ones)[0].numpy()
        for dim, d in enumerate(voxels.cell_m[:2]):
            a = np.moveaxis(A / Ms, dim, 0)
            mean = 2 * a[1:] * a[:-1] / (a[1:] + a[:-1])
            flow = 2 * mean / d**2 * np.diff(np.moveaxis(m, dim + 1, 1), axis=1)
            part = np.moveaxis(field, dim + 1, 1)
            part[:, :-1] += flow
            part[:, 1:] -= flow
        assert np.linalg.norm(np.cross(m, field, axis=0), axis=0).max() < 1.01 * run.tolerance_T


def test_the_formula_matters_where_the_moment_jumps():
    """Ms of 290 beside 988 kA/m: the two fields of one state differ by more than 1 T, the field equation 7 being stronger on
    the side of the larger moment (A/Ms is smaller than the mean there)."""
    voxels = small_cell()
    m = torch.as_tensor(np.random.default_rng(0).standard_normal((1, 3, *voxels.index.shape)))
    m = m / m.norm(dim=1, keepdim=True)
    fields = [
        x.local(m) * x.inv_weight
        for x in (Materials.of(voxels, "cpu", torch.float64, 1.0, f) for f in ("variational", "yang_eq7"))
    ]
    assert (fields[0] - fields[1]).abs().max() > 1.0
