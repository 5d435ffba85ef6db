"""Sections of one grain, by cells and by elements, are the same picture."""

import numpy as np
import pytest

from hardmag.dataset.section import section_of
from hardmag.nanostructures.coreshell import CoreShell

GRAIN = {"a_nm": 12.0, "b_nm": 10.0, "c_nm": 8.0, "shell_nm": 2.0, "layer_nm": 1.0}


def test_cells_and_elements_give_one_picture():
    """Phases: equal but in pixels at interfaces, whose nearest element may lie beyond (< 10 %). A field that is linear is told
    exactly by both, 1e-9 of its size: linear interpolation."""
    voxels = CoreShell(**GRAIN).build(None)
    mesh = CoreShell(**GRAIN, edge_nm=1.0, grid_nm=1.0).build(None)
    sections = [section_of(body, "z") for body in (voxels, mesh)]
    assert [s.cell_nm for s in sections] == [pytest.approx((1.0, 1.0))] * 2 and sections[1].index.shape == (14, 10)
    assert (sections[0].index != sections[1].index).mean() < 0.1
    x, y, z = (np.arange(n) + 0.5 - n / 2 for n in voxels.index.shape)
    assert (sections[1].index >= 0).all()
    of_cells = sections[0].cut(x[:, None, None] + 10 * y[:, None] + 100 * z)
    of_nodes = sections[1].cut((mesh.nodes @ [1, 10, 100] * 1e9)[:, None, None])
    assert np.abs(of_nodes - (x[:, None] + 100 * z)).max() < 1e-6
    assert np.abs(of_cells - (x[:, None] + 100 * z) - 5).max() == 0  # the cells' middle lies half a cell off


def test_outside_of_a_polyhedron_there_is_nothing():
    """An octahedron |x| + |y| + |z| <= 9 nm: pixels beyond it in the plane y = 0 have neither a phase nor a field."""
    corners = [tuple(float(v) for v in sign * 9 * np.eye(3)[k]) for k in range(3) for sign in (-1, 1)]
    mesh = CoreShell(corners_nm=corners, shell_nm=0, layer_nm=0, edge_nm=2.5, grid_nm=1.0).build(None)
    section = section_of(mesh, "z")
    x, z = (np.arange(18) - 8.5)[:, None], np.arange(18) - 8.5
    size = np.abs(x) + np.abs(z)
    clear = np.abs(size - 9) > 0.1  # middles of pixels on the edge itself belong to either side
    assert np.array_equal((section.index < 0)[clear], (size > 9)[clear])
    assert np.array_equal(np.isnan(section.cut(np.ones(len(mesh.nodes))))[clear], (size > 9)[clear])
