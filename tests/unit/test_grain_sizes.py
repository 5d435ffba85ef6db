"""Sections and sizes of grains against spheres of known sizes, GrainSizeTools, quadrature and counting by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ndtri

from hardmag.errors import UserError
from hardmag.images import grain_sizes
from hardmag.images.grain_sizes import by_counting, saltykov, scheil_schwartz_saltykov, sizes_of, wicksell_lognormal
from hardmag.images.sections import sections_of

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def spheres(n, spread, rng):
    """Diameters of n sections of spheres of mean 1: a plane meets a sphere in proportion to D, at any height alike."""
    D = np.exp(spread**2 / 2 + spread * rng.standard_normal(n))
    return D * np.sqrt(1 - rng.random(n) ** 2)


def blocks(rows=4, columns=5, pitch=12):
    """Square grains of 10 pixels with 2 pixels of boundary between them."""
    edge = np.isin(np.arange(pitch), (0, pitch - 1))
    return np.tile((edge[:, None] | edge).astype(np.uint8), (rows, columns))


def test_sections_by_hand():
    """Each block with half of the boundary around it is 12 × 12 pixels; 2 × 3 of 4 × 5 do not touch the edge."""
    found = sections_of([blocks()], 0.5)
    assert found.diameters_um == pytest.approx(np.full(20, 6 * 2 / np.sqrt(np.pi)), rel=1e-12)
    assert (found.boxes_um == 6).all()
    assert (~found.touches).sum() == 6
    assert found.weights_per_um2[~found.touches] == pytest.approx(np.full(6, 1 / (47 * 35 * 0.25)), rel=1e-12)
    assert (found.weights_per_um2[found.touches] == 0).all()
    assert found.shares == pytest.approx([100 / 144, 44 / 144, 0])


def test_inclusions_are_no_grains_and_specks_are_dropped():
    labels = blocks()
    labels[12:24, 12:24] = 2
    labels[30, 30] = 1  # of which one grain has its part back
    labels[47, 59] = 0  # a speck in the outer boundary
    found = sections_of([labels], 1.0)
    assert len(found.diameters_um) == 19 and (~found.touches).sum() == 5
    assert found.shares[2] == 144 / labels.size
    assert found.weights_per_um2.max() == pytest.approx(1 / (47 * 35) / (1 - found.shares[2]), rel=1e-12)


def test_edge_weights_count_every_size_without_bias():
    """Discs of two sizes in a periodic pattern of 31 × 31 pixels, seen through a field of 25 × 24 at every offset: on average
    the weights of each size add up to one per period, exactly. (As inclusions, the background gives the discs nothing.)"""
    y, x = np.mgrid[:62, :62] % 31
    large, small = np.hypot(x - 8, y - 8) < 5, np.hypot(x - 21, y - 22) < 2.5
    pattern = np.where(large | small, 0, 2)
    total = {"large": 0.0, "small": 0.0}
    for i in range(31):
        for j in range(31):
            found = sections_of([pattern[i : i + 24, j : j + 25]], 1.0)
            per_area = found.weights_per_um2 * (1 - found.shares[2])
            is_large = found.diameters_um > 7
            total["large"] += per_area[is_large].sum()
            total["small"] += per_area[~is_large].sum()
    assert total == pytest.approx({"large": 1, "small": 1}, rel=1e-12)  # 31² offsets, one disc each per 31² pixels


# Saltykov(d, numbins=…, return_data=True) of grainsizetools-jwestraadt 3.2.1 (stereology.py of GrainSizeTools 3.3.0), with d of
# golden_sections below. Some of their classes end negative, one is empty.
PUBLISHED = {
    10: (
        21.78492608229724,
        """0.00629763734200709 0.0 0.09674145041642498 0.11862569524451294 0.10870808265534819 0.04725803404320601
        0.02691610399257187 0.01700609569184374 0.011885403363132256 0.002642848370149207""",
    ),
    17: (
        22.257045223399658,
        """0.0 0.0 0.011469822234598935 0.04012352416181881 0.10562780204982664 0.12398239927538511 0.11123803000196375
        0.10659027317566608 0.08644363847069163 0.03425840223544847 0.06230559296451104 0.0 0.02851228387576804
        0.004878419655772952 0.020356429645772535 0.0 0.005551679155409739""",
    ),
}


def golden_sections():
    k = np.arange(1, 301)
    D = 10 * np.exp(0.35 * ndtri((k * 0.6180339887498949) % 1))
    return D * np.sqrt(1 - ((k * 0.4142135623730951) % 1) ** 2)


@pytest.mark.parametrize("classes", PUBLISHED)
def test_saltykov_is_that_of_grainsizetools(classes):
    """To rounding."""
    found, (last, density) = saltykov(golden_sections(), classes), PUBLISHED[classes]
    assert found.diameters_um[-1] == pytest.approx(last, rel=1e-12)
    assert found.density_per_um == pytest.approx([float(word) for word in density.split()], rel=1e-12, abs=1e-12)


def test_classical_histogram_finds_spheres_of_two_sizes():
    """Two of diameter 5 for one of 10, which are met half as often: as many sections of each. Their heights are a grid, whose
    step of 5e-5 is what the classes' counts are off by."""
    below = np.sqrt(1 - ((np.arange(20_000) + 0.5) / 20_000) ** 2)
    found = scheil_schwartz_saltykov(np.concatenate([10 * below, 5 * below, [10.0]]), classes=10)
    expected = np.zeros(10)
    expected[[4, 9]] = 2 / 3, 1 / 3
    assert found.density_per_um == pytest.approx(expected, abs=2e-3)
    mean, D_V, CV = 20 / 3, (1250 / 3) ** (1 / 3), np.sqrt(1 / 8)  # by hand: ⟨D²⟩ = 50, ⟨D⟩² = 400/9
    assert (found.mean_um, found.D_V_um, found.CV) == pytest.approx((mean, D_V, CV), rel=4e-3)


@pytest.mark.parametrize("spread", [0.1, 0.35, 1.2])
def test_likelihood_is_wicksells(spread):
    """Against adaptive quadrature over D itself, of all sections and of those above a diameter: 1e-8, what quad reaches."""

    def density(D):
        return np.exp(-((np.log(D) / spread) ** 2) / 2) / (D * spread * np.sqrt(2 * np.pi))

    top, mean = np.exp(8 * spread), np.exp(spread**2 / 2)

    def of_section(d):
        """With D = √(d² + x²), without the singularity at D = d."""
        inner = quad(lambda x: density(np.hypot(d, x)) / np.hypot(d, x), 0, top, points=[0.5, 1, 2], limit=500, epsabs=1e-13)
        return d / mean * inner[0]

    at = np.array([0.0, np.log(spread)])
    for d in (0.05, 0.7, 1.0, 1.2):
        ours = -grain_sizes._loss(at, np.log([d]), np.ones(1), 0.0)[0]
        assert ours == pytest.approx(np.log(of_section(d) / d), abs=1e-8)
    above = quad(lambda x: density(np.hypot(0.3, x)) * x * x / np.hypot(0.3, x), 0, top, points=[0.5, 1, 2], limit=500)[0]
    ours = -grain_sizes._loss(at, np.log([0.7]), np.ones(1), 0.3)[0]
    assert ours == pytest.approx(np.log(of_section(0.7) / 0.7 * mean / above), abs=1e-7)


@pytest.mark.parametrize("least", [0.0, 0.4])
def test_slopes_of_the_likelihood(least):
    """Against central differences, good to 1e-8 here."""
    d, share = spheres(50, 0.35, np.random.default_rng(1)) + 0.4, np.full(50, 0.02)
    at, step = np.array([0.1, -0.9]), 1e-5
    for axis, e in enumerate(step * np.eye(2)):
        up, down = (grain_sizes._loss(at + sign * e, np.log(d), share, least)[0] for sign in (1, -1))
        assert grain_sizes._loss(at, np.log(d), share, least)[1][axis] == pytest.approx((up - down) / 2 / step, abs=1e-7)


@pytest.mark.parametrize("spread", [0.2, 0.35, 0.5])
def test_six_hundred_sections_of_spheres(spread, monkeypatch):
    """Mean and CV scatter as little as those of any unbiased estimate can (Cramér and Rao; the benchmark computes it from
    Wicksell's density by quadrature): of 40 repetitions 36 or more are within twice that of the truth (95 % are 38, less 1.5
    standard deviations), and the average within three standard errors."""
    monkeypatch.setattr(grain_sizes, "REPLICATES", 1)
    held = json.loads((BENCHMARKS / "section_sizes.json").read_text())["spheres"][f"spread {spread}"]
    rng, CV = np.random.default_rng(3), np.sqrt(np.expm1(spread**2))
    fits = [wicksell_lognormal(spheres(600, spread, rng), np.ones(600), rng) for _ in range(40)]
    found = np.array([(fit.mean_um.value - 1, fit.CV.value - CV) for fit in fits])
    within = np.abs(found) <= 2 * np.array(held["least standard deviations of mean and CV"])
    assert (within.sum(axis=0) >= 36).all()
    assert (np.abs(found.mean(axis=0)) < 3 * found.std(axis=0) / np.sqrt(40)).all()
    assert fits[0].D_V_um.value == pytest.approx(fits[0].mean_um.value * np.exp(fits[0].spread.value ** 2), rel=1e-12)


def test_spheres_of_one_size(monkeypatch):
    """Mean section over D is π/4: of 2,000 sections, whose mean scatters by 0.28/√2000 of it, to 2 %."""
    monkeypatch.setattr(grain_sizes, "REPLICATES", 1)
    d = 7 * np.sqrt(1 - np.random.default_rng(4).random(2000) ** 2)
    fit = wicksell_lognormal(d, np.ones(2000), np.random.default_rng(0))
    assert fit.mean_um.value == pytest.approx(7, rel=0.01)
    assert d.mean() / fit.mean_um.value == pytest.approx(np.pi / 4, rel=0.02)


def test_sections_left_out_do_not_bias(monkeypatch):
    """Spheres without their sections below 0.4 of the mean: within 3 % by 5,000 sections, where a likelihood that does not know
    of it is off by more."""
    monkeypatch.setattr(grain_sizes, "REPLICATES", 1)
    d = spheres(5000, 0.35, np.random.default_rng(5))
    d = d[d >= 0.4]
    knowing = wicksell_lognormal(d, np.ones(len(d)), np.random.default_rng(0), least_um=0.4)
    ignorant = wicksell_lognormal(d, np.ones(len(d)), np.random.default_rng(0))
    assert knowing.mean_um.value == pytest.approx(1, abs=0.03)
    assert ignorant.mean_um.value > 1.05


def test_weights_are_numbers_of_sections(monkeypatch):
    """A section of weight 2 counts as two."""
    monkeypatch.setattr(grain_sizes, "REPLICATES", 1)
    d = spheres(100, 0.3, np.random.default_rng(6))
    twice = wicksell_lognormal(np.concatenate([d, d[:50]]), np.ones(150), np.random.default_rng(0))
    weighted = wicksell_lognormal(d, np.repeat([2.0, 1.0], 50), np.random.default_rng(0))
    assert weighted.mean_um.value == pytest.approx(twice.mean_um.value, rel=1e-5)  # what the search leaves


def test_intervals_come_from_the_generator():
    """The same draws, the same interval; it holds the estimate; of four times the sections, half as wide to a third."""
    d = spheres(800, 0.3, np.random.default_rng(7))
    one, again, fewer = (wicksell_lognormal(x, np.ones(len(x)), np.random.default_rng(1)) for x in (d, d, d[:200]))
    assert one == again
    assert one.mean_um.low < one.mean_um.value < one.mean_um.high
    widths = [fit.mean_um.high - fit.mean_um.low for fit in (one, fewer)]
    assert widths[1] / widths[0] == pytest.approx(2, rel=1 / 3)


def test_constants_of_counting_are_those_of_the_benchmark():
    held = json.loads((BENCHMARKS / "section_sizes.json").read_text())["calibration"]
    assert all(getattr(grain_sizes, name) == held[name] for name in ("COUNTED", "COUNTED_SLOPE", "COUNTED_NOISE"))
    for constant, seen in held["N_A D_V^2 and spread seen"].values():  # the law through them is within 3 % of each
        assert by_counting(constant, 400, seen).value == pytest.approx(1, abs=0.015)


@pytest.fixture(scope="module")
def magnet_images():
    """Nine images, 6 D_V wide, of a polycrystal of D_V 6.5 µm, σ 0.3, with boundaries and inclusions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        import section_sizes

        found, inclusion = section_sizes.magnet(0.3, 0.04, 4, np.random.default_rng(8))
        return list(section_sizes.images(found, inclusion, boundary_um=0.4))


def test_polycrystal_of_known_size(magnet_images):
    """D_V within 6 %, by likelihood and by counting; σ within 0.1, as polyhedra are no spheres: 0.03 high on the average with a
    scatter of 0.03 (benchmarks/section_sizes.json)."""
    sizes = sizes_of(magnet_images, 0.2, np.random.default_rng(0))
    assert sizes.fitted.D_V_um.value == pytest.approx(6.5, rel=0.06)
    assert sizes.counted_D_V_um.value == pytest.approx(6.5, rel=0.06)
    assert sizes.fitted.spread.value == pytest.approx(0.3, abs=0.1)
    assert sizes.shares.sum() == pytest.approx(1) and sizes.shares[2] == pytest.approx(0.04, abs=0.015)
    doubled = sizes_of(magnet_images, 0.4, np.random.default_rng(0))
    assert doubled.fitted.D_V_um.value == pytest.approx(2 * sizes.fitted.D_V_um.value, rel=1e-5)  # what the search leaves
    assert doubled.saltykov.mean_um == pytest.approx(2 * sizes.saltykov.mean_um)


def refusal(images, pixel_um=0.2):
    with pytest.raises(UserError) as caught:
        sizes_of(images, pixel_um, np.random.default_rng(0))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_refusals(magnet_images):
    assert "image 2 is of one phase, label 0" in refusal([blocks(), np.zeros((9, 9), int)])
    assert "image 1 shows no main phase" in refusal([np.eye(9, dtype=int) + 1])
    assert "6 sections were seen whole, and 20 are needed" in refusal([blocks()])
    assert "labels must be (ny, nx) integers" in refusal([blocks() + 2])
    assert "labels must be (ny, nx) integers" in refusal([blocks().astype(float)])
    assert "labels must be (ny, nx) integers" in refusal(blocks())  # one image, not a list of them
    assert "pixel_um must be a length > 0" in refusal([blocks()], 0)
    assert "no label images" in refusal([])
    narrow = [labels[at : at + 80] for labels in magnet_images for at in (0, 90)]  # 16 µm, 2.5 grains
    assert "image 1 is 16 µm on its shorter side, less than 3 grains of" in refusal(narrow)
    for d, weights, least in [(-1.0, 1.0, 0.0), (1.0, 0.0, 0.0), (1.0, np.nan, 0.0), (1.0, 1.0, 2.0)]:
        with pytest.raises(UserError, match="must be finite and > 0, no diameter below least_um"):
            wicksell_lognormal(np.full(30, d), np.full(30, weights), np.random.default_rng(0), least)
