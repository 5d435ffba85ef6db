"""Exchange between neighbouring cells, by one of two formulas (docs/exchange.md).

variational: energy E = Σ_faces S·A_ij |m_i − m_j|² V/d², A_ij the harmonic mean of A across the face. The field it gives,
2/(µ0 Ms_i) Σ_j A_ij (m_j − m_i)/d², is the harmonic mean of A divided by the local Ms (MuMax3 ≥ 3.10).
yang_eq7: the field 2S/µ0 Σ_j ⟨A/Ms⟩_ij (m_j − m_i)/d² with the harmonic mean of A/Ms (Yang et al., Supplementary
equation 7; MuMax3 < 3.10). Where Ms jumps it derives from no energy.

Across a boundary with an exchange energy of its own, J (1 − m·m′) per area (variational only), the halves of the cells and the
boundary are springs in series: 1/A_ij = (1/A_i + 1/A_j)/2 + 2/(J d).

Boundaries that are not periodic are free (Neumann).
"""

import torch


def face_stiffness(a, index, cell_m, periodic, strength=1.0, interfaces=()):
    """2·S·a_ij/d² on the upper face of each cell, per direction; None where a direction has one cell only.

    a: A (J/m) or A/Ms (J/A·m) per cell, its harmonic mean is taken; index (phase numbers): (nx, ny, nz), as each result.
    The last face of a direction wraps round if it is periodic, and is 0 if not. S scales faces between different phases,
    but those of `interfaces`, see Voxels.
    """
    faces = []
    for dim in range(3):
        if a.shape[dim] == 1:
            faces.append(None)
            continue
        above, index_above = torch.roll(a, -1, dim), torch.roll(index, -1, dim)
        total = a + above
        mean = torch.where(total > 0, 2 * a * above / torch.where(total > 0, total, 1), 0)
        stiffness = 2 * mean / cell_m[dim] ** 2 * torch.where(index == index_above, a.new_tensor(1.0), a.new_tensor(strength))
        for p, q, J in interfaces:
            across = ((index == p) & (index_above == q)) | ((index == q) & (index_above == p))
            in_series = mean * J * cell_m[dim] / (2 * mean + J * cell_m[dim])
            stiffness = torch.where(across & (mean > 0), 2 * in_series / cell_m[dim] ** 2, stiffness)
        if not periodic[dim]:
            stiffness.narrow(dim, -1, 1).zero_()
        faces.append(stiffness)
    return faces


def exchange(v, faces):
    """Σ_j c_ij (v_i − v_j). v: (B, 3, nx, ny, nz); faces: (B, 1, nx, ny, nz) per direction or None."""
    out = torch.zeros_like(v)
    for dim, c in enumerate(faces, start=2):
        if c is not None:
            out = out + c * (v - torch.roll(v, -1, dim)) + torch.roll(c, 1, dim) * (v - torch.roll(v, 1, dim))
    return out


def exchange_diagonal(faces, like):
    """Σ_j c_ij per cell, the diagonal of the exchange operator. like: (B, 1, nx, ny, nz)."""
    diagonal = torch.zeros_like(like)
    for dim, c in enumerate(faces, start=2):
        if c is not None:
            diagonal += c + torch.roll(c, 1, dim)
    return diagonal
