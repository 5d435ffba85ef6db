"""The loops of cpu_minimiser, compiled by numba: one thread per sample, cell by cell in blocks that stay in the cache.

Each does what minimiser.py does in torch, operation by operation and in the same order, so that it rounds alike; what is to
be summed over cells is left in rows for torch to sum. A batch's samples stand in the leading axis of every array of
the iterate; `place` says where each stands in the arrays of the materials. Fields are (B, 3, cells) or (B, 1, cells).
Each innermost loop writes one array, or the compiler could not prove that it may use vector instructions.
"""

import numba
import numpy as np

from hardmag.micromagnetics.cpu_compiled import compiled
from hardmag.micromagnetics.cpu_kernels import BLOCK, negative_operator, solve
from hardmag.micromagnetics.cpu_loops import (
    bend_of,
    block_at,
    both,
    difference,
    dot,
    frozen,
    largest_of,
    less,
    less_bound,
    opposite,
    plus,
    scaled_difference,
    size_and,
    stabilised,
    step_along,
    times,
    times_negative,
    total,
    turned,
    work_along,
)


@both
def MEASURE(place, grid, two_K, axis, trial, added, more, m, g0, radial0, p, g, radial, square, rows):
    """As minimiser._measured, of the gradient local(trial) + added + more. rows: work 0-2, along 3-5, bend 6."""
    nx, ny, nz, fx, fy, fz = grid
    for i in numba.prange(len(place)):
        b = place[i]
        zero = np.zeros(trial.shape[2], trial.dtype)
        full = np.empty_like(trial[i])
        negative_operator(nx, ny, nz, fx[b], fy[b], fz[b], trial[i], zero, two_K[b], axis[b], full)
        s = np.empty(BLOCK, trial.dtype)
        for start in range(0, trial.shape[2], BLOCK):
            at, n = block_at(start, trial.shape[2])
            for c in range(3):
                difference(full[c, at], added[i, c, at], full[c, at])
                if len(more) > 0:
                    plus(full[c, at], more[i, c, at])
            r, t0, t1, t2 = radial[i, 0, at], trial[i, 0, at], trial[i, 1, at], trial[i, 2, at]
            dot(r, full[0, at], full[1, at], full[2, at], t0, t1, t2)
            turned(s[:n], t0, t1, t2, m[i, 0, at], m[i, 1, at], m[i, 2, at])
            bend_of(rows[i, 6, at], r, radial0[i, 0, at], s[:n])
            for c in range(3):
                less(g[i, c, at], full[c, at], r, trial[i, c, at])
                work_along(rows[i, c, at], g0[i, c, at], g[i, c, at], trial[i, c, at], m[i, c, at])
                times(rows[i, 3 + c, at], g[i, c, at], p[i, c, at])
            dot(square[i, 0, at], g[i, 0, at], g[i, 1, at], g[i, 2, at], g[i, 0, at], g[i, 1, at], g[i, 2, at])


@compiled
def JUDGE(sums, armijo, slope, step, curvature, bound, fresh, change, accepted, share):
    """Change of the energy, acceptance, and the demagnetising share, in place, from the sums of MEASURE's rows."""
    for i in range(len(sums)):
        half, zero, one = sums.dtype.type(0.5), sums.dtype.type(0), sums.dtype.type(1)
        change[i] = half * ((sums[i, 0] + sums[i, 1]) + sums[i, 2] + half * sums[i, 6])
        accepted[i] = fresh[i] or change[i] <= armijo * step[i] * slope[i]
        met = (((sums[i, 3] + sums[i, 4]) + sums[i, 5] - slope[i]) / step[i] - curvature[i]) / bound[i]
        if not fresh[i] and np.isfinite(met):
            share[i] = min(max(met, zero), one)


@both
def ACROSS(place, taken, two_K, axis, m, radial, u, rows):
    """u: the easy axis across m; rows: two_K + |radial|."""
    for i in numba.prange(len(place)):
        if not taken[i]:
            continue
        b = place[i]
        s = np.empty(BLOCK, m.dtype)
        for start in range(0, m.shape[2], BLOCK):
            at, n = block_at(start, m.shape[2])
            dot(s[:n], axis[b, 0, at], axis[b, 1, at], axis[b, 2, at], m[i, 0, at], m[i, 1, at], m[i, 2, at])
            for c in range(3):
                less(u[i, c, at], axis[b, c, at], s[:n], m[i, c, at])
            size_and(rows[i, 0, at], two_K[b, at], radial[i, 0, at])


@both
def STIFFEN(place, taken, two_K, u, radial, floor, diagonal, shift, held):
    """The shift of system.LocalHessian, and with it the operator's diagonal; 1 where nothing was taken."""
    for i in numba.prange(len(place)):
        if not taken[i]:
            held[i] = 1
            continue
        b = place[i]
        s = np.empty(BLOCK, radial.dtype)
        for start in range(0, radial.shape[2], BLOCK):
            at, n = block_at(start, radial.shape[2])
            dot(s[:n], u[i, 0, at], u[i, 1, at], u[i, 2, at], u[i, 0, at], u[i, 1, at], u[i, 2, at])
            stabilised(shift[i, 0, at], radial[i, 0, at], two_K[b, at], s[:n], floor[i])
            total(held[i, 0, at], diagonal[b, at], shift[i, 0, at])


@both
def SOLVE(place, taken, grid, two_K, u, shift, inverse, weights, m, g, g0, z, rows):
    """z: the preconditioned gradient across m. rows: g z 0-2, g0 z 3-5."""
    nx, ny, nz, fx, fy, fz = grid
    for i in numba.prange(len(place)):
        if not taken[i]:
            continue
        b = place[i]
        x = np.empty_like(g[i])
        solve(nx, ny, nz, fx[b], fy[b], fz[b], g[i], shift[i, 0], two_K[b], u[i], inverse[i, 0], weights, x)
        s = np.empty(BLOCK, m.dtype)
        for start in range(0, m.shape[2], BLOCK):
            at, n = block_at(start, m.shape[2])
            dot(s[:n], x[0, at], x[1, at], x[2, at], m[i, 0, at], m[i, 1, at], m[i, 2, at])
            for c in range(3):
                less(z[i, c, at], x[c, at], s[:n], m[i, c, at])
                times(rows[i, c, at], g[i, c, at], z[i, c, at])
                times(rows[i, 3 + c, at], g0[i, c, at], z[i, c, at])


@both
def DIRECT(place, taken, sums, fresh, gz0, z, p0, m, g, gz, p, rows):
    """Polak-Ribière+: gz and the direction p, from the sums of SOLVE's rows. rows: g p."""
    for i in numba.prange(len(place)):
        if not taken[i]:
            continue
        zero = sums.dtype.type(0)
        gz[i] = (sums[i, 0] + sums[i, 1]) + sums[i, 2]
        beta = zero
        if not (fresh[i] or gz0[i] <= 0):
            ratio = (gz[i] - ((sums[i, 3] + sums[i, 4]) + sums[i, 5])) / (gz0[i] if gz0[i] > 0 else sums.dtype.type(1))
            beta = zero if ratio < 0 else ratio
        s = np.empty(BLOCK, m.dtype)
        for start in range(0, m.shape[2], BLOCK):
            at, n = block_at(start, m.shape[2])
            dot(s[:n], p0[i, 0, at], p0[i, 1, at], p0[i, 2, at], m[i, 0, at], m[i, 1, at], m[i, 2, at])
            for c in range(3):
                less(p[i, c, at], p0[i, c, at], s[:n], m[i, c, at])
                scaled_difference(p[i, c, at], beta, z[i, c, at])
                times(rows[i, c, at], g[i, c, at], p[i, c, at])


@both
def BEND(place, taken, grid, two_K, u, radial, Ms, weight, sums, gz, slope, largest, z, p, rows):
    """Downhill at least, and what tells the step: slope, largest |p|², and in rows p·H p 0-2, Ms weight |p|² 3."""
    nx, ny, nz, fx, fy, fz = grid
    for i in numba.prange(len(place)):
        if not taken[i]:
            continue
        b = place[i]
        slope[i] = (sums[i, 0] + sums[i, 1]) + sums[i, 2]
        if slope[i] > p.dtype.type(-0.1) * gz[i]:
            slope[i] = -gz[i]
            for c in range(3):
                opposite(p[i, c], z[i, c])
        true, bent = np.empty_like(radial[i, 0]), np.empty_like(p[i])
        opposite(true, radial[i, 0])
        negative_operator(nx, ny, nz, fx[b], fy[b], fz[b], p[i], true, two_K[b], u[i], bent)
        s = np.empty(BLOCK, p.dtype)
        largest[i] = -1
        for start in range(0, p.shape[2], BLOCK):
            at, n = block_at(start, p.shape[2])
            for c in range(3):
                times_negative(rows[i, c, at], p[i, c, at], bent[c, at])
            dot(s[:n], p[i, 0, at], p[i, 1, at], p[i, 2, at], p[i, 0, at], p[i, 1, at], p[i, 2, at])
            most = largest_of(s[:n])
            if most > largest[i] or most != most:
                largest[i] = most
            times(rows[i, 3, at], Ms[b, at], weight[b, at])
            times(rows[i, 3, at], rows[i, 3, at], s[:n])


@both
def STEP(
    place, taken, most, mu0, sums, largest, change, share, old,
    trial, g, radial, p, gz, slope, curvature, bound, step, limited, m, v, square,
):  # fmt: skip
    """The next trial point before it is normalised, v, and |v|²: Newton's step from the trial point where that was `taken`,
    from the sums of BEND's rows. Elsewhere a shorter one from where the sample was, and all is as `old` has it:
    (m, g, radial, p, gz, slope, curvature, bound, step)."""
    m0, g0, radial0, p0, gz0, slope0, curvature0, bound0, step0 = old
    for i in numba.prange(len(place)):
        kind = step.dtype.type
        if taken[i]:
            curvature[i], bound[i] = (sums[i, 0] + sums[i, 1]) + sums[i, 2], mu0 * sums[i, 3]
            stiffness = curvature[i] + share[i] * bound[i]
            newton = -slope[i] / stiffness if stiffness > 0 else kind(np.inf)
            longest = most / max(largest[i], kind(1e-30))
            step[i] = newton if newton < longest or newton != newton else longest
            limited[i] = newton > longest
            m[i] = trial[i]
        else:
            parabola = kind(-0.5) * slope0[i] * step0[i] / (change[i] / step0[i] - slope0[i])
            if not np.isfinite(parabola):
                parabola = kind(0)
            step[i] = min(max(parabola, kind(0.1) * step0[i]), kind(0.5) * step0[i])
            limited[i] = False
            m[i], g[i], radial[i], p[i] = m0[i], g0[i], radial0[i], p0[i]
            gz[i], slope[i], curvature[i], bound[i] = gz0[i], slope0[i], curvature0[i], bound0[i]
        for start in range(0, v.shape[2], BLOCK):
            at, _ = block_at(start, v.shape[2])
            for c in range(3):
                step_along(v[i, c, at], m[i, c, at], p[i, c, at], step[i])
            dot(square[i, 0, at], v[i, 0, at], v[i, 1, at], v[i, 2, at], v[i, 0, at], v[i, 1, at], v[i, 2, at])


@both
def FREEZE(place, grid, two_K, axis, m, Ms, weight, mu0, g, radial, reduced, constant):
    """minimiser._swept's constant, and radial less the bound of the demagnetising field."""
    nx, ny, nz, fx, fy, fz = grid
    for i in numba.prange(len(place)):
        b = place[i]
        zero = np.zeros(m.shape[2], m.dtype)
        negative_operator(nx, ny, nz, fx[b], fy[b], fz[b], m[i], zero, two_K[b], axis[b], constant[i])
        less_bound(reduced[i, 0], radial[i, 0], mu0, Ms[b], weight[b])
        for c in range(3):
            frozen(constant[i, c], g[i, c], reduced[i, 0], m[i, c])
