"""µMAG standard problems 2 to 4 (https://www.ctcms.nist.gov/~rdm/mumag.org.html), in units where µ0 Ms = 1 T for 2 and 3."""

import numpy as np
import pytest
import torch
from helpers import energy_of, materials_of, relaxed, system_of
from scipy.optimize import brentq, minimize_scalar
from test_demag_kernel import aharoni

from hardmag.materials import MU0, Phase
from hardmag.voxels import Voxels

MS = 1 / MU0
KM = 0.5 * MU0 * MS**2


def along_111(field_T, batch=1, dtype=torch.float64):
    """(batch, 3)"""
    return torch.full((batch, 3), field_T / np.sqrt(3), dtype=dtype)


def uniform_particle():
    """Coercive and switching field over Ms of problem 2 for d → 0, a uniformly magnetised 5 × 1 × 0.1 prism.

    Stationary: N m − B h = λ m, thus m = B (N − λ)⁻¹ h and B(λ)⁻² = Σ h_i²/(N_i − λ)². The branch that starts along +x and
    has B < 0 is N_x < λ < N_y; on it m·h = 0 where Σ h_i²/(N_i − λ) = 0, and the branch ends at the largest |B|."""
    N = np.array([aharoni(1, 0.1, 5), aharoni(0.1, 5, 1), aharoni(5, 1, 0.1)])
    field = lambda shift: np.mean((N - shift) ** -2.0) ** -0.5  # noqa: E731
    low, high = N[0] + 1e-9, N[1] - 1e-9
    coercive = field(brentq(lambda shift: np.mean(1 / (N - shift)), low, high))
    switching = -minimize_scalar(lambda shift: -field(shift), bounds=(low, high), method="bounded").fun
    return coercive, switching


def test_problem_2_formula():
    """The published limit, to the nine digits that are printed."""
    coercive, switching = uniform_particle()
    assert coercive == pytest.approx(0.057069478, abs=1e-9)
    assert coercive < switching < 1.002 * coercive


@pytest.mark.parametrize("steps", [(0.0568, 0.057), ()], ids=["steps of half a per cent", "a step of one per cent"])
@pytest.mark.parametrize("ratio", [0.5, 0.1])
def test_problem_2(ratio, steps):
    """A particle of d = 0.5 and of 0.1 exchange lengths, [1, 1, 1] first: along +x in remanence; m·h changes its sign within
    2e-4 of the coercive field 0.057069478 Ms, where m has not turned over, and at 1.0005 × 0.0571428 Ms it has.

    Exchange is not infinitely strong: at 0.5 exchange lengths m·h is 1e-3 lower than in a uniform particle, and it falls by
    1e-3 for 1e-4 of the field. Cells, 20 × 4 × 1, are exact in a uniform state. Torque 1e-6 T of 0.057 T, fp64.

    Without anisotropy all that holds m back is the demagnetising field: a step that is too long for it leaves the branch."""
    coercive, switching = uniform_particle()
    n, d = (20, 4, 1), 10e-9
    phase = Phase("particle", KM * (d / ratio) ** 2, 0.0, MS)
    voxels = Voxels(np.zeros(n, int), (phase,), (5 * d / n[0], d / n[1], 0.1 * d))
    system, materials = system_of(voxels), materials_of(voxels)
    m, parallel = torch.full((1, 3, *n), 3**-0.5, dtype=torch.float64), []
    around = (coercive * (1 - 2e-4), coercive * (1 + 2e-4), switching * (1 + 5e-4))
    for field_T in (1.0, 0.1, 0.01, 0.0, -0.03, -0.05, -0.055, -0.0565, *(-B for B in (*steps, *around))):
        m = relaxed(system, materials, m, along_111(field_T), tolerance_T=1e-6)
        mean = m.mean((0, 2, 3, 4))
        parallel.append(mean.sum().item() / np.sqrt(3))
        if field_T == 0:
            assert mean.tolist() == pytest.approx([1, 0, 0], abs=1e-4)
    before, after, turned = parallel[-3:]
    assert after > -0.1, "turned over before the end of the branch"
    assert before > 0 > after
    assert turned < -0.7


def cubes(N, sizes, dtype):
    """Flower and vortex of problem 3 for each edge (exchange lengths), N cells each: (system, materials, m)."""
    edge = 10e-9
    phase = lambda size: Phase("cube", KM * (edge / size) ** 2, 0.1 * KM, MS, (0.0, 0.0, 1.0))  # noqa: E731
    samples = [Voxels(np.zeros((N,) * 3, int), (phase(size),), (edge / N,) * 3) for size in sizes for _ in "fv"]
    x, y, z = torch.meshgrid(*[(torch.arange(N, dtype=dtype) + 0.5) * 2 / N - 1] * 3, indexing="ij")
    flower = torch.stack([0.1 * x * z, 0.1 * y * z, torch.ones_like(z)])
    vortex = torch.stack([torch.exp(-4 * (y**2 + z**2)), -z, y])
    m = torch.stack([flower, vortex] * len(sizes))
    return system_of(samples[0], dtype=dtype), materials_of(*samples, dtype=dtype), m / m.square().sum(1, keepdim=True).sqrt()


def crossing(N, dtype):
    """(edge in exchange lengths, energy density over Km) at which flower and vortex are equal, by parabolas through three."""
    sizes = (8.35, 8.45, 8.55)
    system, materials, m = cubes(N, sizes, dtype)
    zero = torch.zeros(len(m), 3, dtype=dtype)
    m = relaxed(system, materials, m, zero, tolerance_T=1e-4)
    mean = m.mean((2, 3, 4)).view(len(sizes), 2, 3)
    assert (mean[:, 0, 2] > 0.96).all()  # flower, along the easy axis
    assert (abs(mean[:, 1, 0] - 0.35) < 0.03).all()  # vortex, its core across the easy axis
    total = 0.1 + energy_of(system, materials, m, zero).double().view(len(sizes), 2).numpy() / (KM * N**3)
    edge = brentq(np.poly1d(np.polyfit(sizes, total[:, 0] - total[:, 1], 2)), sizes[0], sizes[-1])
    return edge, np.polyval(np.polyfit(sizes, total[:, 0], 2), edge)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_problem_3(dtype):
    """Flower and vortex have equal energy in a cube of 8.47 exchange lengths, at 0.3027 Km.

    Published with finite differences: 8.47 (Rave, Fabian, Hubert 1998), 8.4687 (Martins et al., cells extrapolated),
    8.477 ± 0.007 (MagTense), all between 8.4 and 8.52. Here 8.423 with 12³ and 8.444 with 16³ cells: second order in the
    cell. Extrapolated with 1/N² to within 5e-3 of 8.47, as far as these agree, and to within 2e-4 of 0.3027."""
    (coarse, fine), energies = zip(*(crossing(N, dtype) for N in (12, 16)), strict=True)
    assert 8.4 < coarse < fine < 8.52
    to_zero = lambda at_12, at_16: at_16 + (at_16 - at_12) / (16**2 / 12**2 - 1)  # noqa: E731
    assert to_zero(coarse, fine) == pytest.approx(8.47, abs=5e-3)
    assert to_zero(*energies) == pytest.approx(0.3027, abs=2e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_problem_4_s_state(dtype):
    """500 × 125 × 3 nm in 128 × 32 × 1 cells, from saturation along [1, 1, 1] in steps to zero: m_x 0.96697, m_y 0.1253.

    1e-3 is what codes differ by; the cells themselves change m_x by 2.5e-4 and m_y by 5e-4 from 100 × 25 to 200 × 50."""
    n = (128, 32, 1)
    phase = Phase("permalloy", 1.3e-11, 0.0, 8e5)
    voxels = Voxels(np.zeros(n, int), (phase,), (500e-9 / n[0], 125e-9 / n[1], 3e-9))
    system, materials = system_of(voxels, dtype=dtype), materials_of(voxels, dtype=dtype)
    m = torch.full((1, 3, *n), 3**-0.5, dtype=dtype)
    for field_T in (1.0, 0.1, 0.01, 0.0):
        m = relaxed(system, materials, m, along_111(field_T, dtype=dtype), tolerance_T=1e-5)
    assert m.mean((0, 2, 3, 4)).tolist() == pytest.approx([0.96697, 0.1253, 0.0], abs=1e-3)
