"""The loops of the reduced-order model on the CPU, compiled by numba: over the points of one grain at a time, whose fields stay
in the cache while sources are added to them.

They give what the torch code beside their callers gives, but for rounding (tests/physics/test_reduced_order_loops.py). What a
grain gets is added in one order by one thread, and so depends neither on the threads nor on other magnets.
"""

import numba
import numpy as np
import torch

from hardmag.micromagnetics.cpu_compiled import compiled
from hardmag.micromagnetics.cpu_kernels import parallel_loop

OF_A_THREAD = 250  # grains: with fewer, starting a thread takes longer than it saves


def tensors(shape, points):
    """See field.field_tensors; shape: its _Shape."""
    found = torch.empty((len(points), 6), dtype=torch.float64)
    corners, (first, last) = shape.corners.numpy(), (k.numpy() for k in shape.ends)
    triangles, squares = (np.stack([k.numpy() for k in three], 1) for three in (shape.triangles, shape.squares))
    of_faces = (shape.normals.numpy(), shape.offsets.numpy(), shape.face.numpy(), shape.twice.numpy())
    parts = (corners, first, last, shape.lengths.numpy(), triangles, squares, *of_faces, shape.weights.numpy())
    _tensors(np.ascontiguousarray(points.numpy()), *parts, found.numpy())
    return found


def excess(system, field, expansion, M, uniform, axis):
    """See System.excess."""
    found = torch.empty_like(system.HA)
    near = (system.near[0].numpy(), system.starts.numpy(), system.points.numpy(), system.centre.numpy(), system.HA.numpy())
    given = (field, expansion, M if system.magnetostatics else torch.zeros_like(M), uniform, axis)
    _loop(system, _excess_serial, _excess_parallel)(*near, *(t.contiguous().numpy() for t in given), found.numpy())
    return found


def add_near(system, field, change, turned):
    """See System.add_near."""
    parts = (system.tensors.numpy(), system.blocks.numpy(), system.ranks.numpy(), system.starts.numpy())
    change = change.contiguous().numpy()
    _loop(system, _near_serial, _near_parallel)(*parts, turned.numpy(), change, field.numpy())


def mean_near(system, M):
    """See System.mean_near."""
    total = torch.zeros_like(M)
    _means(system.means.numpy(), system.pairs.numpy(), M.contiguous().numpy(), total.numpy())
    return total


def add_dipoles(system, s, field, at_centres, expansion, dipoles, own, beyond):
    """See dipoles.add_dipoles."""
    members = system.members[s]
    parts = (members, system.is_near[s], system.starts, system.centre, system.radius, system.points, members[own], own)
    loop = parallel_loop(1 + len(members) // OF_A_THREAD, _far_serial, _far_parallel)
    given = (*parts, dipoles.contiguous(), field, at_centres, expansion)
    loop(beyond, *(t.numpy() for t in given))


def _loop(system, serial, parallel):
    return parallel_loop(1 + len(system.J) // OF_A_THREAD, serial, parallel)


def _tensors_loop(points, corners, first, last, lengths, triangles, squares, normals, offsets, face, twice, weights, out):
    """Of each point: a logarithm per edge, and per face an arc tangent of the product of its triangles' complex numbers, whose
    angles, of one sign, add up to less than π."""
    v, e, f, t = len(corners[0]), len(first), len(normals), len(face)
    square, R = np.empty(v), np.empty(v)
    for p in range(len(points)):
        x, y, z = points[p]
        for k in range(v):
            square[k] = (x - corners[0, k]) ** 2 + (y - corners[1, k]) ** 2 + (z - corners[2, k]) ** 2
            R[k] = np.sqrt(square[k])
        d0, d1, d2, d3, d4, d5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(e):
            reach = R[first[k]] + R[last[k]]
            by = np.log((reach + lengths[k]) / (reach - lengths[k]))
            d0 += weights[k, 0] * by
            d1 += weights[k, 1] * by
            d2 += weights[k, 2] * by
            d3 += weights[k, 3] * by
            d4 += weights[k, 4] * by
            d5 += weights[k, 5] * by
        k = 0
        for g in range(f):
            below = offsets[g] - x * normals[g, 0] - y * normals[g, 1] - z * normals[g, 2]
            re, im, at = 1.0, 0.0, e + k
            while k < t and face[k] == g:
                i, j, m = triangles[k]
                bc = square[j] + square[m] - squares[k, 0]
                ca = square[m] + square[i] - squares[k, 1]
                ab = square[i] + square[j] - squares[k, 2]
                a, b = R[i] * R[j] * R[m] + (bc * R[i] + ca * R[j] + ab * R[m]) / 2, below * twice[k]
                re, im = re * a - im * b, re * b + im * a
                k += 1
            by = np.arctan2(im, re)
            d0 += weights[at, 0] * by
            d1 += weights[at, 1] * by
            d2 += weights[at, 2] * by
            d3 += weights[at, 3] * by
            d4 += weights[at, 4] * by
            d5 += weights[at, 5] * by
        out[p, 0], out[p, 1], out[p, 2], out[p, 3], out[p, 4], out[p, 5] = d0, d1, d2, d3, d4, d5


def _excess_loop(own, starts, points, centre, HA, field, expansion, M, uniform, axis, out):
    """A root is drawn only where a field is nearer to switching than all before it: where it is beyond their astroid, of size
    c, (|T|² − c²)³ + 27 (c T∥ T⊥)² > 0."""
    for i in numba.prange(len(starts) - 1):
        x, y, z = M[:, i]
        u0, u1, u2 = uniform[0, i] + expansion[0, i], uniform[1, i] + expansion[1, i], uniform[2, i] + expansion[2, i]
        g0, g1, g2, g3, g4, g5 = expansion[3:, i]
        n0, n1, n2 = axis[:, i]
        c0, c1, c2 = centre[:, i]
        size = 0.0
        for p in range(starts[i], starts[i + 1]):
            a, b, c = points[0, p] - c0, points[1, p] - c1, points[2, p] - c2
            t0 = field[0, p] + u0 + (g0 * a + g3 * b + g4 * c) + (own[0, p] * x + own[2, p] * y + own[3, p] * z)
            t1 = field[1, p] + u1 + (g3 * a + g1 * b + g5 * c) + (own[2, p] * x + own[1, p] * y + own[4, p] * z)
            zz = -1.0 - own[0, p] - own[1, p]
            t2 = field[2, p] + u2 + (g4 * a + g5 * b + g2 * c) + (own[3, p] * x + own[4, p] * y + zz * z)
            along, square = t0 * n0 + t1 * n1 + t2 * n2, t0 * t0 + t1 * t1 + t2 * t2
            if along >= 0:
                continue
            aside = max(0.0, square - along * along)
            if (square - size * size) ** 3 + 27 * (size * along) ** 2 * aside > 0:
                size = max(size, (np.sqrt(aside) ** (2 / 3) + abs(along) ** (2 / 3)) ** 1.5)
        out[i] = size / HA[i]


def _near_loop(tensors, blocks, ranks, starts, turned, change, field):
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


def _far_loop(beyond, members, is_near, starts, centre, radius, points, sources, own, dipoles, field, at_centres, expansion):
    """∂_j H_i = 3 (δ_ij r·p + r_i p_j + p_i r_j)/r⁵ − 15 r_i r_j (r·p)/r⁷."""
    for here in numba.prange(len(members)):
        i = members[here]
        x, y, z = centre[:, i]
        expanded = (beyond * radius[i]) ** 2
        near0, near1, near2 = 0.0, 0.0, 0.0
        h0, h1, h2 = 0.0, 0.0, 0.0
        g0, g1, g2, g3, g4, g5 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for n in range(len(sources)):
            if is_near[here, own[n]]:
                continue
            j = sources[n]
            p0, p1, p2 = dipoles[0, n], dipoles[1, n], dipoles[2, n]
            a, b, c = x - centre[0, j], y - centre[1, j], z - centre[2, j]
            square = a * a + b * b + c * c
            inverse = 1 / square
            cube, rp = inverse * np.sqrt(inverse), a * p0 + b * p1 + c * p2
            along = 3 * rp * inverse
            if square > expanded:
                h0 += cube * (along * a - p0)
                h1 += cube * (along * b - p1)
                h2 += cube * (along * c - p2)
                fifth = 3 * cube * inverse
                trace, both = fifth * rp, 5 * fifth * rp * inverse
                g0 += trace + 2 * fifth * a * p0 - both * a * a
                g1 += trace + 2 * fifth * b * p1 - both * b * b
                g2 += trace + 2 * fifth * c * p2 - both * c * c
                g3 += fifth * (a * p1 + b * p0) - both * a * b
                g4 += fifth * (a * p2 + c * p0) - both * a * c
                g5 += fifth * (b * p2 + c * p1) - both * b * c
                continue
            near0 += cube * (along * a - p0)
            near1 += cube * (along * b - p1)
            near2 += cube * (along * c - p2)
            xj, yj, zj = centre[0, j], centre[1, j], centre[2, j]
            for p in range(starts[i], starts[i + 1]):
                a, b, c = points[0, p] - xj, points[1, p] - yj, points[2, p] - zj
                square = a * a + b * b + c * c
                cube = 1 / (square * np.sqrt(square))
                along = 3 * (a * p0 + b * p1 + c * p2) / square
                field[0, p] += cube * (along * a - p0)
                field[1, p] += cube * (along * b - p1)
                field[2, p] += cube * (along * c - p2)
        at_centres[0, i] += near0 + h0
        at_centres[1, i] += near1 + h1
        at_centres[2, i] += near2 + h2
        for row, by in enumerate((h0, h1, h2, g0, g1, g2, g3, g4, g5)):
            expansion[row, i] += by


_tensors = compiled(_tensors_loop)
_means = compiled(_means_loop)
_excess_serial, _excess_parallel = compiled(_excess_loop), compiled(_excess_loop, parallel=True)
_near_serial, _near_parallel = compiled(_near_loop), compiled(_near_loop, parallel=True)
_far_serial, _far_parallel = compiled(_far_loop), compiled(_far_loop, parallel=True)
