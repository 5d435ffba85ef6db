"""Sections of one grain, by cells and by elements, are the same picture."""

import numpy as np

from hardmag.dataset.section import section_of
from hardmag.nanostructures.coreshell import CoreShell

GRAIN = {"a_nm": 12.0, "b_nm": 10.0, "c_nm": 8.0, "shell_nm": 2.0, "layer_nm": 1.0}


def test_cells_and_elements_give_one_picture():
    """Phases: equal but in pixels at interfaces, whose nearest element may lie beyond (< 10 %). A field that is linear is told
    exactly by both, 1e-9 of its size: linear interpolation."""
    voxels = CoreShell(**GRAIN).build(None)
    mesh = CoreShell(**GRAIN, edge_nm=1.0, grid_nm=1.0).build(None)
    sections = [section_of(body, "z") for body in (voxels, mesh)]
    assert [s.cell_nm for s in sections] == [(1.0, 1.0)] * 2 and sections[1].index.shape == (14, 10)
    assert (sections[0].index != sections[1].index).mean() < 0.1
    x, y, z = (np.arange(n) + 0.5 - n / 2 for n in voxels.index.shape)
    of_cells = sections[0].cut(x[:, None, None] + 10 * y[:, None] + 100 * z)
    of_nodes = sections[1].cut((mesh.nodes @ [1, 10, 100] * 1e9)[:, None, None])
    assert np.abs(of_nodes - (x[:, None] + 100 * z)).max() < 1e-6
    assert np.abs(of_cells - (x[:, None] + 100 * z) - 5).max() == 0  # the cells' middle lies half a cell off
