"""Zeeman energy E = −Σ Ms m·B V with B = µ0·H applied."""


def zeeman_gradient(weight, field_T):
    """−weight·B: (B, 3, nx, ny, nz). weight: (B, 1, nx, ny, nz), Ms for J/m³; field_T: (B, 3), uniform per sample."""
    return -weight * field_T[:, :, None, None, None]
