"""Matching of synthetic magnets to images: exact invariances, counts and surfaces of which the answer is known."""

import json
from pathlib import Path

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.images import features, matching
from hardmag.images.estimate import (
    K_D,
    K_D_IMAGES,
    designs,
    estimate,
    features_of_images,
    leave_one_out,
    surface_of,
    widened,
)
from hardmag.images.features import NAMES, Evaluation, Features, evaluate, features_of, sections_per_um2
from hardmag.images.magnet import MagnetParameters
from hardmag.images.matching import Trial, distance, least_mean, match, wavenumbers

ROOT = Path(__file__).parents[2]
NOISE = 0.02  # relative, of an image's share, and of each wave in the noise of its density


def squares(n, pitch, shift):
    """Labels (n, n) of square grains, a boundary of one pixel between them, the pattern moved by a shift (2,)."""
    y, x = np.indices((n, n)) + np.reshape(shift, (2, 1, 1))
    return ((y % pitch == 0) | (x % pitch == 0)).astype(np.uint8)


def blobs(rng, count=3, n=64, wide=3.0):
    """Labels (count, n, n) of three phases without any meaning."""
    from scipy.ndimage import gaussian_filter

    fields = gaussian_filter(rng.standard_normal((count, 3, n, n)), (0, 0, wide, wide), mode="wrap")
    return (fields + 0.02 * np.array([1.0, 0.0, -1.0])[:, None, None]).argmax(1).astype(np.uint8)


def made_up(parameters, k_per_um, images, rng):
    """Features of an imaginary magnet: ln s(k D_V) smooth in ln k D_V, and quadratic in (spread, ln t/D_V, ln v)."""
    p = parameters
    q, t, v = k_per_um * p.D_V_um, np.log(p.boundary_um / p.D_V_um), np.log(p.inclusion_share)
    boundary = 1.5 * t + 0.2 * t * p.spread - 0.5 * np.log(1 + q**3) - 0.4 * (t + 2.5) * np.tanh(q / 4) + p.spread / (1 + q)
    inclusion = v - 0.3 * t - 0.1 * v**2 - 0.7 * np.log(1 + (q / 2) ** 3)
    values = np.concatenate([boundary + 2 * np.log(p.D_V_um), inclusion + 2 * np.log(p.D_V_um), [t - 0.5 * p.spread**2, v]])
    waves = np.cos(np.pi * np.outer(np.arange(10), np.log(q)) / np.log(15))  # noise that is smooth in ln k, as of real spectra
    noise = np.hstack([rng.standard_normal((images, 10)) @ waves, rng.standard_normal((images, 10)) @ waves])
    each = np.exp(values) * (1 + NOISE * np.hstack([noise, rng.standard_normal((images, 2))]))
    sections = 1.5 * np.exp(-0.3 * p.spread) / p.D_V_um**2 * (1 + NOISE * rng.standard_normal(images))
    return Features(np.asarray(k_per_um), each, sections, 36 * p.D_V_um**2)


def of_images(parameters, rng, images=8, k_D=K_D_IMAGES):
    return made_up(parameters, k_D / (1.05 * parameters.D_V_um), images, rng)  # as if D_V were counted 5 % too large


@pytest.fixture(scope="module")
def evaluations():
    rng = np.random.default_rng(1)
    return [Evaluation(p, made_up(p, K_D / p.D_V_um, 27, rng)) for p in designs(rng)]


def test_enlarged_images_have_enlarged_features():
    """S(k) of images enlarged twice is 4 S(2k): exact but for rounding."""
    labels, k = blobs(np.random.default_rng(2)), np.geomspace(0.4, 1.8, 8)
    one, two = features_of(labels, 0.2, k), features_of(labels, 0.4, k / 2)
    np.testing.assert_allclose(two.each[:, :-2], 4 * one.each[:, :-2], rtol=1e-10)
    np.testing.assert_allclose(two.each[:, -2:], one.each[:, -2:], rtol=1e-12)
    np.testing.assert_allclose(two.sections_per_um2, one.sections_per_um2 / 4, rtol=1e-12)


def test_values_are_those_of_the_mean_image():
    """Covariance by an independent formula, numpy's of the relative values; a part keeps its images; sections come last."""
    found = features_of(blobs(np.random.default_rng(3), 6), 0.2, np.geomspace(0.4, 1.8, 8))
    columns = np.column_stack([found.each, found.sections_per_um2])
    relative = columns / columns.mean(0)
    np.testing.assert_allclose(found.covariance, np.cov(relative.T), atol=1e-12)
    np.testing.assert_allclose(found.part([1, 4]).values, np.log(columns[[1, 4]].mean(0)), rtol=1e-12)


def test_sections_of_squares_are_counted_without_an_edge_effect():
    """Over all shifts of the pattern. A section must lie one pixel off each edge, which the weights (W − w)(H − h) leave out:
    2 % too few at 100 pixels. The whole squares alone would be 17 % too few."""
    labels = np.array([squares(100, 10, shift) for shift in np.ndindex(10, 10)])
    assert sections_per_um2(labels, 0.5).mean() == pytest.approx(1 / 5.0**2, rel=0.03)


def test_specks_are_no_sections():
    labels = np.array([squares(100, 20, (3, 3))] * 2)
    labels[:, 16:19] = 1  # a wide boundary
    whole = sections_per_um2(labels, 0.5)
    labels[:, 17, 50] = 0  # a speck of one pixel in it
    np.testing.assert_array_equal(sections_per_um2(labels, 0.5), whole)


def test_magnets_have_the_invariance_that_estimates_stand_on():
    """Two magnets, one twice as large: S / D_V² at equal k D_V, shares and N_A D_V² agree to four standard errors, by the
    scatter of slices."""
    one, two = (evaluate(MagnetParameters(D, 0.3, 0.09 * D, 0.06), K_D, np.random.default_rng(4), 9) for D in (1.0, 2.0))
    away = two.features.values - one.features.values - np.log(2) * np.repeat([2, 0, -2], [2 * len(K_D), 2, 1])
    error = np.sqrt(np.diag(one.features.covariance + two.features.covariance) / 9)
    assert np.abs(away / error).max() < 4
    assert np.median(error) < 0.3  # without the invariance the densities would be 2 ln 2 = 1.4 away
    assert 1.2 < one.features.sections_per_um2.mean() < 1.9  # N_A D_V² of Laguerre tessellations is 1.45 to 1.65


def test_slices_are_compared_as_they_are_seen(monkeypatch):
    """Mirrored slices have the same shares; those in which a third of the inclusions is lost have a third less of them."""
    monkeypatch.setattr(features, "synthetic_images", lambda p, count, rng: (blobs(rng, count), p.D_V_um / 32))
    k_D = np.geomspace(2.0, 8.0, 6)

    def lossy(one):
        return np.where((one == 2) & (np.arange(one.shape[1]) < one.shape[1] / 3), 0, one)

    plain, mirrored, lost = (
        evaluate(MagnetParameters(1.0), k_D, np.random.default_rng(14), 3, see).features.values
        for see in (None, np.fliplr, lossy)
    )
    np.testing.assert_allclose(mirrored[-3:], plain[-3:], rtol=1e-12)
    assert lost[-2] == pytest.approx(plain[-2] + np.log(2 / 3), abs=0.2) and lost[-3] == plain[-3]


def test_pixels_to_a_grain_are_drawn(monkeypatch):
    """25 to 45 to a D_V, as the designs' slices have them."""
    monkeypatch.setattr(features, "synthetic_magnet", lambda *_: "magnet")
    monkeypatch.setattr(features, "slices", lambda magnet, *rest: magnet)
    rng = np.random.default_rng(15)
    found = [6.4 / features.synthetic_images(MagnetParameters(6.4), 3, rng)[1] for _ in range(200)]
    assert 25 <= min(found) < 27 and 43 < max(found) <= 45


def test_designs_fill_the_box():
    found = np.array([[p.spread, p.boundary_um, p.inclusion_share] for p in designs(np.random.default_rng(5))])
    assert (found.min(0) > [0.15, 0.06, 0.03]).all() and (found.max(0) < [0.50, 0.13, 0.11]).all()
    assert len(np.unique(np.floor((found[:, 0] - 0.15) / 0.35 * 40))) == 40  # one in each of 40 classes


def test_estimates_find_what_a_known_surface_was_made_from(evaluations):
    """Over 60 imaginary magnets: no bias to four standard errors, and 95 % intervals hold 0.95 of 240 values, to four standard
    errors of a binomial share."""
    surface, rng = surface_of(evaluations), np.random.default_rng(6)
    held, errors = [], []
    for p in designs(rng, 60):
        D = rng.uniform(4, 9)
        truth = MagnetParameters(D, p.spread, p.boundary_um * D, p.inclusion_share)
        found = estimate(of_images(truth, rng), surface)
        held += [found.low[name] <= getattr(truth, name) <= found.high[name] for name in NAMES]
        errors.append([getattr(found.parameters, name) / getattr(truth, name) - 1 for name in NAMES])
        assert found.D_V_counted_um == pytest.approx(D, rel=0.05)
    errors = np.array(errors)
    assert (np.abs(np.median(errors, axis=0)) < 4 * 1.25 * errors.std(0) / np.sqrt(60)).all()  # of a median of 60
    assert (np.median(np.abs(errors), axis=0) < [0.02, 0.2, 0.02, 0.02]).all()
    assert np.mean(held) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 240))


def test_leaving_one_out_widens_intervals_that_are_too_narrow(evaluations):
    surface = surface_of(evaluations)
    errors, sigmas = leave_one_out(evaluations[:14], 8)
    assert errors.shape == sigmas.shape == (14, 4)
    rng = np.random.default_rng(7)
    drawn = rng.standard_normal((999, 4)) * [1.0, 2.0, 0.5, 3.0]
    np.testing.assert_allclose(widened(surface, drawn, np.ones((999, 4))).widening, [1, 2, 1, 3], rtol=0.15)


def test_published_distance():
    one = np.array([3.0, 4.0])
    assert distance(one, one) == 0 and distance(one, np.zeros(2)) == 1 and distance(one, [3.0, 9.0]) == pytest.approx(1.0)


def test_least_mean_is_not_the_luckiest_trial():
    """A bowl with noise as large as it is deep: the mean's minimum lies nearer to the bowl's than a quarter of each range."""
    rng, low, high = np.random.default_rng(8), matching.LOW, matching.HIGH
    ends = np.array([[getattr(p, name) for name in NAMES] for p in (low, high)])
    u = rng.random((60, 4))
    f = 0.3 + ((u - 0.4) ** 2).sum(1) + 0.1 * rng.standard_normal(60)
    trials = [Trial(MagnetParameters(*at), value) for at, value in zip(ends[0] + u * (ends[1] - ends[0]), f, strict=True)]
    found, mean = least_mean(trials, low, high, 1)
    away = (np.array([getattr(found, name) for name in NAMES]) - ends[0]) / (ends[1] - ends[0]) - 0.4
    assert np.abs(away).max() < 0.25
    assert mean == pytest.approx(0.3, abs=0.1)


def test_same_seed_same_match(monkeypatch):
    """With images that take no time: what is tested is the search."""
    monkeypatch.setattr(matching, "synthetic_images", lambda p, count, rng: (blobs(rng, 2, 192, 3.0), p.D_V_um / 32))
    labels = blobs(np.random.default_rng(9), 2, 192, 3.0)
    one, two = (match(labels, 0.2, 3, count=12) for _ in range(2))
    assert one.trials == two.trials and one.smooth == two.smooth and len(one.trials) == 12
    assert one.best.f == min(trial.f for trial in one.trials)
    assert all(5.0 <= trial.parameters.D_V_um <= 8.5 for trial in one.trials)


def test_bad_input_is_refused_in_one_line(evaluations):
    k = np.geomspace(0.4, 1.8, 8)
    with pytest.raises(UserError, match=r"labels: must be \(images, ny, nx\)"):
        features_of(np.zeros((64, 64), int), 0.2, k)
    with pytest.raises(UserError, match="no image has a pixel of the phase inclusion"):
        features_of(np.array([squares(64, 10, (0, 0))] * 2), 0.2, k)
    with pytest.raises(UserError, match="no image shows a whole grain"):
        sections_per_um2(np.zeros((2, 64, 64), int), 0.2)
    with pytest.raises(UserError, match="images of grains of about .* µm: power spectrum: covers k"):
        features_of_images(np.array([squares(96, 30, (3, 3))] * 2), 0.2)
    with pytest.raises(UserError, match="pixel_um: must be <= .* for grains of about"):
        features_of_images(np.array([squares(64, 10, (3, 3))] * 2), 0.2)
    with pytest.raises(UserError, match="evaluations: must be more than 10, got 10"):
        surface_of(evaluations[:10])
    one = evaluations[0].parameters
    other = Evaluation(one, made_up(one, K_D[:9], 3, np.random.default_rng(12)))
    with pytest.raises(UserError, match="evaluations: k_per_um must be those of estimate.K_D"):
        surface_of([*evaluations, other])
    with pytest.raises(UserError, match="boundary_um / D_V_um: the images ask for what lies beyond the designs"):
        estimate(of_images(MagnetParameters(6.0, 0.3, 1.5, 0.06), np.random.default_rng(11)), surface_of(evaluations))
    truth = MagnetParameters(6.0, 0.3, 0.55, 0.06)
    far = of_images(truth, np.random.default_rng(13), k_D=3 * K_D_IMAGES)
    with pytest.raises(UserError, match="D_V_um: spectra ask for .* or beyond, where sections say"):
        estimate(far, surface_of(evaluations))
    with pytest.raises(UserError, match="too wide for slices to have wavenumbers in common"):
        wavenumbers(MagnetParameters(1.0), MagnetParameters(20.0))


def test_docs_and_bars_are_those_of_the_benchmark(monkeypatch):
    """Of 24 unknown magnets the grain size within 5 % in the median and 8 % at worst, the boundary's width within 6 % and the
    share of inclusions within 8 % in the median, and of each parameter five of six intervals that hold the truth. How far off
    the worst width and share are depends on boundaries of two pixels, and on how few inclusions are seen."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import matching as benchmark

    data = json.loads((ROOT / "benchmarks" / "matching.json").read_text())
    page = (ROOT / "docs" / "matching.md").read_text()
    assert all(table in page for table in benchmark.tables(data))
    found = data["summary"]["segmented_by_segmented_72_um"]
    assert found["D_V_um"]["median"] < 0.05 and max(found["D_V_um"]["worst_of_six"]) < 0.08
    assert found["boundary_um"]["median"] < 0.06 and found["inclusion_share"]["median"] < 0.08
    assert min(found["intervals_that_hold"].values()) >= 20
    assert [one["truth"]["D_V_um"] for one in data["unknowns"]] == [p.D_V_um for _, _, p in benchmark.unknowns()]
