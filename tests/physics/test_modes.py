"""The same few checks in each mode of the solver: boundaries and layers, precision, one sample or a batch of strangers."""

from itertools import islice

import numpy as np
import pytest
import torch
from helpers import energy_of, iterates, materials_of, relaxed, system_of, wall
from test_demag_kernel import aharoni
from test_domain_wall import HARD, LENGTH, PINNING, SOFT, analytic

from hardmag.materials import MU0, Phase
from hardmag.micromagnetics import cellwise, local_terms, minimiser
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.voxels import Voxels

MODES = {  # layers, periodic
    "z-invariant": (1, (False, False, True)),
    "open": (4, (False, False, False)),
    "periodic along z": (4, (False, False, True)),
    "periodic everywhere": (4, (True, True, True)),
    "z-invariant, periodic everywhere": (1, (True, True, True)),
}
modes = pytest.mark.parametrize(("layers", "periodic"), MODES.values(), ids=MODES)
dtypes = pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["fp64", "fp32"])
PRECISION = {torch.float64: "fp64", torch.float32: "fp32"}
batches = pytest.mark.parametrize("batch", [1, 6])
CELL = (1.0e-9, 1.2e-9, 0.9e-9)


@pytest.fixture(params=["compiled", "plain"])
def backend(request, monkeypatch):
    """numba's loops, or torch's operations, which are also what a GPU compiles."""
    if request.param == "plain":
        monkeypatch.setattr(minimiser, "cpu_minimiser", None)
        monkeypatch.setattr(local_terms, "cpu_kernels", None)
        monkeypatch.setattr(cellwise, "cpu_cellwise", None)


def random_three_phases(layers, periodic, seed):
    """Blocks of hard, soft and lean cells and voids at random, 8×8 cells a layer; materials and axes of the sample's own."""
    rng = np.random.default_rng(seed)
    A, K, Ms = rng.uniform(0.7, 1.4, (3, 3))
    phases = (
        Phase("hard", 8.0e-12 * A[0], 4.9e6 * K[0], 1.28e6 * Ms[0]),
        Phase("soft", 1.5e-11 * A[1], 3.0e5 * K[1], 1.6e6 * Ms[1]),
        Phase("lean", 4.0e-12 * A[2], 2.0e6 * K[2], 6.0e5 * Ms[2]),
        Phase("void", 0.0, 0.0, 0.0),
    )
    index = rng.choice(4, p=(0.5, 0.2, 0.2, 0.1), size=(4, 4, layers)).repeat(2, 0).repeat(2, 1)
    axis = np.array([0.0, 0.0, 1.0])[:, None, None, None] + 0.1 * rng.standard_normal((3, *index.shape))
    return Voxels(index, phases, CELL, periodic, axis / np.linalg.norm(axis, axis=0))


def unit(m):
    return m / m.square().sum(1, keepdim=True).sqrt()


def random_directions(batch, n, seed):
    """(batch, 3, nx, ny, nz)"""
    return unit(torch.as_tensor(np.random.default_rng(seed).standard_normal((batch, 3, *n))))


@modes
@batches
@pytest.mark.usefixtures("backend")
def test_gradient_against_central_differences(layers, periodic, batch):
    """Each sample's own energy along a random change of its own m. The energy is quadratic in m, so a central difference is
    exact for any step, and 1e-10 is left for rounding."""
    samples = [random_three_phases(layers, periodic, seed) for seed in range(batch)]
    system, materials = system_of(samples[0]), materials_of(*samples)
    n = samples[0].index.shape
    m, v = random_directions(batch, n, 1), random_directions(batch, n, 2)
    field_T = 2 * torch.as_tensor(np.random.default_rng(3).standard_normal((batch, 3)))
    gradient = system.gradient(materials, m, field_T)
    difference = energy_of(system, materials, m + 0.5 * v, field_T) - energy_of(system, materials, m - 0.5 * v, field_T)
    terms = (gradient * v).flatten(1)
    assert ((difference - terms.sum(1)).abs() < 1e-10 * terms.abs().sum(1)).all()
    assert (terms.sum(1).abs() > 1e-3 * terms.abs().sum(1)).all()  # a difference of zero would show nothing


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_stripes_in_three_dimensions(dim):
    """Films a quarter of the period thick, periodic everywhere, several layers, magnetised across: −¾ Ms in the film and
    +¼ Ms in the gap, whose moment is a thousandth.

    2e-4: what 8 images on either side leave out is up to 9e-5. 1e-10 along the film: rounding of the kernel."""
    layers, periodic = MODES["periodic everywhere"]
    n = (8, 8, layers)
    film, gap = (Phase(name, 1e-11, 0.0, Ms) for name, Ms in (("film", 1e6), ("gap", 1e3)))
    index = np.ones(n, int)
    index[(slice(None),) * dim + (slice(n[dim] // 4),)] = 0
    voxels = Voxels(index, (film, gap), CELL, periodic)
    system, materials = system_of(voxels), materials_of(voxels)
    m = torch.zeros(1, 3, *n, dtype=torch.float64)
    m[:, dim] = 1.0
    gradient = system.gradient(materials, m, torch.zeros(1, 3, dtype=torch.float64))[0].numpy()
    H = -gradient / (MU0 * voxels.per_cell("Ms_A_per_m")) / (film.Ms_A_per_m - gap.Ms_A_per_m)
    exact = np.where(index == 0, -0.75, 0.25)
    assert np.abs(H[dim] - exact).max() < 2e-4
    assert np.abs(np.delete(H, dim, 0)).max() < 1e-10


@modes
@dtypes
@batches
@pytest.mark.usefixtures("backend")
def test_energy_never_rises(layers, periodic, dtype, batch):
    """From saturation against a field that reverses the sample: the energy (in fp64) of each accepted iterate is not above
    that of the one before, a refused trial point changes nothing, and the sample comes to rest.

    fp64: 1e-12 of the energy, rounding. fp32: 1e-7, since m is stored to 6e-8 only; 1e-8 is seen."""
    samples = [random_three_phases(layers, periodic, seed) for seed in range(batch)]
    system, materials = system_of(samples[0], dtype=dtype), materials_of(*samples, dtype=dtype)
    exact, exact_materials = system_of(samples[0]), materials_of(*samples)
    field_T = torch.tensor([[-1.0, 0.0, -12.0]], dtype=torch.float64).repeat(batch, 1)
    saturated = torch.tensor([0.1, 0.0, 1.0])[:, None, None, None]
    m = unit(saturated + 0.02 * random_directions(batch, samples[0].index.shape, 4)).to(dtype)
    first = last = energy_of(exact, exact_materials, m.double(), field_T)
    before, at_rest = m, torch.zeros(batch, dtype=torch.bool)
    for now, accepted, torque in islice(iterates(system, materials, m, field_T.to(dtype)), 500):
        value = energy_of(exact, exact_materials, now.double(), field_T)
        assert (value - last <= (1e-12 if dtype == torch.float64 else 1e-7) * (first.abs() + last.abs())).all()
        assert torch.equal(now[~accepted], before[~accepted])
        last, before, at_rest = value, now, at_rest | (accepted & (torque < 1e-3))
        if at_rest.all():
            break
    assert at_rest.all()
    assert (last < -first.abs()).all()  # each went through its avalanche


CUBE = (1e-9, 1e-9, 1e-9)
SHAPES = {  # cells, their edges, and N_x − N_z of the uniformly magnetised sample
    "z-invariant": ((2, 2, 1), CUBE, 0.5),
    "open": ((2, 2, 4), CUBE, aharoni(2, 4, 2) - aharoni(2, 2, 4)),
    "periodic along z": ((2, 2, 4), CUBE, 0.5),
    "periodic everywhere": ((8, 8, 4), CELL, 0.0),
    "z-invariant, periodic everywhere": ((8, 8, 1), CELL, 0.0),
}


def stoner_wohlfarth(anisotropy_T, psi):
    """µ0Hsw (T) for the field at psi (rad) to the axis."""
    return anisotropy_T * (np.cos(psi) ** (2 / 3) + np.sin(psi) ** (2 / 3)) ** -1.5


@pytest.mark.parametrize("mode", MODES)
@dtypes
@pytest.mark.parametrize(("batch", "demag"), [(1, True), (6, True), (6, False)])
@pytest.mark.usefixtures("backend")
def test_switching_field(mode, dtype, batch, demag):
    """Particles far below a wall's width against Stoner and Wohlfarth's formula with 2K/Ms + (N_x − N_z) Ms, where shape is
    worth up to a quarter; in a batch each has another K, Ms, angle and field axis.

    0.5 %: field steps of 0.2 %, so half a step, and up to one more because the last stretch before the switch passes for
    rest; the bar that is periodic along z is 17 periods long, N_x − N_z = 0.4992, which is worth 0.05 %."""
    n, cell_m, shape = SHAPES[mode]
    runs, expected = {}, {}
    for k in range(batch):
        K, J, psi = 2.37e6 * (1 + 0.1 * k), 1.61 - 0.1 * k, 0.1299 + 0.13 * k
        voxels = Voxels(np.zeros(n, int), (Phase("hard", 2e-11, K, J / MU0, (0, 0, 1)),), cell_m, MODES[mode][1])
        Hsw = expected[k] = stoner_wohlfarth(2 * K * MU0 / J + shape * J * demag, psi)
        direction = (np.sin(psi), 0.0, np.cos(psi))
        options = {"seed": k, "tolerance_T": 2e-4, "demag": demag}
        runs[k] = HalfCycle(voxels, direction, -0.97 * Hsw, -1.01 * Hsw, 0.002 * Hsw, **options)
    for k, curve in run_half_cycles(runs, slots=batch, precision=PRECISION[dtype]).items():
        assert curve.status is Status.OK
        before = np.flatnonzero(np.diff(curve.m_parallel) < -0.5)[-1]
        assert -curve.mu0_H_T[before : before + 2].mean() == pytest.approx(expected[k], rel=0.005)


def rods(cases, layers, periodic, d):
    """Heistracher's rods along x, 2×2 cells across where the mode has layers, and a wall each, 5 nm inside the soft half.

    Where x is periodic, the rod is followed by its mirror image, so that the soft halves and the hard ones meet, and one of
    the two walls is held at the seam where the grid wraps round."""
    n = round(LENGTH / d)
    x = (np.arange(n) + 0.5) * d - LENGTH / 2
    index, m = (x > 0).astype(int), wall(x + 5e-9, 4e-9)
    if periodic[0]:
        index = np.roll(np.append(index, index[::-1]), -n // 2)
        m = torch.cat([m, m.flip(2)], 2).roll(-n // 2, 2)
    width = 2 if layers > 1 else 1
    index = index[:, None, None].repeat(width, 1).repeat(width, 2)
    samples = []
    for differs in cases:
        soft = {key: SOFT[key] if key in differs else HARD[key] for key in HARD}
        phases = [Phase(name, p["A"], p["K"], p["J"] / MU0) for name, p in (("soft", soft), ("hard", HARD))]
        samples.append(Voxels(index, tuple(phases), (d, d, d), periodic))
    return samples, m.expand(len(cases), -1, -1, width, width).contiguous()


@modes
@dtypes
@pytest.mark.parametrize("cases", [["KJ"], [differs for differs in PINNING if differs != "J"]], ids=["1", "6"])
def test_depinning_field(layers, periodic, dtype, cases):
    """Half a nanometre per cell, without demagnetising field: the wall stands at the boundary at 0.99 µ0Hp and the rod is
    reversed at 1.01 µ0Hp. The cells' own error is 0.1 to 0.6 %.

    Where x is periodic, the wall at the seam stays the mirror image of the other: 1e-5, rounding in fp32."""
    samples, m = rods(cases, layers, periodic, 0.5e-9)
    system, materials = system_of(samples[0], demag=False, dtype=dtype), materials_of(*samples, dtype=dtype)
    expected, m, states = torch.tensor([analytic(differs) for differs in cases]), m.to(dtype), []
    for share in (0.5, 0.9, 0.99, 1.01):
        field_T = torch.zeros(len(cases), 3, dtype=dtype)
        field_T[:, 1] = -share * expected
        m = relaxed(system, materials, m, field_T, tolerance_T=2e-4)
        states.append(m)
    means = [m[:, 1].mean((1, 2, 3)) for m in states]
    assert (means[2].abs() < 0.2).all()
    assert (means[3] < -0.9).all()
    if periodic[0]:
        unrolled = states[2].roll(m.shape[2] // 4, 2)
        assert (unrolled - unrolled.flip(2)).abs().max() < 1e-5
