"""The local operator, s·v − 2K u(u·v) + exchange(v), and its approximate inverse: where the minimiser spends its time.

Three ways to the same numbers: compiled by numba on the CPU, by torch.compile on a GPU, plain torch where neither is
there. A test holds them together (tests/physics/test_local_terms.py).
"""

import functools

import torch

from hardmag.micromagnetics.anisotropy import anisotropy_gradient
from hardmag.micromagnetics.exchange import exchange
from hardmag.micromagnetics.fusion import fused

try:
    from hardmag.micromagnetics import cpu_kernels
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_kernels = None


def local_operator(v, shift, two_K, u, faces):
    """s·v − 2K u(u·v) + Σ_j c_ij (v_i − v_j).

    v: (B, 3, nx, ny, nz); shift s and two_K: (B, 1, nx, ny, nz); u: (B, 3, nx, ny, nz) or (B, 3, 1, 1, 1);
    faces: c per direction like two_K, or None.
    """
    if v.device.type == "cpu" and cpu_kernels is not None:
        return cpu_kernels.local_operator(v, shift, two_K, u, faces)
    return fused_operator(v, shift, two_K, u, faces)


def local_solve(b, shift, two_K, u, faces, diagonal, degree, condition):
    """Approximate solution x of local_operator(x) = b: the Chebyshev polynomial of the given degree, like b.

    With the diagonal divided out the spectrum lies in (0, 2] by Gershgorin's theorem; the polynomial inverts
    [2/condition, 2], softer modes are only amplified. It is a fixed, symmetric, positive operator without a single
    reduction: outer conjugacy is exact, nothing is synchronised, and no sample's sums depend on another's.
    """
    weights = recurrence(degree, condition, b.dtype, b.device)  # (degree + 1, 2)
    inverse = inverted(diagonal + shift)
    if b.device.type == "cpu" and cpu_kernels is not None:
        return cpu_kernels.local_solve(b, shift, two_K, u, faces, inverse, weights)
    d = b * (weights[0, 1] * inverse)
    residual, x = b, d
    for k in range(1, degree + 1):
        residual, d, x = fused_step(residual, d, x, shift, two_K, u, faces, inverse, weights[k, 0], weights[k, 1])
    return x


@fused
def inverted(diagonal):
    """1/diagonal, like it: (B, 1, nx, ny, nz). A cell that nothing holds, an empty one in a soft magnet, say, or a soft one by
    itself, has the sample's mean in place of its 0, or 1 where that is 0, too."""
    mean = diagonal.flatten(2).mean(2)[:, :, None, None, None]
    held = torch.where(diagonal > 0, diagonal, mean)
    return 1 / torch.where(held > 0, held, 1)


@functools.cache
def recurrence(degree, condition, dtype, device):
    """(weight of the old direction, weight of the residual) of each step: Saad, Iterative Methods, algorithm 12.1."""
    low, high = 2 / condition, 2.0
    centre, radius = (high + low) / 2, (high - low) / 2
    rho = radius / centre
    weights = [(0.0, 1 / centre)]
    for _ in range(degree):
        following = 1 / (2 * centre / radius - rho)
        weights.append((following * rho, 2 * following / radius))
        rho = following
    return torch.tensor(weights, dtype=dtype, device=device)


def plain_operator(v, shift, two_K, u, faces):
    """local_operator in torch."""
    return shift * v + anisotropy_gradient(v, two_K, u) + exchange(v, faces)


def plain_step(residual, d, x, shift, two_K, u, faces, inverse, old, new):
    """One step of the recurrence: (residual, direction, solution)."""
    residual = residual - plain_operator(d, shift, two_K, u, faces)
    d = old * d + new * (residual * inverse)
    return residual, d, x + d


fused_operator, fused_step = fused(plain_operator), fused(plain_step)
