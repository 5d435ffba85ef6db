"""Energies against sums written out by hand, and their gradient against central differences."""

from itertools import product

import numpy as np
import pytest
import torch
from helpers import energy_of, system_of

from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.demag import Demag
from hardmag.micromagnetics.exchange import exchange
from hardmag.micromagnetics.iterate import Iterate
from hardmag.micromagnetics.local_terms import local_operator
from hardmag.micromagnetics.minimiser import advance
from hardmag.micromagnetics.system import LocalHessian, Materials, dot, normalised, tangent
from hardmag.voxels import Voxels

CELL = (1.0e-9, 1.2e-9, 0.9e-9)
FIELD = torch.tensor([[0.7, -2.0, 1.1]], dtype=torch.float64)
GRIDS = {
    "open": ((5, 4, 3), (False, False, False)),
    "periodic along z": ((4, 3, 4), (False, False, True)),
    "z-invariant": ((6, 5, 1), (False, False, True)),
    "periodic everywhere": ((4, 5, 1), (True, True, True)),
}
grids = pytest.mark.parametrize(("n", "periodic"), GRIDS.values(), ids=GRIDS)


def three_phases_and_a_void(n, periodic, seed=5):
    """Cells at random: jumps of A, K and Ms and empty cells everywhere, an easy axis of its own in each cell."""
    rng = np.random.default_rng(seed)
    phases = (
        Phase("hard", 8.0e-12, 4.9e6, 1.281e6),
        Phase("soft", 1.5e-11, 0.0, 1.6e6),
        Phase("lean", 4.0e-12, 2.0e6, 3.0e5),
        Phase("void", 0.0, 0.0, 0.0),
    )
    axis = rng.standard_normal((3, *n))
    return Voxels(rng.integers(0, 4, n), phases, CELL, periodic, axis / np.linalg.norm(axis, axis=0))


def random_state(n, seed=6, dtype=torch.float64):
    """Unit vectors at random: (1, 3, nx, ny, nz)."""
    m = torch.as_tensor(np.random.default_rng(seed).standard_normal((1, 3, *n)))
    return normalised(m).to(dtype)


def energy(system, materials, m, field_T=FIELD):
    """System.energy as a function of m alone."""
    return energy_of(system, materials, m, field_T)


def energy_by_hand(voxels, m, field_T):
    """E/V_cell less ΣK, cell by cell and face by face: Σ −K(u·m)² − Ms m·B + A_ij|m_i − m_j|²/d², without demag."""
    A, K, Ms = (voxels.per_cell(key) for key in ("A_J_per_m", "Ku_J_per_m3", "Ms_A_per_m"))
    axis, n, total = voxels.easy_axis(), voxels.index.shape, 0.0
    for i in np.ndindex(n):
        total -= K[i] * (axis[:, *i] @ m[:, *i]) ** 2 + Ms[i] * (m[:, *i] @ field_T)
        for dim in range(3):
            if i[dim] + 1 == n[dim] and (not voxels.periodic[dim] or n[dim] == 1):
                continue
            j = tuple((k + (dim == d)) % n[d] for d, k in enumerate(i))
            mean = 2 * A[i] * A[j] / (A[i] + A[j]) if A[i] and A[j] else 0.0
            total += mean * ((m[:, *i] - m[:, *j]) ** 2).sum() / voxels.cell_m[dim] ** 2
    return total


@grids
def test_gradient_against_central_differences(n, periodic):
    """Along random directions and along single components of single cells. The energy is quadratic in m, so a central
    difference is exact for any step, and 1e-10 is left for rounding."""
    voxels = three_phases_and_a_void(n, periodic)
    system, materials, m = system_of(voxels), Materials.of(voxels, "cpu", torch.float64), random_state(n)
    gradient = system.gradient(materials, m, FIELD)
    directions = [torch.as_tensor(np.random.default_rng(k).standard_normal(m.shape)) for k in range(4)]
    for component, cell in product(range(3), [(0, 0, 0), tuple(k - 1 for k in n), tuple(k // 2 for k in n)]):
        directions.append(torch.zeros_like(m))
        directions[-1][0, component, *cell] = 1.0
    for v in directions:
        difference = (energy(system, materials, m + 0.5 * v) - energy(system, materials, m - 0.5 * v)).item()
        scale = (gradient.abs() * v.abs()).sum().item() + 1e3  # cells that are empty have no gradient at all
        assert abs(difference - (gradient * v).sum().item()) < 1e-10 * scale


@grids
def test_energy_by_hand(n, periodic):
    """All terms but the demagnetising field, written out cell by cell. 1e-12: rounding."""
    voxels = three_phases_and_a_void(n, periodic)
    m = random_state(n)
    ours = energy(system_of(voxels, demag=False), Materials.of(voxels, "cpu", torch.float64), m).item()
    assert ours == pytest.approx(energy_by_hand(voxels, m[0].numpy(), FIELD[0].numpy()), rel=1e-12)


def test_demagnetising_energy():
    """A uniform cube of 4³ cells: ½µ0 Ms² V/3 however it points, and µ0 Ms²/6 per cell. 1e-9: rounding of the kernel."""
    n, Ms = (4, 4, 4), 1.2e6
    voxels = Voxels(np.zeros(n, int), (Phase("soft", 1e-11, 0.0, Ms),), (2e-9,) * 3)
    m = normalised(torch.ones(1, 3, *n, dtype=torch.float64) * torch.tensor([1.0, -2.0, 0.5])[:, None, None, None])
    ours = energy(system_of(voxels), Materials.of(voxels, "cpu", torch.float64), m, torch.zeros(1, 3).double()).item()
    assert ours / 64 == pytest.approx(MU0 * Ms**2 / 6, rel=1e-9)


@grids
def test_demagnetising_field_is_reciprocal(n, periodic):
    """∫ M1·H2 = ∫ M2·H1 for two magnetisations, and no energy is negative. 1e-12: rounding of the FFT."""
    voxels = three_phases_and_a_void(n, periodic)
    Ms = torch.as_tensor(voxels.per_cell("Ms_A_per_m"))[None, None]
    demag = Demag(n, CELL, periodic, "cpu", torch.float64)
    m1, m2 = random_state(n, 1), random_state(n, 2)
    one, two = (m1 * demag.gradient(m2, Ms, Ms)).sum().item(), (m2 * demag.gradient(m1, Ms, Ms)).sum().item()
    own = (m1 * demag.gradient(m1, Ms, Ms)).sum().item()
    assert abs(one - two) < 1e-12 * own


def test_anisotropy_and_zeeman():
    """One cell at angle φ from its axis in a field: −K cos²φ − Ms B cos ψ. 1e-12: rounding."""
    phase = Phase("hard", 1e-11, 3e6, 1e6, (1.0, 2.0, -2.0))
    voxels = Voxels(np.zeros((1, 1, 1), int), (phase,), CELL)
    m = random_state((1, 1, 1))
    unit = m.flatten().numpy()
    ours = energy(system_of(voxels, demag=False), Materials.of(voxels, "cpu", torch.float64), m).item()
    expected = -3e6 * (unit @ [1 / 3, 2 / 3, -2 / 3]) ** 2 - 1e6 * (unit @ FIELD[0].numpy())
    assert ours == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_helix(dim):
    """Exchange of a helix, periodic, 20 cells a turn: A k² within 2 % (0.8 % too low, the next term −(kd)²/12 of the
    difference formula), and the difference formula itself to rounding."""
    n, d, A = [1, 1, 1], 0.8e-9, 1.1e-11
    n[dim] = 20
    voxels = Voxels(np.zeros(n, int), (Phase("soft", A, 0.0, 1e6),), (d, d, d), (True, True, True))
    turn = torch.arange(20, dtype=torch.float64).reshape(n) * (2 * np.pi / 20)
    m = torch.stack([turn.cos(), turn.sin(), torch.zeros_like(turn)])[None]
    zero = torch.zeros(1, 3, dtype=torch.float64)
    density = energy(system_of(voxels, demag=False), Materials.of(voxels, "cpu", torch.float64), m, zero).item() / 20
    k = 2 * np.pi / (20 * d)
    assert density == pytest.approx(A * k**2, rel=0.02)
    assert density == pytest.approx(A * (2 - 2 * np.cos(k * d)) / d**2, rel=1e-12)


@grids
def test_exchange_conserves_across_jumps(n, periodic):
    """Pair forces are equal and opposite: the gradient sums to zero, whatever A does. 1e-12: rounding."""
    voxels = three_phases_and_a_void(n, periodic)
    materials = Materials.of(voxels, "cpu", torch.float64)
    gradient = exchange(random_state(n), materials.faces)
    total = gradient.sum((0, 2, 3, 4)).abs().max().item()
    assert total < 1e-12 * gradient.abs().sum().item()


def test_two_cells_across_a_jump():
    """A_ij is the harmonic mean, scaled by the interface's strength; nothing reaches across to an empty cell."""
    phases = (Phase("a", 2e-12, 0.0, 1e6), Phase("b", 6e-12, 0.0, 4e5), Phase("void", 0.0, 0.0, 0.0))
    m = torch.zeros(1, 3, 3, 1, 1, dtype=torch.float64)
    m[0, 0, 0], m[0, 1, 1], m[0, 2, 2] = 1.0, 1.0, 1.0
    voxels = Voxels(np.array([0, 1, 2]).reshape(3, 1, 1), phases, (1e-9, 1e-9, 1e-9))
    zero = torch.zeros(1, 3, dtype=torch.float64)
    for strength in (1.0, 0.3):
        materials = Materials.of(voxels, "cpu", torch.float64, strength)
        ours = energy(system_of(voxels, demag=False), materials, m, zero).item()
        assert ours == pytest.approx(strength * 3e-12 * 2 / 1e-18, rel=1e-12)  # |m_1 − m_2|² = 2


def work_of_a_refused_step(system, materials, m, v, step, slope, dtype):
    """The energy change that `advance` finds from m along v, read off how it shortens a step that it refuses."""
    it = Iterate.start(m.to(dtype))
    it, *_ = advance(system, materials, it, FIELD.to(dtype))  # gradient and radial part at m
    number = lambda value: torch.tensor([value], dtype=dtype)  # noqa: E731
    it.p, it.step, it.slope = v.to(dtype), number(step), number(slope)
    it.trial = normalised(it.m + step * it.p)
    shortened, accepted, *_ = advance(system, materials, it, FIELD.to(dtype))
    assert not accepted
    new = shortened.step.item()
    assert 0.1001 * step < new < 0.4999 * step, "the parabola was not what set the new step"
    return slope * step - 0.5 * slope * step**2 / new


@grids
@pytest.mark.parametrize("size", [1.0, 1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_work_formula(n, periodic, size, dtype):
    """The line search's energy difference against energies in fp64, for steps of 1 to 1e-6 rad in the cell that turns most.

    1e-5 + eps/size with the eps of fp32, 6e-8: m is stored to eps, so m' − m cannot be known better; the formula adds
    nothing to that, whereas a difference of fp32 energies, eps·E, would lose all digits at E(m') − E(m) = 1e-7 E.
    fp64: 1e-8, as the difference of energies itself keeps 10 of 16 digits at 1e-6 rad.
    """
    voxels = three_phases_and_a_void(n, periodic)
    exact, m = Materials.of(voxels, "cpu", torch.float64), random_state(n, dtype=dtype).double()
    system64 = system_of(voxels)
    full = system64.gradient(exact, m, FIELD)
    v = full - (full * m).sum(1, keepdim=True) * m  # uphill, so that any step of it is refused
    v = v / v.square().sum(1).sqrt().max()
    change = (energy(system64, exact, normalised(m + size * v)) - energy(system64, exact, m)).item()
    assert change > 0
    materials = Materials.of(voxels, "cpu", dtype)
    ours = work_of_a_refused_step(system_of(voxels, dtype=dtype), materials, m, v, size, -change / size, dtype)
    assert ours == pytest.approx(change, rel=1e-8 if dtype == torch.float64 else 1e-5 + 6e-8 / size)


def tangential(m, seed):
    """A random tangential field at m."""
    return tangent(random_state(m.shape[2:], seed), m)


@grids
def test_curvature_against_second_differences(n, periodic):
    """LocalHessian.curvature is the second derivative of the energy without demagnetising field along normalised(m + t p).

    1e-5: the difference formula with t = 1e-3 leaves out t²/12 of the fourth derivative, some times the second."""
    voxels = three_phases_and_a_void(n, periodic)
    system, materials, m = system_of(voxels, demag=False), Materials.of(voxels, "cpu", torch.float64), random_state(n)
    radial = (system.gradient(materials, m, FIELD) * m).sum(1, keepdim=True)
    p, t = tangential(m, 8), 1e-3
    ahead, here, behind = (energy(system, materials, normalised(m + k * t * p)).item() for k in (1, 0, -1))
    ours = LocalHessian(materials, m, radial).curvature(p).item()
    assert ours == pytest.approx((ahead - 2 * here + behind) / t**2, rel=1e-5)


@grids
def test_preconditioner_is_symmetric_positive_and_tangential(n, periodic):
    """As the outer conjugate gradients need it. Rounding: 1e-12 in fp64; in fp32, where the residual that is left after
    eight sweeps may be rounding alone, 1e-4 of the solution in fp64."""
    voxels = three_phases_and_a_void(n, periodic)
    system, materials, m = system_of(voxels, demag=False), Materials.of(voxels, "cpu", torch.float64), random_state(n)
    radial = (system.gradient(materials, m, FIELD) * m).sum(1, keepdim=True)
    a, b = tangential(m, 8), tangential(m, 9)
    hessian = LocalHessian(materials, m, radial)
    xa, xb = hessian.solve(a, 8), hessian.solve(b, 8)
    assert dot(a, xa).item() > 0
    assert abs((dot(a, xb) - dot(b, xa)).item()) < 1e-12 * dot(a, xa).item()
    assert (xa * m).sum(1).abs().max() < 1e-12 * xa.abs().max()
    single = LocalHessian(materials.map(lambda _, value: value.float()), m.float(), radial.float()).solve(a.float(), 8)
    assert (single - xa).abs().max() < 1e-4 * xa.abs().max()


def test_preconditioner_of_one_cell():
    """fp32, one cell: the answer is tangential, 1e-5 of it, and what is left of b is at most 1/T₉ of Chebyshev's bound for
    a polynomial of degree 8, 26 %."""
    voxels = Voxels(np.zeros((1, 1, 1), int), (Phase("hard", 1e-11, 3e6, 1e6, (0.0, 0.0, 1.0)),), CELL)
    materials = Materials.of(voxels, "cpu", torch.float32)
    condition = LocalHessian.CONDITION
    bound = 1 / np.cosh(9 * np.arccosh((condition + 1) / (condition - 1)))
    for seed in range(20):
        m = random_state((1, 1, 1), seed, torch.float32)
        b = 1e3 * tangent(random_state((1, 1, 1), seed + 100, torch.float32), m)
        hessian = LocalHessian(materials, m, torch.full((1, 1, 1, 1, 1), -8e6))
        x = hessian.solve(b, 8)
        assert (x * m).sum().abs() < 1e-5 * x.norm()
        again = local_operator(x, hessian.shift, hessian.two_K, hessian.u, hessian.faces)
        assert (tangent(again, m) - b).norm() < (bound + 1e-4) * b.norm()
