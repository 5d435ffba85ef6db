"""cellwise on the CPU, compiled by numba: one thread per sample, cell by cell in blocks that stay in the cache.

Each innermost loop writes one array, or the compiler could not prove that it may use vector instructions. No operation is
fused with another or moved past it, so rounding is that of the torch code in cellwise.
"""

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import inner
from hardmag.micromagnetics.cpu_kernels import BLOCK, flat, parallel_loop
from hardmag.micromagnetics.cpu_loops import (
    bend_of,
    block_at,
    both,
    divide,
    dot,
    less,
    scaled_difference,
    stabilised,
    step_along,
    times,
    turned,
    work_along,
)


def tangent(v, m):
    """See cellwise.tangent."""
    out = _like(m)
    _run(_TANGENT, v, m, out)
    return out


def ahead(m, p, step):
    """v = m + step p, and |v|²."""
    v, square = _like(m), _like(m[:, :1])
    _run(_AHEAD, m, p, step, v, square)
    return v, square


def divided(v, length):
    """v/length, in place. length: (B, 1, nx, ny, nz)."""
    _run(DIVIDED, v, length)
    return v


def measured(full, trial, m, g0, radial0, p):
    """See cellwise.measured."""
    g, work, along = (_like(trial) for _ in range(3))
    radial, square, bend = (_like(radial0) for _ in range(3))
    _run(_MEASURED, full, trial, m, g0, radial0, p, g, radial, square, work, along, bend)
    return g, radial, square, work, along, bend


def combined(z, p, m, beta):
    """See cellwise.combined."""
    out = _like(z)
    _run(_COMBINED, z, p, m, beta, out)
    return out


def squares(p, factor):
    """See cellwise.squares."""
    square, weighted = _like(factor), _like(factor)
    _run(_SQUARES, p, factor, square, weighted)
    return square, weighted


def shift(u, radial, two_K, floor):
    """See cellwise.shift."""
    out = _like(two_K)
    _run(_SHIFT, u, radial, two_K, floor, out)
    return out


def filtered(spectra, F):
    """See cellwise.filtered."""
    G = torch.zeros_like(F, memory_format=torch.contiguous_format)
    none = torch.empty(0, dtype=F.real.dtype)
    tensors = [spectra.get(pair, none).flatten() for pair in ("xx", "yy", "zz", "xy", "xz", "yz")]
    parts = [torch.view_as_real(f.contiguous()).view(*f.shape[:2], -1) for f in (F, G)]
    parallel_loop(len(F), *_FILTERED)(*(t.numpy() for t in (*tensors, *parts)))
    return G


def _like(field):
    return torch.empty_like(field, memory_format=torch.contiguous_format)


def _run(loops, *tensors):
    """Call a loop over samples on (B, components, cells) views; what is not contiguous is copied, results never are."""
    parallel_loop(len(tensors[0]), *loops)(*map(flat, tensors))


@both
def _TANGENT(v, m, out):
    for b in numba.prange(len(v)):
        s = np.empty(BLOCK, v.dtype)
        for start in range(0, v.shape[2], BLOCK):
            at, n = block_at(start, v.shape[2])
            dot(s[:n], v[b, 0, at], v[b, 1, at], v[b, 2, at], m[b, 0, at], m[b, 1, at], m[b, 2, at])
            for c in range(3):
                less(out[b, c, at], v[b, c, at], s[:n], m[b, c, at])


@both
def _AHEAD(m, p, step, v, square):
    for b in numba.prange(len(m)):
        for start in range(0, m.shape[2], BLOCK):
            at, _ = block_at(start, m.shape[2])
            for c in range(3):
                step_along(v[b, c, at], m[b, c, at], p[b, c, at], step[b])
            dot(square[b, 0, at], v[b, 0, at], v[b, 1, at], v[b, 2, at], v[b, 0, at], v[b, 1, at], v[b, 2, at])


@both
def DIVIDED(v, length):
    """v over length, in place: (B, 3, cells), (B, 1, cells)."""
    for b in numba.prange(len(v)):
        for c in range(3):
            divide(v[b, c], length[b, 0])


@both
def _MEASURED(full, trial, m, g0, radial0, direction, g, radial, square, work, along, bend):
    for b in numba.prange(len(full)):
        s = np.empty(BLOCK, full.dtype)
        for start in range(0, full.shape[2], BLOCK):
            at, n = block_at(start, full.shape[2])
            r, t0, t1, t2 = radial[b, 0, at], trial[b, 0, at], trial[b, 1, at], trial[b, 2, at]
            dot(r, full[b, 0, at], full[b, 1, at], full[b, 2, at], t0, t1, t2)
            turned(s[:n], t0, t1, t2, m[b, 0, at], m[b, 1, at], m[b, 2, at])
            bend_of(bend[b, 0, at], r, radial0[b, 0, at], s[:n])
            for c in range(3):
                less(g[b, c, at], full[b, c, at], r, trial[b, c, at])
                work_along(work[b, c, at], g0[b, c, at], g[b, c, at], trial[b, c, at], m[b, c, at])
                times(along[b, c, at], g[b, c, at], direction[b, c, at])
            dot(square[b, 0, at], g[b, 0, at], g[b, 1, at], g[b, 2, at], g[b, 0, at], g[b, 1, at], g[b, 2, at])


@both
def _COMBINED(z, p, m, beta, out):
    for b in numba.prange(len(z)):
        s = np.empty(BLOCK, z.dtype)
        for start in range(0, z.shape[2], BLOCK):
            at, n = block_at(start, z.shape[2])
            dot(s[:n], p[b, 0, at], p[b, 1, at], p[b, 2, at], m[b, 0, at], m[b, 1, at], m[b, 2, at])
            for c in range(3):
                less(out[b, c, at], p[b, c, at], s[:n], m[b, c, at])
                scaled_difference(out[b, c, at], beta[b], z[b, c, at])


@both
def _SQUARES(p, factor, square, weighted):
    for b in numba.prange(len(p)):
        for start in range(0, p.shape[2], BLOCK):
            at, _ = block_at(start, p.shape[2])
            dot(square[b, 0, at], p[b, 0, at], p[b, 1, at], p[b, 2, at], p[b, 0, at], p[b, 1, at], p[b, 2, at])
            times(weighted[b, 0, at], factor[b, 0, at], square[b, 0, at])


@both
def _SHIFT(u, radial, two_K, floor, out):
    for b in numba.prange(len(u)):
        s = np.empty(BLOCK, u.dtype)
        for start in range(0, u.shape[2], BLOCK):
            at, n = block_at(start, u.shape[2])
            dot(s[:n], u[b, 0, at], u[b, 1, at], u[b, 2, at], u[b, 0, at], u[b, 1, at], u[b, 2, at])
            stabilised(out[b, 0, at], radial[b, 0, at], two_K[b, 0, at], s[:n], floor[b])


@inner
def _add_filtered(out, spectrum, f):
    """Real and imaginary parts alternate in out and f. A spectrum without values is one that vanishes."""
    for p in range(len(spectrum)):
        out[2 * p] += spectrum[p] * f[2 * p]
        out[2 * p + 1] += spectrum[p] * f[2 * p + 1]


@both
def _FILTERED(xx, yy, zz, xy, xz, yz, F, G):
    for b in numba.prange(len(F)):
        for start in range(0, len(xx), BLOCK):
            at, n = block_at(start, len(xx))
            two = slice(2 * start, 2 * (start + n))
            _add_filtered(G[b, 0, two], xx[at], F[b, 0, two])
            _add_filtered(G[b, 0, two], xy[at], F[b, 1, two])
            _add_filtered(G[b, 1, two], xy[at], F[b, 0, two])
            _add_filtered(G[b, 1, two], yy[at], F[b, 1, two])
            if F.shape[1] == 3:
                _add_filtered(G[b, 0, two], xz[at], F[b, 2, two])
                _add_filtered(G[b, 1, two], yz[at], F[b, 2, two])
                _add_filtered(G[b, 2, two], xz[at], F[b, 0, two])
                _add_filtered(G[b, 2, two], yz[at], F[b, 1, two])
                _add_filtered(G[b, 2, two], zz[at], F[b, 2, two])
