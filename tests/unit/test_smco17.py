"""The SmCo-1:7 nanostructure: what is drawn has the periods, angles, thicknesses and fractions that were asked for."""

from math import cos, hypot, radians, sin

import numpy as np
import pytest
from pydantic import ValidationError

from hardmag.nanostructures.smco17 import BOUNDARY, CELL, PLATELET, STRIPE, SmCo17, composition_at_percent

FAR = {"d_nm": 5000.0, "wZ_nm": 1.0}  # the first Z platelet lies outside of the box
GOOD = {"L_nm": 60.0, "d_nm": 20.0, "wS_nm": 6.0, "wZ_nm": 4.0}


def draw(seed=0, **parameters):
    """Phase indices (nx, ny) of a structure without boundary layer, unless it is asked for."""
    structure = SmCo17(**{"boundary_layer_nm": 0.0} | parameters)
    return structure.build(np.random.default_rng(seed)).index[:, :, 0]


def runs(line):
    """(first, length) of each run of True in a line."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
    return list(zip(edges[::2].tolist(), (edges[1::2] - edges[::2]).tolist(), strict=True))


# ---- fractions


@pytest.mark.parametrize("box", [100.0, 250.0, 1000.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fraction_of_z_tends_to_wZ_over_d(box, seed):
    # The box cuts at most one platelet too many or too few out of the periodic pattern: |f − wZ/d| ≤ wZ/box.
    index = draw(seed, L_nm=5000, wS_nm=1, d_nm=17, wZ_nm=4, size_nm=(2, box, 2), placement="random")
    assert np.mean(index == PLATELET) == pytest.approx(4 / 17, abs=4 / box)


@pytest.mark.parametrize("wS", [1.0, 2.0, 6.0, 10.0])
def test_fractions_of_all_phases_in_whole_periods(wS):
    # Each family of stripes covers wS/L, both together s = 2·wS/L − (wS/L)², and platelets cut wZ/d out of everything.
    # 300 nm × 340 nm are 13 periods of L/cos 30° (less 0.22 nm) by 17 of L/(2 sin 30°) and by 20 platelets: what is left
    # is 0.1 % of the box and the rounding of edges to cells, together below 0.005.
    L, d, wZ = 20.0, 17.0, 4.0
    index = draw(L_nm=L, d_nm=d, wS_nm=wS, wZ_nm=wZ, size_nm=(300, 340, 2))
    s, z = 2 * wS / L - (wS / L) ** 2, wZ / d
    assert np.mean(index == PLATELET) == pytest.approx(z, abs=1e-12)  # 20 platelets of 8 cells out of 680: exact
    assert np.mean(index == STRIPE) == pytest.approx(s * (1 - z), abs=0.005)
    assert np.mean(index == CELL) == pytest.approx((1 - s) * (1 - z), abs=0.005)


def test_thin_stripes_cover_twice_wS_over_L():
    # The limit of the above for small wS/L = 0.02: 2·wS/L, short of it by (wS/L)² = 4e-4; 2e-3 for the cells.
    index = draw(L_nm=50, wS_nm=1, size_nm=(7 * 50 / cos(radians(30)), 400, 2), **FAR)
    assert np.mean(index == STRIPE) == pytest.approx(2 * 1 / 50, abs=0.0024)


def test_descriptors_are_the_ratios_and_the_z_phase():
    found = SmCo17(**GOOD, z_set="literature").descriptors()
    assert (found["phi_S"], found["phi_Z"]) == (0.1, 0.2)
    # Supplementary Table 4, half a unit of the last printed digit.
    assert found["Ms_Z_kA_per_m"] == pytest.approx(310.4, abs=1e-9)
    assert found["sigma_Z_mJ_per_m2"] == pytest.approx(4.0, abs=0.05)
    assert found["l_Z_nm"] == pytest.approx(1.5, abs=0.05)


# ---- lengths and angles


@pytest.mark.parametrize(("L", "angle"), [(20.0, 60.0), (33.0, 60.0), (25.0, 40.0)])
def test_stripes_have_their_perpendicular_period_and_angle(L, angle):
    # The strongest wave in the drawn pattern, sought over all directions: its length is the perpendicular period, and it
    # stands perpendicular to the stripes. In 240 nm with a 0.5 nm cell the maximum is good to 1 % and 0.5°.
    index = draw(L_nm=L, wS_nm=4, cell_angle_deg=angle, size_nm=(240, 240, 2), **FAR)
    pattern = (index == STRIPE) - np.mean(index == STRIPE)
    at = (np.arange(480) + 0.5) * 0.5
    step = 1 / (16 * 240)
    k = np.arange(round(1.5 / L / step)) * step
    waves = np.exp(-2j * np.pi * np.outer(k, at))
    for sign in (1, -1):  # both families: waves along (+, +) and (+, −)
        power = np.abs(waves @ pattern @ (waves if sign > 0 else waves.conj()).T)
        power[np.hypot(*np.meshgrid(k, k, indexing="ij")) < 0.5 / L] = 0
        i, j = np.unravel_index(power.argmax(), power.shape)
        assert 1 / hypot(k[i], k[j]) == pytest.approx(L, rel=0.01)
        # A stripe at angle/2 to y has its normal at angle/2 to x.
        assert np.degrees(np.arctan2(k[j], k[i])) == pytest.approx(angle / 2, abs=0.5)


def test_vertical_and_horizontal_periods_follow_from_L():
    # A check of the above without waves: along x through the middle both families cross at L/cos 30°, along y at
    # L/sin 30°. Positions of runs over several periods: good to one cell over their number.
    L = 20.0
    index = draw(L_nm=L, wS_nm=4, size_nm=(300, 300, 2), **FAR)
    middle = index.shape[0] // 2
    for line, period in ((index[:, middle], L / cos(radians(30))), (index[middle, :], L / sin(radians(30)))):
        centres = [first + length / 2 for first, length in runs(line == STRIPE)]
        inner = centres[1:-1]
        measured = (inner[-1] - inner[0]) / (len(inner) - 1) * 0.5
        assert measured == pytest.approx(period, abs=0.5 / (len(inner) - 1) + 1e-9)


def test_stripes_have_their_thickness():
    # Across x a stripe of thickness wS at 30° to y is wS/cos 30° wide; on lines at 1/8 and 3/8 of their vertical period
    # the two families do not overlap. The mean over many stripes of runs of whole cells: good to half a cell.
    L, wS = 40.0, 5.0
    index = draw(L_nm=L, wS_nm=wS, size_nm=(480, 80, 2), **FAR)
    line = index[:, index.shape[1] // 2 + round(L / 4 / 0.5)]  # y = L/4 = 1/8 of L/sin 30°
    inner = runs(line == STRIPE)[1:-1]
    assert len(inner) >= 15
    assert np.mean([length for _, length in inner]) * 0.5 == pytest.approx(wS / cos(radians(30)), abs=0.25)


def test_platelets_lie_across_c_with_period_d():
    index = draw(L_nm=5000, wS_nm=1, d_nm=20, wZ_nm=4, size_nm=(32, 200, 2))
    platelet = index == PLATELET
    assert np.all(platelet == platelet[:1])  # the same along x, at every y
    found = runs(platelet[0])
    assert {length for _, length in found} == {8}  # 4 nm of 0.5 nm
    assert np.unique(np.diff([first for first, _ in found])).tolist() == [40]  # 20 nm


@pytest.mark.parametrize("cells", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("d", [10.0, 20.0, 21.0])
def test_platelets_of_a_whole_number_of_cells_have_that_many(cells, d):
    # Equal platelets at equal places relative to the cells: none may gain or lose a cell to rounding, odd or even.
    index = draw(L_nm=5000, wS_nm=1, d_nm=d, wZ_nm=0.5 * cells, size_nm=(8, 200, 2))
    whole = [length for first, length in runs(index[0] == PLATELET) if first > 0 and first + length < index.shape[1]]
    assert len(whole) >= 8
    assert set(whole) == {cells}


def test_platelets_cut_through_stripes():
    index = draw(**GOOD)
    rows = np.flatnonzero((index == PLATELET).any(axis=0))
    assert len(rows) and np.all(index[:, rows] == PLATELET)


# ---- boundary layer, layers, placement


@pytest.mark.parametrize("faces", [("x-",), ("x+",), ("y-",), ("y+",), ("x-", "y+"), ("x-", "x+", "y-", "y+"), ()])
def test_boundary_layer_covers_the_named_faces_and_nothing_else(faces):
    without = draw(**GOOD)
    index = draw(**GOOD, boundary_layer_nm=2.0, boundary_faces=faces)
    expected = np.zeros_like(index, dtype=bool)
    expected[:4] |= "x-" in faces  # 2 nm of 0.5 nm cells
    expected[-4:] |= "x+" in faces
    expected[:, :4] |= "y-" in faces
    expected[:, -4:] |= "y+" in faces
    assert np.array_equal(index == BOUNDARY, expected)
    assert np.array_equal(index[~expected], without[~expected])


@pytest.mark.parametrize(("L", "d", "wS", "wZ"), [(60, 20, 6, 4), (30, 11, 15, 8), (180, 65, 3, 1), (97.7, 35.4, 6.5, 2.33)])
def test_centred_puts_2_17_in_the_middle(L, d, wS, wZ):
    index = draw(L_nm=L, d_nm=d, wS_nm=wS, wZ_nm=wZ)
    n, m = index.shape
    assert np.all(index[n // 2 - 1 : n // 2 + 1, m // 2 - 1 : m // 2 + 1] == CELL)
    # No edge here goes through the centre of a cell, so the drawing is as symmetric as the pattern.
    assert np.array_equal(index, index[::-1]) and np.array_equal(index, index[:, ::-1])


def test_centred_does_not_depend_on_the_generator():
    assert np.array_equal(draw(0, **GOOD), draw(1, **GOOD))


def test_random_placement_differs_by_generator_and_is_reproducible():
    pictures = [draw(seed, **GOOD, placement="random") for seed in (0, 0, 1, 2)]
    assert np.array_equal(pictures[0], pictures[1])
    for other in pictures[2:]:
        # Shifted at random, the patterns of two generators agree by chance only: far from everywhere.
        assert np.mean(pictures[0] != other) > 0.05


def test_layers():
    rng = np.random.default_rng(0)
    one, three, all_ = (SmCo17(**GOOD, layers=n).build(rng) for n in (1, 3, "all"))
    assert [v.index.shape for v in (one, three, all_)] == [(256, 256, 1), (256, 256, 3), (256, 256, 16)]
    assert np.array_equal(all_.index, np.repeat(one.index, 16, axis=2))
    assert one.periodic == all_.periodic == (False, False, True)
    assert one.cell_m == pytest.approx((0.5e-9, 0.5e-9, 2e-9), rel=1e-12)


@pytest.mark.parametrize(("z_set", "A"), [("literature", 0.48e-12), ("dft", 4.83e-12), ("modified", 0.70e-12)])
def test_index_and_phase_table_agree(z_set, A):
    phases = SmCo17(**GOOD, z_set=z_set).phases
    assert [phases[i].name for i in (CELL, STRIPE, PLATELET, BOUNDARY)] == ["2:17", "1:5", "Z", "boundary"]
    assert phases[PLATELET].A_J_per_m == A


# ---- refusals


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wZ_nm": 20.0}, "wZ_nm must be < d_nm"),
        ({"wZ_nm": 25.0}, "wZ_nm must be < d_nm"),
        ({"wS_nm": 60.0}, "wS_nm must be < L_nm"),
        ({"wZ_nm": 0.4}, "wZ_nm must be >= the cell's edge"),
        ({"wS_nm": 0.9, "cell_nm": (0.5, 1.0, 2.0)}, "wS_nm .* must be >= the cell's edge"),
        ({"boundary_layer_nm": 64.0}, "boundary_layer_nm must be < half"),
        ({"size_nm": (0.0, 128.0, 32.0)}, "size_nm"),
        ({"size_nm": (float("inf"), 128.0, 32.0)}, "size_nm"),
        ({"size_nm": (128.0, 128.0, 1.0)}, "size_nm"),
        ({"cell_nm": (0.5, -0.5, 2.0)}, "cell_nm"),
        ({"layers": 0}, "layers"),
        ({"layers": "some"}, "layers"),
        ({"L_nm": -60.0}, "L_nm"),
        ({"L_nm": float("nan")}, "L_nm"),
        ({"cell_angle_deg": 180.0}, "cell_angle_deg"),
        ({"boundary_layer_nm": -1.0}, "boundary_layer_nm"),
        ({"boundary_faces": ("z-",)}, "boundary_faces"),
        ({"z_set": "guess"}, "z_set"),
        ({"placement": "left"}, "placement"),
        ({"LL_nm": 1.0}, "LL_nm"),
    ],
)
def test_impossible_structures_are_refused_by_name(change, words):
    with pytest.raises(ValidationError, match=words):
        SmCo17(**GOOD | change)


def test_the_reason_for_a_filter_has_no_numbers():
    # Designs count by reason: a number in it would make each combination a reason of its own.
    reason = SmCo17.model_construct(**GOOD | {"wZ_nm": 21.0}).impossible()
    assert reason == "wZ_nm must be < d_nm"
    assert SmCo17(**GOOD).impossible() is None


# ---- composition


@pytest.mark.parametrize(
    ("phase", "Sm", "Co", "Zr"),
    [("2:17", 2 / 19, 17 / 19, 0), ("1:5", 1 / 6, 5 / 6, 0), ("Z", 1 / 12, 9 / 12, 2 / 12)],
)
def test_a_pure_phase_has_the_composition_of_its_unit_cell(phase, Sm, Co, Zr):
    found = composition_at_percent({phase: 0.7})  # what is not 2:17, 1:5 or Z does not count
    assert found == pytest.approx({"Sm": 100 * Sm, "Co": 100 * Co, "Zr": 100 * Zr}, rel=1e-12, abs=1e-12)


def test_the_papers_ridge_has_5_at_percent_zr():
    # "50% 1:5-phase and around a 32% Z-phase in volume fraction, overlapping with the isoline indicating Zr of 5 at%":
    # both fractions are read off a map, and its isoline is labelled without decimals, hence 0.25 at%.
    assert composition_at_percent({"2:17": 0.18, "1:5": 0.50, "Z": 0.32})["Zr"] == pytest.approx(5.0, abs=0.25)


def test_composition_of_a_mixture_by_hand():
    # Half 1:5, half Z by volume: Zr = 2/181.968 / (6/89.138 + 12/181.968) = 0.010991/0.133257 = 8.2479 %.
    found = composition_at_percent({"1:5": 0.5, "Z": 0.5})
    assert found["Zr"] == pytest.approx(8.2479, abs=2e-4)
    assert sum(found.values()) == pytest.approx(100, rel=1e-12)


def test_no_composition_without_phases():
    with pytest.raises(ValueError, match="2:17"):
        composition_at_percent({"boundary": 1.0})
