"""Demagnetising energy E = ½ µ0 Σ M·N M V by FFT convolution; one kernel for a batch of equal grids."""

import torch

from hardmag.materials import MU0
from hardmag.micromagnetics.cellwise import filtered
from hardmag.micromagnetics.demag_kernel import demag_spectrum


class Demag:
    """Convolution with the demagnetising tensor of one grid (see demag_kernel).

    Transforms are real, one direction after the other, so that rows of padding zeros are never transformed and rows of the
    result that nobody wants never made; directions of one cell are left out, periodic ones are not padded.
    """

    def __init__(self, n, cell_m, periodic, device, dtype):
        shape, spectra = demag_spectrum(n, cell_m, periodic)
        self.dims = len(shape)  # 2: z-invariant, the field has no z-component
        self.n = n
        self.active = [d for d in range(self.dims) if shape[d] > 1] or [0]
        self.padded = [shape[d] for d in self.active]
        half = self.padded[-1] // 2 + 1  # of the last active direction, whichever it is
        self.spectra = {
            key: torch.as_tensor(MU0 * s, dtype=dtype, device=device).reshape(self._squeezed(s.shape))[..., :half].contiguous()
            for key, s in spectra.items()
            if key[0] == key[1] or 1 not in (n["xyz".index(key[0])], n["xyz".index(key[1])])  # else zero by symmetry
        }

    def gradient(self, m, Ms, weight):
        """weight µ0 N M, with weight = Ms the energy gradient (J/m³). m: (B, 3, nx, ny, nz); Ms, weight: (B, 1, nx, ny, nz)."""
        F = self._forward((Ms * m[:, : self.dims]).reshape(len(m), self.dims, *self._squeezed(self.n)))
        B = self._backward(filtered(self.spectra, F)).reshape(len(m), self.dims, *self.n)  # µ0 N M in T
        if self.dims == 3:
            return weight * B
        gradient = torch.zeros_like(m)
        torch.mul(weight, B, out=gradient[:, :2])
        return gradient

    def _squeezed(self, shape):
        """Lengths along the active directions."""
        return [shape[d] for d in self.active]

    def _forward(self, M):
        """Half spectrum of M (B, components, active directions), padded with zeros."""
        F = torch.fft.rfft(M, n=self.padded[-1], dim=-1)
        for d in range(len(self.active) - 2, -1, -1):
            F = torch.fft.fft(F, n=self.padded[d], dim=2 + d)
        return F

    def _backward(self, G):
        """The part of the inverse transform that lies within the grid."""
        for d in range(len(self.active) - 1):
            G = torch.fft.ifft(G, dim=2 + d).narrow(2 + d, 0, self.n[self.active[d]])
        return torch.fft.irfft(G, n=self.padded[-1], dim=-1)[..., : self.n[self.active[-1]]]
