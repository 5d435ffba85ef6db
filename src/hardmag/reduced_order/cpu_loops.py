"""The loops of the reduced-order model on the CPU, compiled by numba: over the points of one grain at a time, whose fields stay
in the cache while sources are added to them.

They give what the torch code beside their callers gives, but for rounding (tests/physics/test_reduced_order_loops.py). What a
grain gets is added in one order by one thread, and so depends neither on the threads nor on other magnets.
"""

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled, inner
from hardmag.micromagnetics.cpu_kernels import parallel_loop

OF_A_THREAD = 250  # grains: with fewer, starting a thread takes longer than it saves


def tensors(shape, points):
    """See field.field_tensors; shape: its _Shape."""
    found = torch.empty((len(points), 6), dtype=torch.float64)
    corners, (first, last) = shape.corners.numpy(), (k.numpy() for k in shape.ends)
    triangles, squares = (np.stack([k.numpy() for k in three], 1) for three in (shape.triangles, shape.squares))
    face, lengths = shape.face.numpy(), shape.lengths.numpy()
    fans = np.append(np.flatnonzero(np.diff(face, prepend=-1)), len(face))  # the first triangle of each face
    of_faces = (shape.normals.numpy(), shape.offsets.numpy(), fans, shape.twice.numpy())
    # All triangles of a face have its weights.
    weights = shape.weights.numpy()[np.append(np.arange(len(first)), len(first) + fans[:-1])]
    parts = (corners, first, last, lengths, triangles, squares, *of_faces, weights)
    _tensors(np.ascontiguousarray(points.numpy()), *parts, found.numpy())
    return found


def excess(system, field, expansion, M, uniform, axis, among):
    """See System.excess."""
    found, clear = torch.zeros_like(system.HA), torch.zeros_like(system.HA)
    near = (system.near[0].numpy(), system.starts.numpy(), system.points.numpy(), system.centre.numpy(), system.HA.numpy())
    given = (field, expansion, M if system.magnetostatics else torch.zeros_like(M), uniform, axis)
    loop = _loop(system, _excess_serial, _excess_parallel)
    loop(among.numpy(), *near, *(t.contiguous().numpy() for t in given), found.numpy(), clear.numpy())
    return found, clear


def add_near(system, field, drift, change, turned):
    """See System.add_near."""
    parts = (system.tensors, system.blocks, system.ranks, system.norms, system.starts)
    given = (*parts, turned, change.contiguous(), field, drift)
    _loop(system, _near_serial, _near_parallel)(*(t.numpy() for t in given))


def mean_near(system, M):
    """See System.mean_near."""
    total = torch.zeros_like(M)
    _means(system.means.numpy(), system.pairs.numpy(), M.contiguous().numpy(), total.numpy())
    return total


def add_dipoles(system, s, field, drift, at_centres, expansion, dipoles, own, beyond):
    """See dipoles.add_dipoles."""
    members = system.members[s]
    parts = (members, system.is_near[s], system.starts, system.centre, system.radius, system.points, members[own], own)
    loop = parallel_loop(1 + len(members) // OF_A_THREAD, _far_serial, _far_parallel)
    given = (*parts, dipoles.contiguous(), field, drift, at_centres, expansion)
    loop(beyond, *(t.numpy() for t in given))


def _loop(system, serial, parallel):
    return parallel_loop(1 + len(system.J) // OF_A_THREAD, serial, parallel)


def _tensors_loop(points, corners, first, last, lengths, triangles, squares, normals, offsets, fans, twice, weights, out):
    """Of each point: a logarithm per edge, and per face an arc tangent of the product of its triangles' complex numbers, whose
    angles, of one sign, add up to less than π."""
    v, e, f = len(corners[0]), len(first), len(normals)
    square, R, terms = np.empty(v), np.empty(v), np.empty(e + f)
    for p in range(len(points)):
        x, y, z = points[p]
        for k in range(v):
            square[k] = (x - corners[0, k]) ** 2 + (y - corners[1, k]) ** 2 + (z - corners[2, k]) ** 2
            R[k] = np.sqrt(square[k])
        for k in range(e):
            reach = R[first[k]] + R[last[k]]
            terms[k] = np.log((reach + lengths[k]) / (reach - lengths[k]))
        for g in range(f):
            below = offsets[g] - x * normals[g, 0] - y * normals[g, 1] - z * normals[g, 2]
            re, im = 1.0, 0.0
            for k in range(fans[g], fans[g + 1]):
                i, j, m = triangles[k]
                bc = square[j] + square[m] - squares[k, 0]
                ca = square[m] + square[i] - squares[k, 1]
                ab = square[i] + square[j] - squares[k, 2]
                a, b = R[i] * R[j] * R[m] + (bc * R[i] + ca * R[j] + ab * R[m]) / 2, below * twice[k]
                re, im = re * a - im * b, re * b + im * a
            terms[e + g] = np.arctan2(im, re)
        out[p] = 0.0
        for k in range(e + f):
            for component in range(6):
                out[p, component] += weights[k, component] * terms[k]


def _excess_loop(among, own, starts, points, centre, HA, field, expansion, M, uniform, axis, out, clear):
    """A root is drawn only where a field is nearer to switching than all before it: where it is beyond their astroid, of size
    c, (|T|² − c²)³ + 27 (c T∥ T⊥)² > 0."""
    for i in numba.prange(len(starts) - 1):
        if not among[i]:
            continue
        x, y, z = M[:, i]
        u0, u1, u2 = uniform[0, i] + expansion[0, i], uniform[1, i] + expansion[1, i], uniform[2, i] + expansion[2, i]
        g0, g1, g2, g3, g4, g5 = expansion[3:, i]
        n0, n1, n2 = axis[:, i]
        c0, c1, c2 = centre[:, i]
        size, least = 0.0, np.inf
        for p in range(starts[i], starts[i + 1]):
            a, b, c = points[0, p] - c0, points[1, p] - c1, points[2, p] - c2
            t0 = field[0, p] + u0 + (g0 * a + g3 * b + g4 * c) + (own[0, p] * x + own[2, p] * y + own[3, p] * z)
            t1 = field[1, p] + u1 + (g3 * a + g1 * b + g5 * c) + (own[2, p] * x + own[1, p] * y + own[4, p] * z)
            zz = -1.0 - own[0, p] - own[1, p]
            t2 = field[2, p] + u2 + (g4 * a + g5 * b + g2 * c) + (own[3, p] * x + own[4, p] * y + zz * z)
            along, square = t0 * n0 + t1 * n1 + t2 * n2, t0 * t0 + t1 * t1 + t2 * t2
            if along >= 0:
                least = min(least, along)
                continue
            aside = max(0.0, square - along * along)
            if (square - size * size) ** 3 + 27 * (size * along) ** 2 * aside > 0:
                size = max(size, (np.sqrt(aside) ** (2 / 3) + abs(along) ** (2 / 3)) ** 1.5)
        out[i], clear[i] = size / HA[i], least


def _near_loop(tensors, blocks, ranks, norms, starts, turned, change, field, drift):
    """tensors: those of all ranks, five components each, in one row, of rank k from blocks[k] on; ranks: (G, K) sources, −1
    where there is none."""
    for i in numba.prange(len(starts) - 1):
        begin, end = starts[i], starts[i + 1]
        for k in range(1, ranks.shape[1]):
            j = ranks[i, k]
            if j < 0:
                break
            if not turned[j]:
                continue
            x, y, z = change[0, j], change[1, j], change[2, j]
            drift[i] += norms[i, k] * np.sqrt(x * x + y * y + z * z)
            D = tensors[blocks[k] : blocks[k + 1]].reshape(5, (blocks[k + 1] - blocks[k]) // 5)
            for p in range(begin, end):
                field[0, p] += D[0, p] * x + D[2, p] * y + D[3, p] * z
            for p in range(begin, end):
                field[1, p] += D[2, p] * x + D[1, p] * y + D[4, p] * z
            for p in range(begin, end):
                field[2, p] += D[3, p] * x + D[4, p] * y - (np.float64(D[0, p]) + np.float64(D[1, p])) * z


def _means_loop(means, pairs, M, total):
    for pair in range(pairs.shape[1]):
        i, j = pairs[0, pair], pairs[1, pair]
        x, y, z = M[0, j], M[1, j], M[2, j]
        total[0, i] += means[0, pair] * x + means[3, pair] * y + means[4, pair] * z
        total[1, i] += means[3, pair] * x + means[1, pair] * y + means[5, pair] * z
        total[2, i] += means[4, pair] * x + means[5, pair] * y + means[2, pair] * z


@inner
def _dipole(a, b, c, p0, p1, p2):
    inverse = 1 / (a * a + b * b + c * c)
    cube, along = inverse * np.sqrt(inverse), 3 * (a * p0 + b * p1 + c * p2) * inverse
    return cube * (along * a - p0), cube * (along * b - p1), cube * (along * c - p2)


def _far_loop(
    beyond, members, is_near, starts, centre, radius, points, sources, own, dipoles, field, drift, at_centres, expansion
):
    """∂_j H_i = 3 (δ_ij r·p + r_i p_j + p_i r_j)/r⁵ − 15 r_i r_j (r·p)/r⁷."""
    for here in numba.prange(len(members)):
        i = members[here]
        expanded = (beyond * radius[i]) ** 2
        m0, m1, m2 = 0.0, 0.0, 0.0  # at the centre, of all, and of those that are expanded
        h0, h1, h2 = 0.0, 0.0, 0.0
        g0, g1, g2, g3, g4, g5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for n in range(len(sources)):
            if is_near[here, own[n]]:
                continue
            p0, p1, p2 = dipoles[:, n]
            x, y, z = centre[:, sources[n]]
            a, b, c = centre[0, i] - x, centre[1, i] - y, centre[2, i] - z
            d0, d1, d2 = _dipole(a, b, c, p0, p1, p2)
            m0, m1, m2 = m0 + d0, m1 + d1, m2 + d2
            square = a * a + b * b + c * c
            if square > expanded:
                h0, h1, h2 = h0 + d0, h1 + d1, h2 + d2
                fifth = 3 / (square * square * np.sqrt(square))
                trace = fifth * (a * p0 + b * p1 + c * p2)
                both = 5 * trace / square
                g0 += trace + 2 * fifth * a * p0 - both * a * a
                g1 += trace + 2 * fifth * b * p1 - both * b * b
                g2 += trace + 2 * fifth * c * p2 - both * c * c
                g3 += fifth * (a * p1 + b * p0) - both * a * b
                g4 += fifth * (a * p2 + c * p0) - both * a * c
                g5 += fifth * (b * p2 + c * p1) - both * b * c
                continue
            drift[i] += 2 * np.sqrt(p0 * p0 + p1 * p1 + p2 * p2) / (np.sqrt(square) - radius[i]) ** 3
            for p in range(starts[i], starts[i + 1]):
                d0, d1, d2 = _dipole(points[0, p] - x, points[1, p] - y, points[2, p] - z, p0, p1, p2)
                field[0, p] += d0
                field[1, p] += d1
                field[2, p] += d2
        at_centres[0, i] += m0
        at_centres[1, i] += m1
        at_centres[2, i] += m2
        for row, by in enumerate((h0, h1, h2, g0, g1, g2, g3, g4, g5)):
            expansion[row, i] += by


_tensors = compiled(_tensors_loop)
_means = compiled(_means_loop)
_excess_serial, _excess_parallel = compiled(_excess_loop), compiled(_excess_loop, parallel=True)
_near_serial, _near_parallel = compiled(_near_loop), compiled(_near_loop, parallel=True)
_far_serial, _far_parallel = compiled(_far_loop), compiled(_far_loop, parallel=True)
