"""What a pass of the minimiser computes cell by cell, without a sum over cells: compiled by numba on the CPU, torch elsewhere.

Both do the same operations in the same order, so that they round alike (tests/physics/test_local_terms.py).
Fields are (B, 3, nx, ny, nz) or, with one component, (B, 1, nx, ny, nz).
"""

import torch

from hardmag.micromagnetics.fusion import fused

PAIRS = (("xx", "xy", "xz"), ("xy", "yy", "yz"), ("xz", "yz", "zz"))

try:
    from hardmag.micromagnetics import cpu_cellwise
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_cellwise = None


def _compiled(field):
    return field.device.type == "cpu" and cpu_cellwise is not None


def tangent(v, m):
    """v less its component along m."""
    if _compiled(v):
        return cpu_cellwise.tangent(v, m)
    return v - (v * m).sum(1, keepdim=True) * m


def moved(m, p, step):
    """(m + step p)/|m + step p|. step: (B,)."""
    if _compiled(m):
        v, square = cpu_cellwise.ahead(m, p, step)
        return cpu_cellwise.divided(v, square.sqrt_())  # torch's root: the last bit may be another than numba's
    v = m + step[:, None, None, None, None] * p
    return v / v.square().sum(1, keepdim=True).sqrt()


def measured(full, trial, m, g0, radial0, p):
    """What the gradient `full` at a trial point says, beside that at m, g0 and radial0, where p is the direction from m.

    Returns the tangential gradient g, the radial one, |g|², and what is to be summed: (g0 + g)·Δm and g·p, each before its sum
    over components, and (radial − radial0)·|Δm|².
    """
    if _compiled(full):
        return cpu_cellwise.measured(full, trial, m, g0, radial0, p)
    radial = (full * trial).sum(1, keepdim=True)
    g = full - radial * trial
    delta = trial - m
    bend = (radial - radial0) * delta.square().sum(1, keepdim=True)
    return g, radial, g.square().sum(1, keepdim=True), (g0 + g) * delta, g * p, bend


def combined(z, p, m, beta):
    """beta × the part of p that is tangential at m, less z. beta: (B,)."""
    if _compiled(z):
        return cpu_cellwise.combined(z, p, m, beta)
    return tangent(p, m) * beta[:, None, None, None, None] - z


def squares(p, factor):
    """|p|² and factor |p|², (B, 1, nx, ny, nz) each."""
    if _compiled(p):
        return cpu_cellwise.squares(p, factor)
    square = p.square().sum(1, keepdim=True)
    return square, factor * square


def shift(u, radial, two_K, floor):
    """The larger of −radial and two_K |u|² + floor. floor: (B,)."""
    if _compiled(u):
        return cpu_cellwise.shift(u, radial, two_K, floor)
    return torch.maximum(-radial, two_K * u.square().sum(1, keepdim=True) + floor[:, None, None, None, None])


def filtered(spectra, F):
    """G_i = Σ_j N_ij F_j, frequency by frequency. spectra: {"xx": real, …}, symmetric, without those that vanish;
    F: (B, 2 or 3 components, …) complex, as G."""
    if _compiled(F):
        return cpu_cellwise.filtered(spectra, F)
    return torch.view_as_complex(_filtered(torch.view_as_real(F), spectra))


@fused
def _filtered(F, spectra):
    """filtered, of real and imaginary parts: F, and what it returns, are (B, 2 or 3 components, …, 2)."""
    rows = [
        sum(spectra[pair][..., None] * F[:, j] for j, pair in enumerate(row[: F.shape[1]]) if pair in spectra)
        for row in PAIRS[: F.shape[1]]
    ]
    return torch.stack(rows, 1)
