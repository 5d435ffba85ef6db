"""local_terms on the CPU, compiled by numba: one thread per sample, cell by cell in blocks that stay in the cache.

The grid is one flat axis: a neighbour is a shift by a stride, and faces at open ends are zero, so that the loops have no
branches. Each innermost loop writes one array, or the compiler could not prove that it may use vector instructions.
No loop sums over cells, and rounding is that of single operations: a sample's result does not depend on its neighbours.
"""

from functools import partial

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled, inner

numba.config.THREADING_LAYER = "workqueue"  # no second OpenMP beside torch's
BLOCK = 1024  # cells; some 30 kB of fields in fp32


def local_operator(v, shift, two_K, u, faces):
    """See local_terms.local_operator."""
    out = torch.empty_like(v, memory_format=torch.contiguous_format)
    shape, grid, values = _arguments(v, shift, two_K, u, faces)
    parallel_loop(len(v), _apply_serial, _apply_parallel)(*shape, *grid, *values, flat(out))
    return out


def local_solve(b, shift, two_K, u, faces, inverse, weights):
    """See local_terms.local_solve."""
    x = torch.empty_like(b, memory_format=torch.contiguous_format)
    shape, grid, values = _arguments(b, shift, two_K, u, faces)
    loop = parallel_loop(len(b), _solve_serial, _solve_parallel)
    loop(*shape, *grid, *values, flat(inverse)[:, 0], weights.numpy(), flat(x))
    return x


def _arguments(v, shift, two_K, u, faces):
    _, _, nx, ny, nz = v.shape
    one = lambda t: flat(t)[:, 0]  # noqa: E731
    none = np.empty((len(v), 0), dtype=two_K.numpy().dtype)
    grid = [none if c is None else one(c) for c in faces]
    return (nx, ny, nz), grid, (flat(v), one(shift.expand_as(two_K)), one(two_K), flat(u.expand_as(v)))


def flat(t):
    """(B, components, cells) of a field, or (B,) of numbers, for a compiled loop; a copy only where it is not contiguous."""
    a = np.ascontiguousarray(t.numpy())  # numpy makes views some times faster than torch does, and a pass takes hundreds
    return a if a.ndim == 1 else a.reshape(*a.shape[:2], -1)


@inner
def _project(q, two_K, u0, u1, u2, d0, d1, d2):
    for p in range(len(q)):
        q[p] = two_K[p] * (u0[p] * d0[p] + u1[p] * d1[p] + u2[p] * d2[p])


@inner
def _diagonal_part(w, s, d, q, u):
    for p in range(len(w)):
        w[p] = s[p] * d[p] - q[p] * u[p]


@inner
def _add_flow(w, f, a, b):
    for p in range(len(w)):
        w[p] += f[p] * (a[p] - b[p])


@inner
def _add_flows(w, f, g, a, above, below):
    for p in range(len(w)):
        w[p] += f[p] * (a[p] - above[p]) + g[p] * (a[p] - below[p])


@inner
def _add_exchange(w, d, f, low, high, stride):
    """w (cells low … high) += exchange along one direction, neighbours at ± stride."""
    cells = len(d)
    start, stop = max(low, stride), min(high, cells - stride)
    if start < stop:
        _add_flows(
            w[start - low : stop - low],
            f[start:stop],
            f[start - stride : stop - stride],
            d[start:stop],
            d[start + stride : stop + stride],
            d[start - stride : stop - stride],
        )
    stop = min(high, stride, cells - stride)  # cells that have none below
    if low < stop:
        _add_flow(w[: stop - low], f[low:stop], d[low:stop], d[low + stride : stop + stride])
    start = max(low, cells - stride, stride)  # cells that have none above
    if start < high:
        below = slice(start - stride, high - stride)
        _add_flow(w[start - low : high - low], f[below], d[start:high], d[below])


@inner
def _opened(f, n, stride):
    """A copy of the faces f without those that wrap round."""
    out = f.copy()
    for start in range(0, len(f), n * stride):
        out[start + (n - 1) * stride : start + n * stride] = 0
    return out


@inner
def _add_wrapped(out, sign, d, f, n, stride):
    """out += sign × exchange through the faces that wrap round."""
    for start in range(0, len(f), n * stride):
        for low in range(start, start + stride):
            high = low + (n - 1) * stride
            flow = sign * f[high] * (d[high] - d[low])
            out[high] += flow
            out[low] -= flow


@inner
def _block(w, q, c, v, s, u, fx, fy, fz, low, high, nx, ny, nz):
    """Component c of the local operator without wrapped faces on one block."""
    _diagonal_part(w, s[low:high], v[c, low:high], q, u[c, low:high])
    if nx > 1:
        _add_exchange(w, v[c], fx, low, high, ny * nz)
    if ny > 1:
        _add_exchange(w, v[c], fy, low, high, nz)
    if nz > 1:
        _add_exchange(w, v[c], fz, low, high, 1)


@inner
def _wrapped(out, sign, v, fx, fy, fz, nx, ny, nz):
    for c in range(3):
        if nx > 1:
            _add_wrapped(out[c], sign, v[c], fx, nx, ny * nz)
        if ny > 1:
            _add_wrapped(out[c], sign, v[c], fy, ny, nz)
        if nz > 1:
            _add_wrapped(out[c], sign, v[c], fz, nz, 1)


@inner
def _apply(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out):
    """The local operator of one sample."""
    ox, oy, oz = _opened(fx, nx, ny * nz), _opened(fy, ny, nz), _opened(fz, nz, 1)
    q = np.empty(BLOCK, v.dtype)
    for low in range(0, v.shape[1], BLOCK):
        high = min(v.shape[1], low + BLOCK)
        at, n = slice(low, high), high - low
        _project(q[:n], two_K[at], u[0, at], u[1, at], u[2, at], v[0, at], v[1, at], v[2, at])
        for c in range(3):
            _block(out[c, at], q[:n], c, v, s, u, ox, oy, oz, low, high, nx, ny, nz)
    _wrapped(out, v.dtype.type(1), v, fx, fy, fz, nx, ny, nz)


@inner
def _scaled(d, b, i, weight):
    for p in range(len(d)):
        d[p] = b[p] * (weight * i[p])


@inner
def _subtract(r, w):
    for p in range(len(r)):
        r[p] -= w[p]


@inner
def _turn(d, r, i, old, new):
    for p in range(len(d)):
        d[p] = old * d[p] + new * (r[p] * i[p])


@inner
def _add(x, d):
    for p in range(len(x)):
        x[p] += d[p]


@inner
def _solve(nx, ny, nz, fx, fy, fz, rhs, s, two_K, u, inverse, weights, x):
    """The Chebyshev recurrence of one sample."""
    ox, oy, oz = _opened(fx, nx, ny * nz), _opened(fy, ny, nz), _opened(fz, nz, 1)
    q, w = np.empty(BLOCK, rhs.dtype), np.empty(BLOCK, rhs.dtype)
    r, d = rhs.copy(), np.empty_like(rhs)
    for c in range(3):
        _scaled(d[c], rhs[c], inverse, weights[0, 1])
        x[c, :] = d[c]
    for k in range(1, len(weights)):
        for low in range(0, rhs.shape[1], BLOCK):
            high = min(rhs.shape[1], low + BLOCK)
            at, n = slice(low, high), high - low
            _project(q[:n], two_K[at], u[0, at], u[1, at], u[2, at], d[0, at], d[1, at], d[2, at])
            for c in range(3):
                _block(w[:n], q[:n], c, d, s, u, ox, oy, oz, low, high, nx, ny, nz)
                _subtract(r[c, at], w[:n])
        _wrapped(r, rhs.dtype.type(-1), d, fx, fy, fz, nx, ny, nz)
        for c in range(3):
            for low in range(0, rhs.shape[1], BLOCK):
                at = slice(low, min(rhs.shape[1], low + BLOCK))
                _turn(d[c, at], r[c, at], inverse[at], weights[k, 0], weights[k, 1])
                _add(x[c, at], d[c, at])


@compiled
def _apply_serial(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out):
    for b in range(len(v)):
        _apply(nx, ny, nz, fx[b], fy[b], fz[b], v[b], s[b], two_K[b], u[b], out[b])


@partial(compiled, parallel=True)
def _apply_parallel(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out):
    for b in numba.prange(len(v)):
        _apply(nx, ny, nz, fx[b], fy[b], fz[b], v[b], s[b], two_K[b], u[b], out[b])


@compiled
def _solve_serial(nx, ny, nz, fx, fy, fz, rhs, s, two_K, u, inverse, weights, x):
    for b in range(len(rhs)):
        _solve(nx, ny, nz, fx[b], fy[b], fz[b], rhs[b], s[b], two_K[b], u[b], inverse[b], weights, x[b])


@partial(compiled, parallel=True)
def _solve_parallel(nx, ny, nz, fx, fy, fz, rhs, s, two_K, u, inverse, weights, x):
    for b in numba.prange(len(rhs)):
        _solve(nx, ny, nz, fx[b], fy[b], fz[b], rhs[b], s[b], two_K[b], u[b], inverse[b], weights, x[b])


def parallel_loop(samples, serial, parallel):
    """The loop over samples: on one thread where more would be of no use, for starting them costs 0.3 ms."""
    threads = min(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS, samples)
    if threads == 1:
        return serial
    numba.set_num_threads(threads)
    return parallel
