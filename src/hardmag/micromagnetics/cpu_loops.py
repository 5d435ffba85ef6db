"""What compiled passes are made of: loops over cells that write one array each, or numbers of one sample.

Of a loop that writes two arrays the compiler could not prove that it may use vector instructions. No operation is fused with
another or moved past it, so that rounding is that of single operations.
"""

from hardmag.micromagnetics.cpu_compiled import compiled, inner
from hardmag.micromagnetics.cpu_kernels import BLOCK


def both(loop):
    """(serial, parallel) of a loop over samples."""
    return compiled(loop), compiled(loop, parallel=True)


@inner
def dot(out, a0, a1, a2, b0, b1, b2):
    """a·b, cell by cell."""
    for p in range(len(out)):
        out[p] = a0[p] * b0[p] + a1[p] * b1[p] + a2[p] * b2[p]


@inner
def less(out, v, s, m):
    """v − s m: with s = v·m, what lies across m."""
    for p in range(len(out)):
        out[p] = v[p] - s[p] * m[p]


@inner
def times(out, a, b):
    """a b."""
    for p in range(len(out)):
        out[p] = a[p] * b[p]


@inner
def block_at(start, cells):
    """(cells of the block that begins at start, their number)."""
    stop = min(cells, start + BLOCK)
    return slice(start, stop), stop - start


@inner
def step_along(out, m, p, step):
    """m + step p."""
    for i in range(len(out)):
        out[i] = m[i] + step * p[i]


@inner
def divide(out, length):
    """out over length."""
    for p in range(len(out)):
        out[p] /= length[p]


@inner
def turned(out, t0, t1, t2, m0, m1, m2):
    """|t − m|²."""
    for p in range(len(out)):
        d0, d1, d2 = t0[p] - m0[p], t1[p] - m1[p], t2[p] - m2[p]
        out[p] = d0 * d0 + d1 * d1 + d2 * d2


@inner
def bend_of(out, radial, radial0, turned):
    """(radial − radial0) |t − m|²."""
    for p in range(len(out)):
        out[p] = (radial[p] - radial0[p]) * turned[p]


@inner
def work_along(out, g0, g, t, m):
    """(g0 + g)(t − m)."""
    for p in range(len(out)):
        out[p] = (g0[p] + g[p]) * (t[p] - m[p])


@inner
def scaled_difference(out, beta, z):
    """beta out − z."""
    for p in range(len(out)):
        out[p] = out[p] * beta - z[p]


@inner
def stabilised(out, radial, two_K, square, floor):
    """The larger of −radial and two_K |u|² + floor, see system.LocalHessian."""
    for p in range(len(out)):
        true, stable = -radial[p], two_K[p] * square[p] + floor
        out[p] = stable if stable > true or stable != stable else true


@inner
def plus(out, a):
    """out + a."""
    for p in range(len(out)):
        out[p] += a[p]


@inner
def difference(out, a, b):
    """a − b."""
    for p in range(len(out)):
        out[p] = a[p] - b[p]


@inner
def times_negative(out, a, b):
    """−a b."""
    for p in range(len(out)):
        out[p] = a[p] * -b[p]


@inner
def size_and(out, a, b):
    """a + |b|."""
    for p in range(len(out)):
        out[p] = a[p] + abs(b[p])


@inner
def total(out, a, b):
    """a + b."""
    for p in range(len(out)):
        out[p] = a[p] + b[p]


@inner
def opposite(out, a):
    """−a."""
    for p in range(len(out)):
        out[p] = -a[p]


@inner
def largest_of(a):
    """The largest value, or NaN if there is one."""
    largest = a[0]
    for p in range(len(a)):
        if a[p] > largest or a[p] != a[p]:
            largest = a[p]
    return largest


@inner
def less_bound(out, radial, mu0, Ms, weight):
    """radial less µ0 Ms weight, the bound of the demagnetising field."""
    for p in range(len(out)):
        out[p] = radial[p] - mu0 * Ms[p] * weight[p]


@inner
def frozen(out, g, radial, m):
    """out + g + radial m."""
    for p in range(len(out)):
        out[p] += g[p] + radial[p] * m[p]
