"""Structured meshes of bricks, made without gmsh: each cube of a regular grid as six tetrahedra."""

from itertools import permutations

import numpy as np

from hardmag.mesh import Mesh, ordered


def brick(n, edge_m, phases, phase_of=None, grid_m=None, shake=0.0, seed=1):
    """Mesh of n = (nx, ny, nz) cubes from 0; phase_of: function of centroids (e, 3) in m → (e,), else all 0.

    shake: inner nodes are moved by up to this share of an edge, so that no two elements are alike.
    """
    at = np.stack(np.meshgrid(*(np.arange(k + 1) for k in n), indexing="ij"), -1)
    number = np.arange(at[..., 0].size).reshape(at.shape[:3])
    low = np.stack(np.meshgrid(*(np.arange(k) for k in n), indexing="ij"), -1).reshape(-1, 3)
    tetrahedra = []
    for order in permutations(range(3)):
        corners = [low]
        for axis in order:
            corners.append(corners[-1] + np.eye(3, dtype=int)[axis])
        if np.linalg.det(np.eye(3)[list(order)]) < 0:
            corners[:2] = corners[1::-1]
        tetrahedra.append(np.stack([number[tuple(c.T)] for c in corners], 1))
    nodes, tetrahedra = at.reshape(-1, 3).astype(float), np.concatenate(tetrahedra)
    inner = ((nodes > 0) & (nodes < np.array(n))).all(1)
    nodes[inner] += shake * np.random.default_rng(seed).uniform(-1, 1, (inner.sum(), 3))
    nodes, tetrahedra = ordered(nodes * edge_m, tetrahedra)
    centroids = nodes[tetrahedra].mean(1)
    phase = np.zeros(len(tetrahedra), int) if phase_of is None else phase_of(centroids)
    return Mesh(nodes, tetrahedra, phase, tuple(phases), grid_m or edge_m)
