"""Magnets without anisotropy, with empty cells or elements: nothing holds an empty cell, nor a soft one by itself."""

import numpy as np
import pytest
import torch
from meshes import brick
from test_demag_kernel import mean_factors

from hardmag.loops import analyse
from hardmag.materials import MU0, Phase
from hardmag.micromagnetics import cellwise, local_terms, sparse
from hardmag.micromagnetics.half_cycle import HalfCycle, Status, disturbance
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import Materials
from hardmag.voxels import Voxels

SOFT, EMPTY = Phase("soft", 1.3e-11, 0.0, 8e5), Phase("empty", 0.0, 0.0, 0.0)


def grid(magnetic, cell_nm=(1, 1, 1)):
    """Voxels of the soft magnet where `magnetic`, empty elsewhere."""
    return Voxels(np.where(magnetic, 0, 1), (SOFT, EMPTY), tuple(c * 1e-9 for c in cell_nm))


def distance(n):
    """From the centre of n cells: (nx, ny, nz)."""
    return sum(x**2 for x in np.meshgrid(*(np.arange(k) - (k - 1) / 2 for k in n), indexing="ij")) ** 0.5


def one_hole():
    full = np.ones((6, 6, 6), bool)
    full[2, 3, 3] = False
    return grid(full)


def apart():
    """Four cells that do not touch each other."""
    at = np.zeros((5, 5, 5), bool)
    at[::4, ::4, 2] = True
    return grid(at)


def one_and_many():
    at = np.zeros((5, 5, 8), bool)
    at[1:4, 1:4, 1:5], at[2, 2, 6] = True, True
    return grid(at)


def in_air():
    return brick((4, 4, 4), 1e-9, (SOFT, EMPTY), lambda c: (abs(c - 2e-9).max(1) > 1e-9).astype(int), shake=0.1)


BODIES = {
    "hole": one_hole,
    "sphere": lambda: grid(distance((7, 7, 7)) < 3.6),
    "disk": lambda: grid(distance((8, 8, 1)) < 4.1, (1, 1, 3)),
    "apart": apart,
    "one and many": one_and_many,
    "one cell": lambda: grid(np.ones((1, 1, 1), bool)),
    "mesh in air": lambda: brick(
        (4, 4, 4), 1e-9, (SOFT, EMPTY), lambda c: (abs(c - 2e-9).max(1) > 1e-9).astype(int), shake=0.1
    ),
}


def curve_of(body, **options):
    return run_half_cycles({0: HalfCycle(body, (0.02, 0.01, 1), 0.5, -1.5, 0.5, resolution_T=0.02, **options)})[0]


def reverses(curve):
    """Whether the body has turned, all numbers finite."""
    return curve.status is Status.OK and bool(np.isfinite(curve.m_parallel).all())


@pytest.mark.parametrize("name", BODIES)
def test_reverses(name):
    assert reverses(curve_of(BODIES[name]()))


@pytest.mark.parametrize("name", ["hole", "mesh in air"])
def test_reverses_where_nothing_is_compiled(name, monkeypatch):
    for module, compiled in ((local_terms, "cpu_kernels"), (cellwise, "cpu_cellwise"), (sparse, "cpu_sparse")):
        monkeypatch.setattr(module, compiled, None)
    assert reverses(curve_of(BODIES[name]()))


@pytest.mark.parametrize("name", ["hole", "apart", "mesh in air"])
def test_without_demagnetising_field_it_turns_with_the_field(name):
    """At H = 0 within the resolution of 20 mT, the torque at which a state is at rest over the field's 0.02 rad, 50 mT."""
    curve = curve_of(BODIES[name](), demag=False)
    assert reverses(curve)
    assert abs(analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T) < 0.07


def test_yang_eq7_with_a_hole():
    assert reverses(curve_of(one_hole(), exchange="yang_eq7"))


def test_a_soft_cell_by_itself_switches_as_its_shape_says():
    """Stoner and Wohlfarth: a cell of 1×1×2 nm is a particle of the anisotropy field µ0Ms(N_x − N_z), within the resolution of
    2 mT and twice the torque at which a state is at rest."""
    N = mean_factors((1, 1, 1), (1e-9, 1e-9, 2e-9))
    psi = 0.02
    expected = MU0 * SOFT.Ms_A_per_m * (N[0] - N[2]) * (np.cos(psi) ** (2 / 3) + np.sin(psi) ** (2 / 3)) ** -1.5
    run = HalfCycle(
        grid(np.ones((1, 1, 1), bool), (1, 1, 2)), (np.sin(psi), 0, np.cos(psi)), 0.5, -1.5, 0.1, resolution_T=0.002
    )
    curve = run_half_cycles({0: run})[0]
    assert analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T == pytest.approx(expected, abs=0.004)


def test_one_cell_alone_does_not_take_the_whole_disturbance():
    """The cell that nothing holds gets what the mean one's resistance gives: neither nothing, nor so much that the others
    would be left on a maximum of their energy, within a factor of 10."""
    materials = Materials.of(one_and_many(), "cpu", torch.float64)
    m = torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64)[None, :, None, None, None].expand(1, 3, 5, 5, 8).contiguous()
    kick = disturbance(materials, m, 1).square().sum(1)[0].sqrt()
    assert 0.1 < kick[2, 2, 6] / kick[1:4, 1:4, 1:5].mean() < 10
    assert (kick[materials.Ms[0, 0] == 0] == 0).all()


@pytest.mark.parametrize("values", [[3.0, 0.5, 2.0], [1e-30, 4.0, 1.0]])
def test_where_all_cells_are_held_the_inverse_is_the_inverse(values):
    diagonal = torch.tensor(values, dtype=torch.float32)[None, None, :, None, None]
    assert torch.equal(local_terms.inverted(diagonal), 1 / diagonal)
