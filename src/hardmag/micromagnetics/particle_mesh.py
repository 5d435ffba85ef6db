"""From the elements to a regular grid: the mean of a piecewise linear field over each cell, exactly.

Every tetrahedron is cut along the planes of the grid into tetrahedra that lie in one cell each; over those the integral of a
linear function is its value at the centroid times the volume. So the grid holds all of the magnetisation, wherever the
surfaces of the mesh lie, and a uniformly magnetised brick is represented without error.
"""

import numpy as np

CHUNK = 4096  # elements that are cut at once
EDGE = 1e-9  # of a cell: nearer to a plane than that is on it
EMPTY = 1e-12  # of a cell's volume


def shares(mesh):
    """Integrals of the nodes' linear functions over the cells of the mesh's grid, by phase: (cells, nodes, phases, integrals),
    one entry for each triple that occurs; integrals are in cell volumes."""
    n, cell_m, origin = mesh.grid
    at = (mesh.nodes - origin) / np.array(cell_m)
    found = [_of_elements(at, mesh, slice(k, k + CHUNK), n) for k in range(0, len(mesh.tetrahedra), CHUNK)]
    keys, values = (np.concatenate(parts) for parts in zip(*found, strict=True))
    keys, values = _summed(keys, values)
    rest, phases = np.divmod(keys, len(mesh.phases))
    return *np.divmod(rest, len(mesh.nodes)), phases, values


def _of_elements(at, mesh, chosen, n):
    """(keys, integrals): keys number the triples (cell, node, phase)."""
    tetrahedra = mesh.tetrahedra[chosen]
    corners = at[tetrahedra]
    parent, inside = np.arange(len(tetrahedra)), np.broadcast_to(np.eye(4), (len(tetrahedra), 4, 4))
    for direction in range(3):
        parent, inside = _cut(corners, parent, inside, direction)
    points = inside @ corners[parent]
    volume = np.abs(_six_volumes(points)) / 6
    cell = np.clip(np.floor(points.mean(1)).astype(np.int64), 0, np.array(n) - 1)
    cell = (cell[:, 0] * n[1] + cell[:, 1]) * n[2] + cell[:, 2]
    keys = (cell[:, None] * len(mesh.nodes) + tetrahedra[parent]) * len(mesh.phases) + mesh.phase[chosen][parent][:, None]
    return _summed(keys.ravel(), (volume[:, None] * inside.mean(1)).ravel())


def _summed(keys, values):
    unique, place = np.unique(keys, return_inverse=True)
    return unique, np.bincount(place, values)


def _six_volumes(points):
    a, b, c = (points[:, k] - points[:, 0] for k in (1, 2, 3))
    return np.einsum("ei,ei->e", np.cross(a, b), c)


def _cut(corners, parent, inside, direction):
    """Parts of tetrahedra between the planes x_direction = 0, 1, 2 ….

    corners: (e, 4, 3) of the elements; parent: (t,) element of each part; inside: (t, 4, 4) barycentric coordinates in it of
    the part's corners. Returns (parent, inside) of the finer parts.
    """
    done = []
    while len(parent):
        x = (inside @ corners[parent][:, :, direction, None])[:, :, 0]
        plane = np.floor(x.min(1) + EDGE) + 1
        whole = x.max(1) <= plane + EDGE
        done.append((parent[whole], inside[whole]))
        cut = ~whole
        parent, inside, x = parent[cut], inside[cut], x[cut] - plane[cut, None]
        order = np.argsort(x, axis=1)
        x, inside = np.take_along_axis(x, order, 1), np.take_along_axis(inside, order[:, :, None], 1)
        below = (x < 0).sum(1)
        parts = [_pieces(parent[below == k], inside[below == k], x[below == k], k) for k in (1, 2, 3)]
        parent, inside = (np.concatenate(part) for part in zip(*parts, strict=True))
    return tuple(np.concatenate(part) for part in zip(*done, strict=True))


def _pieces(parent, inside, x, below):
    """Tetrahedra on both sides of x = 0 of those with `below` corners under it, corners in the order of x."""
    v = [inside[:, k] for k in range(4)]

    def crossing(i, j):
        t = (x[:, i] / (x[:, i] - x[:, j]))[:, None]
        return v[i] + t * (v[j] - v[i])

    if below == 1:
        a, b, c = crossing(0, 1), crossing(0, 2), crossing(0, 3)
        found = [(v[0], a, b, c), *_prism((a, b, c), (v[1], v[2], v[3]))]
    elif below == 3:
        a, b, c = crossing(0, 3), crossing(1, 3), crossing(2, 3)
        found = [(v[3], a, b, c), *_prism((a, b, c), (v[0], v[1], v[2]))]
    else:
        a, b, c, d = crossing(0, 2), crossing(0, 3), crossing(1, 2), crossing(1, 3)
        found = [*_prism((v[0], a, b), (v[1], c, d)), *_prism((v[2], a, c), (v[3], b, d))]
    pieces = np.concatenate([np.stack(piece, 1) for piece in found])
    parent = np.tile(parent, len(found))
    solid = np.abs(_six_volumes(pieces[:, :, 1:])) > EMPTY
    return parent[solid], pieces[solid]


def _prism(one, other):
    """Three tetrahedra that fill the prism between two triangles."""
    a, b, c = one
    d, e, f = other
    return [(a, b, c, d), (b, c, d, e), (c, d, e, f)]
