"""Convex polyhedra: bricks, hulls of points, Voronoi cells, and what lies a distance inside or around them.

A polyhedron is what lies behind all of its planes. Everything follows from them: moved outwards by t, they bound a layer of
thickness t, mitred at edges and corners. Edges may be rounded: the body is then all that a ball of that radius reaches inside.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

SAME = 1e-7  # of the size: nearer corners are one, and corners nearer to a plane lie in it
CORNER_DIGITS = 12  # in nm: a brick has its edges to the last bit, and no −0
DIGITS = 9  # of the equations of planes: those of a face that was cut into triangles agree


@dataclass(frozen=True)
class Convex:
    """planes: ((n_x, n_y, n_z, d), …), n·x ≤ d inside, n unit vectors; radius: of its edges and corners. Raises ValueError
    where nothing finite is inside, or the rounding leaves nothing flat of a face."""

    planes: tuple[tuple[float, float, float, float], ...]
    radius: float = 0.0

    def __post_init__(self):
        if len(self.corners) < 4:
            raise ValueError("nothing is inside")
        if self.radius > 0 and len(self._flat.faces) < len(self.faces):
            raise ValueError(f"edges of radius {self.radius:g} leave nothing flat of a face")

    @classmethod
    def brick(cls, extension):
        """A brick of the edges (a, b, c) around 0."""
        return cls(tuple((*sign, float(e) / 2) for k, e in enumerate(extension) for sign in _signs(k)))

    @classmethod
    def hull(cls, points):
        """The smallest that holds all points."""
        points = np.asarray(points, dtype=float)
        if len(points) < 4:
            raise ValueError(f"{len(points)} points have no volume")
        try:
            equations = scipy.spatial.ConvexHull(points).equations
        except scipy.spatial.QhullError:
            raise ValueError("the points lie in one plane") from None
        _, one_of_each = np.unique(equations.round(DIGITS), axis=0, return_index=True)
        return cls(tuple((*n, -d) for *n, d in equations[one_of_each].tolist()))

    @classmethod
    def voronoi(cls, seeds):
        """The Voronoi cell of the first of the seeds: what is nearer to it than to any other."""
        first, others = np.asarray(seeds[0], dtype=float), np.asarray(seeds[1:], dtype=float).reshape(-1, 3)
        away = others - first
        distance = np.linalg.norm(away, axis=1)
        if not len(away) or distance.min() == 0:
            raise ValueError("the first seed needs others around it, all elsewhere")
        normals = away / distance[:, None]
        return cls(tuple((*n, float(d)) for n, d in zip(normals.tolist(), normals @ first + distance / 2, strict=True)))

    def moved(self, distance):
        """All faces moved outwards by a distance, inwards if it is negative; the radius of rounded edges with them."""
        radius = max(self.radius + distance, 0.0) if self.radius else 0.0
        return Convex(tuple((*n, d + distance) for *n, d in self.planes), radius)

    def rounded(self, radius):
        """With edges of that radius."""
        return Convex(self.planes, radius)

    @cached_property
    def _flat(self):
        """The body within that a ball of the radius makes round."""
        return Convex(tuple((*n, d - self.radius) for *n, d in self.planes))

    @cached_property
    def bend(self):
        """Σ length × angle between the faces' normals over the edges, not rounded."""
        total, normals = 0.0, {}
        for face in self.faces:
            a, b, c = self.corners[face[:3]]
            normal = np.cross(b - a, c - a)
            for i, j in zip(face, [*face[1:], face[0]], strict=True):
                normals[i, j] = normal / np.linalg.norm(normal)
        for (i, j), normal in normals.items():
            if i < j:
                angle = np.arccos(np.clip(normal @ normals[j, i], -1, 1))
                total += float(np.linalg.norm(self.corners[i] - self.corners[j]) * angle)
        return total

    @cached_property
    def corners(self):
        """(n, 3), those that it has without rounding."""
        a = np.array(self.planes)
        # The centre of the largest sphere inside: n·x + r ≤ d.
        within = np.column_stack([a[:, :3], np.ones(len(a))])
        found = scipy.optimize.linprog([0, 0, 0, -1], within, a[:, 3], bounds=[(None, None)] * 4)
        if found.status != 0 or found.x[3] <= 0:
            raise ValueError("it is not closed" if found.status == 3 else "nothing is inside")
        with np.errstate(divide="ignore", invalid="ignore"):  # of what is not closed
            half = scipy.spatial.HalfspaceIntersection(np.column_stack([a[:, :3], -a[:, 3]]), found.x[:3])
        if not (half.dual_equations[:, -1] < -SAME).all():  # the dual hull holds the origin where planes are on all sides
            raise ValueError("it is not closed")
        points = half.intersections.round(CORNER_DIGITS) + 0.0
        near = SAME * np.ptp(points, axis=0).max()
        kept = []
        for point in points:
            if all(np.linalg.norm(point - other) > near for other in kept):
                kept.append(point)
        return np.array(kept)

    @cached_property
    def faces(self):
        """Indices of corners around each face, anticlockwise seen from outside; planes that bound nothing have none."""
        near, found = SAME * np.ptp(self.corners, axis=0).max(), []
        for *n, d in self.planes:
            on = np.flatnonzero(np.abs(self.corners @ n - d) < near)
            if len(on) >= 3:
                away = self.corners[on] - self.corners[on].mean(0)
                side = np.cross(n, away[0])
                found.append(on[np.argsort(np.arctan2(away @ side, away @ away[0] * np.linalg.norm(n)))].tolist())
        return found

    @cached_property
    def volume(self):
        """By the hull of the corners; rounded, by Steiner's formula V + S r + ½ r² Σ L θ + 4/3 π r³."""
        if self.radius:
            flat, r = self._flat, self.radius
            return flat.volume + flat.area * r + flat.bend * r**2 / 2 + 4 / 3 * np.pi * r**3
        return float(scipy.spatial.ConvexHull(self.corners).volume)

    @cached_property
    def area(self):
        """Of its surface, likewise: the derivative of that by r."""
        return self._flat.area + self.curved_area if self.radius else float(scipy.spatial.ConvexHull(self.corners).area)

    @property
    def curved_area(self):
        """Of that, what is not flat."""
        return self._flat.bend * self.radius + 4 * np.pi * self.radius**2 if self.radius else 0.0

    @property
    def box(self):
        """(lowest, highest) corner of the box around it."""
        return self.corners.min(0), self.corners.max(0)


def _signs(direction):
    axis = [0.0, 0.0, 0.0]
    for sign in (-1.0, 1.0):
        axis[direction] = sign
        yield tuple(axis)
