"""Demagnetising tensor between cuboid cells, averaged over both cells, in fp64; spectra cached on disk.

H = −N M per cell. Near cells: Newell, Williams & Dunlop 1993 (3-D), and its two-dimensional counterpart for cells that
are infinite along z. Far cells: the point (or line) dipole tensor under Gauss quadrature of the triangular weight that
averaging over both cells amounts to. Periodic directions are repeated finitely often (macro-geometry, Fangohr 2009). Of a slab,
open along one direction only, what is uniform in its plane is exact; the images that are left out then lack next to nothing.
"""

import hashlib
import os
import tempfile
import warnings
from itertools import product
from math import ceil, pi
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.fft import next_fast_len, rfftn

KERNEL_VERSION = 1
NEAR = 10  # in longest cell edges: beyond it three-point quadrature errs by less than (1/10)⁶ = 1e-6, nearer Newell is exact
FAR = 48  # beyond it two points do: (1/48)⁴ ≈ 2e-7

# Gauss rules (nodes in cell edges, weights) for the weight 1 − |t| on [−1, 1], exact to degree 5 and 3.
GAUSS3 = ((-(0.4**0.5), 0.0, 0.4**0.5), (5 / 24, 14 / 24, 5 / 24))
GAUSS2 = ((-(6**-0.5), 6**-0.5), (0.5, 0.5))

COMPONENTS_3D = ("xx", "yy", "zz", "xy", "xz", "yz")
COMPONENTS_2D = ("xx", "yy", "xy")  # per unit length of an infinite prism: N_zz = N_xz = N_yz = 0


def demag_spectrum(n, cell_m, periodic, images=None, cache=True):
    """Real spectra of the demagnetising tensor for a convolution by FFT.

    n: cells (nx, ny, nz); cell_m: edges; periodic: per direction; images: repeats on each side of a periodic
    direction, None for enough (`_enough_images`). One periodic layer along z gives the z-invariant kernel.
    Returns (shape, spectra): the padded FFT shape and {component: array of the half spectrum}.
    """
    flat = n[2] == 1 and periodic[2]
    dims = 2 if flat else 3
    slab = sum(periodic[:dims]) == dims - 1
    if images is None:
        images = _enough_images_of_a_slab if slab else _enough_images
        images = images(n[:dims], cell_m[:dims], periodic[:dims])
    elif slab:
        images = tuple(images if p else 0 for p in periodic[:dims])
    shape = tuple(k if p else next_fast_len(2 * k - 1, real=True) for k, p in zip(n, periodic, strict=True))[:dims]
    path = _cache_path(n, cell_m, periodic, images) if cache else None
    stored = None if path is None else _load(path)
    if stored is not None:
        return shape, stored
    spectra = {}
    for key, values in _octants(n[:dims], cell_m[:dims], periodic[:dims], images).items():
        full = values
        for axis in range(dims):
            full = _unfold(full, axis, n[axis], shape[axis], periodic[axis], odd=key.count("xyz"[axis]) == 1)
        if slab:
            _correct_the_mean(full, key, periodic[:dims])
        spectra[key] = np.ascontiguousarray(rfftn(full).real)
        if all(periodic):
            spectra[key].flat[0] = 0.0  # no poles on the surface of an infinite medium
    if path is not None:
        _store(path, spectra)
    return shape, spectra


def _enough_images(n, cell_m, periodic):
    """Repeats that reach 8 times the longest open edge, at least 8; 0 where nothing is periodic."""
    edges = [c * k for c, k in zip(cell_m, n, strict=True)]
    longest = max((e for e, p in zip(edges, periodic, strict=True) if not p), default=0.0)
    return max((max(8, ceil(8 * longest / e)) for e, p in zip(edges, periodic, strict=True) if p), default=0)


def _enough_images_of_a_slab(n, cell_m, periodic):
    """Repeats along each direction that reach 8 periods and 64 cells, of the longest there are in the plane. The field of
    what lies beyond is uniform in the plane but for 1/distance³, and that uniform part is exact."""
    edges = [c * k if p else 0.0 for c, k, p in zip(cell_m, n, periodic, strict=True)]
    reach = max(8 * max(edges), 64 * max(c for c, p in zip(cell_m, periodic, strict=True) if p))
    if all(k == 1 for k, p in zip(n, periodic, strict=True) if p):
        reach = 0.0  # all is uniform in the plane
    return tuple(ceil(reach / e - 1e-9) if p else 0 for e, p in zip(edges, periodic, strict=True))


def _correct_the_mean(full, key, periodic):
    """Give a slab's tensor (on all offsets) its mean over the plane: a layer that is magnetised across it, and uniformly, has
    the field −M inside, and none outside; magnetised in the plane it has none at all."""
    plane = tuple(axis for axis, p in enumerate(periodic) if p)
    full -= full.mean(plane, keepdims=True)
    if key == 2 * "xyz"[periodic.index(False)]:
        first = tuple(slice(None) if p else 0 for p in periodic)
        full[first] += 1 / full[first].size


def _cache_path(n, cell_m, periodic, images):
    """Where the spectra are kept; None for a user who has no home folder, not even one in name."""
    try:
        folder = os.environ.get("HARDMAG_CACHE") or Path.home() / ".cache" / "hardmag"
    except RuntimeError:
        return None
    ratio = [round(c / min(cell_m), 12) for c in cell_m]  # the tensor depends on the shape of a cell, not on its size
    key = repr((KERNEL_VERSION, tuple(n), ratio, tuple(map(bool, periodic)), images))
    return Path(folder) / f"demag-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz"


def _load(path):
    """Stored spectra, or None where there are none or the file is damaged: they are then made anew."""
    try:
        with np.load(path) as stored:
            return {key: stored[key] for key in stored.files}
    except (OSError, EOFError, ValueError, BadZipFile):
        return None


def _store(path, spectra):
    """Write whole or not at all: a killed job leaves no half kernel behind. A cache that cannot be written is no loss."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **spectra)
        os.replace(name, path)
    except OSError as error:
        warnings.warn(f"{path.parent}: the demagnetising kernel is not kept there: {error.strerror}", stacklevel=2)


def _octants(n, cell, periodic, images):
    """Tensor for offsets 0 … n−1 (open) or 0 … n//2 (periodic) along each direction, images summed."""
    offsets = [np.arange(k // 2 + 1 if p else k) for k, p in zip(n, periodic, strict=True)]
    if isinstance(images, tuple):
        total = _many_images(offsets, n, cell, images)
    else:
        total = None
        shifts = [range(-images, images + 1) if p else (0,) for p in periodic]
        for shift in product(*shifts):
            at = [(o + s * k) * c for o, s, k, c in zip(offsets, shift, n, cell, strict=True)]
            part = _tensor(at, cell)
            total = part if total is None else {key: total[key] + part[key] for key in total}
    for axis, (k, p) in enumerate(zip(n, periodic, strict=True)):
        if p and k % 2 == 0:  # offset k/2 is also −k/2: components odd along this direction vanish there
            for key in total:
                if key.count("xyz"[axis]) == 1:
                    total[key][(slice(None),) * axis + (k // 2,)] = 0.0
    return total


def _many_images(offsets, n, cell, images):
    """Tensor at offsets, summed over images (per direction): one after the other where there are fewest, else together."""
    lead = min((d for d, i in enumerate(images) if i), key=lambda d: images[d], default=0)
    repeats = [np.arange(-i, i + 1) for i in images]
    total = {}
    for one in repeats[lead]:
        shifts = [np.array([one]) if d == lead else s for d, s in enumerate(repeats)]
        at = [((s[:, None] * k + o) * c).ravel() for s, o, k, c in zip(shifts, offsets, n, cell, strict=True)]
        apart = [length for s, o in zip(shifts, offsets, strict=True) for length in (len(s), len(o))]
        for key, values in _tensor(at, cell).items():
            total[key] = total.get(key, 0.0) + values.reshape(apart).sum(tuple(range(0, len(apart), 2)))
    return total


def _unfold(values, axis, n, padded, periodic, odd):
    """Mirror an array given for offsets ≥ 0 onto the FFT's index order along one axis."""
    values = np.moveaxis(values, axis, 0)
    full = np.zeros((padded, *values.shape[1:]))
    half = values.shape[0]
    full[:half] = values
    last = (n - 1) // 2 if periodic else n - 1  # largest offset that has a mirror image of its own
    if last:
        mirrored = values[last:0:-1]
        full[-last:] = -mirrored if odd else mirrored
    return np.moveaxis(full, 0, axis)


def _tensor(at, cell):
    """Tensor at the grid spanned by coordinate arrays `at`: quadrature everywhere, exact where cells are near."""
    edge = max(cell)
    nearest = sum(min(abs(a)) ** 2 for a in at) ** 0.5
    far = _quadrature(at, cell, GAUSS2 if nearest > FAR * edge else GAUSS3)
    near = [np.flatnonzero(abs(a) < NEAR * edge) for a in at]
    if all(len(k) for k in near):
        exact = (_newell_2d if len(cell) == 2 else _newell_3d)([a[k] for a, k in zip(at, near, strict=True)], cell)
        for key in far:
            far[key][np.ix_(*near)] = exact[key]
    return far


def _quadrature(at, cell, rule):
    keys = COMPONENTS_2D if len(cell) == 2 else COMPONENTS_3D
    total = {key: 0.0 for key in keys}
    for nodes in product(range(len(rule[0])), repeat=len(cell)):
        weight = np.prod([rule[1][k] for k in nodes])
        r = np.meshgrid(*(a + rule[0][k] * c for a, k, c in zip(at, nodes, cell, strict=True)), indexing="ij", sparse=True)
        r2 = sum(x * x for x in r)
        with np.errstate(divide="ignore", invalid="ignore"):  # r = 0 lies in the near block, which is overwritten
            inverse = 1 / r2
            scale = weight * np.prod(cell) * (inverse / (2 * pi) if len(cell) == 2 else inverse * np.sqrt(inverse) / (4 * pi))
            for key in keys:
                i, j = ("xyz".index(c) for c in key)
                total[key] = total[key] + scale * ((i == j) - len(cell) * r[i] * r[j] * inverse)
    return total


def _second_differences(function, at, cell):
    """δ² along every direction of function(x, y[, z]) on the grid: the average over source and target cell."""
    total = 0.0
    for steps in product((-1, 0, 1), repeat=len(cell)):
        weight = np.prod([-2.0 if s == 0 else 1.0 for s in steps])
        grid = np.meshgrid(*(a + s * c for a, s, c in zip(at, steps, cell, strict=True)), indexing="ij")
        total = total + weight * function(*grid)
    return total


def _newell_3d(at, cell):
    volume = np.prod(cell)
    result = {}
    for key, order in (("xx", (0, 1, 2)), ("yy", (1, 2, 0)), ("zz", (2, 0, 1))):
        value = _second_differences(_f, [at[k] for k in order], [cell[k] for k in order])
        result[key] = -np.transpose(value, np.argsort(order)) / (4 * pi * volume)
    for key, order in (("xy", (0, 1, 2)), ("xz", (0, 2, 1)), ("yz", (1, 2, 0))):
        value = _second_differences(_g, [at[k] for k in order], [cell[k] for k in order])
        result[key] = -np.transpose(value, np.argsort(order)) / (4 * pi * volume)
    return result


def _newell_2d(at, cell):
    area = np.prod(cell)
    swapped = _second_differences(_f_2d, at[::-1], cell[::-1]).T
    return {
        "xx": _second_differences(_f_2d, at, cell) / (2 * pi * area),
        "yy": swapped / (2 * pi * area),
        "xy": _second_differences(_g_2d, at, cell) / (2 * pi * area),
    }


def _zero_safe(numerator, denominator):
    """atan(numerator/denominator) and the like need 0/0 = 0: the factor in front vanishes there."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator), where=denominator != 0)


def _f(x, y, z):
    """Newell's f (even in all arguments), whose second differences give N_xx."""
    x, y, z = abs(x), abs(y), abs(z)
    r = np.sqrt(x * x + y * y + z * z)
    return (
        y / 2 * (z * z - x * x) * np.arcsinh(_zero_safe(y, np.sqrt(x * x + z * z)))
        + z / 2 * (y * y - x * x) * np.arcsinh(_zero_safe(z, np.sqrt(x * x + y * y)))
        - x * y * z * np.arctan(_zero_safe(y * z, x * r))
        + (2 * x * x - y * y - z * z) * r / 6
    )


def _g(x, y, z):
    """Newell's g (odd in x and y), whose second differences give N_xy."""
    r = np.sqrt(x * x + y * y + z * z)
    z = abs(z)
    return (
        x * y * z * np.arcsinh(_zero_safe(z, np.sqrt(x * x + y * y)))
        + y / 6 * (3 * z * z - y * y) * np.arcsinh(_zero_safe(x, np.sqrt(y * y + z * z)))
        + x / 6 * (3 * z * z - x * x) * np.arcsinh(_zero_safe(y, np.sqrt(x * x + z * z)))
        - z**3 / 6 * np.arctan(_zero_safe(x * y, z * r))
        - z * y * y / 2 * np.arctan(_zero_safe(x * z, y * r))
        - z * x * x / 2 * np.arctan(_zero_safe(y * z, x * r))
        - x * y * r / 3
    )


def _f_2d(x, y):
    """∫∫ ln r dy dy, up to terms that second differences remove: gives N_xx of an infinite prism."""
    r2 = x * x + y * y
    log = np.log(np.where(r2 > 0, r2, 1.0))
    return (y * y - x * x) * log / 4 + x * y * np.arctan(_zero_safe(y, x))


def _g_2d(x, y):
    """∫∫ ln r dx dy, up to terms that second differences remove: gives N_xy of an infinite prism."""
    r2 = x * x + y * y
    log = np.log(np.where(r2 > 0, r2, 1.0))
    return (x * y * log + y * y * np.arctan(_zero_safe(x, y)) + x * x * np.arctan(_zero_safe(y, x))) / 2
