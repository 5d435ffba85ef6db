"""Powder patterns of R2T14B: its crystal by counting and distances, its lines by Bragg's law and extinctions, its intensities
by published positions and strengths."""

import numpy as np
import pytest

from hardmag.errors import InvalidValue, UserError
from hardmag.films.crystal import Crystal, atoms
from hardmag.films.diffraction import K_ALPHA_nm, by_area, lines, pattern, standard_normal
from hardmag.materials.composition import Composition

ND = Crystal(Composition.parse("Nd"), 0.880, 1.220)
PAPER_deg = np.concatenate([np.arange(28, 31.001, 0.04), np.arange(40.5, 45.501, 0.04)])
# hkl: (2θ of Kα1 in degrees, intensity), by another program for the same lattice.
KNOWN = {
    (2, 2, 0): (28.67, 13),
    (0, 0, 4): (29.26, 8),
    (2, 2, 1): (29.61, 16),
    (2, 2, 4): (41.42, 60),
    (4, 1, 0): (42.31, 100),
    (4, 1, 1): (42.99, 68),
    (3, 3, 0): (43.60, 38),
    (4, 0, 2): (43.70, 11),
    (3, 1, 4): (44.01, 78),
    (3, 3, 1): (44.26, 33),
    (0, 0, 6): (44.52, 21),
    (4, 1, 2): (44.96, 6),
}


def test_crystal_is_that_of_nd2fe14b():
    assert {species: len(positions) for species, positions in atoms().items()} == {"R": 8, "T": 56, "B": 4}
    assert ND.density_g_per_cm3 == pytest.approx(7.60, abs=0.005)
    # Herbst et al. 1984; an atom on a wrong site brings two too near each other.
    for pair, distance in {"TT": 0.2394, "BT": 0.2096, "RT": 0.306}.items():
        assert ND.least_distance_nm(*pair) == pytest.approx(distance, abs=5e-4)
    # Another way to the same density: that of the composition, from its formula and lattice.
    mixed = Composition.parse("Nd0.4La0.3Ce0.3")
    assert Crystal.of(mixed).density_g_per_cm3 == pytest.approx(mixed.density_g_per_cm3, rel=1e-9)


def test_lines_lie_and_shine_as_known():
    found = lines(ND, 28, 46)
    place = {tuple(hkl): n for n, hkl in enumerate(found.hkl.tolist())}
    for hkl, (angle, intensity) in KNOWN.items():
        assert found.two_theta_deg[place[hkl]] == pytest.approx(angle, abs=0.02)
        assert found.intensity[place[hkl]] == pytest.approx(intensity, abs=1.2)  # of 100; theirs are rounded
    assert found.intensity.max() == 100 and (np.diff(found.two_theta_deg) >= 0).all()


def test_extinctions_are_those_of_the_space_group():
    """P4_2/mnm (International Tables A): 0kl only with k + l even; h00 and 00l with an even index."""
    hkl = np.array([(h, k, l) for h in range(7) for k in range(7) for l in range(7) if h + k + l])  # noqa: E741
    size = np.abs(ND.structure_factors(hkl, np.full(len(hkl), 3.0)))
    h, k, along = hkl.T
    extinct = ((h == 0) & ((k + along) % 2 == 1)) | ((k == 0) & ((h + along) % 2 == 1))
    assert size[extinct].max() < 1e-9 * size.max() and np.median(size[~extinct]) > 0.01 * size.max()
    # Equal by symmetry: hkl and khl.
    assert np.abs(ND.structure_factors(hkl[:, [1, 0, 2]], np.full(len(hkl), 3.0))) == pytest.approx(size, abs=1e-9 * size.max())


def test_all_electrons_scatter_forward():
    forward = ND.structure_factors(np.zeros((1, 3)), np.zeros(1))[0]
    electrons = 8 * 60 + 56 * 26 + 4 * 5
    dispersion = 8 * (-2.988 + 10.98j) + 56 * (-1.086 + 3.19j) + 4 * (0.01 + 0.004j)  # f′ + i f″ of the atoms
    assert forward == pytest.approx(electrons + dispersion, rel=1e-3)  # f0(0) is a fit, 1e-3 off Z at most


def test_lattice_moves_lines():
    place = {}
    for R in ("La", "Nd", "Ce"):
        found = lines(Crystal.of(Composition.parse(R)), 40, 46)
        place[R] = {tuple(hkl): angle for hkl, angle in zip(found.hkl.tolist(), found.two_theta_deg, strict=True)}
    assert [place[R][0, 0, 6] for R in place] == pytest.approx([44.00, 44.52, 44.86], abs=0.02)
    assert place["Ce"][4, 1, 0] - place["Nd"][4, 1, 0] == pytest.approx(0.22, abs=0.02)


def test_pattern_keeps_the_area_of_its_lines():
    angles = np.arange(20, 70, 0.01)
    for lorentzian in (0.0, 0.5):
        area = np.trapezoid(pattern(angles, ND, lorentzian=lorentzian), angles)
        total = lines(ND, 20, 70).intensity
        # Kα2 adds half; Lorentzian tails of lines beyond the ends reach in, and tails of those inside out.
        all_lines = lines(ND, 14, 76)
        strongest = 100 / all_lines.intensity[np.argmax(all_lines.intensity)]
        assert area == pytest.approx(1.5 * strongest * total.sum() / 100, rel=0.02)


def test_doublet_and_width():
    angles = np.arange(42.0, 42.8, 0.001)
    sharp = pattern(angles, ND, fwhm_deg=0.02, lorentzian=0.0)
    first, second = 42.3116, np.degrees(2 * np.arcsin(np.sin(np.radians(42.3116 / 2)) * K_ALPHA_nm[1] / K_ALPHA_nm[0]))
    top = angles[np.argmax(sharp)]
    assert top == pytest.approx(first, abs=2e-3)
    near = np.abs(angles - second) < 0.03
    assert angles[near][np.argmax(sharp[near])] == pytest.approx(second, abs=2e-3)
    assert sharp[near].max() / sharp.max() == pytest.approx(0.5, abs=0.01)
    above = angles[(sharp > sharp.max() / 2) & (np.abs(angles - top) < 0.05)]
    assert np.ptp(above) == pytest.approx(0.02, abs=2e-3)


def test_texture_raises_basal_lines():
    powder, film = (lines(ND, 28, 46, march=r) for r in (1.0, 0.5))
    basal, prism = ([tuple(hkl) for hkl in powder.hkl.tolist()].index(hkl) for hkl in ((0, 0, 6), (4, 1, 0)))
    ratio = (film.intensity[basal] / film.intensity[prism]) / (powder.intensity[basal] / powder.intensity[prism])
    assert ratio == pytest.approx((0.5**2) ** -1.5 / (1 / 0.5) ** -1.5)  # March-Dollase at 0° and 90°


def test_features_of_the_paper_and_their_normalisation():
    patterns = np.array([pattern(PAPER_deg, Crystal.of(Composition.parse(R))) for R in ("Nd", "Ce")])
    assert patterns.shape == (2, 202)  # with 4 elements: the paper's 206 features
    scaled = patterns * [[1.0], [7.0]]  # a longer measurement
    assert by_area(scaled) == pytest.approx(by_area(patterns)) and by_area(patterns).mean(axis=1) == pytest.approx(1)
    normal = standard_normal(scaled + [[0.0], [3.0]])  # and a background
    assert normal == pytest.approx(standard_normal(patterns)) and normal.std(axis=1) == pytest.approx(1)
    with pytest.raises(UserError, match="pattern 1: counts sum to 0; they must be above 0"):
        by_area(np.array([[1.0, 2.0], [0.0, 0.0]]))
    with pytest.raises(UserError, match="pattern 0: all channels are equal"):
        standard_normal(np.ones((1, 5)))


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda: Crystal(Composition.parse("Nd"), 0.0, 1.22), "a_nm = 0"),
        (lambda: Crystal(Composition.parse("Y"), 0.88, 1.22), "no form factors of Y"),
        (lambda: lines(ND, 28, 120), "at most at 90°"),
        (lambda: lines(ND, 28, 46, march=0), "march = 0"),
        (lambda: pattern(PAPER_deg, ND, fwhm_deg=0), "fwhm_deg = 0"),
    ],
)
def test_what_cannot_be_is_refused(made, says):
    with pytest.raises(InvalidValue, match=says):
        made()
