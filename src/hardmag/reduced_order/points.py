"""Where a grain is asked whether it switches: points along its edges, for there reversal begins (Kovacs et al. 2023, 2.3.4)."""

import numpy as np

PARALLEL = 1e-9  # of the normals of an edge's two faces
SAME = 1e-6  # of the distance from the faces: points nearer to each other are one


def edge_points(polyhedron, distance, per_edge, distance_from="faces"):
    """Points inside a polyhedron along its edges: (p, 3), in the unit of the corners.

    distance: from both faces of an edge ('faces'), or from the edge, half way between them ('edge'); per_edge: points on the
    part of an edge that leaves room for the same distance from all other faces, those at its ends once for all edges that
    meet there. Edges without such a part have none.
    """
    normals, offsets = polyhedron.normals, polyhedron.offsets
    f, g = np.array(edges_of(polyhedron)).T
    cosine = np.einsum("ec,ec->e", normals[f], normals[g])
    bent = np.abs(cosine) < 1 - PARALLEL
    f, g, cosine = f[bent], g[bent], cosine[bent]
    # Half of the angle between the faces, inside, has the sine √((1 + n·n′)/2).
    depth = np.full(len(f), distance) if distance_from == "faces" else distance * np.sqrt((1 + cosine) / 2)
    along = np.cross(normals[f], normals[g])
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    planes = np.stack([normals[f], normals[g], along], axis=1)
    start = np.linalg.solve(planes, np.stack([offsets[f] - depth, offsets[g] - depth, 0 * depth], axis=1)[..., None])[..., 0]
    slope, room = along @ normals.T, offsets - depth[:, None] - start @ normals.T  # (e, f)
    other = np.ones(slope.shape, dtype=bool)
    other[np.arange(len(f)), f] = other[np.arange(len(f)), g] = False
    with np.errstate(divide="ignore", invalid="ignore"):
        bound = room / slope
    low = np.where(other & (slope < -PARALLEL), bound, -np.inf).max(1)
    high = np.where(other & (slope > PARALLEL), bound, np.inf).min(1)
    there = (low < high) & ~(other & (np.abs(slope) <= PARALLEL) & (room < 0)).any(1)
    low, high, start, along = low[there], high[there], start[there], along[there]
    places = low + _places(high - low, distance, per_edge)  # (per_edge, e)
    found = (start + places[..., None] * along).swapaxes(0, 1).reshape(-1, 3)
    _, first = np.unique(np.round(found / (SAME * distance)), axis=0, return_index=True)
    return found[np.sort(first)]


def _places(length, distance, count):
    """Places on edges of lengths (e,): the ends, the middle if they are odd, and the denser between the nearer to an end:
    (count, e).

    Fields vary where grains meet, over some `distance`. Points that were spread evenly would, on an edge of a hundred times
    that, move a coercivity by 0.2 T when they are doubled.
    """
    side = (np.linspace(-1, 1, count) if count > 1 else np.zeros(1))[:, None]
    from_end = 2 * distance * np.expm1((1 - np.abs(side)) * np.log1p(length / (4 * distance)))
    return np.where(side < 0, from_end, length - from_end)


def edges_of(polyhedron):
    """The edges as pairs of faces (f, g), f < g."""
    face_at, pairs = {}, []
    for f, face in enumerate(polyhedron.faces):
        for i, j in zip(face, (*face[1:], face[0]), strict=True):
            ends = (min(i, j), max(i, j))
            if ends in face_at:
                pairs.append((face_at[ends], f))
            else:
                face_at[ends] = f
    return pairs


def mean_points(polyhedron):
    """Points and weights of a mean over a polyhedron, right for linear functions: ((f, 3), (f,)).

    One for each face: the centroid of the pyramid from the centroid of the body to the face.
    """
    centre, corners = polyhedron.centroid, polyhedron.corners
    middles, volumes = [], []
    for face in polyhedron.faces:
        a, b, c = corners[face[0]], corners[list(face[1:-1])], corners[list(face[2:])]
        parts = np.abs(np.einsum("ij,ij->i", np.cross(b - centre, c - centre), np.broadcast_to(a - centre, b.shape))) / 6
        middles.append((parts[:, None] * (a + b + c + centre) / 4).sum(0) / parts.sum())
        volumes.append(parts.sum())
    return np.array(middles), np.array(volumes) / np.sum(volumes)
