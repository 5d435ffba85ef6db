"""Anisotropy that is not quadratic in m, K2, easy planes, cones, cubic, against formulas and direct minimisation."""

from functools import cache

import numpy as np
import pytest
import torch
from helpers import energy_of, materials_of, relaxed, system_of, wall
from meshes import brick
from scipy.integrate import quad
from scipy.optimize import minimize
from test_gradient import CELL, FIELD, random_state

from hardmag.errors import InvalidValue
from hardmag.materials import ND2FE14B, Phase
from hardmag.micromagnetics import quartic
from hardmag.micromagnetics.bodies import group_of
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.nodal import NodalMaterials, NodalSystem
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import tangent
from hardmag.voxels import Voxels

PHASES = (
    ND2FE14B.with_(axis=(0, 0, 1), K2_J_per_m3=0.65e6),
    Phase("easy plane", 8e-12, -4e6, 1.0e6, (1, 0, 1)),
    Phase("cubic", 2e-11, 0, 1.7e6, (1, 0, 1), Kc_J_per_m3=1e6, cubic_axes=((1, 1, 0), (1, -1, 1))),
    Phase("all of it", 2e-11, 1e6, 1.3e6, (1, 0, 1), -2e6, -5e5),
    Phase("void", 0, 0, 0),
)
GRID = (5, 4, 3)


def of_voxels():
    voxels = Voxels(np.random.default_rng(0).integers(0, 5, GRID), PHASES, CELL)
    return system_of(voxels, demag=False), materials_of(voxels), random_state(GRID)


def of_mesh():
    rng = np.random.default_rng(1)
    mesh = brick((3, 3, 2), 1e-9, PHASES[:4], lambda c: rng.integers(0, 4, len(c)), grid_m=0.8e-9, shake=0.2)
    system, materials = NodalSystem(mesh, "cpu", torch.float64, demag=False), NodalMaterials.of(mesh, "cpu", torch.float64)
    return system, materials, random_state((len(mesh.nodes), 1, 1))


def energy_by_hand(phase, m):
    """E/V of a unit vector m (3,) less K1 + K2, as the docstring of Phase has it."""
    sine2 = 1 - (np.array(phase.axis) @ m) ** 2
    x, y, z = (np.array(phase.cubic_frame) @ m) ** 2
    return phase.Ku_J_per_m3 * (sine2 - 1) + phase.K2_J_per_m3 * (sine2**2 - 1) + phase.Kc_J_per_m3 * (x * y + y * z + z * x)


@pytest.mark.parametrize("phase", PHASES[:4], ids=lambda phase: phase.name)
def test_energy_by_hand(phase):
    """Differences between ten cells' states, in no field. 1e-12: rounding."""
    voxels = Voxels(np.zeros((1, 1, 1), int), (phase,), CELL)
    system, materials = system_of(voxels, demag=False), materials_of(voxels)
    states = [random_state((1, 1, 1), seed) for seed in range(10)]
    ours = np.array([energy_of(system, materials, m, 0 * FIELD).item() for m in states])
    theirs = np.array([energy_by_hand(phase, m.flatten().numpy()) for m in states])
    scale = abs(phase.Ku_J_per_m3) + abs(phase.K2_J_per_m3) + abs(phase.Kc_J_per_m3)
    assert np.ptp(ours - theirs) < 1e-12 * scale and np.ptp(theirs) > 0.1 * scale


@pytest.mark.parametrize("build", [of_voxels, of_mesh])
def test_gradient_and_curvature(build):
    """Against central differences of the energy, on the sphere: with steps of h = 1e-3 they are off by h², and that of the
    curvature by rounding of 1e-16/h², too; 1e-5 leaves room for the factors."""
    system, materials, m = build()
    p, h = tangent(random_state(m.shape[2:], 9), m), 1e-3
    at = lambda t: (m + t * p) / (m + t * p).square().sum(1, keepdim=True).sqrt()  # noqa: E731
    energies = [energy_of(system, materials, at(t), FIELD).item() for t in (-h, 0, h)]
    gradient = system.gradient(materials, m, FIELD)
    scale = (gradient.abs() * p.abs()).sum().item()
    assert (energies[2] - energies[0]) / (2 * h) == pytest.approx((gradient * p).sum().item(), abs=1e-5 * scale)
    curvature = materials.hessian(m, (gradient * m).sum(1, keepdim=True)).curvature(p).item()
    assert (energies[2] - 2 * energies[1] + energies[0]) / h**2 == pytest.approx(curvature, abs=1e-5 * scale)


@pytest.mark.parametrize("build", [of_voxels, of_mesh])
@pytest.mark.parametrize("turn", [0.5, 1e-5])
def test_energy_difference_is_exact(build, turn):
    """Half the sum of the gradients times Δm, and what there is beyond, which counts where states are far apart. 1e-12 of the
    energy's terms: rounding."""
    system, materials, m = build()
    other = m + turn * tangent(random_state(m.shape[2:], 9), m)
    other = other / other.square().sum(1, keepdim=True).sqrt()
    both = system.gradient(materials, m, FIELD) + system.gradient(materials, other, FIELD)
    mean = 0.5 * (both * (other - m)).sum().item()
    beyond = quartic.beyond(m, other, materials.Q, materials.quartic_axes).sum().item()
    difference = (energy_of(system, materials, other, FIELD) - energy_of(system, materials, m, FIELD)).item()
    assert mean + beyond == pytest.approx(difference, abs=1e-12 * both.abs().sum().item())
    assert abs(beyond) > 1e-9 * both.abs().sum().item() or turn < 0.1


def test_preconditioner_is_positive():
    """Also where the energy is not convex, on easy planes and in cubic phases: x·b > 0 for random torques b."""
    for build in (of_voxels, of_mesh):
        system, materials, m = build()
        hessian = materials.hessian(m, (system.gradient(materials, m, FIELD) * m).sum(1, keepdim=True))
        for seed in range(20):
            torque = tangent(random_state(m.shape[2:], 100 + seed), m)
            for degree in (8, 24):
                assert (hessian.solve(torque, degree) * torque).sum() > 0


def gradient_by_hand(phase, m):
    """∂/∂m of energy_by_hand, (3,)."""
    axis, frame = np.array(phase.axis), np.array(phase.cubic_frame)
    c, (x, y, z) = axis @ m, frame @ m
    cubic = frame.T @ np.array([x * (y * y + z * z), y * (z * z + x * x), z * (x * x + y * y)])
    return -2 * c * (phase.Ku_J_per_m3 + 2 * phase.K2_J_per_m3 * (1 - c * c)) * axis + 2 * phase.Kc_J_per_m3 * cubic


def followed(phase, fields_T, direction):
    """m·direction of one moment at each field: the minimum of the energy that is followed from the field before."""
    m, found = np.array(direction, float), []
    rng = np.random.default_rng(0)

    def energy(v, field_T):
        length, Ms = np.linalg.norm(v), phase.Ms_A_per_m
        unit = v / length
        slope = gradient_by_hand(phase, unit) / Ms - field_T * direction
        return energy_by_hand(phase, unit) / Ms - field_T * unit @ direction, (slope - (slope @ unit) * unit) / length

    for field_T in fields_T:
        m = minimize(energy, m + 1e-4 * rng.standard_normal(3), (field_T,), method="BFGS", jac=True, options={"gtol": 1e-8}).x
        m /= np.linalg.norm(m)
        found.append(m @ direction)
    return np.array(found)


# Phases, and the angle of the field to the axis in degrees.
MAGNETS = {
    "K2 at 10": (ND2FE14B.with_(axis=(0, 0, 1), K2_J_per_m3=0.65e6), 10),
    "K2 at 45": (ND2FE14B.with_(axis=(0, 0, 1), K2_J_per_m3=0.65e6), 45),
    "large K2": (ND2FE14B.with_(axis=(0, 0, 1), K2_J_per_m3=6e6), 5),
    "K2 < 0": (ND2FE14B.with_(axis=(0, 0, 1), K2_J_per_m3=-1.5e6), 20),
    "cone": (ND2FE14B.with_(axis=(0, 0, 1), Ku_J_per_m3=-1e6, K2_J_per_m3=2e6), 3),
    "cubic": (Phase("cubic", 1e-11, 0, 1e6, (0, 0, 1), Kc_J_per_m3=1e6, cubic_axes=((0, 0, 1), (1, 0, 0))), 15),
}


@cache
def reference(name):
    """(phase, direction of the field, fields around the coercivity, m·direction by direct minimisation there). The field lies
    20° off the plane of two cubic axes, for no symmetry is to help."""
    phase, angle_deg = MAGNETS[name]
    angle, azimuth = np.radians(angle_deg), np.radians(20)
    h = np.array([np.sin(angle) * np.cos(azimuth), np.sin(angle) * np.sin(azimuth), np.cos(angle)])
    coarse = -np.linspace(-0.5, 14, 100)
    about = -coarse[np.flatnonzero(followed(phase, coarse, h) < 0)[0]] - 0.07
    fields = -about * np.arange(0.94, 1.06, 0.002)
    before = coarse[coarse > fields[0]]
    return phase, h, fields, followed(phase, [*before, *fields], h)[len(before) :]


@pytest.mark.parametrize("name", MAGNETS)
@pytest.mark.parametrize("precision", ["fp32", "fp64"])
def test_coercivity_of_one_moment(name, precision):
    """m at each field as by direct minimisation, within 5e-3 of Ms, but for two steps beside the jump; Hc within 0.5 %: steps
    are 0.2 % of it."""
    phase, h, fields, theirs = reference(name)
    one = Voxels(np.zeros((1, 1, 1), int), (phase,), CELL)
    run = HalfCycle(one, tuple(h), fields[0], fields[-1], fields[0] - fields[1], tolerance_T=2e-5, demag=False)
    curve = run_half_cycles({0: run}, precision=precision)[0]
    assert curve.mu0_H_T == pytest.approx(fields[: len(curve.mu0_H_T)])
    Hc = [-fields[np.flatnonzero(m < 0)[0]] for m in (curve.m_parallel, theirs)]
    assert Hc[0] == pytest.approx(Hc[1], rel=0.005)
    assert (np.abs(curve.m_parallel - theirs[: len(curve.m_parallel)]) > 5e-3).sum() <= 2


def test_easy_plane():
    """A field along the hard axis: M grows linearly up to −2K1/Ms, and there is no hysteresis. 1e-3: torque at rest."""
    phase = ND2FE14B.with_(axis=(0, 0, 1), Ku_J_per_m3=-2e6)
    H_a = 4e6 / phase.Ms_A_per_m
    voxels = Voxels(np.zeros((2, 2, 2), int), (phase,), CELL)
    run = HalfCycle(voxels, (0, 0, 1), 1.2 * H_a, -1.2 * H_a, 0.1 * H_a, tolerance_T=1e-4, demag=False, reversed_at=0.999)
    curve = run_half_cycles({0: run}, precision="fp64")[0]
    assert np.abs(curve.m_parallel - np.clip(curve.mu0_H_T / H_a, -1, 1)).max() < 1e-3


def test_angle_of_a_cone():
    """sin²θ = −K1/2K2 (Landau and Lifshitz), in no field. 1e-4: torque at rest over the stiffness."""
    phase = ND2FE14B.with_(axis=(0, 0, 1), Ku_J_per_m3=-1e6, K2_J_per_m3=2e6)
    voxels = Voxels(np.zeros(GRID, int), (phase,), CELL)
    start = random_state(GRID) * 0.1 + torch.tensor([0.1, 0.0, 1.0], dtype=torch.float64)[:, None, None, None]
    start = start / start.square().sum(1, keepdim=True).sqrt()
    m = relaxed(system_of(voxels, demag=False), materials_of(voxels), start, 0 * FIELD, tolerance_T=1e-5)
    assert (1 - m[:, 2] ** 2).numpy() == pytest.approx(0.25, abs=1e-4)


@pytest.mark.parametrize("K2", [-2e6, 0.65e6, 5e6])
def test_wall(K2):
    """σ = 2∫√(A(K1 sin²θ + K2 sin⁴θ)) dθ, with 10 cells per δ0, which are off by (d/δ0)²/12 at most: 1e-3; and the closed form
    of Phase to 1e-9."""
    phase = ND2FE14B.with_(axis=(0, 1, 0), K2_J_per_m3=K2)
    A, K1 = phase.A_J_per_m, phase.Ku_J_per_m3
    integral = 2 * quad(lambda t: np.sqrt(A * (K1 * np.sin(t) ** 2 + K2 * np.sin(t) ** 4)), 0, np.pi)[0]
    assert phase.wall_energy_J_per_m2 == pytest.approx(integral, rel=1e-9)
    d, n = phase.delta0_m / 10, 400
    voxels = Voxels(np.zeros((n, 1, 1), int), (phase,), (d, d, d))
    x = (np.arange(n) + 0.5 - n / 2) * d
    system, materials = system_of(voxels, demag=False), materials_of(voxels)
    m = relaxed(system, materials, wall(x, 1.5 * phase.delta0_m), 0 * FIELD, tolerance_T=1e-5)
    sigma = (energy_of(system, materials, m, 0 * FIELD).item() / n + K1 + K2) * n * d
    assert sigma == pytest.approx(integral, rel=1e-3)


def test_alone_and_in_a_batch():
    """Bit by bit, beside samples that have neither K2 nor a cubic phase, too."""
    bodies = [Voxels(np.random.default_rng(k).integers(0, 4, GRID), PHASES, CELL) for k in range(2)]
    bodies.append(Voxels(np.zeros(GRID, int), (ND2FE14B,), CELL))
    runs = {k: HalfCycle(body, (0.1, 0, 1), 1.0, -6.0, 0.64, seed=k, resolution_T=0.1) for k, body in enumerate(bodies)}
    assert group_of(bodies[0]) == group_of(bodies[1]) != group_of(bodies[2])
    together = run_half_cycles(runs)
    for key, run in runs.items():
        alone = run_half_cycles({key: run})[key]
        assert alone.status is Status.OK
        np.testing.assert_array_equal(alone.m_parallel, together[key].m_parallel)


def test_cubic_axes_are_refused_unless_square():
    with pytest.raises(InvalidValue, match=r"phase 'x': cubic_axes = .* must be at right angles"):
        Phase("x", 1e-11, 0, 1e6, Kc_J_per_m3=1e5, cubic_axes=((1, 0, 0), (1, 1, 0)))
    with pytest.raises(InvalidValue, match="Ms_A_per_m = 0 is empty space"):
        Phase("x", 0, 0, 0, K2_J_per_m3=1.0)
