"""The demagnetising tensor against exact values, direct sums and quadrature by brute force."""

import hashlib
import os
from itertools import product
from math import prod

import numpy as np
import pytest
import torch
from scipy.fft import irfftn, rfftn

from hardmag.materials import MU0
from hardmag.micromagnetics import demag_kernel
from hardmag.micromagnetics.demag import Demag
from hardmag.micromagnetics.demag_kernel import COMPONENTS_2D, COMPONENTS_3D, FAR, GAUSS2, GAUSS3, NEAR, demag_spectrum

OPEN = (False, False, False)
ALONG_Z = (False, False, True)
EVERYWHERE = (True, True, True)


def newell(offset, cell):
    """Newell's tensor between two cells: {component: number}. offset: from source to target, of any sign; where a
    coordinate is an array, the sum over it."""
    function = demag_kernel._newell_2d if len(cell) == 2 else demag_kernel._newell_3d
    return {key: float(value.sum()) for key, value in function([np.atleast_1d(x) for x in offset], cell).items()}


def mean_factors(n, cell_m, periodic=OPEN):
    """Magnetometric factors (N_xx, N_yy, N_zz) of a whole box: minus the mean field of a uniform magnetisation."""
    demag = Demag(n, cell_m, periodic, "cpu", torch.float64)
    factors = []
    for axis in range(3):
        m = torch.zeros(1, 3, *n, dtype=torch.float64)
        m[:, axis] = 1.0
        B = demag.gradient(m, *2 * [torch.ones(1, 1, *n, dtype=torch.float64)]) / MU0
        factors.append(float(B[:, axis].mean()))
    return factors


def field(spectra, shape, M):
    """H = −N M by FFT for M (components, nx, ny[, nz])."""
    dims = len(shape)
    F = [rfftn(component, shape) for component in M]
    H = []
    for a in "xyz"[:dims]:
        total = sum(spectra["".join(sorted(a + b))] * F[k] for k, b in enumerate("xyz"[:dims]))
        H.append(-irfftn(total, shape)[tuple(slice(k) for k in M.shape[1:])])
    return np.array(H)


@pytest.mark.parametrize("n", [(1, 1, 1), (5, 5, 5)])
def test_cube(n):
    """By symmetry 1/3 on each axis. 1e-9: Newell in fp64 loses at most 7 of 16 digits over 5 cells."""
    assert mean_factors(n, (2e-9, 2e-9, 2e-9)) == pytest.approx([1 / 3] * 3, abs=1e-9)


def aharoni(a, b, c):
    """Magnetometric factor along c of the prism 2a × 2b × 2c, in closed form (Aharoni, J. Appl. Phys. 83, 3432, 1998)."""
    r, rab, rbc, rca = np.sqrt(a * a + b * b + c * c), np.hypot(a, b), np.hypot(b, c), np.hypot(c, a)
    return (
        (b * b - c * c) / (2 * b * c) * np.log((r - a) / (r + a))
        + (a * a - c * c) / (2 * a * c) * np.log((r - b) / (r + b))
        + b / (2 * c) * np.log((rab + a) / (rab - a))
        + a / (2 * c) * np.log((rab + b) / (rab - b))
        + c / (2 * a) * np.log((rbc - b) / (rbc + b))
        + c / (2 * b) * np.log((rca - a) / (rca + a))
        + 2 * np.arctan(a * b / (c * r))
        + (a**3 + b**3 - 2 * c**3) / (3 * a * b * c)
        + (a * a + b * b - 2 * c * c) / (3 * a * b * c) * r
        + c / (a * b) * (rca + rbc)
        - (rab**3 + rbc**3 + rca**3) / (3 * a * b * c)
    ) / np.pi


@pytest.mark.parametrize("n", [(6, 6, 3), (3, 3, 6), (2, 5, 7)])
def test_prisms(n):
    """Box of cells against Aharoni's closed form. 1e-9: Newell in fp64 loses at most 7 of 16 digits over 7 cells."""
    a, b, c = n
    assert mean_factors(n, (1e-9, 1e-9, 1e-9)) == pytest.approx(
        [aharoni(b, c, a), aharoni(c, a, b), aharoni(a, b, c)], abs=1e-9
    )


@pytest.mark.parametrize(("n", "across", "along"), [((48, 48, 24), 0.2364, 0.5272), ((24, 24, 48), 0.41332, 0.17356)])
def test_spheroids(n, across, along):
    """Osborn's factors of the 2:2:1 and the 1:1:2 spheroid, cut from cells. 5e-3: steps in the outline err in first order
    of the cell; with 6, 12, 24 and 36 cells on the oblate's short axis N_c is 14, 10, 4.5 and 2.5e-3 too small."""
    centres = np.meshgrid(*((np.arange(k) + 0.5) / k * 2 - 1 for k in n), indexing="ij")
    Ms = torch.as_tensor(sum(x * x for x in centres) < 1, dtype=torch.float64)[None, None]
    demag = Demag(n, (1e-9, 1e-9, 1e-9), OPEN, "cpu", torch.float64)
    for axis, expected in enumerate((across, across, along)):
        m = torch.zeros(1, 3, *n, dtype=torch.float64)
        m[:, axis] = 1.0
        factor = demag.gradient(m, Ms, Ms)[:, axis].sum() / Ms.sum() / MU0
        assert float(factor) == pytest.approx(expected, abs=5e-3)


@pytest.mark.parametrize("cell", [(1.0, 1.0, 1.0), (1.0, 2.0, 0.5), (0.5, 0.5, 2.0), (1.0, 1.3, 0.7)])
def test_trace_of_the_self_term(cell):
    """Poisson's equation: the trace is 1 inside and 0 outside. 1e-9: rounding of Newell's differences."""
    itself, neighbour = newell((0.0, 0.0, 0.0), cell), newell((cell[0], -cell[1], 0.0), cell)
    assert sum(itself[k] for k in ("xx", "yy", "zz")) == pytest.approx(1.0, abs=1e-9)
    assert sum(neighbour[k] for k in ("xx", "yy", "zz")) == pytest.approx(0.0, abs=1e-9)
    assert [itself[k] for k in ("xy", "xz", "yz")] == pytest.approx([0.0] * 3, abs=1e-9)


def test_infinite_square_bar():
    """z-invariant: ½, ½ and 0, whatever the layer's thickness; one cell or 7×7 of them. 1e-9: rounding."""
    assert mean_factors((1, 1, 1), (1e-9, 1e-9, 5e-9), ALONG_Z) == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)
    assert mean_factors((7, 7, 1), (1e-9, 1e-9, 2e-9), ALONG_Z) == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)


def test_mumax3():
    """3×4×1 cells of 1×2×0.5 nm: the values that MuMax3 and mumax+ keep as a regression test.

    They are not exact (their sum is 0.99891, not 1): MuMax3 integrates point poles, six to the distance between cells.
    Its error grows with the number of touching faces and is largest, 1e-3, for the thin direction; ours is 1e-9.
    """
    factors = mean_factors((3, 4, 1), (1e-9, 2e-9, 0.5e-9))
    assert sum(factors) == pytest.approx(1.0, abs=1e-9)
    assert factors == pytest.approx([0.15768295526, 0.05676037073, 0.78447151184], abs=1.1e-3)


def by_brute_force(offset, cell, order=5):
    """Tensor of two cells far apart: the point (line) dipole's, averaged over both cells by Gauss-Legendre in all 2·dims
    coordinates. Independent of Newell's formulae and of the triangular weight."""
    dims = len(cell)
    nodes, weights = np.polynomial.legendre.leggauss(order)
    grids = np.meshgrid(*[nodes * c / 2 for c in cell] * 2, indexing="ij", sparse=True)
    weight = prod(np.meshgrid(*[weights / 2] * (2 * dims), indexing="ij", sparse=True))
    r = [offset[k] + grids[k] - grids[dims + k] for k in range(dims)]
    r2 = sum(x * x for x in r)
    scale = weight * np.prod(cell) / (2 * np.pi * r2 if dims == 2 else 4 * np.pi * r2**1.5)
    keys = COMPONENTS_2D if dims == 2 else COMPONENTS_3D
    return {k: float((scale * ((k[0] == k[1]) - dims * r["xyz".index(k[0])] * r["xyz".index(k[1])] / r2)).sum()) for k in keys}


def worst(tensor, reference, offset, cell):
    """Largest difference of any component, over the dipole's strength at that distance."""
    dims, distance = len(cell), np.linalg.norm(offset)
    strength = np.prod(cell) / (2 * (dims - 1) * np.pi * distance**dims)
    return max(abs(float(np.ravel(tensor[key])[0]) - reference[key]) for key in reference) / strength


CELLS = [(1.0, 1.0, 1.0), (1.0, 1.2, 0.9), (0.5, 0.5, 2.0), (1.0, 1.0), (0.5, 2.0)]


@pytest.mark.parametrize("cell", CELLS)
def test_newell_against_brute_force(cell):
    """Three long edges apart. 1e-8 of the dipole's strength: Newell's rounding and the rest of order-8 quadrature."""
    offset = np.array([3.0, -3.0, 2.0][: len(cell)]) * max(cell)
    reference = by_brute_force(offset, cell, order=8)
    assert worst(newell(offset, cell), reference, offset, cell) < 1e-8


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("rule", "edges"), [(GAUSS3, NEAR), (GAUSS2, FAR)])
def test_quadrature_against_brute_force(cell, rule, edges):
    """From where each rule is used on: 1e-6 of the dipole's strength, as NEAR and FAR promise."""
    for direction in [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 0.4, 0.3), (0.6, 0.6, 0.53)]:
        direction = np.array(direction[: len(cell)], dtype=float)
        if not direction.any():
            continue
        offset = direction * edges * max(cell)
        if np.linalg.norm(offset) < edges * max(cell):
            offset *= edges * max(cell) / np.linalg.norm(offset)
        quadrature = demag_kernel._quadrature([np.array([x]) for x in offset], cell, rule)
        assert worst(quadrature, by_brute_force(offset, cell), offset, cell) < 1e-6


@pytest.mark.parametrize("cell", CELLS[:3])
def test_quadrature_against_newell(cell):
    """Where both hold, NEAR long edges apart: 1e-6, the rule's own error (Newell's rounding is 2e-7 at 4:1 cells)."""
    for offset in np.array([(1, 0, 0), (0.7, -0.7, 0.2), (0.6, 0.6, -0.6)]) * NEAR * max(cell):
        quadrature = demag_kernel._quadrature([np.array([x]) for x in offset], cell, GAUSS3)
        assert worst(quadrature, newell(offset, cell), offset, cell) < 1e-6


def direct_field(M, cell, periodic, images):
    """H = −Σ N M pair by pair, with Newell at the signed distance. Along a periodic direction each pair takes its
    shortest distance and `images` repeats on either side; a pair half a period apart the mean of both its ways."""
    dims, n = len(cell), M.shape[1:]
    tensors = {}

    def tensor(pair):
        if pair not in tensors:
            ways = []
            for o, k, p in zip(pair, n, periodic, strict=True):
                o = (o + k // 2) % k - k // 2 if p else o
                ways.append((o, -o) if p and 2 * abs(o) == k else (o,))
            ways = list(product(*ways))
            repeats = [np.arange(-images, images + 1) if p else 0 for p in periodic]
            N = np.zeros((dims, dims))
            for way in ways:
                values = newell([(o + s * k) * c for o, s, k, c in zip(way, repeats, n, cell, strict=True)], cell)
                for key, value in values.items():
                    i, j = ("xyz".index(c) for c in key)
                    N[i, j] += value / len(ways)
                    N[j, i] = N[i, j]
            tensors[pair] = N
        return tensors[pair]

    H = np.zeros_like(M)
    for target, source in product(np.ndindex(n), repeat=2):
        pair = tuple(t - s for t, s in zip(target, source, strict=True))
        H[(slice(None), *target)] -= tensor(pair) @ M[(slice(None), *source)]
    return H


@pytest.mark.parametrize(
    ("n", "periodic", "images"),
    [
        ((3, 4, 2), OPEN, 0),
        ((2, 2, 4), ALONG_Z, 2),
        ((2, 3, 3), ALONG_Z, 2),
        ((4, 2, 2), (True, False, False), 2),
        ((4, 5, 1), ALONG_Z, 0),
        ((4, 3, 1), (True, False, True), 3),
        ((3, 2, 2), (True, True, False), 2),
    ],
)
def test_convolution_is_the_direct_sum(n, periodic, images):
    """Random M on a small grid. 1e-8 of Ms: over these distances Newell is good to 1e-9. Of a slab M has no mean over the
    plane: that part is exact, and not of these images alone."""
    cell = (1.0, 1.2, 0.9)
    shape, spectra = demag_spectrum(n, cell, periodic, images=images, cache=False)
    dims = len(shape)
    M = np.random.default_rng(1).standard_normal((dims, *n[:dims]))
    if sum(periodic[:dims]) == dims - 1:
        M -= M.mean(tuple(1 + d for d in range(dims) if periodic[d]), keepdims=True)
    expected = direct_field(M, cell[:dims], periodic[:dims], images)
    assert np.abs(field(spectra, shape, M) - expected).max() < 1e-8


SLABS = [
    ((1, 1, 4), (1.0, 1.0, 1.0), (True, True, False)),
    ((4, 3, 2), (1.0, 1.0, 1.0), (True, True, False)),
    ((2, 1, 3), (0.5, 2.0, 1.0), (True, True, False)),
    ((3, 2, 4), (1.0, 1.0, 1.0), (False, True, True)),
    ((1, 5, 1), (1.0, 1.0, 1.0), (True, False, True)),
    ((4, 3, 1), (1.0, 2.0, 1.0), (True, False, True)),
    ((3, 4, 1), (1.0, 2.0, 1.0), (False, True, True)),
]


@pytest.mark.parametrize(("n", "cell", "periodic"), SLABS)
def test_layers_of_an_infinite_slab_are_exact(n, cell, periodic):
    """Layers that are uniform in the plane, each of its own M: H = −M across the plane in the layer itself, nothing else
    anywhere. 1e-12: rounding."""
    shape, spectra = demag_spectrum(n, cell, periodic, cache=False)
    across = periodic.index(False)
    layers = np.random.default_rng(2).standard_normal((len(shape), n[across]))
    M = np.ones((len(shape), *n[: len(shape)])) * np.expand_dims(layers, [1 + d for d in range(len(shape)) if d != across])
    expected = np.zeros_like(M)
    expected[across] = -M[across]
    assert np.abs(field(spectra, shape, M) - expected).max() < 1e-12


def stripes(period, thickness):
    """Factor N of stripes of ±M across a slab, each half a period wide: the mean of −H·M over M² (Kittel, Rev. Mod. Phys. 21,
    541, 1949; Kooy and Enz 1960). With M in the plane, across the stripes, it is 1 − N."""
    odd = np.arange(1, 200001, 2)
    kt = 2 * np.pi * odd / period * thickness
    return (8 / (np.pi * odd) ** 2 * -np.expm1(-kt) / kt).sum()


@pytest.mark.parametrize(
    ("n", "cell", "periodic"),
    [
        ((2, 1, 3), (1.0, 1.0, 1.0), (True, True, False)),
        ((2, 2, 20), (1.0, 1.0, 1.0), (True, True, False)),
        ((8, 8, 5), (1.0, 1.0, 1.0), (True, True, False)),
        ((8, 4, 3), (3.0, 1.0, 1.0), (True, True, False)),
        ((32, 4, 4), (1.0, 1.0, 1.0), (True, True, False)),
        ((8, 5, 1), (1.0, 1.0, 1.0), (True, False, True)),
    ],
)
def test_stripe_domains_of_a_slab(n, cell, periodic):
    """Against the series: cells hold the stripes exactly. 3e-5: what images beyond 8 periods and 64 cells leave out; found is
    2.1e-5 at most."""
    shape, spectra = demag_spectrum(n, cell, periodic, cache=False)
    across = periodic.index(False)
    sign = np.where(np.arange(n[0]) < n[0] // 2, 1.0, -1.0).reshape(-1, *[1] * (len(shape) - 1)) * np.ones(n[: len(shape)])
    expected = stripes(n[0] * cell[0], n[across] * cell[across])
    for component, factor in ((across, expected), (0, 1 - expected)):
        M = np.zeros((len(shape), *sign.shape))
        M[component] = sign
        assert -(field(spectra, shape, M)[component] * sign).mean() == pytest.approx(factor, abs=3e-5)


def test_the_field_above_stripes_decays():
    """Above one layer of stripes, 16 cells a period and four layers of empty ones: the first harmonic, averaged over the
    cells, falls as e^(−kz). 2e-5 of M, as above."""
    shape, spectra = demag_spectrum((16, 1, 5), (1.0, 1.0, 1.0), (True, True, False), cache=False)
    M = np.zeros((3, 16, 1, 5))
    M[2, :, 0, 0] = np.where(np.arange(16) < 8, 1.0, -1.0)
    H, k = field(spectra, shape, M)[2, :, 0], 2 * np.pi / 16
    harmonic = np.fft.rfft(H, axis=0)[1] / np.fft.rfft(M[2, :, 0, 0])[1]
    aliases = k + 2 * np.pi * np.arange(-400, 401)  # cells cannot tell these waves from the first
    weight = (2 / aliases * np.sin(aliases / 2)) ** 2
    for layer in range(1, 5):
        wave = abs(aliases)
        expected = (weight * np.expm1(-wave) ** 2 / (2 * wave) * np.exp(-wave * (layer - 1))).sum()
        assert harmonic[layer].real == pytest.approx(expected, abs=2e-5)


def test_kernels_of_slabs_are_kept_under_names_of_their_own(tmp_path, monkeypatch):
    """Those that an older version has left are not read; all other kernels are kept under the same names as by it. Zeros stand
    in for the sums over images, which take long."""
    monkeypatch.setenv("HARDMAG_CACHE", str(tmp_path))
    offsets = lambda n, periodic: [k // 2 + 1 if p else k for k, p in zip(n, periodic, strict=True)]  # noqa: E731
    monkeypatch.setattr(demag_kernel, "_octants", lambda n, cell, periodic, images: {"xx": np.zeros(offsets(n, periodic))})
    for periodic, images in ((OPEN, 0), (ALONG_Z, 16), (EVERYWHERE, 8), ((True, True, False), (16, 22, 0))):
        demag_spectrum((4, 3, 2), (1.0, 1.0, 1.0), periodic)
        key = repr((1, (4, 3, 2), [1.0, 1.0, 1.0], periodic, images))
        assert (tmp_path / f"demag-{hashlib.sha256(key.encode()).hexdigest()[:20]}.npz").exists()


def test_images_converge_to_the_z_invariant_kernel():
    """The error falls from one number of images to the next, about fourfold per doubling (what is left out are two
    half-infinite bars, whose field falls as 1/distance²), and to 5e-3 at the default number. Uniform along z: k_z = 0."""
    cell, n = (1.0, 1.0, 1.0), (2, 3, 2)
    _, flat = demag_spectrum((2, 3, 1), cell, ALONG_Z, cache=False)
    errors = []
    for images in (2, 4, 8, 16, 32, None):
        _, spectra = demag_spectrum(n, cell, ALONG_Z, images=images, cache=False)
        invariant = {key: spectrum[..., 0][:, : flat["xx"].shape[1]] for key, spectrum in spectra.items()}
        errors.append(max(np.abs(invariant[key] - flat.get(key, 0.0)).max() for key in COMPONENTS_3D))
    by_images, default = errors[:-1], errors[-1]
    ratios = [a / b for a, b in zip(by_images, by_images[1:], strict=False)]
    assert min(ratios) > 2.5
    assert ratios[-1] == pytest.approx(4, abs=0.2)
    assert default < 5e-3


@pytest.mark.parametrize(("n", "images"), [((4, 3, 1), 2), ((2, 2, 2), 1)])
def test_infinite_uniform_medium_has_no_field(n, images):
    """Without a surface there are no poles: zero but for rounding, however few the images."""
    shape, spectra = demag_spectrum(n, (1.0, 1.2, 0.9), EVERYWHERE, images=images, cache=False)
    M = np.ones((len(shape), *n[: len(shape)]))
    assert np.abs(field(spectra, shape, M)).max() < 1e-12


def test_stripes():
    """Stripes of 2 magnetised and 4 empty cells, periodic everywhere, magnetised across: −Ms d0/(d0+d1) in the film and
    +Ms d1/(d0+d1) in the gap. 2e-4 at the default of 8 images, 2e-5 at 32: what a finite sum leaves out shrinks."""
    M = np.zeros((2, 6, 3))
    M[0, :2] = 1.0
    exact = np.where(np.arange(6) < 2, -4 / 6, 2 / 6)[:, None] * np.ones(3)
    for images, tolerance in ((None, 2e-4), (32, 2e-5)):
        shape, spectra = demag_spectrum((6, 3, 1), (1.0, 1.0, 1.0), EVERYWHERE, images=images, cache=False)
        H = field(spectra, shape, M)
        assert np.abs(H[0] - exact).max() < tolerance
        assert np.abs(H[1]).max() < 1e-12


def test_cache(tmp_path, monkeypatch):
    """The second call computes nothing and returns the same bits, also for cells of the same shape and another size."""
    monkeypatch.setenv("HARDMAG_CACHE", str(tmp_path))
    shape, computed = demag_spectrum((3, 4, 2), (1e-9, 2e-9, 0.5e-9), ALONG_Z)
    monkeypatch.setattr(demag_kernel, "_octants", lambda *_: pytest.fail("computed although it is stored"))
    for cell in ((1e-9, 2e-9, 0.5e-9), (2e-9, 4e-9, 1e-9)):
        again, read = demag_spectrum((3, 4, 2), cell, ALONG_Z)
        assert again == shape
        assert read.keys() == computed.keys()
        assert all(np.array_equal(read[key], computed[key]) for key in computed)


def break_off(*arguments, **_):
    if hasattr(arguments[0], "write"):
        arguments[0].write(b"PK\x03\x04 half a file")
    raise KeyboardInterrupt


@pytest.mark.parametrize(("module", "function"), [(np, "savez"), (os, "replace")])
def test_interrupted_write_leaves_no_kernel(tmp_path, monkeypatch, module, function):
    """Broken off half-way through the file, or just before the whole file gets its name: nothing that a later call could
    take for a kernel."""
    monkeypatch.setenv("HARDMAG_CACHE", str(tmp_path))
    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(module, function, break_off)
        demag_spectrum((3, 2, 2), (1e-9, 1e-9, 1e-9), OPEN)
    assert not list(tmp_path.glob("demag-*"))
    _, after = demag_spectrum((3, 2, 2), (1e-9, 1e-9, 1e-9), OPEN)
    _, fresh = demag_spectrum((3, 2, 2), (1e-9, 1e-9, 1e-9), OPEN, cache=False)
    assert len(list(tmp_path.glob("demag-*.npz"))) == 1
    assert all(np.array_equal(after[key], fresh[key]) for key in fresh)


@pytest.mark.parametrize("damage", [b"", b"nothing", None])
def test_a_damaged_cache_is_made_anew(tmp_path, monkeypatch, damage):
    """Empty, foreign, or cut in half: the kernel is that of an empty cache, and the file is whole again."""
    monkeypatch.setenv("HARDMAG_CACHE", str(tmp_path))
    _, first = demag_spectrum((4, 3, 2), (1e-9, 1e-9, 2e-9), (False, False, False))
    (path,) = tmp_path.glob("demag-*.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    _, second = demag_spectrum((4, 3, 2), (1e-9, 1e-9, 2e-9), (False, False, False))
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    """Its folder would lie below a file: the kernel comes all the same, with a warning."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("HARDMAG_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.warns(UserWarning, match="is not kept there"):
        _, spectra = demag_spectrum((2, 2, 2), (1e-9,) * 3, (False,) * 3)
    assert set(spectra) == {"xx", "yy", "zz", "xy", "xz", "yz"}
