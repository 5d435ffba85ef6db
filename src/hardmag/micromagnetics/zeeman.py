"""Zeeman energy E = −Σ Ms m·B V with B = µ0·H applied."""


def zeeman_gradient(Ms, field_T):
    """−Ms B (J/m³): (B, 3, nx, ny, nz). Ms: (B, 1, nx, ny, nz); field_T: (B, 3), uniform per sample."""
    return -Ms * field_T[:, :, None, None, None]
