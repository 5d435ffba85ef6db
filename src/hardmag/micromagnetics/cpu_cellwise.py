"""cellwise on the CPU, compiled by numba: one thread per sample, cell by cell in blocks that stay in the cache.

Each innermost loop writes one array, or the compiler could not prove that it may use vector instructions. No operation is
fused with another or moved past it, so rounding is that of the torch code in cellwise.
"""

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled, inner
from hardmag.micromagnetics.cpu_kernels import BLOCK, flat, parallel_loop


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
    _run(_DIVIDED, v, length)
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


def _compiled(loop):
    """(serial, parallel) of a loop over samples."""
    return compiled(loop), compiled(loop, parallel=True)


@inner
def _dot(out, a0, a1, a2, b0, b1, b2):
    for p in range(len(out)):
        out[p] = a0[p] * b0[p] + a1[p] * b1[p] + a2[p] * b2[p]


@inner
def _less(out, v, s, m):
    for p in range(len(out)):
        out[p] = v[p] - s[p] * m[p]


@inner
def _times(out, a, b):
    for p in range(len(out)):
        out[p] = a[p] * b[p]


@inner
def _block(start, cells):
    """(cells of the block that begins at start, their number)."""
    stop = min(cells, start + BLOCK)
    return slice(start, stop), stop - start


@_compiled
def _TANGENT(v, m, out):
    for b in numba.prange(len(v)):
        s = np.empty(BLOCK, v.dtype)
        for start in range(0, v.shape[2], BLOCK):
            at, n = _block(start, v.shape[2])
            _dot(s[:n], v[b, 0, at], v[b, 1, at], v[b, 2, at], m[b, 0, at], m[b, 1, at], m[b, 2, at])
            for c in range(3):
                _less(out[b, c, at], v[b, c, at], s[:n], m[b, c, at])


@inner
def _ahead(out, m, p, step):
    for i in range(len(out)):
        out[i] = m[i] + step * p[i]


@inner
def _divide(out, length):
    for p in range(len(out)):
        out[p] /= length[p]


@_compiled
def _AHEAD(m, p, step, v, square):
    for b in numba.prange(len(m)):
        for start in range(0, m.shape[2], BLOCK):
            at, _ = _block(start, m.shape[2])
            for c in range(3):
                _ahead(v[b, c, at], m[b, c, at], p[b, c, at], step[b])
            _dot(square[b, 0, at], v[b, 0, at], v[b, 1, at], v[b, 2, at], v[b, 0, at], v[b, 1, at], v[b, 2, at])


@_compiled
def _DIVIDED(v, length):
    for b in numba.prange(len(v)):
        for c in range(3):
            _divide(v[b, c], length[b, 0])


@inner
def _turned(out, t0, t1, t2, m0, m1, m2):
    """|t − m|²."""
    for p in range(len(out)):
        d0, d1, d2 = t0[p] - m0[p], t1[p] - m1[p], t2[p] - m2[p]
        out[p] = d0 * d0 + d1 * d1 + d2 * d2


@inner
def _bend(out, radial, radial0, turned):
    for p in range(len(out)):
        out[p] = (radial[p] - radial0[p]) * turned[p]


@inner
def _work(out, g0, g, t, m):
    for p in range(len(out)):
        out[p] = (g0[p] + g[p]) * (t[p] - m[p])


@_compiled
def _MEASURED(full, trial, m, g0, radial0, direction, g, radial, square, work, along, bend):
    for b in numba.prange(len(full)):
        s = np.empty(BLOCK, full.dtype)
        for start in range(0, full.shape[2], BLOCK):
            at, n = _block(start, full.shape[2])
            r, t0, t1, t2 = radial[b, 0, at], trial[b, 0, at], trial[b, 1, at], trial[b, 2, at]
            _dot(r, full[b, 0, at], full[b, 1, at], full[b, 2, at], t0, t1, t2)
            _turned(s[:n], t0, t1, t2, m[b, 0, at], m[b, 1, at], m[b, 2, at])
            _bend(bend[b, 0, at], r, radial0[b, 0, at], s[:n])
            for c in range(3):
                _less(g[b, c, at], full[b, c, at], r, trial[b, c, at])
                _work(work[b, c, at], g0[b, c, at], g[b, c, at], trial[b, c, at], m[b, c, at])
                _times(along[b, c, at], g[b, c, at], direction[b, c, at])
            _dot(square[b, 0, at], g[b, 0, at], g[b, 1, at], g[b, 2, at], g[b, 0, at], g[b, 1, at], g[b, 2, at])


@inner
def _scaled_difference(out, beta, z):
    for p in range(len(out)):
        out[p] = out[p] * beta - z[p]


@_compiled
def _COMBINED(z, p, m, beta, out):
    for b in numba.prange(len(z)):
        s = np.empty(BLOCK, z.dtype)
        for start in range(0, z.shape[2], BLOCK):
            at, n = _block(start, z.shape[2])
            _dot(s[:n], p[b, 0, at], p[b, 1, at], p[b, 2, at], m[b, 0, at], m[b, 1, at], m[b, 2, at])
            for c in range(3):
                _less(out[b, c, at], p[b, c, at], s[:n], m[b, c, at])
                _scaled_difference(out[b, c, at], beta[b], z[b, c, at])


@_compiled
def _SQUARES(p, factor, square, weighted):
    for b in numba.prange(len(p)):
        for start in range(0, p.shape[2], BLOCK):
            at, _ = _block(start, p.shape[2])
            _dot(square[b, 0, at], p[b, 0, at], p[b, 1, at], p[b, 2, at], p[b, 0, at], p[b, 1, at], p[b, 2, at])
            _times(weighted[b, 0, at], factor[b, 0, at], square[b, 0, at])


@inner
def _shift(out, radial, two_K, square, floor):
    for p in range(len(out)):
        true, stable = -radial[p], two_K[p] * square[p] + floor
        out[p] = stable if stable > true or stable != stable else true


@_compiled
def _SHIFT(u, radial, two_K, floor, out):
    for b in numba.prange(len(u)):
        s = np.empty(BLOCK, u.dtype)
        for start in range(0, u.shape[2], BLOCK):
            at, n = _block(start, u.shape[2])
            _dot(s[:n], u[b, 0, at], u[b, 1, at], u[b, 2, at], u[b, 0, at], u[b, 1, at], u[b, 2, at])
            _shift(out[b, 0, at], radial[b, 0, at], two_K[b, 0, at], s[:n], floor[b])


@inner
def _add_filtered(out, spectrum, f):
    """Real and imaginary parts alternate in out and f. A spectrum without values is one that vanishes."""
    for p in range(len(spectrum)):
        out[2 * p] += spectrum[p] * f[2 * p]
        out[2 * p + 1] += spectrum[p] * f[2 * p + 1]


@_compiled
def _FILTERED(xx, yy, zz, xy, xz, yz, F, G):
    for b in numba.prange(len(F)):
        for start in range(0, len(xx), BLOCK):
            at, n = _block(start, len(xx))
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
