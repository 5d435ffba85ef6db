"""Exchange energy E = Σ_faces S·A_ij |m_i − m_j|² V/d², with A_ij the harmonic mean of A across the face.

The field it gives, 2/(µ0 Ms_i) Σ_j A_ij (m_j − m_i)/d², is the harmonic mean of A divided by the local Ms
(MuMax3 ≥ 3.10). Boundaries that are not periodic are free (Neumann).
"""

import torch


def face_stiffness(A, index, cell_m, periodic, strength=1.0):
    """2·S·A_ij/d² (J/m³) on the faces of each direction; None where a direction has no faces.

    A (J/m) and index (phase numbers): (nx, ny, nz). Along a periodic direction the last face wraps round.
    strength S scales faces between different phases.
    """
    faces = []
    for dim in range(3):
        n = A.shape[dim]
        if n == 1:
            faces.append(None)
            continue
        A2, index2 = torch.roll(A, -1, dim), torch.roll(index, -1, dim)
        total = A + A2
        mean = torch.where(total > 0, 2 * A * A2 / torch.where(total > 0, total, 1), 0)
        scale = torch.where(index == index2, A.new_tensor(1.0), A.new_tensor(strength))
        stiffness = 2 * mean / cell_m[dim] ** 2 * scale
        faces.append(stiffness if periodic[dim] else stiffness.narrow(dim, 0, n - 1))
    return faces


def add_exchange(out, v, faces):
    """out += Σ_j 2A_ij/d² (v_i − v_j). out, v: (B, 3, nx, ny, nz); faces: (B, 1, …) per direction."""
    for dim, c in enumerate(faces, start=2):
        if c is None:
            continue
        n = v.shape[dim]
        inner = c.narrow(dim, 0, n - 1)
        flow = inner * (v.narrow(dim, 0, n - 1) - v.narrow(dim, 1, n - 1))
        out.narrow(dim, 0, n - 1).add_(flow)
        out.narrow(dim, 1, n - 1).sub_(flow)
        if c.shape[dim] == n:  # periodic: the face between last and first cell
            flow = c.narrow(dim, n - 1, 1) * (v.narrow(dim, n - 1, 1) - v.narrow(dim, 0, 1))
            out.narrow(dim, n - 1, 1).add_(flow)
            out.narrow(dim, 0, 1).sub_(flow)
    return out


def exchange_diagonal(faces, like):
    """Σ_j 2A_ij/d² per cell, the diagonal of the exchange operator. like: (B, 1, nx, ny, nz)."""
    diagonal = torch.zeros_like(like)
    for dim, c in enumerate(faces, start=2):
        if c is None:
            continue
        n = like.shape[dim]
        inner = c.narrow(dim, 0, n - 1)
        diagonal.narrow(dim, 0, n - 1).add_(inner)
        diagonal.narrow(dim, 1, n - 1).add_(inner)
        if c.shape[dim] == n:
            last = c.narrow(dim, n - 1, 1)
            diagonal.narrow(dim, n - 1, 1).add_(last)
            diagonal.narrow(dim, 0, 1).add_(last)
    return diagonal
