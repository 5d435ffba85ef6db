"""The closed loop: its space, what it proposes against known answers, when it stops, what it reports."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import yaml
from test_forward_models import write_dataset

from hardmag.campaign.config import GoalName, load_campaign
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.figures.front import draw_front
from hardmag.figures.learning import draw_learning
from hardmag.files import read_json, write_json
from hardmag.learning import loop as learning
from hardmag.learning.acquisition import DISAGREEMENT, GOALS, SIGNS, Goal, choose, goals_of, search
from hardmag.learning.known import Known, exact_goals, known_rows
from hardmag.learning.loop import acquire, propose_samples, reason_to_stop, state, summarise
from hardmag.learning.space import SearchSpace
from hardmag.surrogates.prediction import Prediction

SQUARE = SearchSpace({"a": {"min": 0.0, "max": 1.0}, "b": {"min": 0.0, "max": 1.0}})


def all_possible(designs):
    return np.ones(len(designs), dtype=bool)


def known(u, Hc, phi_p=None):
    """Known at points u of SQUARE."""
    y = np.stack([Hc, u[:, 1] if phi_p is None else phi_p], axis=1)
    n = len(u)
    return Known(np.arange(n), u, y, ("mu0_Hc_T", "phi_p"), y, np.arange(n), np.ones(n, dtype=bool))


def test_goals_of_the_campaign_file_are_those_of_the_acquisition():
    (pattern,) = (m.pattern for m in get_args(GoalName)[1].metadata if hasattr(m, "pattern"))
    assert all(re.match(pattern, name) for name in (*GOALS, DISAGREEMENT, *(f"{sign} phi_Z" for sign in SIGNS)))
    assert not any(re.match(pattern, name) for name in ("coercivity2", "large mu0_Hc_T", "minimise", "minimise a b"))
    assert goals_of(["coercivity", DISAGREEMENT, "minimise phi_Z"]) == {
        "coercivity": Goal("mu0_Hc_T", 1),
        "minimise phi_Z": Goal("phi_Z", -1),
    }


# The space


def test_designs_and_features():
    """A range, numbers and texts to choose from; any two texts are 1 apart."""
    space = SearchSpace({"L_nm": {"min": 10, "max": 30}, "z_set": ["dft", "modified", "literature"], "alpha_deg": [0, 30, 60]})
    designs = space.designs(np.array([[0.25, 0.0, 0.5], [1.0, 1.0, 1.0]]))
    assert designs == [
        {"L_nm": 15.0, "z_set": "dft", "alpha_deg": 30},
        {"L_nm": 30.0, "z_set": "literature", "alpha_deg": 60},
    ]
    x = space.features({"L_nm": [10, 10, 30], "z_set": ["dft", "modified", "other"], "alpha_deg": [0, 0, 60]})
    assert np.linalg.norm(x[0] - x[1]) == pytest.approx(1)
    assert np.isnan(x[2]).tolist() == [False, True, True, True, False] and x[2, [0, 4]].tolist() == [1, 1]


def test_nanostructures_are_equal_in_numbers_whatever_angle_and_text():
    space = SearchSpace({"L_nm": [1, 2], "z_set": ["dft", "modified"], "alpha_deg": [0, 30]})
    columns = {"L_nm": [1, 1, 2, 2 + 1e-9], "z_set": ["dft", "modified", "dft", "dft"], "alpha_deg": [0, 30, 0, 30]}
    assert space.groups(columns).tolist() == [0, 0, 1, 1]


def test_filling_goes_on_where_it_stopped():
    def possible(designs):
        return np.array([d["a"] > d["b"] for d in designs])

    whole = SQUARE.fill(possible, 12, 0, 7)
    assert np.array_equal(np.concatenate([SQUARE.fill(possible, 5, 0, 7), SQUARE.fill(possible, 7, 5, 7)]), whole)
    assert (whole[:, 0] > whole[:, 1]).all() and len(np.unique(whole, axis=0)) == 12


# What is proposed


def hump(u):
    """The largest value, 1, at (0.7, 0.3)."""
    return np.exp(-((u[:, 0] - 0.7) ** 2 + (u[:, 1] - 0.3) ** 2) / 0.1)


def test_the_loop_finds_a_maximum_with_fewer_simulations_than_filling():
    """20 simulations, 8 of them to begin with, come nearer to the known maximum than 60 that fill the space."""
    u = SQUARE.fill(all_possible, 8, 0, 3)
    assert hump(u).max() < 0.9
    for cycle in range(3):
        new = acquire(SQUARE, known(u, hump(u)), ["coercivity"], all_possible, u[:0], 4, {}, seed=cycle, epochs=200)
        u = np.concatenate([u, new])
    assert len(u) == 20
    assert hump(u).max() > max(hump(SQUARE.fill(all_possible, 60, 0, 3)).max(), 0.97)


def test_disagreement_asks_for_what_is_not_known():
    """Data for a < 0.4 alone: networks disagree most beyond, and all that is asked for lies there."""
    u = SQUARE.fill(all_possible, 30, 0, 1) * [0.4, 1.0]
    new = acquire(SQUARE, known(u, hump(u)), [DISAGREEMENT], all_possible, u[:0], 4, {}, seed=1, epochs=100)
    assert len(new) == 4 and (new[:, 0] > 0.6).all()


def test_front_of_two_goals_is_the_analytic_one():
    """Schaffer's problem, x² and (x − 2)² both small: √f1 + √f2 = 2 on the front, 0 <= x <= 2, here with a useless second
    parameter b, and x > 1.5 impossible."""
    space = SearchSpace({"x": {"min": -1.0, "max": 3.0}, "b": {"min": 0.0, "max": 1.0}})

    def score(features, designs):
        x = -1 + 4 * features[:, 0]
        return -np.stack([x**2 + features[:, 1], (x - 2) ** 2 + features[:, 1]], axis=1)

    def possible(designs):
        return np.array([d["x"] <= 1.5 for d in designs])

    u, scores = search(space, score, possible, seed=1)
    best = choose(space.features_at(u), scores, np.full((1, 2), 9.0), 6)
    f1, f2 = -scores[best].T
    assert (-1 + 4 * u[best, 0] <= 1.5).all()
    assert np.all(np.abs(np.sqrt(f1) + np.sqrt(f2) - 2) < 0.03)
    assert f1.min() < 0.05 and f1.max() > 2.1  # from end to end: 0 and 1.5² = 2.25


def test_a_goal_that_follows_from_the_parameters_is_not_learned(loop):
    """Small φZ = wZ/d is known before anything is simulated: no network has it as a target, nor an error of it; the Hc that is
    wanted beside it is learned. Impossible designs have no value."""
    campaign = load_campaign(loop / "loop.yaml")
    ranges = {"L_nm": {"min": 30, "max": 60}, "wS_nm": {"min": 2, "max": 8}, "wZ_nm": {"min": 1, "max": 9}, "z_set": ["dft"]}
    campaign = campaign.model_copy(update={"nanostructure": {k: v for k, v in campaign.nanostructure.items() if k != "wZ_nm"}})
    space, goals = SearchSpace(ranges), ["coercivity", "minimise phi_Z"]
    exact = exact_goals(campaign, space, goals)
    design = {"L_nm": 40.0, "wS_nm": 4.0, "wZ_nm": 5.0, "z_set": "dft"}
    found = exact["phi_Z"]([design, design | {"wS_nm": 50.0}])
    assert exact.keys() == {"phi_Z"} and found[0] == 5.0 / 20 and np.isnan(found[1])
    table = read_table(loop / "dataset.h5")
    table |= {"wZ_nm": np.linspace(1, 9, 27), "phi_Z": np.linspace(1, 9, 27) / 20}
    rows = known_rows(table, "smco17", space, goals, exact)
    assert rows.targets == ("mu0_Hc_T", "phi_p") and rows.wanted[:, 1].tolist() == table["phi_Z"][rows.row].tolist()


def test_proposals_are_distinct():
    """Of a crowd around the best point one is taken, then the next that is 0.05 away from it and from what is known."""
    x = np.array([[0.5, 0.5], [0.51, 0.5], [0.56, 0.5], [0.9, 0.9], [0.2, 0.2]])
    scores = np.array([[1.0], [0.99], [0.98], [0.97], [0.96]])
    assert choose(x, scores, np.array([[0.9, 0.88]]), 3) == [0, 2, 4]
    assert choose(x, scores, np.array([[0.9, 0.88]]), 5) == [0, 1, 2, 3, 4]  # no room: nearer ones are let in


def test_nothing_possible_is_said():
    with pytest.raises(UserError, match="active_learning: no possible nanostructure in the ranges"):
        search(SQUARE, lambda x, designs: x, lambda designs: np.zeros(len(designs), dtype=bool), seed=1)


# When it stops, what it reports


@pytest.mark.parametrize(
    ("progress", "patience", "stops"),
    [
        ([3.0], 1, False),
        ([3.0, 3.2], 1, False),
        ([3.0, 3.1], 1, True),
        ([3.0, 3.2, 3.2], 2, False),
        ([3.0, 3.05, 3.1], 2, True),
    ],
)
def test_it_stops_when_the_gain_is_noise(progress, patience, stops):
    history = [{"progress": p, "noise": 0.11, "evaluations_by_the_loop": 0} for p in progress]
    reason = reason_to_stop(history, {"cycles_without_gain": patience, "max_evaluations": None})
    assert (reason is not None) == stops and (not stops or reason.startswith("cycles_without_gain"))


def test_it_stops_when_the_budget_is_spent():
    settings = {"cycles_without_gain": 9, "max_evaluations": 100}
    history = [{"progress": 0.0, "noise": 0.0, "evaluations_by_the_loop": 99}]
    assert reason_to_stop(history, settings) is None
    history[0]["evaluations_by_the_loop"] = 100
    assert reason_to_stop(history, settings) == "max_evaluations: 100 of 100 field evaluations are spent"


def test_errors_are_those_of_the_samples_that_fill_the_space(monkeypatch):
    """Networks that predict 5 T and 0: RMSE by hand, over the filling rows alone; no fold trains on its own nanostructures."""
    u = SQUARE.fill(all_possible, 12, 0, 1)
    rows = replace(known(u, np.arange(12.0), np.zeros(12)), groups=np.arange(12) // 2, filling=np.arange(12) < 6)

    def fit(x, y, groups, seed, **settings):
        assert len(set(rows.groups) - set(groups)) in (1, 2)
        members = lambda x: np.tile([5.0, 0.0], (3, len(x), 1))  # noqa: E731
        return SimpleNamespace(predict=lambda x: Prediction(members(x)[0], members(x)))

    monkeypatch.setattr(learning, "fit_networks", fit)
    errors, deviation = learning._errors(rows, 1, 1)
    Hc = np.arange(6.0)
    assert errors["mu0_Hc_T"]["RMSE"] == pytest.approx(np.sqrt(np.mean((Hc - 5) ** 2)))
    assert errors["mu0_Hc_T"]["R2"] == pytest.approx(1 - np.mean((Hc - 5) ** 2) / Hc.var())
    assert errors["phi_p"]["RMSE"] == 0 and deviation > 0


def test_volume_of_a_front(monkeypatch):
    """Hc 0 and 4 T, Φp 1 and 0 are the extremes of the campaign's design: points (0.5, 0.5) and (1, 0.25) in their units
    dominate 0.5·0.5 + 0.5·0.25; with noise of 0.4 T and 0, 0.1 wider."""
    u = SQUARE.fill(all_possible, 4, 0, 1)
    rows = known(u, np.array([0.0, 4.0, 2.0, 1.0]), np.array([1.0, 0.75, 0.5, 0.0]))
    rows = replace(rows, wanted=np.concatenate([rows.y[:3], [[0.0, 0.0]]]))
    monkeypatch.setattr(learning, "_noise", lambda dataset, row, target: {"mu0_Hc_T": 0.4, "phi_p": 0.0}[target])
    base = np.ones(4, dtype=bool)
    progress, noise = learning._progress(None, rows, ["coercivity", "minimise phi_p"], base)
    assert progress == pytest.approx(0.5 * 0.5 + 0.5 * 0.25)
    # The point (0, 1) of a front has 0.1·1 then, of which 0.1·0.5 is beyond the others.
    assert noise == pytest.approx((0.6 * 0.5 + 0.5 * 0.25 + 0.1 * 0.5) - progress)


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    """Campaign file and dataset of 27 samples, of which the last three are of a first cycle."""
    folder = tmp_path_factory.mktemp("loop")
    ranges = {"L_nm": {"min": 30, "max": 60}, "wS_nm": {"min": 2, "max": 8}}
    data = {
        "name": "loop",
        "nanostructure": {"kind": "smco17", "size_nm": [64, 64, 32], "d_nm": 20, "wZ_nm": 4},
        "design": {"kind": "sobol", "points": 8, "parameters": ranges | {"z_set": ["dft", "modified"], "alpha_deg": [0, 30]}},
        "active_learning": {"cycles": 3, "samples": 4, "explore": 0.5, "goals": ["coercivity", "minimise phi_p"]},
    }
    (folder / "loop.yaml").write_text(yaml.safe_dump(data))
    rng, n = np.random.default_rng(3), 27
    table = {
        "id": np.array([f"{i:016x}" for i in range(n)]),
        "status": np.full(n, "accepted"),
        "L_nm": rng.uniform(30, 60, n),
        "wS_nm": rng.uniform(2, 8, n),
        "z_set": np.tile(["dft", "modified", "dft"], 9),
        "alpha_deg": np.tile([0.0, 30.0, 0.0], 9),
        "evaluations": np.full(n, 10),
        "addition": np.repeat([0, 1], [24, 3]),
        "origin": np.repeat(["design", "space_filling", "acquired"], [24, 1, 2]),
    }
    table["mu0_Hc_T"] = (3 + table["wS_nm"] / 4).round(1)
    table["phi_p"] = table["L_nm"] / 100
    write_dataset(folder / "dataset.h5", table)
    return folder


def test_state_counts_and_names_the_best(loop):
    space = SearchSpace({"L_nm": {"min": 30, "max": 60}, "wS_nm": {"min": 2, "max": 8}, "z_set": ["dft", "modified"]})
    found = state(loop / "dataset.h5", space, ["coercivity"], {}, seed=1, epochs=2)
    assert (found["cycle"], found["samples"], found["simulated_by_the_loop"]) == (1, 27, 3)
    assert (found["evaluations_by_the_loop"], found["samples_that_fill_the_space"]) == (30, 25)
    assert found["noise"] == pytest.approx(0.1, abs=0.01)  # Hc ± 0.1 T: 0.1 T/√(2 − 1)
    assert found["best"]["coercivity"]["value"] == found["progress"] == pytest.approx(5.0, abs=0.11)


def test_a_cycle_proposes_and_the_same_again(loop, tmp_path):
    """Two that fill, two of the front; all possible, within the ranges, of the levels; the record tells the rest."""
    arguments = {"cycle": 2, "before": [], "epochs": 2}
    for name in ("one", "two"):
        propose_samples(loop / "loop.yaml", loop / "dataset.h5", tmp_path / f"{name}.json", **arguments)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    told = read_json(tmp_path / "one.json")
    assert [d["origin"] for d in told["designs"]] == ["space_filling"] * 2 + ["acquired"] * 2 and told["stopped"] is None
    for design in (d["parameters"] for d in told["designs"]):
        assert 30 <= design["L_nm"] <= 60 and 2 <= design["wS_nm"] <= 8 and design["z_set"] in ("dft", "modified")
        assert design["alpha_deg"] in (0, 30)
    summarise(loop / "loop.yaml", loop / "dataset.h5", [tmp_path / "one.json"], tmp_path / "learning.json", epochs=2)
    summary = read_json(tmp_path / "learning.json")
    assert summary["states"] == [told["state"]] * 2 and summary["ended"] == "cycles: 3 of 3 are done"
    assert summary["physics_version"] == 7, "that of the dataset"
    _check_front(summary["front"])
    draw_front(tmp_path / "learning.json", tmp_path / "front.png")
    draw_learning(tmp_path / "learning.json", tmp_path / "a.png")
    summary["settings"]["goals"] = [DISAGREEMENT]
    write_json(tmp_path / "learning.json", summary)
    draw_learning(tmp_path / "learning.json", tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() != (tmp_path / "b.png").read_bytes()


def _check_front(front):
    """On the front is who no other beats in Hc without more Φp; the promised do not beat each other; the 95 % interval of
    27 rows is their largest error in turn, which is not 0."""
    Hc, phi_p = (np.array([p["values"][t] for p in front["simulated"]]) for t in ("mu0_Hc_T", "phi_p"))
    beaten = [((Hc >= h) & (phi_p <= p) & ((Hc > h) | (phi_p < p))).any() for h, p in zip(Hc, phi_p, strict=True)]
    assert [p["on_front"] for p in front["simulated"]] == [not b for b in beaten] and any(beaten)
    assert [p["origin"] for p in front["simulated"]].count("acquired") == 2
    promised = np.array(sorted((p["values"]["mu0_Hc_T"], p["values"]["phi_p"]) for p in front["promised"]))
    assert (np.diff(promised[:, 1]) >= 0).all()
    assert all(width > 0 for width in front["half_width"].values())


def test_a_loop_that_stopped_proposes_nothing(loop, tmp_path):
    before = []
    for cycle in (0, 1):
        before.append(tmp_path / f"{cycle}.json")
        write_json(before[-1], {"state": {"progress": 9.0, "noise": 0.0, "evaluations_by_the_loop": 0}})
    propose_samples(loop / "loop.yaml", loop / "dataset.h5", tmp_path / "out.json", cycle=3, before=before, epochs=2)
    told = read_json(tmp_path / "out.json")
    assert told["designs"] == [] and told["stopped"].startswith("cycles_without_gain: ")


def test_too_few_nanostructures_are_refused(loop):
    space = SearchSpace({"z_set": ["dft", "modified"], "alpha_deg": [0, 30]})
    with pytest.raises(UserError, match="active_learning: 2 accepted nanostructures with a coercivity, at least 4 are needed"):
        state(loop / "dataset.h5", space, ["coercivity"], {}, seed=1, epochs=2)
