"""A convex polyhedron by its corners and faces: volume, centroid, planes, and the body whose faces are moved in or out."""

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

SAME = 1e-7  # of the size: corners nearer to each other are one, faces no wider are none
LEAST = 1e-6  # of the size: a body in which no sphere of that radius finds room has no volume
NARROW = 1e-3  # of the widest distance from a point within to a plane: with less room than that, a better point is looked for
TURNED, BACK = [1, 2, 0], [2, 0, 1]  # x, y, z in turn


@dataclass(frozen=True, eq=False)
class Polyhedron:
    """corners: (v, 3); faces: indices of corners around each face, anticlockwise seen from outside. Lengths in any one unit."""

    corners: np.ndarray
    faces: tuple[tuple[int, ...], ...]

    @classmethod
    def box(cls, lowest, highest):
        """A box between two opposite corners."""
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        faces = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))
        return cls(np.where(corners, highest, lowest).astype(float), faces)

    @classmethod
    def behind(cls, normals, offsets, inside):
        """What lies behind all planes n·x ≤ d, or None where that has no volume.

        normals: (f, 3), unit vectors; offsets: (f,); inside: a point that may lie within, (3,). Raises ValueError where there
        are no planes on some side.
        """
        room = offsets - normals @ inside
        if room.min() < NARROW * room.max():
            size = np.abs(room).max()
            centre = _centre(normals, room / size)
            if centre is None:
                return None
            inside = inside + size * centre
            room = offsets - normals @ inside
        # Planes at a distance become points at its inverse; corners of the body are facets of their hull.
        dual = scipy.spatial.ConvexHull(normals / room[:, None])
        if not (dual.equations[:, 3] < 0).all():
            raise ValueError("it is not closed")
        corners = -dual.equations[:, :3] / dual.equations[:, 3:]
        near = SAME * np.ptp(corners, axis=0).max()
        same = _first_of_each(corners, near)
        plane, corner = np.divmod(np.unique(dual.simplices.ravel() * len(corners) + np.repeat(same, 3)), len(corners))
        corner, starts, _ = loops(normals, corners, plane, corner, near)
        if len(starts) < 5:
            return None
        kept, index = np.unique(corner, return_inverse=True)
        return cls(corners[kept] + inside, faces_of(index, starts))

    def moved(self, distance):
        """All faces moved outwards by a distance, inwards if it is negative; None where nothing is left."""
        return Polyhedron.behind(self.normals, self.offsets + distance, self.centroid)

    def scaled(self, factors):
        """All corners times a factor > 0, or one for each direction."""
        return Polyhedron(self.corners * factors, self.faces)

    def shifted(self, by):
        """Elsewhere, by a vector."""
        return Polyhedron(self.corners + by, self.faces)

    @cached_property
    def _loops(self):
        """(corners of all faces one after another (k,), where each face starts, and the last ends (f + 1,))."""
        return np.array(list(chain.from_iterable(self.faces))), np.cumsum([0, *map(len, self.faces)])

    @cached_property
    def _fans(self):
        """(a, b, c), each (k, 3): corners of triangles about the first corner of each face; two of each face have no area."""
        corner, starts = self._loops
        at = self.corners[corner]
        return np.repeat(at[starts[:-1]], np.diff(starts), axis=0), at, at[following(starts)]

    @cached_property
    def _surfaces(self):
        """Normals of the faces with their areas as lengths, (f, 3)."""
        a, b, c = self._fans
        return np.add.reduceat(cross(b - a, c - a), self._loops[1][:-1], axis=0) / 2

    @cached_property
    def areas(self):
        """Of the faces, (f,)."""
        return np.sqrt((self._surfaces**2).sum(1))

    @cached_property
    def normals(self):
        """Unit vectors outwards, (f, 3)."""
        return self._surfaces / self.areas[:, None]

    @cached_property
    def offsets(self):
        """(f,): n·x ≤ offset inside; of the mean of each face's corners."""
        corner, starts = self._loops
        middles = np.add.reduceat(self.corners[corner], starts[:-1], axis=0) / np.diff(starts)[:, None]
        return (middles * self.normals).sum(1)

    @cached_property
    def _moments(self):
        """(volume, centroid), of the tetrahedra between triangles of the surface and a corner."""
        origin = self.corners[0]
        a, b, c = (points - origin for points in self._fans)
        volumes = (a * cross(b, c)).sum(1) / 6
        volume = volumes.sum()
        return float(volume), origin + volumes @ (a + b + c) / (4 * volume)

    @property
    def volume(self):
        """In the cube of the corners' unit."""
        return self._moments[0]

    @property
    def centroid(self):
        """Centre of gravity, (3,)."""
        return self._moments[1]

    def holds(self, points, within=0.0):
        """Which points (p, 3) lie inside, or up to a distance outside of its planes: bool (p,)."""
        return (np.asarray(points) @ self.normals.T <= self.offsets + within).all(-1)


def _centre(normals, offsets):
    """The centre of the largest sphere behind all planes, or None where there is none. Offsets of the order of 1: the linear
    program's tolerances are absolute."""
    within = np.column_stack([normals, np.ones(len(normals))])
    found = scipy.optimize.linprog([0, 0, 0, -1], within, offsets, bounds=[(None, None)] * 4)
    return found.x[:3] if found.status == 0 and found.x[3] > LEAST else None


def _first_of_each(points, near):
    """For each point the index of the first of those that are one with it."""
    away = points[:, None] - points
    first = (np.einsum("ijd,ijd->ij", away, away) <= near**2).argmax(1)
    while (first[first] != first).any():
        first = first[first]
    return first


def loops(normals, corners, plane, corner, near):
    """(corner (k,), starts (f + 1,), planes (f,)): corners of each face one after another, anticlockwise about its normal.

    normals: (p, 3), of planes; plane, corner: (k,), which corners lie in which plane, sorted by plane; near: faces no wider
    are left out.
    """
    starts = np.concatenate([[0], np.flatnonzero(plane[1:] != plane[:-1]) + 1, [len(plane)]])
    counts = starts[1:] - starts[:-1]
    at, (u, v) = corners[corner], (np.repeat(w, counts, axis=0) for w in across(normals[plane[starts[:-1]]]))
    away = at - np.repeat(np.add.reduceat(at, starts[:-1], axis=0) / counts[:, None], counts, axis=0)
    x, y = np.einsum("kd,kd->k", away, u), np.einsum("kd,kd->k", away, v)
    order = np.lexsort((np.arctan2(y, x), plane))
    corner, x, y = corner[order], x[order], y[order]
    after = following(starts)
    area = np.add.reduceat(x * y[after] - y * x[after], starts[:-1])
    wide = (counts > 2) & (area > near * np.sqrt(np.maximum.reduceat(x**2 + y**2, starts[:-1])))
    kept = counts[wide]
    return corner[np.repeat(wide, counts)], np.cumsum([0, *kept]), plane[starts[:-1]][wide]


def following(starts):
    """(k,): of corners one after another the place of the next one around its face."""
    after = np.arange(1, starts[-1] + 1)
    after[starts[1:] - 1] = starts[:-1]
    return after


def faces_of(corner, starts):
    """Tuples of indices, for Polyhedron, of corners one after another (k,) and where each face starts, and the last ends."""
    corner, starts = corner.tolist(), starts.tolist()
    return tuple(tuple(corner[i:j]) for i, j in zip(starts, starts[1:], strict=False))


def cross(a, b):
    """Vector products of vectors (n, 3): numpy's own takes longer to begin than this for a polyhedron's."""
    return a[:, TURNED] * b[:, BACK] - a[:, BACK] * b[:, TURNED]


def across(normals):
    """(u, v): two unit vectors at right angles to each of the unit vectors (n, 3), u × v along it (Duff et al. 2017)."""
    x, y, z = normals.T
    sign = np.copysign(1.0, z)
    a = -1 / (sign + z)
    u = np.column_stack([1 + sign * x**2 * a, sign * x * y * a, -sign * x])
    return u, np.column_stack([x * y * a, sign + y**2 * a, -y])
