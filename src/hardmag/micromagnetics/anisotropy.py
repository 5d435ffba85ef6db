"""Uniaxial anisotropy energy E = Σ K (1 − (u·m)²) V."""


def anisotropy_gradient(m, two_K, axis):
    """−2K (u·m) u (J/m³). m: (B, 3, nx, ny, nz); two_K = 2K: (B, 1, nx, ny, nz); axis: (B, 3, 1, 1, 1) or like m."""
    return -(two_K * (axis * m).sum(1, keepdim=True)) * axis
