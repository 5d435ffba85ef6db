"""Grains of the user's own: cells of a tessellation by Neper, or of a table of seeds in a box."""

from functools import lru_cache

import numpy as np

from hardmag.errors import UserError
from hardmag.nanostructures.neper import read_tess
from hardmag.nanostructures.seed_tables import read_seeds
from hardmag.nanostructures.tessellation import power_cells

FILLED = 1e-5  # of the box around a tessellation: by more its cells may not miss it


@lru_cache(8)
def cells_of_file(key, path, sha256, box_nm):
    """(cells, axes or None, edges of the box, pores or None) of a file with that checksum, in its own unit: list of Polyhedron,
    (g, 3), (3,), (g,) bool.

    key: 'seeds', whose box is given, or 'tessellation'. Raises UserError with the file's name for what does not fill a box.
    """
    if key == "seeds":
        seeds, weights, axes, pores = read_seeds(path)
        try:
            cells = power_cells(seeds, np.zeros(len(seeds)) if weights is None else weights, np.array(box_nm))
        except ValueError as error:
            raise UserError(f"{path}: {error}") from None
        empty = [k for k, cell in enumerate(cells, start=1) if cell is None]
        if empty:
            raise UserError(f"{path}: {len(empty)} of {len(cells)} seeds have no cell, the first is number {empty[0]}")
        return cells, axes, np.array(box_nm), pores
    found = read_tess(path)
    corners = np.concatenate([cell.corners for cell in found.cells])
    low, high = corners.min(0), corners.max(0)
    filled = sum(cell.volume for cell in found.cells) / np.prod(high - low)
    if abs(filled - 1) > FILLED:
        raise UserError(f"{path}: its cells fill {100 * filled:.6g} % of the box around them; only boxes are taken")
    return [cell.shifted(-low) for cell in found.cells], found.axes, high - low, None
