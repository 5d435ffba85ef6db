"""α and N_eff of grains by both ways, of made-up coercivities whose α and N_eff are known."""

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.stats import linregress
from test_inverse_design import write_dataset

from hardmag.errors import UserError
from hardmag.figures.artefacts import make
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.papers import artefacts_of
from hardmag.papers.kovacs2023.temperatures import Line, temperature_series

TEMPERATURES = (300.0, 340.0, 370.0, 410.0, 450.0)
NO_GRAIN = "^dataset: no grain at 3 temperatures, both with and without magnetostatics$"


def dataset(alpha, N_eff, cores=("Nd",), temperatures=TEMPERATURES, **own):
    """Table of grains with a shell of Nd2Fe14B, with and without magnetostatics; alpha, N_eff: functions of x = 2K1/(µ0Ms²)."""
    records = []
    for core in cores:
        for T in temperatures:
            for how in ("with", "without"):
                grain = CoreShell(core_composition=core, shell_composition="Nd", temperature_K=T, magnetostatics=how, **own)
                K1, Ms = grain.phases[1].Ku_J_per_m3, grain.phases[1].Ms_A_per_m
                J = grain.shell_mu0_Ms_T
                x = 2 * K1 / (J * Ms)
                Hc = J * (alpha(x) * x - (N_eff(x) if how == "with" else 0))
                fractions = {f"fraction_{name}": grain.descriptors()[f"phi_{name}"] for name in ("core", "shell", "layer")}
                records.append(grain.values() | fractions | {"alpha_deg": 0.0, "status": "accepted", "mu0_Hc_T": Hc})
    return {key: np.array([record.get(key, np.nan) for record in records]) for key in records[0]}


def test_both_ways_agree_where_nothing_changes_with_temperature():
    """To the digits of a constant that follows from the composition, 1e-9."""
    (one,) = temperature_series(dataset(lambda x: 0.6, lambda x: 0.8))
    assert one.temperature_K.tolist() == list(TEMPERATURES) and one.name == "core Nd, shell Nd"
    assert (one.line_alpha, one.line_N_eff) == (pytest.approx(0.6, rel=1e-7), pytest.approx(0.8, rel=1e-7))
    assert one.alpha == pytest.approx(np.full(5, 0.6), rel=1e-7) and one.N_eff == pytest.approx(np.full(5, 0.8), rel=1e-6)
    assert 1 - one.line.R2 < 1e-9 and one.line.slope_error < 1e-7
    assert one.because == pytest.approx((0, 0), abs=1e-6)


def test_a_line_takes_an_alpha_that_changes_with_temperature_for_another():
    """α = 0.4 + 0.5/x: α x = 0.4 x + 0.5, so that the line has α = 0.4, and N_eff = 0.8 − 0.5, all the way with R² = 1."""
    (one,) = temperature_series(dataset(lambda x: 0.4 + 0.5 / x, lambda x: 0.8))
    assert (one.line_alpha, one.line_N_eff) == (pytest.approx(0.4, rel=1e-6), pytest.approx(0.3, rel=1e-6))
    assert 1 - one.line.R2 < 1e-9
    assert one.alpha.mean() == pytest.approx(0.4 + 0.5 * (1 / one.x).mean(), rel=1e-7) and one.N_eff == pytest.approx(0.8)
    assert one.because == pytest.approx((-0.5 * (1 / one.x).mean(), 0), abs=1e-6)
    assert sum(one.because) == pytest.approx(one.line_alpha - one.alpha.mean(), abs=1e-12)
    (other,) = temperature_series(dataset(lambda x: 0.6, lambda x: 0.8 - 0.1 * x))
    assert other.because == pytest.approx((0, 0.1), abs=1e-6) and other.line_alpha == pytest.approx(0.7, rel=1e-6)
    words = other.difference()
    assert words.startswith("core Nd, shell Nd: the line through 5 temperatures (300-450 K) has α = 0.700 ± 0.000")
    parts = "+0.100 off the mean, +0.000 because α and +0.100 because N_eff changes with temperature."
    assert words.endswith(f"the line's α is {parts}")


def test_the_line_is_that_of_textbooks():
    rng = np.random.default_rng(1)
    x = rng.uniform(1, 5, 12)
    y = 0.7 * x - 0.9 + rng.normal(0, 0.1, 12)
    own, known = Line.through(x, y), linregress(x, y)
    found = (own.slope, own.intercept, own.slope_error, own.intercept_error, own.R2)
    expected = (known.slope, known.intercept, known.stderr, known.intercept_stderr, known.rvalue**2)
    assert found == pytest.approx(expected, rel=1e-9)


def test_grains_are_told_apart():
    """By composition and shape; one of two temperatures has no line, and without three for any the table has none."""
    law = (lambda x: 0.6, lambda x: 0.8)
    two = temperature_series(dataset(*law, cores=("Nd", "Nd0.3Ce0.7")))
    assert [one.name for one in two] == ["core Nd", "core Nd0.3Ce0.7"]
    both = dataset(*law, misorientation_deg=10.0), dataset(*law, temperatures=TEMPERATURES[:3])
    tables = {key: np.concatenate([table[key] for table in both]) for key in both[0]}
    assert [(one.name, len(one.x)) for one in temperature_series(tables)] == [
        ("misorientation 10°", 5),
        ("misorientation 0°", 3),
    ]
    with pytest.raises(UserError, match=NO_GRAIN):
        temperature_series(dataset(*law, temperatures=TEMPERATURES[:2]))
    lost = dataset(*law, temperatures=TEMPERATURES[:3])
    lost["status"][3] = "quarantined"
    with pytest.raises(UserError, match=NO_GRAIN):
        temperature_series(lost)


def test_figure_and_table(tmp_path):
    """A row per grain, whose sentence stands below the table."""
    table = dataset(lambda x: 0.6, lambda x: 0.8 - 0.1 * x, cores=("Nd", "Nd0.3Ce0.7"))
    write_dataset(tmp_path / "dataset.h5", table, "coreshell")
    artefacts, inputs = artefacts_of("coreshell"), {"dataset": tmp_path / "dataset.h5"}
    make(artefacts["temperatures"], inputs, {"output": tmp_path / "temperatures.png"})
    assert imread(tmp_path / "temperatures.png")[..., :3].std() > 0.05
    make(artefacts["alpha_and_N_eff"], inputs, {k: tmp_path / f"table.{k}" for k in ("markdown", "table", "page")})
    head, *rows = (tmp_path / "table.table").read_text(encoding="utf-8").splitlines()
    assert head.split(",")[4] == "α of the line" and [row.split(",")[4] for row in rows] == ["0.7000", "0.7000"]
    text = (tmp_path / "table.markdown").read_text(encoding="utf-8")
    assert text.count("\n- core Nd") == 2 and "because N_eff changes with temperature" in text
