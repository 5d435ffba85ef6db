"""sparse on the CPU, compiled by numba: one thread per sample, node by node.

Fields are turned to (nodes, 3), so that a neighbour's three components lie in one place.
"""

from functools import partial

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled, inner
from hardmag.micromagnetics.cpu_kernels import parallel_loop


def product(pattern, values, v):
    """See sparse.product."""
    out = torch.empty(len(v), v.shape[1], len(pattern.start) - 1, dtype=v.dtype)
    by_node = v.transpose(1, 2).contiguous().numpy()
    parallel_loop(len(v), _products_serial, _products_parallel)(
        pattern.start, pattern.index, values.numpy(), by_node, out.numpy()
    )
    return out


def nodal_operator(pattern, stiffness, v, shift, tensor):
    """See sparse.nodal_operator."""
    out = torch.empty_like(v, memory_format=torch.contiguous_format)
    arguments = _arguments(pattern, stiffness, v, shift, tensor)
    parallel_loop(len(v), _operators_serial, _operators_parallel)(*arguments, _flat(out))
    return out


def nodal_solve(pattern, stiffness, b, shift, tensor, inverse, weights):
    """See sparse.nodal_solve."""
    x = torch.empty_like(b, memory_format=torch.contiguous_format)
    arguments = _arguments(pattern, stiffness, b, shift, tensor)
    parallel_loop(len(b), _solves_serial, _solves_parallel)(*arguments, _flat(inverse)[:, 0], weights.numpy(), _flat(x))
    return x


def _flat(t):
    return t.contiguous().view(len(t), t.shape[1], -1).numpy()


def _arguments(pattern, stiffness, v, shift, tensor):
    by_node = v.flatten(2).transpose(1, 2).contiguous().numpy()
    return pattern.start, pattern.index, stiffness.numpy(), by_node, _flat(shift)[:, 0], _flat(tensor)


@inner
def _row(start, index, c, v, s, t, i):
    """The local operator at node i."""
    x, y, z = v[i, 0], v[i, 1], v[i, 2]
    ax = s[i] * x - (t[0, i] * x + t[5, i] * y + t[4, i] * z)
    ay = s[i] * y - (t[5, i] * x + t[1, i] * y + t[3, i] * z)
    az = s[i] * z - (t[4, i] * x + t[3, i] * y + t[2, i] * z)
    for k in range(start[i], start[i + 1]):
        j, a = index[k], c[k]
        ax += a * (x - v[j, 0])
        ay += a * (y - v[j, 1])
        az += a * (z - v[j, 2])
    return ax, ay, az


@inner
def _operator(start, index, c, v, s, t, out):
    for i in range(len(v)):
        out[0, i], out[1, i], out[2, i] = _row(start, index, c, v, s, t, i)


@inner
def _solve(start, index, c, rhs, s, t, inverse, weights, x):
    """The Chebyshev recurrence of one sample."""
    r, d = rhs.copy(), np.empty_like(rhs)
    for i in range(len(rhs)):
        for a in range(3):
            d[i, a] = rhs[i, a] * (weights[0, 1] * inverse[i])
            x[a, i] = d[i, a]
    for k in range(1, len(weights)):
        old, new = weights[k, 0], weights[k, 1]
        for i in range(len(rhs)):
            wx, wy, wz = _row(start, index, c, d, s, t, i)
            r[i, 0] -= wx
            r[i, 1] -= wy
            r[i, 2] -= wz
        for i in range(len(rhs)):
            for a in range(3):
                d[i, a] = old * d[i, a] + new * (r[i, a] * inverse[i])
                x[a, i] += d[i, a]


@inner
def _product(start, index, values, v, out):
    for i in range(len(start) - 1):
        for a in range(v.shape[1]):
            total = v.dtype.type(0)
            for k in range(start[i], start[i + 1]):
                total += values[k] * v[index[k], a]
            out[a, i] = total


@compiled
def _products_serial(start, index, values, v, out):
    for b in range(len(v)):
        _product(start, index, values[b], v[b], out[b])


@partial(compiled, parallel=True)
def _products_parallel(start, index, values, v, out):
    for b in numba.prange(len(v)):
        _product(start, index, values[b], v[b], out[b])


@compiled
def _operators_serial(start, index, c, v, s, t, out):
    for b in range(len(v)):
        _operator(start, index, c[b], v[b], s[b], t[b], out[b])


@partial(compiled, parallel=True)
def _operators_parallel(start, index, c, v, s, t, out):
    for b in numba.prange(len(v)):
        _operator(start, index, c[b], v[b], s[b], t[b], out[b])


@compiled
def _solves_serial(start, index, c, rhs, s, t, inverse, weights, x):
    for b in range(len(rhs)):
        _solve(start, index, c[b], rhs[b], s[b], t[b], inverse[b], weights, x[b])


@partial(compiled, parallel=True)
def _solves_parallel(start, index, c, rhs, s, t, inverse, weights, x):
    for b in numba.prange(len(rhs)):
        _solve(start, index, c[b], rhs[b], s[b], t[b], inverse[b], weights, x[b])
