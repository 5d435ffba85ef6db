"""What the paper says of multigrain structures: on made-up cubes, grain sizes and switching fields that agree, or do not."""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from legible import faults

from hardmag.errors import InvalidValue, UserError
from hardmag.papers.kovacs2023 import grain_sizes as sizes
from hardmag.papers.kovacs2023 import polycrystal_claims as claims
from hardmag.papers.kovacs2023 import single_cubes as cubes_of
from hardmag.papers.kovacs2023.expected_improvement import improvement, minimise
from hardmag.papers.kovacs2023.figures.grain_by_grain import draw_grain_by_grain
from hardmag.papers.kovacs2023.figures.grain_sizes import draw_grain_sizes
from hardmag.papers.kovacs2023.figures.single_cubes import draw_single_cubes
from hardmag.papers.kovacs2023.grain_by_grain import Pair, pairs_of
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES

ROOT = Path(__file__).parents[2]
SIZES_NM = (100.0, 1000.0, 10000.0)
MACHINE = {"gpu": None, "processor": "a", "threads": 1, "torch": "b", "numba": "c", "physics_version": 4}


def curve_of(Hc, width):
    """A straight flank of that coercivity and of that width between m = 0.5 and −0.5."""
    H = np.array([4.0, 0.0, -(Hc - width), -(Hc + width), -Hc - 3])
    return H, np.array([0.97, 0.95, 0.9, -0.9, -0.97])


def made_up_groups(falls=1.0, narrows=1.0, broadens=4.0, star=4.207):
    """Ten structures in three sizes at both boundaries, which at 100 nm are one; Hc* alike for all."""
    rng, found = np.random.default_rng(1), []
    own = rng.normal(size=10)
    own = (own - own.mean()) / own.std(ddof=1)
    for size, boundary in ((100.0, 3.0), (1000.0, 3.0), (1000.0, 30.0), (10000.0, 3.0), (10000.0, 300.0)):
        step = np.log10(size / 100)
        Hc = 3.3 - 0.4 * falls * step + 0.01 * broadens ** (step / 2) * own
        curves = tuple(curve_of(field, 0.6 - 0.1 * narrows * step) for field in Hc)
        found.append(sizes.Group(size, boundary, tuple(range(1, 11)), Hc, np.full(10, star) + 0.001 * own, ("",) * 10, curves))
    return found


def made_up_pair(name="seed 1", other_first=False):
    """27 grains that switch 0.05 T apart; in the model another one may be the first, the fourth."""
    full = 3.0 + 0.05 * np.arange(27)
    model = full + 0.01
    model[3] = 2.9 if other_first else model[3]
    return Pair(name, 30.0, model, full, 3.66, 3.65, np.full(27, 1 / 27), 0.02, 1.0)


def made_up_cubes(error=0.01, d=1.44):
    """A valley whose floor runs through (d, 1.24)."""
    cubes = [(edge, angle) for edge in (50.0, 100.0, 200.0) for angle in (2.0, 20.0)]
    full = np.array([5.8 - 0.3 * np.log2(edge / 50) - 1.2 * (angle > 2) for edge, angle in cubes])
    axes = {"d": np.linspace(0.8, 2.6, 13), "l": np.linspace(1.1, 1.9, 11)}
    grid = np.meshgrid(*axes.values(), indexing="ij")
    model = full + 0.3 * (grid[0] - d)[..., None] - np.linspace(0.4, 0.9, 6) * (grid[1] - 1.24)[..., None]
    valley = cubes_of.Valley(axes["d"], axes["l"], model, full)
    drawn = valley.drawn_optima(40, 1)
    errors = np.where(np.arange(6) % 2, error, -error)
    return {
        "full": [
            {"edge_nm": edge, "angle_deg": angle, "largest_cell_nm": cell, "mu0_Hc_T": float(field), "seconds": 1.0}
            for cell in (2.0, 4.0)
            for (edge, angle), field in zip(cubes, full, strict=True)
        ],
        "model": [
            {"edge_nm": edge, "angle_deg": angle, "mu0_Hc_T": 5.8 - 0.3 * float(np.log2(edge / 50)) - 1.2 * (angle > 2)}
            for edge in (50, 100, 200, 400, 800)
            for angle in (2.0, 20.0)
        ],
        "cubes": cubes,
        "full_T": full.tolist(),
        "bounds": cubes_of.BOUNDS,
        "tried": {"d": [1.0, 2.0], "l": [1.2, 1.6], "rms_T": [0.1, 0.2]},
        "optimum": {"d": d, "l": 1.24, "rms_T": 0.004},
        "published": cubes_of.PUBLISHED | {"rms_T": error},
        "published_errors_T": errors.tolist(),
        "optimum_errors_T": (0.3 * errors).tolist(),
        "valley": {key: axis.tolist() for key, axis in axes.items()} | {"rms_T": valley.rms_T().tolist()},
        "drawn_optima": drawn.tolist(),
        "left_out_T": errors.tolist(),
    }


def verdicts(rows):
    return [row["verdict"] for row in rows]


@pytest.mark.parametrize("reading", ["3 nm", "3 %"])
def test_grain_sizes_as_the_paper_has_them_agree(reading):
    rows = claims.size_findings(made_up_groups(), reading)
    assert verdicts(rows)[:4] == [AGREES, AGREES, AGREES, AGREES]
    assert rows[0]["value"] == pytest.approx(-0.4, abs=0.02) and "0.1 to 10 µm" in rows[0]["statistic"]
    assert rows[1]["value"] == pytest.approx(-0.1 / 0.9 * 1.0, rel=0.05)
    assert rows[2]["value"] == pytest.approx(4.0, rel=1e-6)
    assert {row["boundary"] for row in rows} == {reading}


def test_grain_sizes_of_the_other_kind_disagree():
    rows = claims.size_findings(made_up_groups(falls=-1.0, narrows=-1.0, broadens=0.2), "3 nm")
    assert verdicts(rows)[:4] == [DISAGREES] * 4
    # N_eff of 10 µm: (4.207 − 4.1)/1.61.
    assert rows[4]["value"] == pytest.approx((4.207 - 4.1) / 1.61, abs=1e-3) and rows[4]["verdict"] == DISAGREES


def test_N_eff_within_the_experiments_agrees():
    rows = claims.size_findings(made_up_groups(star=4.6), "3 %")
    assert rows[4]["value"] == pytest.approx((4.6 - 2.5) / 1.61, abs=1e-3) and rows[4]["verdict"] == AGREES


def test_one_step_against_the_paper_is_enough():
    groups = made_up_groups()
    groups[3] = replace(groups[3], mu0_Hc_T=groups[1].mu0_Hc_T + 0.1)
    assert claims.size_findings(groups, "3 nm")[0]["verdict"] == DISAGREES
    assert claims.size_findings(groups, "3 %")[0]["verdict"] == AGREES


def test_structures_that_fail_are_left_out_and_sizes_without_any_said():
    groups = made_up_groups()
    groups[3] = replace(groups[3], mu0_Hc_T=np.full(10, np.nan), failures=("flipped_back",) * 10)
    rows = claims.size_findings(groups, "3 nm")
    assert "0.1 to 1 µm" in rows[0]["statistic"] and rows[0]["verdict"] == AGREES
    assert rows[4]["verdict"] == CANNOT_TELL
    none = [replace(group, mu0_Hc_T=np.full(10, np.nan)) for group in groups]
    assert verdicts(claims.size_findings(none, "3 nm")) == [CANNOT_TELL] * 5


def test_alpha_is_what_its_field_says():
    groups = made_up_groups(star=0.55 * sizes.ANISOTROPY_T)
    turning, fixed = claims.alpha_findings(groups, [0.6, 0.601, 0.599])
    assert (turning["value"], turning["verdict"], fixed["verdict"]) == (pytest.approx(0.55), AGREES, DISAGREES)
    assert claims.alpha_findings(groups, [0.5, 0.6, 0.55])[1]["verdict"] == CANNOT_TELL


def test_interval_is_students():
    mean, low, high = sizes.mean_interval([1.0, 2.0, 3.0, np.nan])
    assert (mean, high - mean) == (2.0, pytest.approx(4.30265 / np.sqrt(3), rel=1e-5)) and low == pytest.approx(4 - high)
    assert np.isnan(sizes.mean_interval([1.0, 2.0])).all()


def test_groups_pair_a_structure_with_itself():
    columns = {"grain_size_nm": [100, 100, 100, 100], "boundary_nm": [3, 3, 3, 3], "structure_seed": [2, 1, 1, 2]}
    table = {key: np.array(value, dtype=float) for key, value in columns.items()}
    table |= {"magnetostatics": np.array(["with", "with", "without", "without"], dtype=object)}
    table |= {"status": np.array(["accepted", "quarantined", "accepted", "accepted"], dtype=object)}
    table |= {"failure": np.array(["", "flipped_back", "", ""], dtype=object), "mu0_Hc_T": np.array([3.0, 9.0, 4.1, 4.2])}
    curves = [[curve_of(3.0, 0.5)] for _ in range(4)]
    (group,) = sizes.groups_of(table, curves)
    assert group.structure_seed == (1, 2) and group.failures == ("flipped_back", "")
    assert group.N_eff == pytest.approx([np.nan, 1.2 / 1.61], nan_ok=True)
    assert group.width_T == pytest.approx([np.nan, 0.5 / 0.9], nan_ok=True)
    held = sizes.Group.from_dict(group.to_dict())
    assert held.N_eff == pytest.approx(group.N_eff, nan_ok=True) and held.width_T == pytest.approx(group.width_T, nan_ok=True)
    with pytest.raises(UserError, match="not every structure was simulated without"):
        sizes.groups_of({key: column[:3] for key, column in table.items()}, curves)
    table["boundary_nm"][0] = 6.0
    with pytest.raises(UserError, match="not every size and boundary has the same structures"):
        sizes.groups_of(table, curves)


def test_average_stays_where_a_curve_has_ended():
    fields, m = sizes.average([(np.array([1.0, -1.0, -2.0]), np.array([1.0, 1.0, -1.0])), (np.array([1.0, -4.0]), np.ones(2))])
    assert np.interp([-3.0, -1.5, 0.5], fields, m) == pytest.approx([0.0, 0.5, 1.0])


def test_same_grains_in_both_agree():
    pairs = [made_up_pair(f"seed {k}") for k in range(3)]
    assert [pair.first_is_late_by_T for pair in pairs] == [0, 0, 0] and pairs[0].shared() >= 6 / 7
    assert verdicts(claims.pair_findings(pairs)) == [AGREES] * 3


def test_other_grains_disagree():
    pair = made_up_pair(other_first=True)
    assert pair.first_is_late_by_T == pytest.approx(0.15)
    assert claims.pair_findings([pair] * 3)[0]["verdict"] == DISAGREES
    backwards = replace(pair, model_T=pair.full_T[::-1])
    rows = claims.pair_findings([backwards] * 3)
    assert backwards.shared() == 0 and verdicts(rows) == [DISAGREES, AGREES, DISAGREES]  # of equal moments
    assert verdicts(claims.pair_findings([replace(pair, model_T=pair.full_T + 5)] * 3))[1:] == [DISAGREES] * 2
    assert verdicts(claims.pair_findings([])) == [CANNOT_TELL] * 3


def test_curve_of_reversals():
    pair = replace(made_up_pair(), moment=np.arange(1, 28) / 378)
    H, m = pair.curve(pair.full_T)
    assert H[0] == -3.0 and m[0] == pytest.approx(1 - 2 / 378) and m[-1] == pytest.approx(-1)
    assert pair.apart() == pytest.approx(np.abs(2 * pair.moment[:-1] * 0.01 / 0.05).sum() * 0.05 / 1.3, rel=0.05)


def test_pairs_are_read_as_the_benchmark_writes_them():
    row = {"structure_seed": 1, "grain_size_nm": 30.0, "boundary_nm": 4.0}
    full = {"mu0_Hc_T": 3.5, "switching_T": [3.0, None, 3.2, 3.4], "step_T": 0.02}
    row |= {"full": full, "model": {"mu0_Hc_T": 3.6, "switching_T": [3.1, 3.5, 3.2, 3.4]}}
    held = {"magnets": {"grains": 4, "misalignment_deg": 35.0}, "polycrystals_in_2_nm": {"seed 2": row, "seed 1": row}}
    pair, coarse = pairs_of(held | {"polycrystals": {"seed 1": row}})
    assert (pair.name, pair.cell_nm, coarse.cell_nm) == ("seed 1", 1.0, 2.0)
    assert pair.full_T[1] == np.inf and pair.moment.sum() == pytest.approx(1) and len(pair.moment) == 4
    assert pair.reversed_at(3.2) == (2, 2, 2)
    assert pairs_of({}) == []


def test_cubes_that_the_published_values_meet_agree():
    rows = claims.cube_findings(made_up_cubes())
    assert verdicts(rows) == [AGREES] * 3
    rows = claims.cube_findings(made_up_cubes(error=0.4, d=2.2))
    assert verdicts(rows)[:2] == [DISAGREES] * 2


def test_optimum_of_a_valley():
    held = made_up_cubes(d=1.7)
    valley = cubes_of.Valley(*(np.array(held["valley"][key]) for key in "dl"), *_model_of(held, 1.7))
    assert valley.optimum() == pytest.approx((1.7, 1.24), abs=0.02)
    assert np.abs(valley.left_out_T([0, 0, 1, 1, 2, 2])).max() < 0.01
    with pytest.raises(InvalidValue, match="shape"):
        cubes_of.Valley(valley.l, valley.d, valley.model_T, valley.full_T)


def _model_of(held, d):
    full = np.array(held["full_T"])
    grid = np.meshgrid(held["valley"]["d"], held["valley"]["l"], indexing="ij")
    return full + 0.3 * (grid[0] - d)[..., None] - np.linspace(0.4, 0.9, 6) * (grid[1] - 1.24)[..., None], full


def test_optimisation_finds_the_floor_of_a_narrow_valley():
    def valley(points):
        x, y = np.asarray(points).T
        return 0.01 + 20 * (y - 0.5 * x) ** 2 + (x - 0.6) ** 2

    points, values = minimise(valley, [(-1, 1), (-1, 1)], first=8, then=16, seed=1)
    assert len(points) == 24 and values.min() < 0.012
    assert points[values.argmin()] == pytest.approx([0.6, 0.3], abs=0.05)
    assert np.sort(valley(np.random.default_rng(1).uniform(-1, 1, (24, 2))))[0] > values.min()


def test_expected_improvement_is_the_formula():
    assert improvement(np.array([1.0]), np.array([0.0]), 2.0) == pytest.approx([1.0])
    assert improvement(np.array([2.0]), np.array([0.5]), 2.0) == pytest.approx([0.5 / np.sqrt(2 * np.pi)])


def test_cube_of_the_model_is_that_of_the_facts():
    """50 nm, turned by 2° and 20°: full micromagnetics has 5.795 and 4.215 T."""
    assert cubes_of.model_T([(50.0, 2.0), (50.0, 20.0)], [(1.44, 1.24)])[0] == pytest.approx([5.795, 4.215], abs=0.08)
    assert cubes_of.full_T(20.0, 20.0, 5.0) == pytest.approx(4.33, abs=0.05)


@pytest.fixture
def kept(monkeypatch):
    """Figures that were saved, still open."""
    figures, close = [], plt.close
    monkeypatch.setattr(plt, "close", figures.append)
    yield figures
    for figure in figures:
        close(figure)


def test_figures_are_legible(kept, tmp_path):
    groups = made_up_groups()
    groups[3] = replace(groups[3], mu0_Hc_T=np.full(10, np.nan), failures=("flipped_back",) * 10)
    draw_grain_sizes(groups, tmp_path / "sizes.png")
    draw_single_cubes(made_up_cubes(), tmp_path / "cubes.png")
    draw_grain_by_grain([made_up_pair(f"seed {k}", other_first=k == 2) for k in range(3)], tmp_path / "grains.png")
    assert [faults(figure) for figure in kept] == [[], [], []]


def test_page_says_what_was_found(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report_polycrystal

    groups = made_up_groups()
    failed = replace(groups[3], mu0_Hc_T=np.full(10, np.nan), failures=("flipped_back",) * 10)
    groups = [*groups[:3], failed, groups[4]]
    held = MACHINE | {"grains": 160, "size_spread": 0.35, "misalignment_deg": 35.0, "resolution_T": 0.01, "from_T": 4.0}
    held |= {"groups": [group.to_dict() for group in groups], "alpha_of_fixed_moments": [0.55, 0.551, 0.549]}
    found = [{"no_rest": 0, "same_curve": 10, "changes_T": []}, {"no_rest": 7, "same_curve": 1, "changes_T": [0.031, -0.042]}]
    held["reversal_always"] = [{"grain_size_nm": 1e3, "boundary_nm": 3.0 * 10**k} | row for k, row in enumerate(found)]
    files = {"grain_sizes": held, "reduced_order_cubes": MACHINE | made_up_cubes()}
    monkeypatch.setattr(report_polycrystal, "stored", lambda name: deepcopy(files.get(name)))
    page = report_polycrystal.polycrystal_findings()
    for row in claims.findings(files["reduced_order_cubes"], [], groups, held["alpha_of_fixed_moments"]):
        assert f"| {row['says']} | {row['boundary']} | {row['statistic']} |" in page
    assert "10 of 10 at 10 µm with 3 nm (`flipped_back`" in page and "Not compared yet" in page
    assert "7 at 1 µm with 30 nm of ten each" in page and "In 11 the curve is the same" in page
    assert "other 2 changes by up to 4e+01 mT" in page
