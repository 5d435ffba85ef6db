"""Finite elements: energies against formulas, gradient against differences, coercivity against that by cells."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import energy_of
from meshes import brick

from hardmag.loops import analyse
from hardmag.materials import MU0, ND2FE14B, Phase
from hardmag.micromagnetics import sparse
from hardmag.micromagnetics.half_cycle import HalfCycle, Status, disturbance
from hardmag.micromagnetics.nodal import NodalMaterials, NodalSystem
from hardmag.micromagnetics.particle_mesh import shares
from hardmag.micromagnetics.scheduler import joined, run_half_cycles
from hardmag.micromagnetics.system import dot, normalised, tangent
from hardmag.voxels import Voxels

FIELD = torch.tensor([[0.7, -2.0, 1.1]], dtype=torch.float64)
NONE = torch.zeros(1, 3, dtype=torch.float64)
SOFT = Phase("soft", 1.1e-11, 0.0, 1e6)


def three_phases():
    """A shaken brick with jumps of A, K, Ms and axis, part of it empty, on a grid that its elements do not fit into."""
    phases = (
        Phase("hard", 8e-12, 4.9e6, 1.281e6, (0.1, 0.2, 1)),
        Phase("lean", 4e-12, 2e6, 3e5, (1, 0, 0.3)),
        Phase("void", 0.0, 0.0, 0.0),
    )
    third = lambda c: np.minimum((c[:, 0] // 1.7e-9).astype(int), 2)  # noqa: E731
    return brick((5, 4, 3), 1e-9, phases, third, grid_m=0.8e-9, shake=0.2)


def parts(mesh, demag=True, dtype=torch.float64):
    return NodalSystem(mesh, "cpu", dtype, demag), NodalMaterials.of(mesh, "cpu", dtype)


def random_state(mesh, seed=6):
    m = np.random.default_rng(seed).standard_normal((1, 3, len(mesh.nodes), 1, 1))
    return normalised(torch.as_tensor(m))


def joules(mesh, value):
    """Energies are per mean nodal volume."""
    return value.item() * mesh.volumes.sum() / len(mesh.nodes)


def test_gradient_against_central_differences():
    """Energy is quadratic in m, so central differences are exact; 1e-5 is asked for, 1e-9 is left for rounding."""
    mesh = three_phases()
    system, materials = parts(mesh)
    m = random_state(mesh)
    gradient = system.gradient(materials, m, FIELD)
    for seed in range(5):
        v = random_state(mesh, seed + 10)
        up, down = (energy_of(system, materials, m + s * v, FIELD).item() for s in (0.5, -0.5))
        assert abs(up - down - (gradient * v).sum().item()) < 1e-9 * (gradient.abs() * v.abs()).sum().item()


def test_zeeman_and_anisotropy_of_a_uniform_state():
    """−Σ V (Ms m·B + K (u·m)²), phase by phase, 1e-12: rounding."""
    mesh = three_phases()
    system, materials = parts(mesh, demag=False)
    direction = np.array([2.0, -1.0, 2.0]) / 3
    m = torch.as_tensor(direction)[None, :, None, None, None].expand(1, 3, len(mesh.nodes), 1, 1)
    expected = -sum(
        V * (p.Ms_A_per_m * direction @ FIELD[0].numpy() + p.Ku_J_per_m3 * (np.array(p.axis) @ direction) ** 2)
        for V, p in zip(mesh.phase_volumes(), mesh.phases, strict=True)
    )
    assert joules(mesh, energy_of(system, materials, m, FIELD)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("across", "error"), [(10, 0.02), (20, 0.005)])
def test_helix(across, error):
    """Exchange of half a turn along x over 20 nm: A k² V. The error is that of a chord for its arc, (k h)²/12: 0.8 % for ten
    elements, 0.2 % for twenty, and the shaken nodes' (a quarter more)."""
    mesh = brick((across, 2, 2), 20e-9 / across, (SOFT,), shake=0.2)
    system, materials = parts(mesh, demag=False)
    k, x = np.pi / 20e-9, torch.as_tensor(mesh.nodes[:, 0])
    m = torch.stack([(k * x).cos(), (k * x).sin(), torch.zeros_like(x)])[None, :, :, None, None]
    ours = joules(mesh, energy_of(system, materials, m, NONE))
    assert ours == pytest.approx(SOFT.A_J_per_m * k**2 * mesh.volumes.sum(), rel=error)


def test_demagnetising_factor_of_the_cube():
    """20 nm, uniform: N = 1/3 however the elements lie on the grid, for it holds the magnetisation exactly. 1e-6: that of
    the tensor; 1 % is asked for."""
    mesh = brick((10, 10, 10), 2e-9, (SOFT,), grid_m=1.7e-9, shake=0.2)
    system, materials = parts(mesh)
    m = torch.as_tensor([0.6, 0.0, 0.8])[None, :, None, None, None].expand(1, 3, len(mesh.nodes), 1, 1).double()
    full = MU0 * SOFT.Ms_A_per_m**2 * mesh.volumes.sum() / 2
    assert joules(mesh, energy_of(system, materials, m, NONE)) / full == pytest.approx(1 / 3, rel=1e-6)


def test_the_grid_holds_all_of_the_magnetisation():
    """Cells inside are full, and a field that is linear in x has its value at the cell's centre as its mean."""
    mesh = brick((5, 4, 3), 1e-9, (SOFT,), grid_m=0.7e-9, shake=0.3)
    n, cell, _ = mesh.grid
    cells, nodes, _, values = shares(mesh)
    assert np.bincount(cells, values) == pytest.approx(np.ones(np.prod(n)), abs=1e-9)
    x = np.bincount(cells, values * mesh.nodes[nodes, 0]).reshape(n)
    assert x[:, 2, 1] == pytest.approx((np.arange(n[0]) + 0.5) * cell[0], rel=1e-9)


def test_the_demagnetising_energy_is_bounded():
    """0 ≤ 2E ≤ µ0 Σ Ms weight |m|²: what the minimiser's steps and sweeps rely on."""
    mesh = three_phases()
    system, materials = parts(mesh)
    bound = MU0 * (materials.Ms * materials.weight).sum().item()
    for seed in range(5):
        m = random_state(mesh, seed)
        own = ((system.gradient(materials, m, NONE) - materials.local(m)) * m).sum().item()
        assert 0 < own < bound


def test_curvature_and_preconditioner():
    """Curvature against second differences of the energy (1e-5, as for the finite differences); the preconditioner is
    symmetric, positive and tangential, its operator within the bound that the polynomial relies on."""
    mesh = three_phases()
    system, materials = parts(mesh, demag=False)
    m = random_state(mesh)
    radial = (system.gradient(materials, m, FIELD) * m).sum(1, keepdim=True)
    hessian = materials.hessian(m, radial)
    p, q, t = (tangent(random_state(mesh, 8), m), tangent(random_state(mesh, 9), m), 1e-3)
    ahead, here, behind = (energy_of(system, materials, normalised(m + k * t * p), FIELD).item() for k in (1, 0, -1))
    assert hessian.curvature(p).item() == pytest.approx((ahead - 2 * here + behind) / t**2, rel=1e-5)
    xp, xq = hessian.solve(p, 24), hessian.solve(q, 24)
    assert dot(p, xp).item() > 0
    assert abs((dot(p, xq) - dot(q, xp)).item()) < 1e-12 * dot(p, xp).item()
    assert (xp * m).sum(1).abs().max() < 1e-12 * xp.abs().max()
    diagonal = (materials.diagonal + hessian.shift).sqrt()
    v = random_state(mesh, 3)
    for _ in range(200):  # power iteration
        w = v / diagonal
        w = (
            sparse.nodal_operator(materials.elements.neighbours, materials.stiffness, w, hessian.shift, hessian.tensor)
            / diagonal
        )
        largest = (w.square().sum() / v.square().sum()).sqrt().item()
        v = w / w.norm()
    assert 1 < largest <= 2


def test_numba_and_torch_agree(monkeypatch):
    """Compiled loops against plain torch, which a GPU compiles: 1e-12, rounding of another order."""
    mesh = three_phases()
    system, one = parts(mesh)
    materials = joined([one, NodalMaterials.of(mesh.with_phases((mesh.phases[0], SOFT, mesh.phases[2])), "cpu", torch.float64)])
    m = torch.cat([random_state(mesh, 1), random_state(mesh, 2)])
    field = FIELD.expand(2, 3)
    both = []
    for compiled in (sparse.cpu_sparse, None):
        monkeypatch.setattr(sparse, "cpu_sparse", compiled)
        g = system.gradient(materials, m, field)
        radial = (g * m).sum(1, keepdim=True)
        both.append((g, materials.hessian(m, radial).solve(tangent(g, m), 8)))
    for ours, plain in zip(*both, strict=True):
        assert (ours - plain).abs().max() < 1e-12 * plain.abs().max()


def small(scale, seed, mesh):
    """Half-cycle of a small two-phase brick, its materials scaled."""
    hard = Phase("hard", 8e-12, 4.0e6 * scale, 1.2e6, (0, 0, 1))
    return HalfCycle(mesh.with_phases((hard, replace(SOFT, Ms_A_per_m=1.2e6 * scale))), (0.1, 0, 1), 1.0, -9.0, 1.0, seed)


def test_samples_of_one_mesh_are_independent():
    """Bit by bit the same alone and in a batch whose members come and go."""
    mesh = brick((6, 5, 5), 1.5e-9, (ND2FE14B, SOFT), lambda c: (c[:, 0] > 6e-9).astype(int), shake=0.1)
    runs = {k: small(0.8 + 0.1 * k, k, mesh) for k in range(4)}
    together = run_half_cycles(runs, slots=3)
    for k, run in runs.items():
        alone = run_half_cycles({k: run})[k]
        assert alone.status is Status.OK
        assert alone.evaluations == together[k].evaluations
        assert np.array_equal(alone.m_parallel, together[k].m_parallel)
        assert np.array_equal(alone.mu0_H_T, together[k].mu0_H_T)


def test_the_disturbance_is_smooth():
    """Mean square of the vector 1, and neighbours differ by far less than it: the cosines of four half waves over 12 nm."""
    mesh = brick((12, 4, 4), 1e-9, (ND2FE14B,))
    materials = NodalMaterials.of(mesh, "cpu", torch.float64)
    m = materials.axis.clone()
    kick = disturbance(materials, m, 1)[0, :, :, 0, 0].numpy()
    assert (kick**2).mean() == pytest.approx(1 / 3, rel=1e-6)
    i, j = mesh.tetrahedra[:, 0], mesh.tetrahedra[:, 1]
    assert ((kick[:, i] - kick[:, j]) ** 2).mean() < 0.2 * (kick**2).mean()


def coercivity(body):
    alpha = np.radians(2.0)
    run = HalfCycle(body, (np.sin(alpha), 0, np.cos(alpha)), 1.0, -9.0, 0.64, resolution_T=0.01)
    curve = run_half_cycles({0: run})[0]
    assert curve.status is Status.OK
    return analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T


def test_coercivity_of_a_cube():
    """20 nm of Nd2Fe14B, the field 2° off: 6.32 T within 0.5 %, by cells and by elements."""
    n = (10, 10, 10)
    assert coercivity(Voxels(np.zeros(n, int), (ND2FE14B,), (2e-9,) * 3)) == pytest.approx(6.32, rel=0.005)
    assert coercivity(brick(n, 2e-9, (ND2FE14B,), shake=0.15)) == pytest.approx(6.32, rel=0.005)
