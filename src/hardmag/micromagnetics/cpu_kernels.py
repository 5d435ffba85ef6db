"""local_terms on the CPU, compiled by numba: one thread per sample, cell by cell in blocks that stay in the cache.

The grid is one flat axis: a neighbour is a shift by a stride. Faces at open ends are zero and fields have zeros beyond both
ends, so that one loop without branches serves all cells; faces that wrap round come after it. Each innermost loop writes one
array, or the compiler could not prove that it may use vector instructions.
No loop sums over cells, and rounding is that of single operations: a sample's result does not depend on its neighbours.
"""

from functools import partial

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled, inner

numba.config.THREADING_LAYER = "workqueue"  # no second OpenMP beside torch's
BLOCK = 4096  # cells: what the components share stays in the cache, and to start a loop costs little beside it


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
def _subtract_0(r, s, d, q, u):
    for p in range(len(r)):
        r[p] -= s[p] * d[p] - q[p] * u[p]


@inner
def _subtract_1(r, s, d, q, u, f, a, g, b):
    for p in range(len(r)):
        r[p] -= (s[p] * d[p] - q[p] * u[p]) + (f[p] * (d[p] - a[p]) + g[p] * (d[p] - b[p]))


@inner
def _subtract_2(r, s, d, q, u, f, a, g, b, f2, a2, g2, b2):
    for p in range(len(r)):
        w = (s[p] * d[p] - q[p] * u[p]) + (f[p] * (d[p] - a[p]) + g[p] * (d[p] - b[p]))
        r[p] -= w + (f2[p] * (d[p] - a2[p]) + g2[p] * (d[p] - b2[p]))


@inner
def _subtract_3(r, s, d, q, u, f, a, g, b, f2, a2, g2, b2, f3, a3, g3, b3):
    for p in range(len(r)):
        w = (s[p] * d[p] - q[p] * u[p]) + (f[p] * (d[p] - a[p]) + g[p] * (d[p] - b[p]))
        w += f2[p] * (d[p] - a2[p]) + g2[p] * (d[p] - b2[p])
        r[p] -= w + (f3[p] * (d[p] - a3[p]) + g3[p] * (d[p] - b3[p]))


@inner
def _opened(f, n, stride, pad):
    """The faces f behind `pad` zeros, without those that wrap round."""
    out = np.zeros(pad + len(f), f.dtype)
    out[pad:] = f
    for start in range(pad, len(out), n * stride):
        out[start + (n - 1) * stride : start + n * stride] = 0
    return out


@inner
def _directions(nx, ny, nz, fx, fy, fz):
    """(number, largest stride, opened faces and stride of the first, second, third direction) of those of several cells."""
    pad = ny * nz if nx > 1 else nz
    f, f2, f3, stride, stride2, count = fx, fx, fx, 1, 1, 0
    for n, faces, step in ((nx, fx, ny * nz), (ny, fy, nz), (nz, fz, 1)):
        if n > 1:
            opened = _opened(faces, n, step, pad)
            if count == 0:
                f, stride = opened, step
            elif count == 1:
                f2, stride2 = opened, step
            else:
                f3 = opened
            count += 1
    return count, pad, f, stride, f2, stride2, f3


@inner
def _subtract(r, directions, d, s, q, u, low, high):
    """r (cells low … high) −= one component of the local operator without wrapped faces. d has `pad` zeros at both ends."""
    count, pad, f, x, f2, y, f3 = directions
    i, k, n = low + pad, high + pad, high - low
    r, s, q, u = r[low:high], s[low:high], q[:n], u[low:high]
    here, up, down, f_up, f_down = d[i:k], d[i + x : k + x], d[i - x : k - x], f[i:k], f[i - x : k - x]
    if count == 0:
        _subtract_0(r, s, here, q, u)
    elif count == 1:
        _subtract_1(r, s, here, q, u, f_up, up, f_down, down)
    else:
        up2, down2, f2_up, f2_down = d[i + y : k + y], d[i - y : k - y], f2[i:k], f2[i - y : k - y]
        if count == 2:
            _subtract_2(r, s, here, q, u, f_up, up, f_down, down, f2_up, up2, f2_down, down2)
        else:
            up3, down3, f3_up, f3_down = d[i + 1 : k + 1], d[i - 1 : k - 1], f3[i:k], f3[i - 1 : k - 1]
            _subtract_3(
                r, s, here, q, u, f_up, up, f_down, down, f2_up, up2, f2_down, down2, f3_up, up3, f3_down, down3
            )  # fmt: skip


@inner
def _wraps(f, n, stride):
    """Whether the direction is periodic: whether some face that wraps round is not zero."""
    for start in range((n - 1) * stride, len(f), n * stride):
        for p in range(start, start + stride):
            if f[p] != 0:
                return True
    return False


@inner
def _subtract_wrapped(r, d, f, n, stride):
    """r −= exchange through the faces that wrap round."""
    for start in range(0, len(f), n * stride):
        for low in range(start, start + stride):
            high = low + (n - 1) * stride
            flow = f[high] * (d[high] - d[low])
            r[high] -= flow
            r[low] += flow


@inner
def _subtract_operator(nx, ny, nz, fx, fy, fz, directions, d, s, two_K, u, r):
    """r −= the local operator of one sample, of the direction d, which has zeros at both ends."""
    pad, cells = directions[1], r.shape[1]
    q = np.empty(BLOCK, r.dtype)
    for low in range(0, cells, BLOCK):
        high = min(cells, low + BLOCK)
        at, on = slice(low, high), slice(low + pad, high + pad)
        _project(q[: high - low], two_K[at], u[0, at], u[1, at], u[2, at], d[0, on], d[1, on], d[2, on])
        for c in range(3):
            _subtract(r[c], directions, d[c], s, q, u[c], low, high)
    for n, f, stride in ((nx, fx, ny * nz), (ny, fy, nz), (nz, fz, 1)):
        if n > 1 and _wraps(f, n, stride):
            for c in range(3):
                _subtract_wrapped(r[c], d[c, pad : pad + cells], f, n, stride)


@inner
def _negative(out, a):
    for p in range(len(out)):
        out[p] = -a[p]


@inner
def negative_operator(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out):
    """−1 times the local operator of one sample."""
    directions = _directions(nx, ny, nz, fx, fy, fz)
    pad, cells = directions[1], v.shape[1]
    d = np.zeros((3, cells + 2 * pad), v.dtype)
    for c in range(3):
        d[c, pad : pad + cells] = v[c]
        out[c, :] = 0
    _subtract_operator(nx, ny, nz, fx, fy, fz, directions, d, s, two_K, u, out)


@inner
def _apply(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out):
    """The local operator of one sample."""
    negative_operator(nx, ny, nz, fx, fy, fz, v, s, two_K, u, out)
    for c in range(3):
        _negative(out[c], out[c])


@inner
def _scaled(d, b, i, weight):
    for p in range(len(d)):
        d[p] = b[p] * (weight * i[p])


@inner
def _turn(d, r, i, old, new):
    for p in range(len(d)):
        d[p] = old * d[p] + new * (r[p] * i[p])


@inner
def _add(x, d):
    for p in range(len(x)):
        x[p] += d[p]


@inner
def solve(nx, ny, nz, fx, fy, fz, rhs, s, two_K, u, inverse, weights, x):
    """The Chebyshev recurrence of one sample."""
    directions = _directions(nx, ny, nz, fx, fy, fz)
    pad, cells = directions[1], rhs.shape[1]
    r, d = rhs.copy(), np.zeros((3, cells + 2 * pad), rhs.dtype)
    for c in range(3):
        inside = d[c, pad : pad + cells]
        _scaled(inside, rhs[c], inverse, weights[0, 1])
        x[c, :] = inside
    for k in range(1, len(weights)):
        _subtract_operator(nx, ny, nz, fx, fy, fz, directions, d, s, two_K, u, r)
        for c in range(3):
            inside = d[c, pad : pad + cells]
            for low in range(0, cells, BLOCK):
                at = slice(low, min(cells, low + BLOCK))
                _turn(inside[at], r[c, at], inverse[at], weights[k, 0], weights[k, 1])
                _add(x[c, at], inside[at])


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
        solve(nx, ny, nz, fx[b], fy[b], fz[b], rhs[b], s[b], two_K[b], u[b], inverse[b], weights, x[b])


@partial(compiled, parallel=True)
def _solve_parallel(nx, ny, nz, fx, fy, fz, rhs, s, two_K, u, inverse, weights, x):
    for b in numba.prange(len(rhs)):
        solve(nx, ny, nz, fx[b], fy[b], fz[b], rhs[b], s[b], two_K[b], u[b], inverse[b], weights, x[b])


def parallel_loop(samples, serial, parallel):
    """The loop over samples: on one thread where more would be of no use, for starting them costs 0.3 ms."""
    threads = min(torch.get_num_threads(), numba.config.NUMBA_NUM_THREADS, samples)
    if threads == 1:
        return serial
    numba.set_num_threads(threads)
    return parallel
