"""Surrogates of core/shell grains: which rows and features they see, and what they make of a function that is known."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from hardmag.errors import UserError
from hardmag.materials import MU0
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.coreshell import CoreShell, smaller_switching_field
from hardmag.papers.kovacs2023.kronmuller import microstructural
from hardmag.surrogates.comparison import cross_validate
from hardmag.surrogates.models import MODELS, fit
from hardmag.surrogates.rows import rows_of

COMPOSITIONS = {"core_composition": "Ce0.75La0.25", "shell_composition": "Ce0.75La0.25"}
SPECIFICATION = '{"nanostructure": {"kind": "coreshell"}}'


def grains(count, seed=3):
    """Table as a campaign's: grains of two angles each, with and without magnetostatics; µ0Hc = ½ µ0H_sw − 0.02 T/nm of
    layer, and 1 T more without."""
    rng, records = np.random.default_rng(seed), []
    for _ in range(count):
        lengths = dict(zip(("a_nm", "shell_nm", "layer_nm"), rng.uniform([40, 4, 2], [80, 9, 5]).tolist(), strict=True))
        Nd = {"core_Nd": float(rng.uniform()), "shell_Nd": float(rng.uniform())} | COMPOSITIONS
        for misorientation in rng.uniform(0, 40, 2).tolist():
            for how in ("with", "without"):
                grain = CoreShell(**lengths, **Nd, misorientation_deg=misorientation, magnetostatics=how)
                records.append(grain.values() | {"alpha_deg": 0.0, "status": "accepted", "specification": SPECIFICATION})
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    without = table["magnetostatics"] == "without"
    table["mu0_Hc_T"] = 0.5 * smaller_switching_field(table) - 0.02 * table["layer_nm"] + without
    return table


def test_rows_and_features():
    """Only with magnetostatics; what varies, and the field of the softer phase; both angles of a grain are one group."""
    table = grains(12)
    rows = rows_of(table, "coreshell")
    assert rows.targets == ("mu0_Hc_T",)
    assert rows.row.tolist() == np.flatnonzero(table["magnetostatics"] == "with").tolist()
    assert rows.counts["rows_left_out"] == 24
    varied = ("a_nm", "shell_nm", "layer_nm", "misorientation_deg")
    phases = [f"{phase}_{key}" for phase in ("core", "shell") for key in CONSTANTS]
    assert rows.features == (*varied, *phases, "mu0_H_sw_T")
    assert np.bincount(rows.geometry).tolist() == [2] * 12
    assert np.array_equal(rows.angle, table["misorientation_deg"][rows.row])


def test_switching_field():
    """Aligned, 2K1/Ms of the softer phase; field at 30° in the plane of a c-axis that is turned by as much the other way: as
    at 60°, and at 0° where it is turned towards it. By hand: (sin^⅔ + cos^⅔)^−3/2 at 60° is 0.52402."""
    one = {f"{p}_{k}": np.array([v] * 3) for p, K in (("core", 1.0), ("shell", 2.0)) for k, v in (("K1_MJ_per_m3", K),)}
    one |= {f"{p}_mu0_Ms_T": np.array([1.25] * 3) for p in ("core", "shell")}
    angles = {"misorientation_deg": [0.0, 30.0, 30.0], "azimuth_deg": [0.0, 180.0, 0.0], "alpha_deg": [0.0, 30.0, 30.0]}
    found = smaller_switching_field(one | {k: np.array(v) for k, v in angles.items()})
    assert found == pytest.approx(2e6 / (1.25 / MU0) * np.array([1, 0.52402, 1]), rel=1e-4)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"shell_K1_MJ_per_m3": None}, "table: no column shell_K1_MJ_per_m3"),
        ({"layer_nm": np.nan}, "column layer_nm: row 0 of 96: must be a finite number"),
        ({"mu0_Hc_T": 2.0}, "column mu0_Hc_T: 2 in every usable row, nothing to learn from"),
        ({"status": "quarantined"}, "table: 0 accepted rows with a coercivity, at least 20 are needed to train"),
    ],
)
def test_bad_tables(change, line):
    table = grains(24)
    for name, value in change.items():
        table[name] = np.full(96, value)
        if value is None:
            del table[name]
    with pytest.raises(UserError) as error:
        rows_of(table, "coreshell")
    assert str(error.value).partition("; needed are")[0] == line


def test_bootstrap_learns_the_function(monkeypatch):
    """On grains that are left out: R² > 0.97 (their switching field is a feature; an average of all predicts 0), and the 95 %
    intervals hold 88 to 100 % (72 rows: two standard deviations of the share are 5 %). A tenth of the copies, to save time."""
    rows, model = rows_of(grains(36), "coreshell"), MODELS["bootstrap"]
    monkeypatch.setitem(MODELS, "bootstrap", replace(model, fit=partial(model.fit, copies=10)))
    result = cross_validate(rows, "bootstrap", seed=1, trials=1, epochs=1)
    (variant,) = result["variants"]
    scores = variant["grouped"]["mu0_Hc_T"]
    assert scores["R2"] > 0.97
    assert 0.88 <= scores["coverage"]["overall"] <= 1


def test_bootstrap_draws_whole_grains():
    """A grain that is not drawn is not seen at all: with one copy, targets of the grains left out do not matter."""
    rows = rows_of(grains(24), "coreshell")
    drawn = np.random.default_rng(5).choice(np.unique(rows.geometry), 24)
    changed = np.where(np.isin(rows.geometry, drawn)[:, None], rows.y, 99.0)
    assert (changed == 99).sum() > 6
    models = [
        fit("bootstrap", rows.x, y, rows.geometry, targets=rows.targets, seed=5, settings={"copies": 1})
        for y in (rows.y, changed)
    ]
    assert np.array_equal(*(model.predict(rows.x).mean for model in models))


def test_microstructural_parameters():
    """Made with α = 0.8 and N_eff = 0.9 of the shell, the harder phase: found again; a lone run counts for nothing."""
    table = grains(8)
    table |= {f"fraction_{phase}": np.full(32, share) for phase, share in (("core", 0.5), ("shell", 0.3), ("layer", 0.2))}
    table["shell_K1_MJ_per_m3"], table["core_K1_MJ_per_m3"] = np.full(32, 4.5), np.full(32, 1.2)
    Ms = table["shell_mu0_Ms_T"]
    without = table["magnetostatics"] == "without"
    table["mu0_Hc_T"] = 0.8 * 2 * 4.5e6 / (Ms / MU0) - 0.9 * Ms * ~without
    table["status"][1] = "quarantined"
    found = microstructural(table)
    assert found["with"].tolist() == list(range(2, 32, 2)) and found["without"].tolist() == list(range(3, 32, 2))
    assert (found["alpha"], found["N_eff"]) == (pytest.approx(np.full(15, 0.8)), pytest.approx(np.full(15, 0.9)))
    with pytest.raises(UserError, match="no grain was simulated both with and without magnetostatics"):
        microstructural(table | {"magnetostatics": np.full(32, "with")})


def test_rows_are_those_of_a_kind():
    with pytest.raises(UserError, match="no column L_nm"):
        rows_of(grains(24), "smco17")
    with pytest.raises(UserError, match="^table: nothing is learned of from_file$"):
        rows_of(grains(24), "from_file")
