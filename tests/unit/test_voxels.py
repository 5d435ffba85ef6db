"""Voxels: properties on the grid, fractions, resolution, and what is refused."""

import numpy as np
import pytest

from hardmag.materials import GRAIN_BOUNDARY, SM2CO17, SMCO5, Phase
from hardmag.voxels import Voxels

AIR = Phase("air", 0, 0, 0)
NM = (1e-9, 1e-9, 1e-9)


def two_phases(**changes):
    index = np.zeros((4, 2, 1), dtype=np.uint8)
    index[0] = 1
    return Voxels(**{"index": index, "phases": (SM2CO17, SMCO5), "cell_m": NM} | changes)


def test_fractions_are_exact_and_equal_names_add_up():
    assert two_phases().fractions() == {"2:17": 0.75, "1:5": 0.25}
    again = SMCO5.with_(name="2:17")
    assert two_phases(phases=(SM2CO17, again)).fractions() == {"2:17": 1.0}


def test_a_phase_that_does_not_occur_has_the_fraction_zero():
    assert two_phases(phases=(SM2CO17, SMCO5, AIR)).fractions() == {"2:17": 0.75, "1:5": 0.25, "air": 0.0}


def test_properties_follow_the_index():
    Ms = two_phases().per_cell("Ms_A_per_m")
    assert Ms.shape == (4, 2, 1)
    assert np.all(Ms[0] == 810.8e3) and np.all(Ms[1:] == 987.7e3)


def test_easy_axis_of_each_phase_and_of_each_cell():
    tilted = SMCO5.with_(axis=(1.0, 0.0, 0.0))
    axis = two_phases(phases=(SM2CO17, tilted)).easy_axis()
    assert axis.shape == (3, 4, 2, 1)
    assert axis[:, 0, 0, 0].tolist() == [1, 0, 0] and axis[:, 3, 1, 0].tolist() == [0, 1, 0]
    own = np.zeros((3, 4, 2, 1))
    own[2] = 1
    assert two_phases(axis=own).easy_axis() is own


def test_cell_over_delta0_takes_the_thinnest_wall_that_occurs():
    # δ0 = √(A/K): 2.2418 nm (2:17), 0.68553 nm (1:5), by hand to five digits.
    assert two_phases().size_over_delta0() == pytest.approx(1 / 0.68553, rel=1e-5)
    assert two_phases(index=np.zeros((4, 2, 1), dtype=int)).size_over_delta0() == pytest.approx(1 / 2.2418, rel=1e-4)
    soft_and_air = two_phases(phases=(GRAIN_BOUNDARY, AIR))
    assert soft_and_air.size_over_delta0() == 0  # no wall in either


@pytest.mark.parametrize(
    ("layers", "varied", "periodic_z", "edge_nm"),
    [(1, False, True, 1.0), (1, False, False, 5.0), (2, False, True, 1.0), (2, True, True, 5.0)],
)
def test_edge_counts_unless_extruded_and_periodic(layers, varied, periodic_z, edge_nm):
    """No wall has to be resolved along a periodic direction in which the structure does not vary, in however many layers."""
    index = np.zeros((4, 4, layers), dtype=int)
    index[0, 0, -1] = varied
    voxels = Voxels(index, (SM2CO17, SM2CO17), (0.5e-9, 1e-9, 5e-9), (False, False, periodic_z))
    assert voxels.size_over_delta0() == pytest.approx(edge_nm / 2.2418, rel=1e-4)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"index": np.zeros((4, 2, 1))}, "integers .*float64"),
        ({"index": np.zeros((4, 2), dtype=int)}, r"integers .*\(4, 2\)"),
        ({"index": np.zeros((4, 0, 1), dtype=int)}, "empty"),
        ({"index": np.full((4, 2, 1), 2)}, "index 2, allowed are 0 to 1"),
        ({"index": np.full((4, 2, 1), -1)}, "index -1, allowed are 0 to 1"),
        ({"cell_m": (1e-9, 0.0, 1e-9)}, "cell"),
        ({"cell_m": (1e-9, float("nan"), 1e-9)}, "cell"),
        ({"axis": np.zeros((3, 4, 2, 2))}, "axis has shape"),
        ({"phases": (AIR, AIR)}, "no voxel is magnetic"),
    ],
)
def test_what_cannot_be_solved_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        two_phases(**changes)
