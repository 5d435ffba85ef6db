"""Power spectra of images against sums and laws that are known."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from hardmag.errors import UserError
from hardmag.images.micrographs import banner_rows
from hardmag.images.spectra import (
    Spectrum,
    above_noise,
    common_grid,
    density,
    indicator,
    mean_spectrum,
    noise_floor,
    phase_spectrum,
    power_spectrum,
    unfolded,
)

EDGE_UM = 51.2  # of a field of discs
RNG = np.random.default_rng


def hann(n):
    return np.sin(np.pi * np.arange(n) / n) ** 2


def discs(rng):
    """Discs of about 3 µm radius that do not overlap: (centres (n, 2), radii (n,)) in µm. Their spread is normal: it smooths
    the rings in the spectrum of a disc, which sharp limits of the radius would not."""
    radii, centres = np.sort(rng.normal(3, 0.5, 14).clip(1.5, 4.5))[::-1], []
    while len(centres) < len(radii):
        r = radii[len(centres)]
        place = rng.uniform(r, EDGE_UM - r, 2)
        if all(np.hypot(*(place - c)) > r + radii[n] for n, c in enumerate(centres)):
            centres.append(place)
    return np.array(centres), radii


def drawn(field, pixel_um):
    """Indicator image of discs, from the centres of the pixels."""
    x = (np.arange(round(EDGE_UM / pixel_um)) + 0.5) * pixel_um
    return sum((np.hypot(x[:, None] - y0, x - x0) < r).astype(float) for (y0, x0), r in zip(*field, strict=True))


def interface_per_um(field):
    """Interface length per area, weighted with the square of the window as the spectrum is."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    weight = lambda x: np.sin(np.pi * x / EDGE_UM) ** 4  # noqa: E731
    around = [
        2 * np.pi * r * np.mean(weight(y0 + r * np.sin(angles)) * weight(x0 + r * np.cos(angles)))
        for (y0, x0), r in zip(*field, strict=True)
    ]
    return sum(around) / EDGE_UM**2 / (3 / 8) ** 2  # the mean of sin⁴ is 3/8


def banded(spectrum, values, edges):
    """Mean of values over bands of k, by modes."""
    inside = [(spectrum.k_per_um >= lo) & (spectrum.k_per_um < hi) for lo, hi in zip(edges, edges[1:], strict=False)]
    return np.array([np.average(values[band], weights=spectrum.modes[band]) for band in inside])


@pytest.mark.parametrize("shape", [(128, 128), (101, 160)])
def test_parseval(shape):
    image = RNG(1).normal(3, 2, shape).cumsum(axis=0)
    window = np.outer(hann(shape[0]), hann(shape[1]))
    off = image - (window * image).sum() / window.sum()
    variance = ((window * off) ** 2).sum() / (window**2).sum()
    # The integral over the plane: the sum times the area of a mode, 1/(edges). Rounding only.
    assert density(image, 0.3).sum() / (0.09 * image.size) == pytest.approx(variance, rel=1e-12)


def test_density_of_a_wave_lies_at_its_wavenumber():
    x = np.arange(256) * 0.2
    spectrum = power_spectrum(np.sin(2 * np.pi * 0.625 * x) * np.ones((256, 1)), 0.2)  # 32 periods over 51.2 µm
    assert spectrum.k_per_um[spectrum.S_um2.argmax()] == pytest.approx(0.625, rel=0.002)  # bins are 0.02 wide
    assert spectrum.k_per_um[-1] == pytest.approx(2.5, rel=0.003)  # Nyquist


def test_white_noise():
    spectrum = power_spectrum(RNG(2).normal(0, 3, (512, 512)), 0.2)
    # var·px². 206,000 modes, of which the window makes 2.25² neighbours alike: a standard error of 0.5 %.
    assert np.average(spectrum.S_um2, weights=spectrum.modes) == pytest.approx(9 * 0.04, rel=0.015)
    wide = power_spectrum(RNG(2).normal(0, 3, (256, 1024)), 0.2)
    assert np.average(wide.S_um2, weights=wide.modes) == pytest.approx(9 * 0.04, rel=0.015)


def test_porod_law_of_discs():
    """S -> L_A/(4π³k³): Porod ratio in nine bands over a factor 6 in k that ends at half of Nyquist. Of 12 fields the rings of
    discs, which the spread of their radii does not smooth wholly, leave 7 % in the first band."""
    edges = np.geomspace(5 / 12, 5 / 2, 10)
    ratios = []
    for seed in range(12):
        field = discs(RNG(seed))
        spectrum = unfolded(power_spectrum(drawn(field, 0.1), 0.1))
        law = interface_per_um(field) / (4 * np.pi**3 * spectrum.k_per_um**3)
        ratios.append(banded(spectrum, spectrum.S_um2 / law, edges))
    ratio = np.mean(ratios, axis=0)
    assert (ratio > 0.9).all() and (ratio < 1.1).all(), ratio


def folded(k_pixel):
    """What sampling with pixels adds to a spectrum ~ 1/k³, as a share of it; k_pixel: k·pixel_um. Sum over a square of the
    lattice of sampling wavenumbers, mean over directions, and the integral over the plane beyond that square."""
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    n = np.arange(-30, 31)
    beyond = 4 * 2**0.5 / 30.5
    gx, gy = (g.ravel() for g in np.meshgrid(n, n))
    others = (gx != 0) | (gy != 0)
    distance = np.hypot(gx[others, None] - k_pixel * np.cos(angles), gy[others, None] - k_pixel * np.sin(angles))
    return k_pixel**3 * ((distance**-3.0).sum(axis=0).mean() + beyond)


def test_what_is_folded_back_is_the_lattice_sum():
    """The series against a sum over 3,721 wavenumbers, up to Nyquist."""
    k_pixel = np.array([0.05, 0.2, 0.4, 0.5])
    series = 1 / unfolded(Spectrum(k_pixel / 0.3, np.ones(4), np.ones(4), 0.3)).S_um2 - 1
    assert series == pytest.approx([folded(one) for one in k_pixel], rel=1e-3)


def test_the_same_spectrum_from_two_pixel_sizes():
    """Within 2 % up to 0.9 of the coarser image's Nyquist wavenumber, a common grid ending at 0.4 of it: that much is left of
    the interference with what is folded back in 6 fields. As sampled they are 8 to 11 % apart at 0.4 to 0.5, more beyond."""
    edges = 5.0 * np.array([0.05, 0.1, 0.15, 0.2, 0.4, 0.45, 0.5, 0.7, 0.9])  # Nyquist is 5 1/µm at 0.1 µm
    ratios, raw = [], []
    for seed in range(6):
        field = discs(RNG(seed))
        pair = [power_spectrum(drawn(field, px), px) for px in (0.1, 0.05)]
        raw.append(np.divide(*(banded(one, one.S_um2, edges) for one in pair)))
        ratios.append(np.divide(*(banded(one, unfolded(one).S_um2, edges) for one in pair)))
    assert np.mean(ratios, axis=0) == pytest.approx(1, abs=0.02)
    assert np.mean(raw, axis=0)[5] == pytest.approx(1.1, abs=0.02) and np.mean(raw, axis=0)[7] > 1.4


def test_noise_floor_and_what_is_above_it():
    """Blotches whose power falls to the noise's at half of Nyquist, so that a floor sought too early is too high."""
    rng = RNG(3)
    clean = gaussian_filter(rng.normal(size=(512, 512)), 1.1, mode="wrap")
    clean *= 0.3 / clean.std()
    noisy = power_spectrum(clean + rng.normal(0, 0.15, clean.shape), 0.2)
    # σ²·px² = 9.0e-4 µm²; 46,000 modes in the last tenth of k, in which the blotches add 1 %.
    assert noise_floor(noisy) == pytest.approx(9.0e-4, rel=0.03)
    left, true = above_noise(noisy), power_spectrum(clean, 0.2)
    n = len(left.k_per_um)
    assert 0.3 < n / len(true.k_per_um) < 0.8
    # One to five times the noise: left in, it would add from a fifth to as much again. Some 20,000 modes.
    weak = (true.S_um2[:n] > 9.0e-4) & (true.S_um2[:n] < 5 * 9.0e-4)
    assert np.average(left.S_um2[weak] / true.S_um2[:n][weak]) == pytest.approx(1, abs=0.05)
    with pytest.raises(UserError, match="nothing but noise"):
        above_noise(power_spectrum(rng.normal(size=(128, 128)), 0.2))


def test_mean_on_a_common_grid():
    rng = RNG(4)
    images = [(rng.normal(size=(128, 160)), 0.2), (2 * rng.normal(size=(300, 200)), 0.1)]
    spectra = [power_spectrum(*image) for image in images]
    k = common_grid(spectra)
    # The third bin of 200 pixels of 0.1 µm, modes of 2.5 to 3.5 steps, a few; 0.4 of 1/(2·0.2 µm).
    assert k[0] == pytest.approx(3 / 20, rel=0.05) and k[-1] == pytest.approx(1.0)
    assert np.diff(np.log(k)) == pytest.approx(np.log(k[-1] / k[0]) / (len(k) - 1))
    # White noise of 0.04 and of 0.04 µm²: a grid of 32 points sees several thousand modes at its fine end.
    assert mean_spectrum(spectra, k)[-8:].mean() == pytest.approx(0.04, rel=0.1)
    assert mean_spectrum(spectra[:1], k) == pytest.approx(
        2 * mean_spectrum([spectra[0], power_spectrum(np.zeros((99, 99)), 0.2)], k)
    )
    with pytest.raises(UserError, match=r"covers k = 0.119 to 2.5 1/µm, not 0.05 to 1"):
        mean_spectrum(spectra[:1], np.array([0.05, 1.0]))
    with pytest.raises(UserError, match="no common k_per_um"):
        common_grid([power_spectrum(rng.normal(size=(64, 64)), px) for px in (0.01, 5.0)])


def test_indicators_of_a_segmented_image():
    labels = np.array([[0, 1], [2, 1]])
    assert indicator(labels, "boundary").tolist() == [[0, 1], [0, 1]]
    assert indicator(labels, "inclusion").tolist() == [[0, 0], [1, 0]]
    tall = np.tile(labels, (40, 30))
    S = unfolded(power_spectrum(indicator(tall, "boundary"), 0.2)).S_um2
    np.testing.assert_array_equal(phase_spectrum(tall, "boundary", 0.2).S_um2, S)
    with pytest.raises(UserError, match="labels: 3 is not known; 0 main phase, 1 boundary, 2 inclusion"):
        indicator(labels + 1, "boundary")


def test_a_banner_spoils_small_wavenumbers():
    """A black banner of a sixth of the height lifts S below 0.3 1/µm; found and cut off, it leaves what the field has."""
    k, spoilt, left = np.geomspace(0.08, 0.3, 12), [], []
    for seed in range(8):
        field = 128 + 30 * gaussian_filter(RNG(seed).normal(size=(256, 256)), 2) / 0.141
        whole = field.clip(0, 255).astype(np.uint8)
        whole[-43:] = 0
        assert banner_rows(whole) == (0, 43)
        own, banner, cropped = (mean_spectrum([power_spectrum(image, 0.2)], k) for image in (field, whole, whole[:-43]))
        spoilt.append((banner / own).max())
        left.append((cropped / own).mean())
    # Below 0.3 1/µm lie 700 modes of an image, half of them conjugates, and the window makes 2.25² of the rest alike: two
    # spectra of nearly the same field differ by some percent.
    assert np.median(spoilt) > 1.5 and np.mean(left) == pytest.approx(1, abs=0.1)
