"""Demagnetising energy E = ½ µ0 Σ M·N M V by FFT convolution; one kernel for a batch of equal grids."""

import torch

from hardmag.materials import MU0
from hardmag.micromagnetics.demag_kernel import demag_spectrum


class Demag:
    """Convolution with the demagnetising tensor of one grid (see demag_kernel)."""

    def __init__(self, n, cell_m, periodic, device, dtype):
        shape, spectra = demag_spectrum(n, cell_m, periodic)
        self.shape = shape
        self.n = n
        self.dims = len(shape)  # 2: z-invariant, the field has no z-component
        self.fft_dims = tuple(range(2, 2 + self.dims))
        self.spectra = {key: torch.as_tensor(MU0 * s, dtype=dtype, device=device) for key, s in spectra.items()}

    def gradient(self, m, Ms):
        """µ0 Ms N M (J/m³), the energy gradient. m: (B, 3, nx, ny, nz); Ms: (B, 1, nx, ny, nz)."""
        M = (Ms * m)[:, : self.dims]
        if self.dims == 2:
            M = M[..., 0]  # (B, 2, nx, ny)
        F = torch.fft.rfftn(M, s=self.shape, dim=self.fft_dims)
        G = torch.empty_like(F)
        for i, a in enumerate("xyz"[: self.dims]):
            G[:, i] = sum(self.spectra["".join(sorted(a + b))] * F[:, j] for j, b in enumerate("xyz"[: self.dims]))
        B = torch.fft.irfftn(G, s=self.shape, dim=self.fft_dims)  # µ0 N M in T
        if self.dims == 3:
            return Ms * B[:, :, : self.n[0], : self.n[1], : self.n[2]]
        gradient = torch.zeros_like(m)
        gradient[:, :2] = Ms * B[:, :, : self.n[0], : self.n[1], None]
        return gradient
