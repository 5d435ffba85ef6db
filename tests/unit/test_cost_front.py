"""Fronts of coercivity and cost: on made-up grains whose µ0Hc is known."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from legible import faults

from hardmag.campaign.config import load_campaign
from hardmag.errors import UserError
from hardmag.files import write_json
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.materials.price import cost_per_cm3, read_prices
from hardmag.nanostructures import CoreShell
from hardmag.papers.kovacs2023 import cost_front as f
from hardmag.papers.kovacs2023.cost_front_claims import findings
from hardmag.papers.kovacs2023.figures.cost_front import draw_cost_front

ROOT = Path(__file__).parents[2]

GIVEN = {
    "b_nm": 20.0,
    "misorientation_deg": 5.0,
    "core_composition": "Ce0.75La0.25",
    "shell_composition": "Ce0.75La0.25",
    "temperature_K": 300.0,
    "layer_Ms_of_shell": 0.8,
}
RANGES = {"a_nm": (16.0, 24.0), "c_nm": (12.0, 18.0), "shell_nm": (1.0, 5.0), "layer_nm": (1.0, 6.0)}
RANGES |= {
    f"{phase}_{element}": (0.0, most) for phase in f.COMPOSED for element, most in (("Nd", 1.0), ("Pr", 1.0), ("Co", 0.3))
}


@pytest.fixture(scope="module")
def table():
    """Of 80 grains: µ0Hc rises with the anisotropy field of the shell, and falls with the layer."""
    rng, rows = np.random.default_rng(1), []
    while len(rows) < 80:
        values = {name: rng.uniform(*own) for name, own in RANGES.items()}
        if max(values["core_Nd"] + values["core_Pr"], values["shell_Nd"] + values["shell_Pr"]) < 1:
            rows.append(CoreShell(**GIVEN | values).values())
    found = {name: np.array([row[name] for row in rows], dtype=object if name == "kind" else None) for name in rows[0]}
    found |= {"status": np.full(80, "accepted"), "alpha_deg": np.zeros(80)}
    return found | {"mu0_Hc_T": made_up(f.in_cells(found))}


def made_up(columns):
    return 0.6 * columns["shell_K1_MJ_per_m3"] / columns["shell_mu0_Ms_T"] + 0.1 * (6 - columns["layer_nm"])


@pytest.fixture(scope="module")
def forward(table):
    return f.fit_forward(table, seed=1)


@pytest.fixture(scope="module")
def costs():
    return f.Costs(read_prices())


def space(name, forward):
    return f.Space.of(f.FRONTS[name], forward.variables, RANGES, GIVEN)


@pytest.fixture(scope="module")
def found(forward, costs):
    """{front: ({number: (p,)}, µ0Hc, cost, whether on the front)} of short searches."""
    result = {}
    for name in f.FRONTS:
        values, best = f.search(forward, costs, space(name, forward), seed=1, population=40, generations=30)
        columns = dict(zip(forward.variables.numbers, values.T, strict=True))
        result[name] = columns, forward.coercivity_T(values), costs.per_cm3(forward, values), best
    return result


def test_surrogate_learns_what_was_made_up(forward):
    assert forward.rows == 80 and forward.scores["R2"] > 0.99 and 0 < forward.half_width_T < 0.05
    assert {"core_Nd", "shell_Co", "layer_nm"} <= {*forward.variables.numbers}


def test_grains_without_compositions_are_refused(table):
    without = table | {"core_composition": np.full(80, "", dtype=object)}
    with pytest.raises(UserError, match="^dataset: the core has no composition"):
        f.fit_forward(without, seed=1)


@pytest.mark.parametrize("name", f.FRONTS)
def test_front_is_not_dominated(found, name):
    _, Hc, cost, best = found[name]
    assert best.sum() > 5
    for k in np.flatnonzero(best):
        better = (Hc >= Hc[k]) & (cost <= cost[k]) & ((Hc > Hc[k]) | (cost < cost[k]))
        assert not better.any()


@pytest.mark.parametrize("name", f.FRONTS)
def test_designs_stay_within_their_front(found, name):
    columns, front = found[name][0], f.FRONTS[name]
    for length in ("a_nm", "c_nm", "shell_nm", "layer_nm"):
        assert np.array_equal(columns[length], np.round(columns[length]))
        assert columns[length].min() >= RANGES[length][0] and columns[length].max() <= RANGES[length][1]
    if front.layer_nm:
        assert set(columns["layer_nm"]) == {front.layer_nm}
    for phase in f.COMPOSED:
        assert (columns[f"{phase}_Nd"] + columns[f"{phase}_Pr"]).max() <= 1 + 1e-12
        for element in {"Pr", "Co"} - {*front.elements}:
            assert not columns[f"{phase}_{element}"].any()
    one = {name: float(column[0]) for name, column in columns.items()}
    CoreShell(**GIVEN | {name: value for name, value in one.items() if name not in GIVEN})


def test_a_free_layer_becomes_the_thinnest_where_that_is_best(found):
    columns, *_ = found["free"]
    assert np.mean(columns["layer_nm"] == 1) > 0.9


def test_cost_is_that_of_the_grain(forward, costs):
    values = space("fixed_any", forward).values(np.random.default_rng(2).uniform(size=(20, 9)))
    each = []
    for row in values:
        own = dict(zip(forward.variables.numbers, row.tolist(), strict=True))
        grain = CoreShell(**GIVEN | {name: value for name, value in own.items() if name not in GIVEN})
        fractions = grain.build(np.random.default_rng(0)).fractions()
        core, shell = (cost_per_cm3(grain.composition_of(phase), costs.prices).value for phase in f.COMPOSED)
        both = fractions["core"] * core + fractions["shell"] * shell
        each.append([both + fractions["layer"] * own for own in (shell, 7.0)])
    assert costs.per_cm3(forward, values) == pytest.approx(np.array(each)[:, 0], rel=1e-9)
    assert replace(costs, layer=7.0).per_cm3(forward, values) == pytest.approx(np.array(each)[:, 1], rel=1e-9)


def test_an_element_without_a_price_is_refused_by_name(costs):
    prices = replace(costs.prices, prices={name: row for name, row in costs.prices.prices.items() if name != "Pr"})
    with pytest.raises(UserError, match="^no price of Pr in "):
        replace(costs, prices=prices).check(["Ce0.75La0.25"])


def test_intervals_hold_the_mean_and_widen_with_what_is_not_known(forward):
    values = space("free_any", forward).values(np.random.default_rng(3).uniform(size=(30, 10)))
    found, mean = f.intervals(forward, IntrinsicModel.read(), values, draws=500, seed=1), forward.coercivity_T(values)
    widths = {way: high - low for way, (low, high) in found.items()}
    assert all(((low <= mean) & (mean <= high)).all() for low, high in found.values())
    assert (widths["surrogate"] <= widths["spread"]).all() and (widths["spread"] < widths["measurement"]).all()
    assert widths["surrogate"] == pytest.approx(2 * forward.half_width_T)


def test_draws_scatter_as_the_interval_of_a_measurement_says():
    """Of Nd2Fe14B, whose family is in the data: 95 % of the draws are in the model's own interval, within 2 %."""
    model, shares = IntrinsicModel.read(), np.array([Composition.parse("Nd").shares])
    drawn = f.measured_constants(model, shares, np.array([300.0]), 20_000, np.random.default_rng(1))
    for name, (low, high) in model.interval(shares, 300.0).items():
        if name in f.DRAWN:
            assert np.mean((low <= drawn[name]) & (drawn[name] <= high)) == pytest.approx(0.95, abs=0.02)


def test_constants_of_its_own_give_the_same_coercivity(forward):
    values = space("free_any", forward).values(np.random.default_rng(4).uniform(size=(5, 10)))
    columns = forward.variables.columns_at(values)
    same = {f"{phase}_{name}": columns[f"{phase}_{name}"] for phase in f.COMPOSED for name in f.DRAWN}
    assert forward.with_constants(columns, same) == pytest.approx(forward.coercivity_T(values), abs=1e-9)
    more = same | {"shell_K1_MJ_per_m3": same["shell_K1_MJ_per_m3"] + 0.3}
    gain = 0.6 * 0.3 / columns["shell_mu0_Ms_T"]
    assert forward.with_constants(columns, more) - forward.coercivity_T(values) == pytest.approx(gain, rel=0.1)


def test_lengths_are_those_of_the_cells(table):
    cells = f.in_cells(table)
    for row in range(5):
        own = {name: float(table[name][row]) for name in RANGES if name in table}
        shape = CoreShell(**GIVEN | own).shape
        assert shape == tuple(int(cells[edge][row] + 2 * cells["layer_nm"][row]) for edge in f.EDGES)


def test_chosen_designs_part_the_range_of_coercivity():
    assert f.along(np.array([0.0, 0.1, 0.5, 0.9, 1.0]), 3).tolist() == [0, 2, 4]


def test_claims_are_judged_by_known_fronts():
    """The free front has twice the µ0Hc of the fixed one at the same cost, so in the median of costs 0.6 T more."""
    Hc = np.linspace(0.2, 1.0, 41)
    designs = {"mu0_Hc_T": Hc.tolist(), "core_Nd": np.linspace(0, 1, 41).tolist()}
    data = {
        "resolution_T": 0.01,
        "forward": {"half_width_T": 0.02},
        "fronts": {
            "fixed": {"designs": designs | {"cost": (10 * Hc).tolist()}, "simulated": [{"simulated_T": 1.02}]},
            "free": {"designs": designs | {"mu0_Hc_T": (2 * Hc).tolist(), "cost": (10 * Hc).tolist()}, "thinnest_share": 0.9},
        },
        "shell_Nd": {"steps": [{"shell_Nd": 0.5, "simulated_T": 0.9}, {"shell_Nd": 1.0, "simulated_T": 1.02}]},
    }
    rows = findings(data)
    assert [row["value"] for row in rows] == pytest.approx([1.02, 0.12, 0.24, 0.9, 0.6], abs=0.03)
    assert [row["verdict"] for row in rows] == ["agrees", "disagrees", "disagrees", "agrees", "agrees"]
    assert rows[-1]["high"] - rows[-1]["low"] == pytest.approx(4 * 0.02)


@pytest.fixture(scope="module")
def stored(forward, costs):
    """What the benchmark would store of short searches, with designs simulated to 0.01 T more than made up."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        import cost_front as benchmark

        patch.setattr(f, "search", partial(f.search, population=40, generations=20))
        patch.setattr(benchmark, "simulated_T", lambda own: made_up(CoreShell(**GIVEN | own).values()) + 0.01)
        patch.setattr(benchmark, "given_T", lambda one: one["predicted_T"])
        return benchmark.collected(forward, costs, load_campaign(benchmark.CONFIG), map)


def test_designs_of_the_benchmark_are_simulated_in_their_place(stored):
    for front in stored["fronts"].values():
        designs = front["designs"]
        assert front["simulated"][0]["design"] == 0 and front["simulated"][-1]["design"] == len(designs["mu0_Hc_T"]) - 1
        for one in front["simulated"]:
            assert one["simulated_T"] - 0.01 == pytest.approx(designs["mu0_Hc_T"][one["design"]], abs=0.01)
    assert {row["element"] for row in stored["prices"]["rows"]} == {"Nd", "Pr", "Ce", "La", "Fe", "Co", "B", "CNY", "JPY"}


def test_page_says_what_the_benchmark_found(stored, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report_front

    machine = {"gpu": None, "processor": "a", "threads": 1, "torch": "b", "numba": "c", "physics_version": 4}
    monkeypatch.setattr(report_front, "stored", lambda name: stored | machine)
    page = report_front.cost_front()
    for row in findings(stored):
        assert f"| {row['says']} | {row['statistic']} |" in page and f"| {row['verdict']} |" in page
    assert "Median error 0.010 T, mean of predicted less simulated −0.010 T; 0 of 24 lie within" in page
    assert "| Nd | metal | 610 | CNY/kg | 2023-12-01 |" in page


def test_figure_is_legible(stored, tmp_path, monkeypatch):
    kept, close = [], plt.close
    monkeypatch.setattr(plt, "close", kept.append)
    write_json(tmp_path / "cost_front.json", stored)
    draw_cost_front(tmp_path / "cost_front.json", tmp_path / "cost-front.png")
    (figure,) = kept
    assert faults(figure) == []
    close(figure)
