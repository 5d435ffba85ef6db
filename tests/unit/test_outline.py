"""What belongs to a magnet in a box that holds empty space too: bodies of which the volume is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

from hardmag.materials import Phase
from hardmag.outline import cells_within
from hardmag.voxels import Voxels

sys.path.insert(0, str(Path(__file__).parents[1] / "physics"))
from meshes import brick

HARD, SOFT = Phase("hard", 8e-12, 1e6, 1e6), Phase("soft", 1e-11, 0.0, 1.5e6)
EMPTY, LAYER = Phase("empty", 0.0, 0.0, 0.0), Phase("layer", 0.0, 0.0, 0.0)
OPEN = (False, False, False)


def voxels(magnetic, periodic=OPEN):
    return Voxels(np.where(magnetic, 0, 1), (HARD, EMPTY), (1e-9, 2e-9, 0.5e-9), periodic)


def grid(n):
    """Centres of cells, from the middle of the box."""
    return np.meshgrid(*(np.arange(k) - (k - 1) / 2 for k in n), indexing="ij")


def ball(n, radius):
    return sum(x**2 for x in grid(n)) < radius**2


def tilted_brick(n):
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    at = np.tensordot(turn, grid(n), 1)
    return (abs(at) < np.array([7.3, 4.1, 2.6])[:, None, None, None]).all(0)


def one(n, *at):
    found = np.zeros(n, bool)
    found[at] = True
    return found


CONVEX = {
    "cube in a box": one((16, 16, 16), slice(4, 12), slice(4, 12), slice(4, 12)),
    "cube in a corner": one((9, 8, 7), slice(0, 4), slice(0, 3), slice(4, 7)),
    "ball": ball((15, 15, 15), 6.7),
    "ball that touches the box": ball((12, 12, 12), 6.2),
    "tilted brick": tilted_brick((19, 19, 19)),
    "disk": ball((13, 13, 1), 5.9),
    "plate in a box": one((9, 8, 7), slice(2, 7), slice(1, 8), 3),
    "plate across x": one((9, 8, 7), 4, slice(1, 8), slice(2, 6)),
    "rod in a box": one((9, 8, 7), slice(2, 7), 4, 3),
    "one cell in a box": one((5, 6, 7), 1, 2, 3),
    "two cells on a diagonal": one((5, 5, 5), [1, 2], [1, 2], [1, 2]),
}


@pytest.mark.parametrize("name", CONVEX)
def test_a_convex_body_is_all_that_counts(name):
    """Cut from cells by their centres: just its cells, in a box of any size, and M is the phase's. Exact."""
    magnetic = CONVEX[name]
    assert np.array_equal(cells_within(magnetic, OPEN), magnetic)
    for body in (voxels(magnetic), voxels(np.pad(magnetic, ((1, 0), (2, 3), (0, 5))))):
        assert body.mean_Ms_A_per_m() == HARD.Ms_A_per_m
        assert body.fractions() == {"hard": 1.0, "empty": 0.0}


def test_pores_and_layers_inside_count():
    """A cube of 6 with a pore of 2, a crack at its surface and a layer across it: as in the box that it fills."""
    index = np.zeros((6, 6, 6), int)
    index[2:4, 2:4, 2:4], index[0, 3, 3], index[:, :, 5 - 1] = 1, 1, 2
    tight = Voxels(index, (HARD, EMPTY, LAYER), (1e-9,) * 3)
    loose = Voxels(np.pad(index, 4, constant_values=1), tight.phases, (1e-9,) * 3)
    assert tight.inside.all()
    assert loose.fractions() == tight.fractions() == {"hard": (216 - 36 - 9) / 216, "empty": 9 / 216, "layer": 36 / 216}
    assert loose.mean_Ms_A_per_m() == pytest.approx(tight.mean_Ms_A_per_m(), rel=1e-12)


def test_a_matrix_between_grains_counts():
    """Eight grains apart, in a matrix that reaches the faces of the box: the matrix between them counts, not that around."""
    grain = np.isin(np.arange(12), [2, 3, 4, 7, 8, 9])
    magnetic = grain[:, None, None] & grain[None, :, None] & grain[None, None, :]
    assert voxels(magnetic).mean_Ms_A_per_m() == pytest.approx(HARD.Ms_A_per_m * 6**3 / 8**3, rel=1e-12)


@pytest.mark.parametrize(
    ("periodic", "volume"),
    [(OPEN, 6 * 3 * 4), ((True, False, False), 8 * 3 * 4), ((True, False, True), 8 * 3 * 9), ((True, True, True), 8 * 7 * 9)],
)
def test_along_a_periodic_direction_nothing_lies_outside(periodic, volume):
    """A brick of 6×3×4 in 8×7×9 cells: gaps between its images count."""
    body = voxels(one((8, 7, 9), slice(1, 7), slice(3, 6), slice(0, 4)), periodic)
    assert body.inside.sum() == volume
    assert body.mean_Ms_A_per_m() == pytest.approx(HARD.Ms_A_per_m * 72 / volume, rel=1e-12)


def test_a_box_without_empty_space_is_as_it_was():
    index = np.random.default_rng(0).integers(0, 2, (7, 5, 3))
    body = Voxels(index, (HARD, SOFT), (1e-9,) * 3)
    assert body.mean_Ms_A_per_m() == body.per_cell("Ms_A_per_m").mean()
    assert body.fractions() == {"hard": (index == 0).mean(), "soft": (index == 1).mean()}


@pytest.mark.parametrize("shake", [0.0, 0.2])
def test_a_mesh_in_air(shake):
    """A cube of 2 nm with a pore of one sixth of a cell, in a brick of air: as by cells. Shaken, its faces are not plane, and
    some elements of air lie in the hollows: 5 % of its volume at most."""

    def phase(c):
        hard = (abs(c - 3e-9) < 1e-9).all(1)
        hole = np.flatnonzero(hard)[[len(c) % 7]]
        found = np.where(hard, 0, 1)
        found[hole] = 2
        return found

    mesh = brick((6, 6, 6), 1e-9, (HARD, EMPTY, LAYER), phase, shake=shake)
    hard, pore = mesh.phase_volumes()[[0, 2]]
    dense = pytest.approx(HARD.Ms_A_per_m * hard / (hard + pore), rel=0.05 if shake else 1e-9)
    assert mesh.mean_Ms_A_per_m() == dense
    assert sum(mesh.fractions().values()) == pytest.approx(1, rel=1e-12)
    if not shake:
        assert mesh.fractions() == pytest.approx({"hard": 47 / 48, "empty": 0, "layer": 1 / 48}, abs=1e-9)
