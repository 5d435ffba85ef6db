"""Power (Laguerre) diagrams in a box: cells, their volumes and contacts.

A point belongs to the seed s of the smallest |x − s|² − w. The diagram is the dual of the lower hull of the points
(s, |s|² − w). A face of the box that is open bounds the cells by mirror images of the seeds behind it, one that is periodic by
copies. Only those near the face are taken at first: where one is missing, a cell is too large, which shows.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

from hardmag.polyhedron import SAME, Polyhedron, faces_of, following, loops

FILLED = 1e-9  # of the box: by more its cells may not miss it
REACH = 2.0  # mean distances between seeds: images of seeds so near to a face are taken at first, of heavy ones from farther
UPRIGHT = 1e-12  # facets of the hull of so little slope belong to no corner: they lie outside of all seeds


@dataclass(frozen=True, eq=False)
class PowerDiagram:
    """seeds: (n, 3), inside the box [0, Lx] × [0, Ly] × [0, Lz]; weights: (n,), lengths squared; periodic: for each direction.

    Of the f faces: first (f,), the seed whose cell it bounds; second (f,), the seed beyond it, −1 for a face of the box; both
    cells are bounded by it if shared (f,), otherwise the second's copy in the periodic box has a face of its own; corner and
    starts as polyhedron.loops gives them.
    """

    seeds: np.ndarray
    weights: np.ndarray
    box: np.ndarray
    periodic: tuple[bool, bool, bool]
    corners: np.ndarray
    first: np.ndarray
    second: np.ndarray
    shared: np.ndarray
    normals: np.ndarray
    distances: np.ndarray
    corner: np.ndarray
    starts: np.ndarray

    @cached_property
    def _faces(self):
        """(areas (f,), centroids (f, 3)), each as a fan about its first corner."""
        counts = np.diff(self.starts)
        at = self.corners[self.corner]
        pivot = np.repeat(at[self.starts[:-1]], counts, axis=0)
        after = following(self.starts)
        twice = np.cross(at - pivot, at[after] - pivot)
        areas = np.einsum("kd,kd->k", twice, np.repeat(self.normals, counts, axis=0)) / 2
        total = np.add.reduceat(areas, self.starts[:-1])
        moments = np.add.reduceat(areas[:, None] * (pivot + at + at[after]) / 3, self.starts[:-1], axis=0)
        return total, moments / total[:, None]

    @cached_property
    def _moments(self):
        """(volumes (n,), centroids (n, 3), of empty cells their seeds): pyramids from the seed to each face."""
        n = len(self.seeds)
        areas, centroids = self._faces
        height = np.einsum("fd,fd->f", centroids - self.seeds[self.first], self.normals)
        other = self.second[self.shared]
        owner = np.concatenate([self.first, other])
        parts = np.concatenate([areas * height, areas[self.shared] * (self.distances - height)[self.shared]]) / 3
        away = np.concatenate([centroids - self.seeds[self.first], centroids[self.shared] - self.seeds[other]]) * 0.75
        volumes = np.bincount(owner, parts, n)
        shift = np.column_stack([np.bincount(owner, parts * away[:, d], n) for d in range(3)])
        return volumes, self.seeds + shift / np.where(volumes > 0, volumes, np.inf)[:, None]

    @property
    def volumes(self):
        """(n,), 0 for an empty cell."""
        return self._moments[0]

    @property
    def centroids(self):
        """(n, 3); an empty cell's is its seed."""
        return self._moments[1]

    @property
    def contacts(self):
        """(pairs (c, 2), areas (c,), distances (c,)) of all faces between two cells, each once."""
        # Of a face across a periodic side both cells have one. Of a cell's with its own copy, that of the larger normal counts.
        ahead = self.normals @ (1, 1e-3, 1e-6) > 0
        kept = self.shared | ((self.second > self.first) | (self.second == self.first) & ahead)
        return np.column_stack([self.first, self.second])[kept], self._faces[0][kept], self.distances[kept]

    @cached_property
    def _own(self):
        """[(loops of corners, seeds beyond)] of each cell."""
        own = [([], []) for _ in self.seeds]
        faces = faces_of(self.corner, self.starts)
        for face, i, j, shared in zip(faces, self.first.tolist(), self.second.tolist(), self.shared.tolist(), strict=True):
            own[i][0].append(face)
            own[i][1].append(j)
            if shared:
                own[j][0].append(face[::-1])
                own[j][1].append(i)
        return own

    @cached_property
    def cells(self):
        """List of Polyhedron, None for an empty cell; in a periodic box they are whole and may stick out of it."""
        return [self._cell(faces) for faces, _ in self._own]

    @property
    def neighbours(self):
        """For each cell the seeds beyond its faces, in their order; −1 for a face of the box."""
        return [tuple(beyond) for _, beyond in self._own]

    def _cell(self, faces):
        if len(faces) < 4:
            return None
        used = sorted({c for face in faces for c in face})
        index = {c: k for k, c in enumerate(used)}
        return Polyhedron(self.corners[used], tuple(tuple(index[c] for c in face) for face in faces))


def power_cells(seeds, weights, box, periodic=(False,) * 3):
    """Cells of a power diagram: list of Polyhedron, None for an empty one; see power_diagram."""
    return power_diagram(seeds, weights, box, periodic).cells


def power_diagram(seeds, weights, box, periodic=(False,) * 3):
    """PowerDiagram of seeds (n, 3) inside a box (3,) with weights (n,), in any one unit.

    Raises ValueError where a seed is not inside, or numbers are none, or the cells do not fill the box.
    """
    seeds, weights, box = (np.asarray(a, dtype=float) for a in (seeds, weights, box))
    periodic = tuple(bool(p) for p in periodic)
    _check(seeds, weights, box, periodic)
    reach = REACH * (box.prod() / len(seeds)) ** (1 / 3) + np.sqrt(np.maximum(weights - weights.mean(), 0))[:, None]
    open_ = ~np.array(periodic)
    mirrored = np.stack([open_ & (seeds < reach), open_ & (box - seeds < reach)], axis=1)  # (n, 2 sides, 3 directions)
    mirrored[0] = open_  # all images of one, so that the points are never in one plane
    while True:
        found, missing = _trial(seeds, weights, box, periodic, mirrored, reach)
        if missing.any():
            mirrored |= missing
        elif abs(found.volumes.sum() / box.prod() - 1) < FILLED:
            return found
        elif not any(periodic) or (reach > box).all():
            raise ValueError(f"the cells fill {found.volumes.sum() / box.prod():.9g} of the box")
        else:
            reach = reach * 1.5


def _check(seeds, weights, box, periodic):
    """Raise ValueError where these are no seeds in a box."""
    if seeds.ndim != 2 or seeds.shape[1] != 3 or not len(seeds) or weights.shape != (len(seeds),) or box.shape != (3,):
        raise ValueError(
            f"seeds (n, 3), weights (n,) and a box (3,) are needed, got {seeds.shape}, {weights.shape}, {box.shape}"
        )
    if not (np.isfinite(seeds).all() and np.isfinite(weights).all() and np.isfinite(box).all() and (box > 0).all()):
        raise ValueError("seeds, weights and the box's edges must be finite, the edges > 0")
    margin = np.where(periodic, -FILLED, FILLED) * box
    outside = ((seeds < margin) | (seeds > box - margin)).any(1)
    if outside.any():
        raise ValueError(f"seed {outside.argmax() + 1} of {len(seeds)} is not inside the box")


def _trial(seeds, weights, box, periodic, mirrored, reach):
    """(PowerDiagram of these images, which mirror images are missing (n, 2, 3) since their seed's cell reaches through the
    face of the box)."""
    n = len(seeds)
    points, source, shift = _images(seeds, box, periodic, mirrored, reach)
    centre, scale = box / 2, box.max()
    at = (points - centre) / scale
    lifted = np.column_stack([at, (at**2).sum(1) - weights[source] / scale**2])
    hull = scipy.spatial.ConvexHull(lifted)
    slope = hull.equations[:, 3]
    lower = slope < -UPRIGHT
    ends = lower[:, None] & ~lower[hull.neighbors]  # opposite to which corner of a facet the lower hull ends
    rim = hull.simplices[ends.sum(1, keepdims=True) > ends]
    endless = np.zeros(n, bool)
    endless[rim[rim < n]] = True
    simplices = hull.simplices[lower]
    own = (simplices < n).any(1)
    simplices = simplices[own]
    corners = centre - scale / 2 * hull.equations[lower, :3][own] / slope[lower, None][own]
    spacing = (box.prod() / n) ** (1 / 3)
    same = one_of_near(corners, SAME * spacing)
    first, second, corner = _faces_of_pairs(simplices, same, n, len(points))
    missing = np.zeros((n, 2, 3), bool)
    low, high = _extent(first, second, corner, corners, n)
    tolerance = FILLED * box
    open_ = ~np.array(periodic)
    missing[:, 0] = (low < -tolerance) | endless[:, None]
    missing[:, 1] = (high > box + tolerance) | endless[:, None]
    missing &= open_ & ~mirrored
    for d in np.flatnonzero(open_):  # a corner on a face of the box lies there to the last bit
        for side in (0.0, box[d]):
            corners[np.abs(corners[:, d] - side) < tolerance[d], d] = side
    # Planes by number: the seeds on both sides tell the normal.
    pair, plane = np.unique(first * len(points) + second, return_inverse=True)
    i, j = np.divmod(pair, len(points))
    away = points[j] - points[i]
    distance = np.linalg.norm(away, axis=1)
    normals = away / np.maximum(distance, np.finfo(float).tiny)[:, None]
    corner, starts, kept = loops(normals, corners, plane, corner, SAME * spacing)
    i, j = i[kept], j[kept]
    beyond = np.where(shift[j], -1, source[j])
    return (
        PowerDiagram(seeds, weights, box, periodic, corners, i, beyond, j < n, normals[kept], distance[kept], corner, starts),
        missing,
    )


def _images(seeds, box, periodic, mirrored, reach):
    """(points (p, 3), the seed of each (p,), whether it is a mirror image (p,)): the seeds first."""
    points, source = [seeds], [np.arange(len(seeds))]
    for copy in product(*((-1, 0, 1) if p else (0,) for p in periodic)):
        if any(copy):
            moved = seeds + copy * box
            near = ((moved > -reach) & (moved < box + reach)).all(1)
            near[0] = True
            points.append(moved[near])
            source.append(np.flatnonzero(near))
    copies = sum(len(p) for p in points)
    for side, d in product((0, 1), range(3)):
        which = np.flatnonzero(mirrored[:, side, d])
        image = seeds[which].copy()
        image[:, d] = 2 * side * box[d] - image[:, d]
        points.append(image)
        source.append(which)
    points = np.concatenate(points)
    return points, np.concatenate(source), np.arange(len(points)) >= copies


def one_of_near(points, near, box=None):
    """For each point the number of the one that stands for it and all that it is linked to by steps of that length.

    box: edges (3,) of the box that points inside of are copied from, 0 along directions that are open; None where all are.
    """
    pairs = scipy.spatial.cKDTree(points, boxsize=box).query_pairs(near, output_type="ndarray")
    graph = scipy.sparse.coo_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(points),) * 2)
    _, label = scipy.sparse.csgraph.connected_components(graph, directed=False)
    _, one = np.unique(label, return_index=True)
    return one[label]


def _faces_of_pairs(simplices, corner_of, n, count):
    """(first, second, corner), each (k,): which corners lie in the plane between which points, sorted; first < n, and below
    second."""
    ordered = np.sort(simplices, axis=1)
    rows = []
    for a, b in ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)):
        own = ordered[:, a] < n
        rows.append((ordered[own, a].astype(np.int64) * count + ordered[own, b], corner_of[own]))
    pair, corner = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.lexsort((corner, pair))
    pair, corner = pair[order], corner[order]
    new = np.ones(len(pair), bool)
    new[1:] = (np.diff(pair) > 0) | (np.diff(corner) > 0)
    first, second = np.divmod(pair[new], count)
    return first, second, corner[new]


def _extent(first, second, corner, corners, n):
    """(lowest (n, 3), highest (n, 3)) coordinates of each cell; infinite and reversed of an empty one."""
    shared = second < n
    owner, corner = np.concatenate([first, second[shared]]), np.concatenate([corner, corner[shared]])
    low, high = np.full((n, 3), np.inf), np.full((n, 3), -np.inf)
    np.minimum.at(low, owner, corners[corner])
    np.maximum.at(high, owner, corners[corner])
    return low, high
