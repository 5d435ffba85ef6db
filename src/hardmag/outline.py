"""What belongs to a magnet, where the box or the mesh holds empty space too: all within the convex hull of what is magnetic.

Pores, gaps between grains and phases without magnetisation count where they lie inside that hull, for they dilute the magnet.
What is empty outside it is surroundings: no quantity per volume may depend on how much of them was drawn. Along a periodic
direction nothing lies outside.
"""

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

ROUNDING = 1e-6  # of a cell, or of the longest edge of a mesh's box
LEVEL = 1e-12  # a face of no more slope than that along a line is parallel to it
CHUNK = 2**22  # products of points and faces at once


def cells_within(magnetic, periodic):
    """Which cells lie in the hull of the centres of the magnetic ones: bool, like magnetic (nx, ny, nz)."""
    open_ = [d for d in range(3) if not periodic[d] and magnetic.shape[d] > 1]
    there = magnetic.any(axis=tuple(d for d in range(3) if d not in open_))  # (cells along the open directions)
    if there.all() or not open_:
        return np.ones(magnetic.shape, bool)
    first, last = there.argmax(-1), there.shape[-1] - 1 - there[..., ::-1].argmax(-1)
    lines = np.argwhere(there.any(-1))  # along the last open direction; the ends of what is magnetic there span the hull
    at = tuple(lines.T)
    points = np.concatenate([np.column_stack([lines, end[at]]) for end in (first, last)]).astype(float)
    slopes, offsets = _faces(points, 1e-3)
    rest, ascent = np.argwhere(np.ones(there.shape[:-1], bool)), slopes[:, -1]
    low, high = np.empty(len(rest)), np.empty(len(rest))
    level, scale = abs(ascent) <= LEVEL, np.where(abs(ascent) <= LEVEL, 1, abs(ascent))[:, None]
    beside, room = slopes[:, :-1] / scale, (ROUNDING - offsets) / scale[:, 0]  # ±x ≤ room − beside·rest along each line
    step = max(1, CHUNK // len(slopes))
    for start in range(0, len(rest), step):
        part = slice(start, start + step)
        bound = lambda faces: (room[faces] - rest[part] @ beside[faces].T).min(1, initial=np.inf)  # noqa: B023, E731
        low[part] = -bound(ascent < -LEVEL)
        high[part] = np.where(bound(level) >= 0, bound(ascent > LEVEL), -np.inf)
    x = np.arange(there.shape[-1])
    within = ((x >= low[:, None]) & (x <= high[:, None])).reshape(there.shape) | there
    for d in range(3):
        if d not in open_:
            within = np.expand_dims(within, d)
    return np.broadcast_to(within, magnetic.shape)


def elements_within(nodes, tetrahedra, magnetic):
    """Which elements have their centroid in the hull of the magnetic ones: bool, like magnetic (e,)."""
    if magnetic.all():
        return magnetic
    size = np.ptp(nodes, axis=0).max()
    slopes, offsets = _faces(nodes[np.unique(tetrahedra[magnetic])] / size, 0.0)
    within, empty = magnetic.copy(), np.flatnonzero(~magnetic)
    step = max(1, CHUNK // len(slopes))
    for start in range(0, len(empty), step):
        part = empty[start : start + step]
        centroids = nodes[tetrahedra[part]].mean(1) / size
        within[part] = (centroids @ slopes.T + offsets).max(1) <= ROUNDING
    return within


def _faces(points, thickness):
    """(slopes (f, d), offsets (f,)): slopes·x + offsets ≤ 0 in the hull of points (n, d), which the first point makes so thick
    that it is not flat."""
    d = points.shape[1]
    points = np.concatenate([points, points[0] + thickness * np.eye(d), points[0] - thickness * np.eye(d)])
    if d == 1:
        return np.array([[1.0], [-1.0]]), np.array([-points.max(), points.min()])
    equations = scipy.spatial.ConvexHull(points).equations
    equations = np.unique(equations.round(12), axis=0)  # a face of many corners comes in triangles
    return equations[:, :-1], equations[:, -1]
