"""Inclusions where grains meet: tetrahedra about points that four cells share, and the planes that cut these off the cells.

The corners of an inclusion lie on the four edges that end in such a junction, at one part of their lengths. Of a cell the plane
through the three corners on its own edges cuts off what belongs to the inclusion: cells stay convex, and with the inclusions
they fill the box as before. No two inclusions lie at the ends of one edge, so that they never overlap, however long they are.
On a face of the box three cells share such a point, and its fourth face is the box's.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

from hardmag.errors import UnfitStructure
from hardmag.nanostructures.tessellation import one_of_near
from hardmag.polyhedron import Polyhedron

NEAR = 1e-6  # of the mean distance between cells: corners nearer to each other are one
USUAL, MOST = 0.5, 0.9  # of its edges: how far inclusions reach where there are enough junctions, and where there are not
UNEQUAL = 2.0  # times the shortest of four edges, how much of the others counts: inclusions are no splinters
FACES = ((1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1))  # of a tetrahedron, anticlockwise seen from outside
FLAT = 1e-9  # of the cube of its longest edge: with less volume than that it is none


@dataclass(frozen=True, eq=False)
class Junctions:
    """Points of a tessellation in which four edges end, three of them of each cell there.

    at: (j, 3); edges: (j, 4, 3), from there as far as they count, right-handed; name: (j,), and ends: (j, 4), numbers
    of these points, one for all copies of a box; of: (m,), whose junction the further ones are; cell: (m,) that share it;
    corner: (m, 3), where that cell has it; own: (m, 3, 3), the cell's edges there.
    """

    at: np.ndarray
    edges: np.ndarray
    name: np.ndarray
    ends: np.ndarray
    of: np.ndarray
    cell: np.ndarray
    corner: np.ndarray
    own: np.ndarray

    @classmethod
    def among(cls, cells, box, periodic):
        """Of Polyhedra that fill a box (3,). Points in which more cells or more edges meet are left out."""
        first = np.cumsum([0, *(len(cell.corners) for cell in cells)])
        at = np.concatenate([cell.corners for cell in cells])
        within, copied = np.where(periodic, at % box, at), np.where(periodic, box, 0.0)
        near = NEAR * (np.prod(box) / len(cells)) ** (1 / 3)
        point = one_of_near(np.where((within == box) & periodic, 0.0, within), near, copied)
        # Each edge in the sense in which one of its two faces has it: of a corner there are as many as it has faces.
        loops = [np.array(face) + start for cell, start in zip(cells, first, strict=False) for face in cell.faces]
        start, end = np.concatenate(loops), np.concatenate([np.roll(loop, -1) for loop in loops])
        end, degree = end[np.argsort(start, kind="stable")], np.bincount(start, minlength=len(at))
        begin = np.cumsum(degree) - degree
        by_point = np.argsort(point, kind="stable")
        names, place, count = np.unique(point[by_point], return_index=True, return_counts=True)
        found = []
        for cells_there in (3, 4):
            corner = by_point[place[count == cells_there][:, None] + np.arange(cells_there)]  # (j, cells there)
            corner = corner[(degree[corner] == 3).all(1)]
            others = end[begin[corner][..., None] + np.arange(3)]  # (j, cells there, 3)
            own = at[others] - at[corner][:, :, None]
            # The first cell has three of the four edges; of all others' the one farthest from these is the fourth.
            every = own.reshape(len(own), 3 * cells_there, 3)
            away = np.linalg.norm(every[:, :, None] - every[:, None, :3], axis=-1).min(2)
            chosen = np.column_stack([np.tile([0, 1, 2], (len(own), 1)), away.argmax(1)])
            edges = np.take_along_axis(every, chosen[..., None], 1)
            swapped = np.where(_volumes(edges)[:, None] < 0, chosen[:, [1, 0, 2, 3]], chosen)
            edges = np.take_along_axis(every, swapped[..., None], 1)
            ends = np.take_along_axis(point[others].reshape(len(own), 3 * cells_there), swapped, 1)
            # All are of these four, and the cells fill the tetrahedron between their ends.
            known = (np.linalg.norm(every[:, :, None] - edges[:, None], axis=-1) < 2 * near).any(2).all(1)
            whole, parts = _volumes(edges), np.abs(np.linalg.det(own)) / 6
            solid = parts.min(1, initial=np.inf) > FLAT * np.linalg.norm(edges, axis=-1).max(1, initial=0) ** 3
            name = point[corner[:, 0]]
            kept = known & solid & (np.abs(parts.sum(1) - whole) < NEAR * whole) & (ends != name[:, None]).all(1)
            most = UNEQUAL * np.linalg.norm(edges, axis=-1).min(1, initial=np.inf)
            edges, own = _no_longer(edges, most[:, None]), _no_longer(own, most[:, None, None])
            corner, own = corner[kept].ravel(), own[kept].reshape(-1, 3, 3)
            of = np.repeat(sum(len(some[0]) for some in found) + np.arange(kept.sum()), cells_there)
            cell = np.searchsorted(first, corner, side="right") - 1
            found.append((at[corner[::cells_there]], edges[kept], name[kept], ends[kept], of, cell, at[corner], own))
        return cls(*(np.concatenate(column) for column in zip(*found, strict=True)))

    def apart(self, sizes):
        """Numbers of junctions, the largest first, those within the box before those on its faces, without any at the other end
        of an edge of one before. sizes: (j,), of which those of 0 are left out."""
        taken, found, cells = set(), [], np.bincount(self.of, minlength=len(self.name))
        for j in np.lexsort((-sizes, -cells)).tolist():
            if sizes[j] > 0 and self.name[j] not in taken:
                found.append(j)
                taken.update(self.ends[j].tolist())
        return np.array(found, dtype=int)

    def cuts(self, chosen, part):
        """{cell: (normals (c, 3), offsets (c,))} of planes that it is to lie behind, at that part of the edges of junctions."""
        planes = {}
        for k in np.flatnonzero(np.isin(self.of, chosen)).tolist():
            a, b, c = self.own[k]
            normal = np.cross(b - a, c - a)
            normal *= -np.sign(normal @ a) / np.linalg.norm(normal)
            planes.setdefault(int(self.cell[k]), []).append((normal, normal @ (self.corner[k] + part * a)))
        return {cell: tuple(map(np.array, zip(*own, strict=True))) for cell, own in planes.items()}


def inclusions(cells, box, periodic, gap, volume):
    """(cuts, bodies): see Junctions.cuts, and the inclusions as Polyhedra, their faces moved inwards by half a gap, as those of
    the cells are to be.

    cells: Polyhedra that fill a box (3,); periodic: for each direction; volume: of all bodies together. They lie at the largest
    junctions, as few as do with half of their edges. Raises UnfitStructure where there is not that much room.
    """
    if volume == 0:
        return {}, []
    junctions = Junctions.among(cells, np.asarray(box, dtype=float), periodic)
    corners = junctions.edges  # of inclusions that reach to the ends of their edges
    volumes, (centres, radii) = _volumes(corners), _spheres(corners)
    narrow = gap / 2 / radii  # part of the edges at which an inclusion is as thin as the gap

    def filled(part, of):
        return volumes[of] * np.maximum(part - narrow[of], 0) ** 3

    chosen = junctions.apart(filled(MOST, np.arange(len(volumes))))
    chosen = chosen[: 1 + np.searchsorted(np.cumsum(filled(USUAL, chosen)), volume)]
    most = float(filled(MOST, chosen).sum())
    if most < volume:
        raise UnfitStructure(f"inclusions at junctions find room for {most / volume:.0%} of what inclusion_percent asks for")
    part = scipy.optimize.brentq(lambda part: filled(part, chosen).sum() - volume, 0, MOST, xtol=1e-12)
    chosen = chosen[part > narrow[chosen]]
    within = part * centres + (part - narrow)[:, None, None] * (corners - centres)
    return junctions.cuts(chosen, part), [Polyhedron(junctions.at[j] + within[j], FACES) for j in chosen.tolist()]


def _no_longer(vectors, most):
    """Vectors (…, 3) of no more than a length (…)."""
    return vectors * np.minimum(1, most / np.linalg.norm(vectors, axis=-1))[..., None]


def _volumes(corners):
    """Of tetrahedra (j, 4, 3): (j,), < 0 of those in a left-handed order."""
    return np.linalg.det(corners[:, 1:] - corners[:, :1]) / 6


def _spheres(corners):
    """(centres (j, 1, 3), radii (j,)) of the spheres that touch all faces of tetrahedra (j, 4, 3)."""
    sides = [np.cross(corners[:, b] - corners[:, a], corners[:, c] - corners[:, a]) for a, b, c in FACES]
    areas = np.linalg.norm(np.stack(sides, axis=1), axis=-1) / 2
    total = areas.sum(1)
    return (areas[..., None] * corners).sum(1, keepdims=True) / total[:, None, None], 3 * _volumes(corners) / total
