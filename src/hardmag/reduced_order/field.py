"""The field of uniformly magnetised polyhedra, exact near and by their dipoles far away.

H = D·M with D = (1/4π) Σ_f g_f n_fᵀ over the faces, g_f = Σ_e ν_e ln((R₁+R₂+L)/(R₁+R₂−L)) − n_f Ω_f: L the length of an edge,
R₁ and R₂ the distances of its ends from the point, ν_e = t × n_f in the face and out of it, Ω_f the solid angle of the face,
positive for a point behind it. Equivalent to Guptasarma and Singh 1999 (Geophysics 64, 70), whom Kovacs et al. 2023 use. An
edge belongs to two faces, whose ν nᵀ add up to one symmetric matrix: a logarithm per edge, an arc tangent per triangle.
"""

from dataclasses import dataclass
from math import pi

import numpy as np
import torch

try:
    from hardmag.reduced_order import cpu_loops
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_loops = None

CACHED = 512  # points at a time, whose distances from all corners a processor keeps at hand
COMPONENTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))  # of a symmetric tensor, in this order


def field_tensors(polyhedron, points):
    """D of a polyhedron at points: (p, 6), fp64, in the order of COMPONENTS.

    points: (p, 3) fp64, in the unit of the corners, on no edge and in no face. The trace is −1 inside and 0 outside.
    """
    shape = _Shape.of(polyhedron, points.device)
    points = points / shape.size
    if points.device.type == "cpu" and cpu_loops is not None:
        return cpu_loops.tensors(shape, points)
    return torch.cat([shape.tensors(part) for part in points.split(CACHED)]) if len(points) else points.new_empty((0, 6))


def times(tensors, vectors):
    """Symmetric tensors (6, …) times vectors (3, …): (3, …)."""
    xx, yy, zz, xy, xz, yz = tensors
    x, y, z = vectors
    return torch.stack([xx * x + xy * y + xz * z, xy * x + yy * y + yz * z, xz * x + yz * y + zz * z])


@dataclass(eq=False)
class _Shape:
    """What of D does not depend on the point: of v corners, e edges, f faces and t triangles."""

    size: float  # by which all lengths are divided
    corners: torch.Tensor  # (3, v)
    ends: tuple[torch.Tensor, torch.Tensor]  # (e,) each
    lengths: torch.Tensor  # (e,)
    triangles: tuple  # three corners, (t,) each
    squares: tuple  # of the sides opposite to them, (t,) each
    normals: torch.Tensor  # (f, 3)
    offsets: torch.Tensor  # (f,)
    face: torch.Tensor  # (t,)
    twice: torch.Tensor  # (t,) area
    weights: torch.Tensor  # (e + t, 6)

    @classmethod
    def of(cls, polyhedron, device):
        size = float(np.ptp(polyhedron.corners, axis=0).max())
        corners, normals = polyhedron.corners / size, polyhedron.normals
        sides = np.array(
            [(i, j, f) for f, face in enumerate(polyhedron.faces) for i, j in zip(face, (*face[1:], face[0]), strict=True)]
        )
        fans = [
            (face[0], *pair, f) for f, face in enumerate(polyhedron.faces) for pair in zip(face[1:], face[2:], strict=False)
        ]
        *corner, face = np.array(fans).T
        along = corners[sides[:, 1]] - corners[sides[:, 0]]
        out = np.cross(along / np.linalg.norm(along, axis=1, keepdims=True), normals[sides[:, 2]])
        of_sides = out[:, :, None] * normals[sides[:, 2]][:, None]  # ν nᵀ
        ends, edge = np.unique(np.sort(sides[:, :2], axis=1), axis=0, return_inverse=True)
        of_edges = np.zeros((len(ends), 3, 3))
        np.add.at(of_edges, edge.ravel(), of_sides)
        of_triangles = -2 * normals[face][:, :, None] * normals[face][:, None]
        matrices = np.concatenate([of_edges, of_triangles]) / (4 * pi)
        matrices = (matrices + matrices.transpose(0, 2, 1)) / 2
        ends, (a, b, c) = ends.T, (corners[k] for k in corner)
        make = lambda array: torch.as_tensor(np.ascontiguousarray(array), device=device)  # noqa: E731
        return cls(
            size=size,
            corners=make(corners.T),
            ends=tuple(make(k) for k in ends),
            lengths=make(np.linalg.norm(corners[ends[1]] - corners[ends[0]], axis=1)),
            triangles=tuple(make(k) for k in corner),
            squares=tuple(make(((p - q) ** 2).sum(1)) for p, q in ((b, c), (c, a), (a, b))),
            normals=make(normals),
            offsets=make(polyhedron.offsets / size),
            face=make(face),
            twice=make(np.linalg.norm(np.cross(b - a, c - a), axis=1)),
            weights=make(np.stack([matrices[:, i, j] for i, j in COMPONENTS], axis=1)),
        )

    def tensors(self, points):
        """D at points (p, 3): (p, 6)."""
        square = sum((points[:, d, None] - self.corners[d]).square_() for d in range(3))  # (p, v)
        R = square.sqrt()
        reach = R[:, self.ends[0]] + R[:, self.ends[1]]
        logarithms = ((reach + self.lengths) / (reach - self.lengths)).log_()  # (p, e)
        # Half of the solid angle of a triangle (van Oosterom and Strackee 1983); 2 a·b = a² + b² − (a − b)².
        a2, b2, c2 = (square[:, k] for k in self.triangles)  # (p, t)
        a, b, c = (R[:, k] for k in self.triangles)
        bc, ca, ab = (p + q - side for p, q, side in zip((b2, c2, a2), (c2, a2, b2), self.squares, strict=True))
        below = (self.offsets - points @ self.normals.T)[:, self.face] * self.twice
        halves = torch.atan2(below, a * b * c + (bc * a + ca * b + ab * c) / 2)
        return torch.cat([logarithms, halves], 1) @ self.weights
