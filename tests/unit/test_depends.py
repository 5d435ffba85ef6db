"""On what findings hang: criteria on curves whose depinning field is known, changes of a known size, paired."""

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from test_findings import make_table

from hardmag import PHYSICS_VERSION
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_table
from hardmag.micromagnetics.half_cycle import Curve, Status
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES
from hardmag.papers.yang2024 import depends
from hardmag.papers.yang2024.depends import AWAY, MOVES, STAYS, TOWARDS, TURNS, beyond_forecast, effect, fixed_step
from hardmag.papers.yang2024.quantities import R2

ROOT = Path(__file__).parents[2]
INF = math.inf


def stepped(jump=0.3):
    """From 2 T with a slope of 0.05/T; a jump at −2.03 … −2.04 T and all the rest at −4.03 … −4.04 T; corners alone."""
    H = np.array([2.0, -2.03, -2.04, -4.03, -4.04, -5.0])
    line = 0.95 - 0.05 * (2.0 - H)
    return H, line - np.array([0.0, 0.0, jump, jump, jump + 1.0, jump + 1.0])


def coercivity(H, m):
    return 4.03 + 0.01 * m[3] / (m[3] - m[4])


@pytest.mark.parametrize("least", [0.006, 0.02, 0.29])
def test_fixed_steps_see_the_jump_in_the_middle_of_their_step(least):
    """A step of 0.1 T drops by 0.005 without a jump. Of −2.0 … −2.1 T the middle is −2.05 T."""
    H, m = stepped()
    assert fixed_step(least)(H, m) == pytest.approx(1 - 2.05 / coercivity(H, m), abs=1e-12)


def test_fixed_steps_have_a_threshold_alone():
    """Below the drop of the first step all is a discontinuity: Hp < 0 and Φp = 1. Above the jump only reversal is: Φp = 0."""
    H, m = stepped()
    assert fixed_step(0.0049)(H, m) == 1.0
    assert fixed_step(0.31)(H, m) == 0.0
    assert math.isnan(fixed_step(0.02)(H, m + 2))  # no coercivity


def test_fixed_steps_take_a_rotation_for_a_discontinuity_where_the_forecast_does_not():
    """m = 0.9 − 0.03 (2 − H)²: step k of 0.1 T drops by 0.0003 (2k + 1), beyond 0.02 from k = 33 on, −1.3 … −1.4 T."""
    H = np.round(2.0 - 0.05 * np.arange(161), 9)
    m = 0.9 - 0.03 * (2.0 - H) ** 2
    Hc = math.sqrt(30.0) - 2.0
    assert fixed_step(0.02)(H, m) == pytest.approx(1 - 1.35 / Hc, abs=1e-3)  # Hc is interpolated over 0.05 T
    assert beyond_forecast(0.02)(H, m) == 0.0


def test_a_jump_counts_from_its_own_size_on():
    """0.03 + 0.0005 of slope is beyond 0.02 and not beyond 0.05: the next is reversal itself."""
    H, m = stepped(jump=0.03)
    assert beyond_forecast(0.02)(H, m) == pytest.approx(1 - 2.035 / coercivity(H, m), abs=1e-12)
    assert beyond_forecast(0.05)(H, m) == 0.0


def test_criteria_are_this_projects_first():
    assert next(iter(depends.CRITERIA)).startswith("0.02 of Ms beyond")
    H, m = stepped()
    assert [of(H, m) > 0.4 for of in depends.CRITERIA.values()] == [True] * len(depends.CRITERIA)


def falling(table, rng):
    """Φp falls with α; nanostructures differ far more among each other than a change of theirs."""
    own = np.repeat(rng.normal(0, 0.3, len(table["L_nm"]) // 12), 12)
    return 5 - 0.01 * table["alpha_deg"] + own, 0.5 + own - 0.002 * table["alpha_deg"]


@pytest.fixture(scope="module")
def found():
    """As it is; a copy; Φp rises with α; Φp at 60° higher by 0.01 alone, less than 0.12 lacks."""
    table = make_table(falling, 30)
    tables = {"as it is": table, "copy": dict(table)}
    tables["rising"] = table | {"phi_p": table["phi_p"] + 0.004 * table["alpha_deg"]}
    tables["nudged"] = table | {"phi_p": table["phi_p"] + 0.01 * (table["alpha_deg"] == 60)}
    evidences = {name: depends.evidence_of(t, 1) for name, t in tables.items()}
    return {e["says"]: e for e in depends.paired(evidences, np.random.default_rng(1), resamples=60)}


def test_a_change_that_turns_a_finding(found):
    """0.002·60 = 0.12 below 0°; with 0.002 more per degree than it falls, 0.06 above 30°."""
    entry = found["the mean Φp is largest at 60°"]
    assert entry["value"] == pytest.approx(-0.12, abs=1e-6) and entry["verdict"] == DISAGREES
    rising = entry["changed"]["rising"]
    assert rising["value"] == pytest.approx(0.06, abs=1e-6) and rising["verdict"] == AGREES
    assert rising["change"] == pytest.approx(0.18, abs=1e-6) and rising["effect"] == TURNS


def test_nothing_changed_is_no_change(found):
    copies = [entry["changed"]["copy"] for entry in found.values()]
    assert {c["effect"] for c in copies} == {STAYS}
    assert {(c["change"], c["change_low"], c["change_high"]) for c in copies if c["change_low"] is not None} == {(0, 0, 0)}


def test_a_change_is_of_the_same_nanostructures(found):
    """Their spread of 0.3 would hide 0.01; paired, the change has no spread at all here. It goes towards the range and the
    verdict stays."""
    nudged = found["the mean Φp is largest at 60°"]["changed"]["nudged"]
    assert [nudged[key] for key in ("change", "change_low", "change_high")] == pytest.approx([0.01] * 3, abs=1e-6)
    assert (nudged["effect"], nudged["verdict"]) == (TOWARDS, DISAGREES)
    converges = found["the mean Φp converges at 3,500 samples"]
    assert converges["high"] - converges["low"] > 500  # while that of a number of the spread is wide


def test_findings_on_models_are_left_out(found):
    assert "R² of Hc reaches 0.95" not in found and "α is the most influential feature on Φp" not in found
    assert "of the lengths, wZ matters most to Φp" in found


def test_means_by_angle_are_of_samples_with_a_coercivity():
    table = {"alpha_deg": np.array([0, 0, 0, 60, 90]), "mu0_Hc_T": np.array([3.0, 5.0, 9.0, 2.0, np.nan])}
    table |= {
        "phi_p": np.array([0.1, 0.3, 0.9, 0.2, np.nan]),
        "status": np.array(["accepted"] * 2 + ["failed"] + ["accepted"] * 2),
    }
    assert depends.by_angle(table) == {"0": [4.0, 0.2], "60": [2.0, 0.2]}


def test_predictions_are_of_nanostructures_not_seen():
    """Of what α alone decides nearly all is foretold, of a nanostructure's own luck nothing; seen ones would tell theirs."""

    def luck_and_angle(t, rng):
        return 5 - 0.02 * t["alpha_deg"], np.repeat(rng.uniform(0.2, 0.8, len(t["L_nm"]) // 12), 12)

    table = make_table(luck_and_angle, 40)
    evidence = depends.evidence_of(table, 1, depends.predictions(table, 1))
    assert R2("mu0_Hc_T")(evidence) > 0.99
    assert R2("phi_p")(evidence) < 0.2
    assert np.isnan(evidence["predicted phi_p"][evidence["alpha_deg"] == 90]).all()


def test_conditions_must_hold_the_same_samples():
    table = make_table(falling, 30)
    fewer = {name: values[:-12] for name, values in table.items()}
    with pytest.raises(ValueError, match="different samples"):
        depends.paired({n: depends.evidence_of(t, 1) for n, t in (("a", table), ("b", fewer))}, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("after", "change", "values", "claimed", "expected"),
    [
        (DISAGREES, (-0.1, 0.2), (-0.3, -0.2), (0, INF), STAYS),
        (CANNOT_TELL, (-0.1, 0.2), (-0.3, -0.2), (0, INF), STAYS),  # another verdict by a hair
        (AGREES, (math.nan, math.nan), (-0.3, 0.2), (0, INF), STAYS),
        (AGREES, (0.3, 0.6), (-0.3, 0.2), (0, INF), TURNS),
        (DISAGREES, (0.1, 0.2), (-0.3, -0.2), (0, INF), TOWARDS),
        (DISAGREES, (-0.2, -0.1), (-0.3, -0.5), (0, INF), AWAY),
        (DISAGREES, (-9, -1), (90, 80), (4, 16), TOWARDS),
        (DISAGREES, (1, 9), (90, 95), (4, 16), AWAY),
        (DISAGREES, (1, 9), (8, 9), (4, 16), MOVES),
    ],
)
def test_effect_in_a_word(after, change, values, claimed, expected):
    assert effect(DISAGREES, after, change, values, claimed) == expected


@pytest.fixture
def benchmark(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import findings_depend

    monkeypatch.setattr(findings_depend, "CURVES", tmp_path / "made" / "curves.jsonl")
    return findings_depend


def test_subset_has_one_nanostructure_of_each_part(benchmark):
    """15 samples of each; ranks of L 0 … 3, 4 … 7 and so on each have one."""
    L = np.random.default_rng(1).permutation(np.repeat(np.linspace(24, 71, 40), 15))
    rows = benchmark.subset(L, 10, np.random.default_rng(2))
    ranks = np.searchsorted(np.unique(L), L[rows])
    assert Counter(ranks // 4) == dict.fromkeys(range(10), 15) and len(set(ranks)) == 10


@pytest.fixture(scope="module")
def sample():
    return Sample.from_dict(json.loads(read_table(ROOT / "data" / "smco17-workstation.h5")["specification"][1]))


def test_only_what_is_named_changes(benchmark, sample):
    """Layers of 3 cells of 0.8 nm round the sides that have one; direction, disturbance and formula are the sample's."""
    base = half_cycle_of(sample, 0)
    runs = {name: benchmark.changed(sample, *change) for name, change in benchmark.CHANGES.items()}
    for run in runs.values():
        assert (run.direction, run.seed, run.from_T, run.step_T) == (base.direction, base.seed, base.from_T, base.step_T)
    thick = round(2.0 / 0.8)
    layer = {name: run.body.index[:, :, 0] == 3 for name, run in runs.items()}
    across = layer["sides across c"]
    assert across[:, :thick].all() and across[:, -thick:].all() and not across[:, thick:-thick].any()
    assert not layer["no layer"].any()
    assert np.array_equal(runs["equation 7"].body.index, base.body.index)
    assert {name: run.exchange for name, run in runs.items()} == {
        "sides across c": "variational",
        "no layer": "variational",
        "equation 7": "yang_eq7",
    }


def test_a_broken_off_run_goes_on(benchmark, sample, monkeypatch):
    """What is there is kept, half-cycles of another physics are run again, and each is written as it ends."""
    line = {"id": sample.id, "physics_version": PHYSICS_VERSION, "status": "OK", "evaluations": 7}
    line |= {"mu0_H_T": [1.0, 0.0], "m_parallel": [1.0, 0.9]}
    held = [line | {"change": "no layer"}, line | {"change": "equation 7", "physics_version": PHYSICS_VERSION - 1}]
    benchmark.CURVES.parent.mkdir()
    benchmark.CURVES.write_text("".join(json.dumps(h) + "\n" for h in held))
    run = []

    def ended(runs, slots, on_curve):
        for key in runs:
            run.append(key[1])
            on_curve(key, Curve(np.array([2.0, -3.0]), np.array([1.0, -1.0]), Status.OK, 5, -3.0))

    monkeypatch.setattr(benchmark, "run_half_cycles", ended)
    runs = {(sample.id, name): benchmark.changed(sample, *change) for name, change in benchmark.CHANGES.items()}
    found = benchmark.simulate(runs)
    assert sorted(run) == ["equation 7", "sides across c"]
    assert found[sample.id, "no layer"]["evaluations"] == 7 and found[sample.id, "equation 7"]["evaluations"] == 5
    run.clear()
    assert benchmark.simulate(runs) == found and run == []


def test_real_fixed_steps_are_those_that_the_criterion_takes(benchmark, sample):
    run = benchmark.in_fixed_steps(sample)
    assert (run.step_T, run.resolution_T, run.seed) == (depends.STEP_T, None, half_cycle_of(sample, 0).seed)
    H, m = stepped()
    fine = {"status": "OK", "mu0_H_T": H.tolist(), "m_parallel": m.tolist()}  # the stored curve lacks the jump of 0.3
    table = {"id": np.array(["a", "b"])}
    found = benchmark.of_real_steps(table, [[(H, m)], [stepped(jump=0.0)]], [0, 1], {("b", benchmark.STEPPED): fine})
    assert (found["samples"], found["failed"]) == (1, 0)
    real = 1 - 2.05 / coercivity(H, m)
    assert dict((row[0], row[1:]) for row in found["by_threshold"])[0.02] == pytest.approx([real, 0, real], abs=1e-5)


def test_page_says_what_turns_and_what_does_not(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report_depends

    def found(says, verdict, **changed):
        keys = ("effect", "verdict")
        return {"says": says, "where": "Fig. 1", "verdict": verdict} | {
            "changed": {name: dict(zip(keys, own, strict=True)) for name, own in changed.items()}
        }

    turned = found("this", DISAGREES, fine=(TURNS, AGREES))
    firm, open_ = found("that", DISAGREES, fine=(TOWARDS, DISAGREES)), found("it", CANNOT_TELL, fine=(STAYS, CANNOT_TELL))
    agrees = found("these", AGREES, fine=(TURNS, CANNOT_TELL))
    faces = [found(e["says"], e["verdict"], none=(STAYS, e["verdict"])) for e in (turned, firm, open_)]
    faces.append(found("these", AGREES, none=(STAYS, AGREES)))
    data = {"criteria": {"findings": [turned, firm, open_, agrees]}, "changes": {"findings": faces}}
    assert report_depends.what_hangs(data).splitlines() == [
        "- **Fine**: turned to *agrees*: “this”; towards the finding: “that”.",
        "- **None**: no change.",
        "- **Turned by none of these**: “that”; 1 of 2 that disagree.",
    ]
    assert "| Fig. 1 | this | disagrees | **turns: agrees** | no |" in report_depends.summary(data, ["fine", "none"], [turned])
    lost = report_depends.lost(data, ["fine", "none"])
    assert lost.startswith("Of 1 findings that agree") and "| these | agrees | **turns: cannot tell** | no |" in lost


def test_what_the_page_says_in_plain_words_is_in_its_numbers():
    data = json.loads((ROOT / "benchmarks" / "findings_depend.json").read_text())
    criteria, changes = ({e["says"]: e for e in data[part]["findings"]} for part in ("criteria", "changes"))
    fine = {says: e["changed"]["0.01 of Ms in 0.1 T"] for says, e in criteria.items()}
    of_angle = ("the mean Φp is largest at 60°", "grains at 30 to 60° gain most from pinning")
    for says in of_angle:
        assert (criteria[says]["verdict"], fine[says]["verdict"], fine[says]["effect"]) == (DISAGREES, AGREES, TURNS)
    assert fine["of the lengths, wZ matters most to Φp"]["verdict"] == CANNOT_TELL
    assert fine["R² of Φp reaches 0.85"]["value"] > 0.8 > criteria["R² of Φp reaches 0.85"]["value"] + 0.25
    of_hc = "of the lengths, L matters most to Hc"
    for says in (*of_angle, "of the lengths, wZ matters most to Φp", of_hc):
        assert TURNS not in {own["effect"] for own in changes[says]["changed"].values()}
    without = data["changes"]["mean_by_angle"]["0.02 of Ms beyond the forecast"]["no layer"]
    assert max(phi_p for _, phi_p in without.values()) < 0.03
    assert {own["change"] for own in criteria[of_hc]["changed"].values()} == {0}
    assert (criteria[of_hc]["verdict"], changes[of_hc]["verdict"]) == (DISAGREES, CANNOT_TELL)
