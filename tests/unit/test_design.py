"""Designs: what is combined, sampled, filtered and placed in boxes; ids that change with what matters and nothing else."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from hardmag.campaign.config import HalfCycleSettings, load_campaign
from hardmag.campaign.design import make_plan
from hardmag.errors import UserError

CONFIG = Path(__file__).parents[2] / "config" / "smco17"
LEVELS = {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0, 30]}
SMALL, LARGE = [64, 64, 32], [96, 96, 32]


@pytest.fixture
def plan(campaign_file):
    """Function: the plan of CAMPAIGN (conftest.py) with changed design parameters and sections."""

    def make(parameters=None, *, kind="grid", points=None, file=None, **sections):
        design = {"kind": kind, "parameters": parameters or LEVELS, "points": points, "file": file}
        sections["design"] = {k: v for k, v in design.items() if v is not None}
        return make_plan(load_campaign(campaign_file(**sections)))

    return make


def ids(plan):
    return [s.id for s in plan.samples]


def column(plan, name):
    return np.array([s.nanostructure[name] for s in plan.samples])


# ---- grid and filter


def test_a_grid_is_every_combination_once(plan):
    found = plan(LEVELS | {"z_set": ["dft", "modified"]})
    keys = {(s.nanostructure["L_nm"], s.nanostructure["z_set"], s.alpha_deg) for s in found.samples}
    assert keys == {(L, z, a) for L in (30, 50) for z in ("dft", "modified") for a in (0, 30)}
    assert len(found.samples) == found.combinations == 8
    assert set(column(found, "d_nm")) == {20} and set(column(found, "wS_nm")) == {3}
    assert len(set(ids(found))) == 8


def test_impossible_combinations_are_counted_by_reason(plan):
    levels = {"L_nm": [30, 50], "d_nm": [4, 5, 20], "wZ_nm": [4, 5], "wS_nm": [3, 40]}
    found = plan(levels, nanostructure={"kind": "smco17"})
    # wZ >= d: (4, 4), (5, 4), (5, 5) of (wZ, d), each with 2 L and 2 wS: 12. Of the other 3 × 4, wS = 40 > L = 30: 3.
    assert found.rejected == {"wZ_nm must be < d_nm": 12, "wS_nm must be < L_nm": 3}
    assert (len(found.samples), found.combinations) == (9, 24)
    assert np.all(column(found, "wZ_nm") < column(found, "d_nm"))


def test_nothing_possible_is_a_mistake_with_its_reason(plan):
    with pytest.raises(UserError, match=r"no possible sample.*wZ_nm must be < d_nm \(4\)"):
        plan(LEVELS | {"wZ_nm": [20]})


def test_the_papers_design():
    path = CONFIG / "paper.yaml"
    levels = yaml.safe_load(path.read_text())["design"]["parameters"]
    found = make_plan(load_campaign(path))
    assert found.combinations == 17_500  # as many as the paper has
    assert len(found.samples) + found.rejected.total() == 17_500
    assert len(set(ids(found))) == len(found.samples)
    assert list(found.rejected) == ["wZ_nm must be < d_nm"]  # the paper's example, and the only reason here

    grid = np.prod([len(v) for v in levels.values()])
    assert grid == 14_400
    too_thick = grid * sum(z >= d for z in levels["wZ_nm"] for d in levels["d_nm"]) / (5 * 6)
    assert too_thick == 480  # wZ = d = 11 nm: 1 of 30 pairs
    again = [s for s in found.samples if s.nanostructure["size_nm"][0] == 192 and s.nanostructure["L_nm"] < 140]
    assert found.rejected.total() - too_thick == 620 * 5 - len(again)  # the others are drawn before the filter

    # Each structure that is simulated again is so at all five angles, and is in the small box as well.
    def key(sample):
        n = sample.nanostructure
        return tuple(n[k] for k in ("L_nm", "d_nm", "wS_nm", "wZ_nm", "z_set"))

    assert set(Counter(map(key, again)).values()) == {5}
    small = {key(s) for s in found.samples if s.nanostructure["size_nm"][0] == 128}
    assert {key(s) for s in again} <= small
    assert all(n["size_nm"][0] == 192 for n in (s.nanostructure for s in found.samples) if n["L_nm"] >= 140)


# ---- ids


def test_ids_stay_when_levels_are_added_or_reordered(plan):
    before = ids(plan())
    more = plan(LEVELS | {"L_nm": [40, 50, 30, 60], "alpha_deg": [90, 30, 0], "z_set": ["modified", "dft"]})
    assert len(more.samples) == 24
    assert set(before) < set(ids(more))


def test_ids_do_not_depend_on_how_a_number_is_written_or_where_it_stands(plan):
    before = set(ids(plan()))
    assert set(ids(plan(LEVELS | {"L_nm": [30.0, 50.0]}))) == before
    nanostructure = {"kind": "smco17", "size_nm": SMALL, "wS_nm": 3.0, "d_nm": 20}
    levels = {k: v for k, v in LEVELS.items() if k != "d_nm"}
    assert set(ids(plan(levels, nanostructure=nanostructure))) == before
    assert set(ids(plan(LEVELS | {"z_set": ["dft"]}))) == before  # the default, said aloud


def test_ids_do_not_depend_on_what_is_not_physics(plan):
    before = ids(plan())
    after = plan(
        name="other",
        seed=7,
        quality={"rescue_rounds": 5},
        batching={"samples": 1, "slots": 3},
        surrogate={"epochs": 3},
    )
    assert ids(after) == before


def test_ids_follow_the_physics_version(plan, monkeypatch):
    before = ids(plan())
    monkeypatch.setattr("hardmag.campaign.samples.PHYSICS_VERSION", 1_000_000)
    after = plan()
    assert not set(before) & set(ids(after))
    assert {s.physics_version for s in after.samples} == {1_000_000}


OTHER_SETTINGS = {
    "from_T": 1.5,
    "to_T": -11.0,
    "step_T": 0.05,
    "tolerance_T": 2e-3,
    "max_iterations": 2001,
    "kick": 0.004,
    "tilt_deg": 0.6,
    "realisations": 3,
    "precision": "fp64",
    "interface_strength": 0.9,
    "exchange": "yang_eq7",
    "resolution_T": 0.005,
}


@pytest.mark.parametrize("key", HalfCycleSettings.model_fields)
def test_ids_follow_every_setting_of_the_half_cycle(plan, key):
    before = plan(half_cycle={})
    after = plan(half_cycle={key: OTHER_SETTINGS[key]})
    assert not set(ids(before)) & set(ids(after))
    assert after.samples[0].half_cycle == before.samples[0].half_cycle | {key: OTHER_SETTINGS[key]}


@pytest.mark.parametrize(
    "change",
    [
        {"wS_nm": 3.1},
        {"z_set": "literature"},
        {"size_nm": [64, 66, 32]},
        {"cell_nm": [0.5, 0.25, 2.0]},
        {"layers": 2},
        {"cell_angle_deg": 61},
        {"boundary_layer_nm": 1.0},
        {"boundary_faces": ["x-"]},
        {"placement": "random"},
    ],
)
def test_ids_follow_the_structure(plan, change):
    after = plan(nanostructure={"kind": "smco17", "size_nm": SMALL, "wS_nm": 3} | change)
    assert not set(ids(plan())) & set(ids(after))


def test_equal_samples_occur_once(plan):
    assert len(plan(LEVELS | {"L_nm": [30, 30.0, 50]}).samples) == 4


# ---- sampled designs


RANGES = {"L_nm": {"min": 30, "max": 62}, "d_nm": {"min": 10, "max": 42}, "wZ_nm": [4]}


@pytest.mark.parametrize("points", [5, 16, 37])
def test_a_latin_hypercube_has_one_point_in_each_stratum(plan, points):
    found = plan(RANGES, kind="latin_hypercube", points=points)
    for name, low in (("L_nm", 30), ("d_nm", 10)):
        strata = np.floor((column(found, name) - low) / 32 * points).astype(int)
        assert sorted(strata) == list(range(points))


@pytest.mark.parametrize("points", [1, 8, 11, 16])
def test_a_sobol_sequence_lies_within_bounds_and_is_balanced(plan, points):
    found = plan(RANGES, kind="sobol", points=points)
    for name, low in (("L_nm", 30), ("d_nm", 10)):
        values = column(found, name)
        assert len(values) == points
        assert np.all((values >= low) & (values <= low + 32))
        # Its first 8 points lie one in each eighth of every axis.
        if points >= 8:
            assert sorted(np.floor((values[:8] - low) / 4).astype(int)) == list(range(8))


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_sampled_points_follow_the_seed_alone(plan, kind):
    same = [ids(plan(RANGES, kind=kind, points=8, seed=seed)) for seed in (3, 3, 4)]
    assert same[0] == same[1]
    assert not set(same[0]) & set(same[2])


def test_points_are_combined_with_levels(plan):
    found = plan(RANGES | {"alpha_deg": [0, 45, 90]}, kind="sobol", points=4)
    assert len(found.samples) == 12
    assert set(Counter(column(found, "L_nm").tolist()).values()) == {3}


# ---- tables


@pytest.fixture
def table(plan, tmp_path):
    def make(text, shared=None, **levels):
        (tmp_path / "points.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        sections = {} if shared is None else {"nanostructure": {"kind": "smco17"} | shared}
        return plan({"d_nm": [20], "wZ_nm": [4]} | levels, kind="table", file="points.csv", **sections)

    return make


def test_a_table_gives_its_rows(table):
    text = "# measured\nreference,L_nm,wS_nm\n[1] Somebody,30.5,2\n[2] Else,61,3.25\n"
    found = table(text, shared={}, alpha_deg=[0, 90])
    rows = [(s.nanostructure["L_nm"], s.nanostructure["wS_nm"], s.alpha_deg) for s in found.samples]
    assert rows == [(30.5, 2, 0), (30.5, 2, 90), (61, 3.25, 0), (61, 3.25, 90)]


def test_a_table_may_hold_text(table):
    assert column(table("L_nm,z_set\n30, modified\n"), "z_set").tolist() == ["modified"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L_nm,colour\n30,red\n", "'colour' is not a parameter; allowed are .*L_nm"),
        ("L_nm,wS_nm\n30\n", "row 1 has fewer cells"),
        ("L_nm,wS_nm\n30,3\n40,3,5\n", "row 2 has more cells"),
        ("L_nm\n", "no rows"),
        ("", "no rows"),
        ("L_nm\n30\nlong\n", "L_nm.*'long'"),
        ("L_nm,wS_nm\n30,\n", "wS_nm.*''"),
        ("L_nm\n30\nnan\n", "L_nm.*nan"),
        ("reference,L_nm\nKronmüller,30\n".encode("latin-1"), "utf-8|UTF-8"),
    ],
)
def test_mistakes_in_a_table_name_its_file_and_the_row_or_key(table, text, words):
    with pytest.raises(UserError, match=rf"points\.csv: .*({words})"):
        table(text)


def test_a_table_saved_by_a_spreadsheet_with_a_mark_at_its_head(table):
    assert column(table("reference,L_nm\nKronmüller,30\n".encode("utf-8-sig")), "L_nm").tolist() == [30]


def test_the_measured_structures_are_those_of_the_papers_table():
    # Supplementary Table 1, the rows that have all of L, d, wS, wZ (nm).
    printed = {
        (167.126, 30.979, 8.422, 7.239),
        (97.746, 35.439, 6.460, 2.260),
        (184.790, 38.252, 14.239, 8.414),
        (143.420, 33.600, 12.284, 6.386),
        (113.667, 26.620, 8.318, 5.539),
        (59.758, 23.939, 7.306, 1.275),
        (56.736, 29.724, 7.684, 1.065),
        (86.636, 52.614, 8.489, 9.060),
        (70.571, 17.692, 2.662, 1.353),
        (105.719, 32.956, 11.834, 7.832),
        (33.597, 12.906, 4.414, 2.984),
    }
    found = make_plan(load_campaign(CONFIG / "literature.yaml"))
    assert set(zip(*(column(found, k).tolist() for k in ("L_nm", "d_nm", "wS_nm", "wZ_nm")), strict=True)) == printed
    assert found.combinations == 11 * 7 * 3 and not found.rejected
    in_large = column(found, "size_nm")[:, 0] == 192
    assert np.array_equal(in_large, column(found, "L_nm") >= 140)


# ---- domains


def boxes(plan):
    return Counter((s.nanostructure["L_nm"], s.nanostructure["size_nm"][0]) for s in plan.samples)


def test_each_point_goes_to_the_box_whose_bounds_it_meets(plan):
    domains = [{"size_nm": SMALL, "where": {"L_nm": {"below": 50}}}, {"size_nm": LARGE, "where": {"L_nm": {"min": 50}}}]
    assert boxes(plan(domains=domains)) == {(30, 64): 2, (50, 96): 2}  # 50 itself: min ≤ value < below


def test_also_draws_structures_with_all_their_angles(plan):
    domains = [
        {"size_nm": SMALL, "where": {"L_nm": {"below": 50}}},
        {"size_nm": LARGE, "where": {"L_nm": {"min": 50}}, "also": 2},
    ]
    levels = LEVELS | {"L_nm": [30, 35, 40, 45, 50]}
    found = plan(levels, domains=domains)
    again = {L: n for (L, size), n in boxes(found).items() if size == 96 and L < 50}
    assert len(again) == 2 and set(again.values()) == {2}  # two structures at two angles
    assert found.combinations == 2 * (5 + 2)
    assert ids(found) == ids(plan(levels, domains=domains))  # reproducible
    draws = {frozenset(ids(plan(levels, domains=domains, seed=seed))) for seed in range(12)}
    assert len(draws) > 1  # by the seed


def test_also_all_of_them(plan):
    domains = [{"size_nm": SMALL}, {"size_nm": LARGE, "where": {"L_nm": {"min": 50}}, "also": 1}]
    assert boxes(plan(domains=domains)) == {(30, 64): 2, (50, 64): 2, (50, 96): 2, (30, 96): 2}


def test_a_point_in_no_box_is_a_mistake(plan):
    with pytest.raises(UserError, match=r"domains.*where leaves out 2 of 4 combinations"):
        plan(domains=[{"size_nm": SMALL, "where": {"L_nm": {"below": 50}}}])


def test_a_point_in_no_box_is_a_mistake_where_boxes_overlap(plan):
    # L = 30 is in both boxes, L = 50 in none: it must not go missing because another is counted twice.
    domains = [{"size_nm": SMALL, "where": {"L_nm": {"below": 50}}}, {"size_nm": LARGE, "where": {"L_nm": {"below": 40}}}]
    with pytest.raises(UserError, match=r"domains.*where leaves out 2 of 4 combinations"):
        plan(domains=domains)


def test_more_again_than_there_are(plan):
    domains = [{"size_nm": SMALL}, {"size_nm": LARGE, "where": {"L_nm": {"min": 50}}, "also": 2}]
    with pytest.raises(UserError, match=r"domains\.1\.also = 2 is more than the 1 other points"):
        plan(domains=domains)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"L_nm": {"min": -30, "max": 90}}, r"design\.parameters\.L_nm: Input should be greater than 0 \(got -30 to 90\)"),
        (
            {"alpha_deg": {"min": 0, "max": 120}},
            r"design\.parameters\.alpha_deg: must be .* 0 to 90 \(got 0 to 120\)",
        ),
        ({"alpha_deg": [0, 120], "L_nm": {"min": 30, "max": 90}}, r"design\.parameters\.alpha_deg: must .* \(got 120\)"),
        (
            {"L_nm": {"min": -30, "max": -20}, "d_nm": {"min": -9, "max": -3}},
            r"design\.parameters\.L_nm: .* \(got -30 to -20\); design\.parameters\.d_nm: .* \(got -9 to -3\)",
        ),
    ],
)
def test_a_range_is_named_by_its_ends(plan, parameters, said):
    """And by its key in the file: a user has not typed the number that was drawn from it."""
    with pytest.raises(UserError, match=f"^{said}"):
        plan({"d_nm": [20], "wZ_nm": [4], "L_nm": [30]} | parameters, kind="sobol", points=8)


# ---- one place for each parameter: of two values one would be lost in silence


def test_a_parameter_in_two_places(plan, table):
    with pytest.raises(UserError, match=r"design\.parameters\.wS_nm: stands in nanostructure too"):
        plan(LEVELS | {"wS_nm": [3, 4]})
    with pytest.raises(UserError, match=r"nanostructure\.wS_nm: is a column of .*points\.csv too"):
        table("L_nm,wS_nm\n30,2\n")
    with pytest.raises(UserError, match=r"design\.parameters\.alpha_deg: is a column of .*points\.csv too"):
        table("L_nm,alpha_deg\n30,20\n", alpha_deg=[0])
    with pytest.raises(UserError, match=r"points\.csv: column 'L_nm' stands twice"):
        table("L_nm,L_nm\n30,40\n")
