"""The map of samples: principal components of their spectra, what they follow, and the file that a page reads."""

import json

import numpy as np
import pytest
from scipy.spatial import cKDTree

from hardmag.errors import UserError
from hardmag.images.sample_map import correlation, fit_map, read_map, write_map
from hardmag.images.spectra import common_grid, mean_spectrum, phase_spectrum

PIXEL_UM = 0.2
K = np.geomspace(0.1, 1, 24)


def segmented(D_um, t_um, rng, pixels=128):
    """Labels (pixels, pixels) of grains with boundaries: a plane Voronoi tessellation, and round inclusions on it at random."""
    edge = pixels * PIXEL_UM
    sites = np.empty((0, 2))
    for point in rng.uniform(-2 * D_um, edge + 2 * D_um, (int(12 * (edge / D_um + 4) ** 2), 2)):
        if not len(sites) or (((sites - point) ** 2).sum(axis=1) >= (0.7 * D_um) ** 2).all():
            sites = np.vstack([sites, point])
    x = (np.arange(pixels) + 0.5) * PIXEL_UM
    points = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    near, which = cKDTree(sites).query(points, k=2)
    apart = np.linalg.norm(sites[which[:, 0]] - sites[which[:, 1]], axis=1)
    labels = ((near[:, 1] ** 2 - near[:, 0] ** 2) / (2 * apart) < t_um / 2).astype(int)
    radius = 0.2 * D_um
    inclusions = rng.uniform(-radius, edge + radius, (1 + rng.poisson(0.06 * edge**2 / (np.pi * radius**2)), 2))
    labels[cKDTree(inclusions).query(points)[0] < radius] = 2
    return labels.reshape(pixels, pixels)


def of_power_laws(exponents):
    """Spectra k^-n and their names."""
    return [f"n{n}" for n in range(len(exponents))], K ** -np.asarray(exponents)[:, None]


def test_first_component_is_a_size_axis():
    """|r(PC1, ln D)| ≥ 0.9 on the main phase of segmented images of 40 magnets, whose boundaries are 0.4 to 0.85 µm wide
    whatever D is. Three draws of 90 magnets are in benchmarks/power_spectra.json."""
    rng = np.random.default_rng(1)
    D, t = rng.uniform(4, 9, 40), rng.uniform(0.4, 0.85, 40)
    spectra = [[phase_spectrum(segmented(*of, rng), "main phase", PIXEL_UM) for _ in range(3)] for of in zip(D, t, strict=True)]
    k = common_grid([s for of in spectra for s in of])
    names = [f"magnet {n}" for n in range(40)]
    sample_map = fit_map(names, k, np.stack([mean_spectrum(of, k) for of in spectra]))
    of = correlation(sample_map, dict(zip(names, np.log(D), strict=True)))
    assert abs(of.r[0]) >= 0.9 and of.samples == 40
    assert (abs(of.r[2:]) < abs(of.r[0])).all()


def test_components_are_those_of_the_covariance():
    """Against the eigenvectors of the covariance of ln S; to rounding."""
    S = np.exp(np.random.default_rng(2).normal(size=(30, 24)).cumsum(axis=1))
    sample_map = fit_map(map(str, range(30)), K, S, components=4)
    values, vectors = np.linalg.eigh(np.cov(np.log(S).T))
    assert sample_map.explained == pytest.approx(values[:-5:-1] / values.sum(), rel=1e-9)
    assert abs(sample_map.components @ vectors[:, :-5:-1]) == pytest.approx(np.eye(4), abs=1e-9)
    assert sample_map.scores.var(axis=0, ddof=1) == pytest.approx(values[:-5:-1], rel=1e-9)


def test_spectra_are_placed_where_they_belong():
    names, S = of_power_laws(np.linspace(1, 3, 9))
    sample_map = fit_map(names, K, S)
    assert len(sample_map.explained) == 8 and sample_map.explained[0] == pytest.approx(1)
    assert sample_map.place(S) == pytest.approx(sample_map.scores, abs=1e-9)
    # Between the exponents 2 and 2.25 a straight line, as ln S is linear in them.
    between = (sample_map.scores_of("n4") + sample_map.scores_of("n5")) / 2
    assert sample_map.place(K**-2.125) == pytest.approx(between, abs=1e-9)


def test_correlation_is_pearsons_where_the_property_is_known():
    rng = np.random.default_rng(3)
    sample_map = fit_map(map(str, range(20)), K, np.exp(rng.normal(size=(20, 24))), components=3)
    values = rng.normal(size=20)
    values[[3, 7]] = np.nan
    of = correlation(sample_map, dict(zip(sample_map.names, values, strict=True)))
    known = np.isfinite(values)
    expected = [np.corrcoef(sample_map.scores[known, c], values[known])[0, 1] for c in range(3)]
    assert of.samples == 18 and of.r == pytest.approx(expected, abs=1e-12)


def test_chance_is_one_in_twenty():
    """Of 1000 properties drawn at random 5 % have a larger |r| than chance_r; 3 standard errors are 2 %."""
    rng = np.random.default_rng(4)
    sample_map = fit_map(map(str, range(25)), K, np.exp(rng.normal(size=(25, 24))))
    found = [correlation(sample_map, dict(zip(sample_map.names, rng.normal(size=25), strict=True))) for _ in range(1000)]
    assert np.mean([abs(of.r).max() > of.chance_r for of in found]) == pytest.approx(0.05, abs=0.02)


def test_file_holds_what_a_page_needs(tmp_path):
    names, S = of_power_laws([1, 1.5, 3])
    sample_map = fit_map(names, K, S * np.random.default_rng(5).uniform(0.9, 1.1, S.shape))
    write_map(tmp_path / "map.json", sample_map)
    again = read_map(tmp_path / "map.json")
    assert again.names == sample_map.names
    for field in ("k_per_um", "mean_ln_S", "components", "explained", "scores"):
        assert (getattr(again, field) == getattr(sample_map, field)).all(), field
    held = json.loads((tmp_path / "map.json").read_text())
    score = sum(c * (np.log(s) - m) for c, s, m in zip(held["components"][0], S[0], held["mean_ln_S_um2"], strict=True))
    assert score == pytest.approx(sample_map.place(S[0])[0])


def test_bad_input_is_refused_in_one_line(tmp_path):
    names, S = of_power_laws([1, 1.5, 3])
    sample_map = fit_map(names, K, S)
    with pytest.raises(UserError, match="sample: magnet2 is not in the map"):
        correlation(sample_map, {"magnet2": 1.0})
    with pytest.raises(UserError, match="sample: m1 is not in the map; did you mean m10"):
        fit_map(["a", "m10", "k"], K, S).scores_of("m1")
    with pytest.raises(UserError, match="known of 2 samples; three are needed"):
        correlation(sample_map, {"n0": 1.0, "n1": 2.0, "n2": np.nan})
    with pytest.raises(UserError, match="the same for all 3 samples"):
        correlation(sample_map, dict.fromkeys(names, 1.0))
    with pytest.raises(UserError, match="2 samples; three are needed"):
        fit_map(names[:2], K, S[:2])
    with pytest.raises(UserError, match="sample n0 stands there twice"):
        fit_map(["n0", "n1", "n0"], K, S)
    with pytest.raises(UserError, match="sample n2: no power at some k"):
        fit_map(names, K, S * [[1], [1], [0]])
    with pytest.raises(UserError, match=r"a spectrum of shape \(7,\); the map has 24 wavenumbers"):
        sample_map.place(S[0, :7])
    path = tmp_path / "map.json"
    for text, says in (
        ("[]", "not a map of samples of format 1"),
        ('{"format": 1}', "k_per_um: required key is missing"),
        ('{"format": 1, "k_per_um": [1, [2]]}', "not the numbers of a map"),
    ):
        path.write_text(text)
        with pytest.raises(UserError, match=f"map.json: {says}"):
            read_map(path)
    write_map(path, sample_map)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"explained": [1.0]}))
    with pytest.raises(UserError, match="map.json: components and scores do not fit together"):
        read_map(path)
