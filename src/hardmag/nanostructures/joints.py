"""Where the parts of a mesh meet: nodes that stand twice in one place are made one, parts that touch without them are found."""

import numpy as np
import scipy

from hardmag.mesh import FACES

SAME = 1e-6  # of the median edge: nodes closer than this are one
NEAR = 1e-3  # of an edge: what is no farther touches
PARTS = 16  # most nodes in one place


def merged(nodes, tetrahedra, edge):
    """(tetrahedra (e, 4), count): with one node for each place in which several stand, and how many became superfluous.

    nodes: (n, 3); edge: median edge of the elements, in the same unit.
    """
    used = np.unique(tetrahedra)
    near, bound = scipy.spatial.cKDTree(nodes[used]), SAME * edge
    distance, other = near.query(nodes[used], k=min(PARTS, len(used)), distance_upper_bound=bound)
    one, k = np.nonzero(np.isfinite(distance))
    graph = scipy.sparse.coo_array((np.ones(len(one), bool), (one, other[one, k])), shape=(len(used),) * 2)
    count, place = scipy.sparse.csgraph.connected_components(graph, directed=False)
    first = np.full(count, len(used))
    np.minimum.at(first, place, np.arange(len(used)))
    kept = np.arange(len(nodes))
    kept[used] = used[first[place]]
    return kept[tetrahedra], len(used) - count


def complaint(mesh):
    """What is wrong where parts of a Mesh touch, on one line, or None: nodes that all but coincide, and faces that lie on
    others without sharing their nodes. Magnetisation is continuous through shared nodes alone."""
    faces = _surface(mesh.tetrahedra)
    corners = mesh.nodes[faces]
    centres = corners.mean(1)
    radii = np.linalg.norm(corners - centres[:, None], axis=2).max(1)
    on_surface = np.unique(faces)
    points = np.concatenate([mesh.nodes[on_surface], centres])
    near = scipy.spatial.cKDTree(points).query_ball_point(centres, radii * (1 + NEAR))
    face = np.repeat(np.arange(len(faces)), [len(found) for found in near])
    point = np.concatenate([np.asarray(found, dtype=np.int64) for found in near])
    node = np.where(point < len(on_surface), on_surface[np.minimum(point, len(on_surface) - 1)], -1)
    own = (faces[face] == node[:, None]).any(1) | (point - len(on_surface) == face)
    face, point = face[~own], point[~own]
    touching = face[_within(points[point], corners[face], NEAR * radii[face])]
    if len(touching) == 0:
        return None
    return (
        f"{len(np.unique(touching))} faces of elements lie on others without sharing their nodes: parts that touch must share "
        "nodes (in gmsh: fragment the volumes before meshing); parts that are not to be coupled need a gap or a layer between"
    )


def _surface(tetrahedra):
    """Faces of one element alone: (f, 3) nodes."""
    faces = tetrahedra[:, FACES].reshape(-1, 3)
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    return faces[first[count == 1]]


def _within(points, corners, near):
    """Which points (n, 3) lie in triangles (n, 3 corners, 3), to a distance `near` (n,)."""
    a, b, c = (corners[:, k] for k in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    off = np.abs(np.einsum("ni,ni->n", points - a, normal)) / area
    weights = [
        np.einsum("ni,ni->n", np.cross(two - one, points - one), normal) / area**2 for one, two in ((a, b), (b, c), (c, a))
    ]
    return (off <= near) & (np.min(weights, axis=0) >= -NEAR)
