"""Plane sections of a synthetic magnet as three-phase images, and its seeds as the table that the polycrystal reads."""

import csv
from pathlib import Path

import numpy as np
import scipy  # whose parts are loaded when they are used

from hardmag.errors import InvalidValue
from hardmag.files import atomic_path
from hardmag.images.labels import BOUNDARY, COLOURS, INCLUSION, MAIN
from hardmag.nanostructures.seed_tables import PLACE, PORE, WEIGHT

FIRST = 4  # cells by power distance that are looked at first at every point
UM_NM = 1e3


def slices(magnet, field_um, pixel_um, count, rng):
    """Labels (count, n, n) uint8 of square windows at random places: 0 main phase, 1 boundary, 2 inclusion.

    They lie across x, y and z in turn, at heights drawn one from each of equal parts of the edge. A pixel has the phase at its
    centre; the boundary has its thickness in space, so that inclined ones look wider, as in a real section. Raises InvalidValue
    where the field is wider than the box, whose structure would repeat.
    """
    if not 0 < pixel_um <= field_um:
        raise InvalidValue(f"pixel_um: must be > 0 and <= field_um = {field_um:g}, got {pixel_um:g}")
    if field_um > magnet.box_um:
        raise InvalidValue(f"field_um: must be <= the box's edge, {magnet.box_um:.4g}, got {field_um:g}; take more grains")
    n, parts = round(field_um / pixel_um), -(-count // 3)
    across = (np.arange(n) + 0.5) * pixel_um
    found = np.empty((count, n, n), np.uint8)
    for k in range(count):
        points = np.empty((n, n, 3))
        height, low, left = rng.random(3) * (magnet.box_um / parts, magnet.box_um, magnet.box_um)
        points[..., k % 3] = height + k // 3 * magnet.box_um / parts
        points[..., (k + 1) % 3] = (left + across)[None, :]
        points[..., (k + 2) % 3] = (low + across)[:, None]
        found[k] = phases_at(magnet, points.reshape(-1, 3)).reshape(n, n)
    return found


def phases_at(magnet, points_um):
    """Phases (m,) uint8 at points (m, 3) of the periodic magnet.

    A power diagram is a nearest-neighbour search in four dimensions, the fourth √(w_max − w). The face between cells i and j is
    (P_j − P_i) / 2|p_i − p_j| away from a point of cell i, P the power distances; what is nearer to one than half the thickness
    is boundary.
    """
    diagram, t = magnet.diagram, magnet.parameters.boundary_um
    box, most = magnet.box_um, diagram.weights.max()
    lifted = np.column_stack([diagram.seeds % box, np.sqrt(most - diagram.weights)])
    tree = scipy.spatial.cKDTree(lifted, boxsize=[box, box, box, 0])
    at = np.column_stack([points_um % box, np.zeros(len(points_um))])
    cell, thin = np.empty(len(at), np.int64), np.zeros(len(at), bool)
    rest, looked_at = np.arange(len(at)), min(FIRST, len(lifted))
    while len(rest):
        distance, near = tree.query(at[rest], looked_at)
        excess = distance[:, 1:] ** 2 - distance[:, :1] ** 2
        there = diagram.seeds[near] - at[rest, None, :3]
        there -= box * np.round(there / box)  # of the copies the nearest
        apart = np.linalg.norm(there[:, 1:] - there[:, :1], axis=-1)
        cell[rest], thin[rest] = near[:, 0], (excess < t * apart).any(1)
        # Of a cell that was not looked at the excess is no less than the last one's, and the seed no farther than its
        # distance in four dimensions: where that excess is large enough none of them has a face so near.
        reach = np.linalg.norm(there[:, 0], axis=-1) + distance[:, -1]
        settled = thin[rest] | ((excess[:, -1] >= t * reach) & (distance[:, -1] > t / 2))
        if looked_at == len(lifted):
            break
        rest, looked_at = rest[~settled], min(2 * looked_at, len(lifted))
    return np.where(thin, BOUNDARY, np.where(cell < magnet.grains, MAIN, INCLUSION)).astype(np.uint8)


def write_pictures(folder, labels):
    """Labels (count, ny, nx) as PNG images in three colours, slice-1.png and so on: their paths."""
    from PIL import Image

    palette, paths = np.array(COLOURS, np.uint8), []
    for k, one in enumerate(labels, 1):
        paths.append(Path(folder) / f"slice-{k}.png")
        with atomic_path(paths[-1]) as temporary:
            Image.fromarray(palette[one]).save(temporary, format="PNG")
    return paths


def write_seeds(path, magnet):
    """The magnet as the CSV of seeds and weights that the kind `polycrystal` reads: returns the box_nm to be given beside it.

    The kind's box has faces of its own, so that the weights are those of an open box, with the same volumes of cells;
    inclusions are pores there, cells that are not magnetic. Its boundary_nm is the magnetic thickness, not the width in images.
    """
    diagram = magnet.in_open_box
    inclusion = np.arange(len(diagram.seeds)) >= magnet.grains
    table = np.column_stack([diagram.seeds * UM_NM, diagram.weights * UM_NM**2, inclusion])
    with atomic_path(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PLACE, WEIGHT, PORE])
        writer.writerows([repr(value) for value in row] for row in table.tolist())
    return tuple((diagram.box * UM_NM).tolist())
