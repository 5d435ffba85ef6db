"""Ladders of correction: each rung changes what it says and no more, and every ladder ends."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from hardmag import nanostructure
from hardmag.campaign.attempts import Attempt
from hardmag.campaign.config import HalfCycleSettings
from hardmag.campaign.corrections import LADDERS, correct
from hardmag.campaign.failures import Failure
from hardmag.campaign.ledger import plan_campaign
from hardmag.campaign.rescue import plan_rescue
from hardmag.campaign.samples import Sample
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.files import read_json
from hardmag.nanostructures.from_file import FromFile
from hardmag.nanostructures.smco17 import SmCo17

SETTINGS = HalfCycleSettings().model_dump(mode="json")  # from 1 T to −12 T, 5 realisations, fp32, 2000 iterations

# failure: the settings that each rung changes, old and new
EXPECTED = {
    Failure.NOT_CONVERGED: [{"max_iterations": [2000, 8000]}, {"precision": ["fp32", "fp64"]}],
    Failure.NOT_A_NUMBER: [{"precision": ["fp32", "fp64"]}, {"step_T": [0.64, 0.32], "resolution_T": [0.01, 0.005]}],
    Failure.ENERGY_ROSE: [{"step_T": [0.64, 0.32], "resolution_T": [0.01, 0.005]}, {"precision": ["fp32", "fp64"]}],
    Failure.NOT_SATURATED: [{"from_T": [1.0, 4.0]}, {"precision": ["fp32", "fp64"]}],
    Failure.NOT_REVERSED: [{"to_T": [-12.0, -18.0]}, {"to_T": [-18.0, -36.0]}],
    Failure.MALFORMED_CURVE: [{"seed_offset": [0, 1000]}, {"precision": ["fp32", "fp64"]}],
    Failure.MOMENT_EXCEEDED: [{"precision": ["fp32", "fp64"]}],
    Failure.MOMENT_ROSE: [
        {"tolerance_T": [1e-3, 1e-4], "precision": ["fp32", "fp64"]},
        {"step_T": [0.64, 0.32], "resolution_T": [0.01, 0.005]},
    ],
    Failure.REALISATIONS_DISAGREE: [{"realisations": [5, 10]}, {"step_T": [0.64, 0.32], "resolution_T": [0.01, 0.005]}],
    Failure.UNDER_RESOLVED_WALL: [
        {"cell_nm": [[0.5, 0.5, 2.0], [0.25, 0.25, 2.0]]},
        {"cell_nm": [[0.25, 0.25, 2.0], [0.125, 0.125, 2.0]]},
    ],
    Failure.FLIPPED_BACK: [{"seed_offset": [0, 1000]}, {"seed_offset": [1000, 2000]}],
    Failure.UNFIT_STRUCTURE: [{"seed_offset": [0, 1000]}, {"seed_offset": [1000, 2000]}],
    Failure.UNFIT_MESH: [],  # a structure on cells has none; see test_meshes.py
    Failure.OUTLIER: [{"tolerance_T": [1e-3, 1e-4], "precision": ["fp32", "fp64"], "seed_offset": [0, 1000]}],
    Failure.DEVICE_ERROR: [{}, {"precision": ["fp32", "fp64"]}],
}


def fresh():
    structure = SmCo17(L_nm=60, d_nm=20, wS_nm=6, wZ_nm=4)
    return Attempt.of(Sample.of(structure, 30.0, SETTINGS))


def test_every_failure_has_a_ladder():
    assert set(LADDERS) == set(EXPECTED) == set(Failure)


@pytest.mark.parametrize("failure", Failure)
def test_each_rung_changes_what_it_says_and_the_ladder_ends(failure):
    attempt, tried = fresh(), []
    for number, change in enumerate(EXPECTED[failure]):
        before = json.dumps(attempt.to_dict())
        corrected = correct(attempt, failure, f"seen {number}")
        assert json.dumps(attempt.to_dict()) == before  # the failed attempt itself is left as it is
        tried.append({"failure": str(failure), "detail": f"seen {number}", "change": change})
        assert corrected.corrections == tried
        expected = {"seed_offset": 0} | attempt.sample.to_dict()
        for key, (_, new) in change.items():
            group = {"cell_nm": "nanostructure", "seed_offset": None}.get(key, "half_cycle")
            expected |= {key: new} if group is None else {group: expected[group] | {key: new}}
        assert corrected.sample == Sample(**expected)  # its id included
        attempt = corrected
    assert correct(attempt, failure, "again") is None


@pytest.mark.parametrize("failure", Failure)
def test_every_attempt_has_a_key_of_its_own(failure):
    attempt, keys = fresh(), set()
    while attempt is not None:
        keys.add(attempt.key)
        attempt = correct(attempt, failure, "")
    assert len(keys) == len(EXPECTED[failure]) + 1


def test_ladders_are_climbed_one_by_one():
    # Another failure begins at the foot of its own ladder; the history keeps the order.
    attempt = fresh()
    for failure in (Failure.NOT_REVERSED, Failure.NOT_CONVERGED, Failure.NOT_REVERSED):
        attempt = correct(attempt, failure, "")
    assert [c["failure"] for c in attempt.corrections] == ["not_reversed", "not_converged", "not_reversed"]
    settings = attempt.sample.half_cycle
    assert (settings["to_T"], settings["max_iterations"]) == (-36.0, 8000)
    assert correct(attempt, Failure.NOT_REVERSED, "") is None
    assert correct(attempt, Failure.NOT_CONVERGED, "") is not None


def test_a_rung_that_another_code_has_climbed_is_passed_over():
    # fp64 stands in the ladders of both; a second time it would be the same run again.
    attempt = correct(fresh(), Failure.MOMENT_EXCEEDED, "")
    attempt = correct(attempt, Failure.NOT_CONVERGED, "")
    assert attempt.corrections[-1]["change"] == {"max_iterations": [2000, 8000]}
    assert correct(attempt, Failure.NOT_CONVERGED, "") is None
    assert correct(attempt, Failure.MOMENT_EXCEEDED, "") is None
    assert correct(attempt, Failure.ENERGY_ROSE, "") is not None


def test_corrected_settings_are_valid_settings():
    for failure in Failure:
        attempt = fresh()
        while (attempt := correct(attempt, failure, "")) is not None:
            settings = attempt.sample.half_cycle
            assert HalfCycleSettings.model_validate(settings).model_dump(mode="json") == settings
            assert attempt.sample.structure.content() == attempt.sample.nanostructure


def test_a_refined_structure_is_the_same_magnet():
    attempts = fresh(), correct(fresh(), Failure.UNDER_RESOLVED_WALL, "")
    before, after = (attempt.sample.structure.build(np.random.default_rng(0)) for attempt in attempts)
    size = [n * c for n, c in zip(before.index.shape, before.cell_m, strict=True)]
    assert [n * c for n, c in zip(after.index.shape, after.cell_m, strict=True)] == pytest.approx(size, rel=1e-12)
    # Twice as fine in the plane: fractions agree to half a cell at each of ~10 platelets and stripes across 128 nm, 2 %.
    assert after.fractions() == pytest.approx(before.fractions(), abs=0.02)


def test_a_users_own_voxels_are_not_refined(tmp_path):
    # Half the cell with the same array would be a magnet of half the size under the same id.
    np.save(tmp_path / "magnet.npy", np.zeros((8, 8, 8), dtype=np.uint8))
    phase = {"name": "hard", "A_J_per_m": 1e-11, "Ku_J_per_m3": 4e6, "Ms_A_per_m": 1e6}
    structure = FromFile(voxels=tmp_path / "magnet.npy", cell_nm=(4, 4, 4), phases=[phase])
    attempt = Attempt.of(Sample.of(structure, 0.0, SETTINGS))
    corrected = correct(attempt, Failure.UNDER_RESOLVED_WALL, "")
    if corrected is not None:
        built = corrected.sample.structure.build(None)
        size = [n * c * 1e9 for n, c in zip(built.index.shape, built.cell_m, strict=True)]
        assert size == pytest.approx([32, 32, 32], rel=1e-12)


# ---- a round of rescue, from files to files


@pytest.fixture
def campaign(campaign_file, tmp_path):
    """(folder, plan, function that publishes a round: statuses by sample id, OK where none is given)."""
    folder = tmp_path / "results"
    plan = plan_campaign(campaign_file(batching={"samples": 10}), folder)
    return folder, plan


@pytest.fixture
def publish(campaign, publish):
    return partial(publish, campaign[0])


def test_rescue_takes_what_failed_and_nothing_else(campaign, publish, tmp_path):
    folder, plan = campaign
    a, b, c, d = plan["samples"]
    results = publish(0, plan["batches"], {b: "NOT_REVERSED", d: "NOT_CONVERGED"})
    plan_rescue(folder, 1, results, tmp_path / "plan.json")
    found = read_json(tmp_path / "plan.json")
    assert found["failed"] == {"not_reversed": 1, "not_converged": 1}
    assert (found["round"], found["given_up"], len(found["batches"])) == (1, 0, 1)
    entries = read_json(folder / "batches" / f"{found['batches'][0]}.json")["entries"]
    assert {e["sample"]["id"] for e in entries} == {b, d}
    by_id = {e["sample"]["id"]: e for e in entries}
    assert by_id[b]["sample"]["half_cycle"]["to_T"] == -18.0
    assert by_id[b]["corrections"][0]["failure"] == "not_reversed"
    assert "realisation 0" in by_id[b]["corrections"][0]["detail"]
    assert by_id[d]["sample"]["half_cycle"]["max_iterations"] == 8000
    assert read_json(folder / "plan.json") == plan  # the plan of the campaign is not touched


def test_rescue_gives_up_at_the_end_of_a_ladder(campaign, publish, tmp_path):
    folder, plan = campaign
    failing = {plan["samples"][0]: "NOT_REVERSED"}
    batches, counts = plan["batches"], []
    for round_ in (1, 2, 3):
        results = publish(round_ - 1, batches, failing)
        plan_rescue(folder, round_, results, tmp_path / "plan.json")
        found = read_json(tmp_path / "plan.json")
        batches = found["batches"]
        counts.append((found["failed"], len(batches), found["given_up"]))
    assert counts == [({"not_reversed": 1}, 1, 0), ({"not_reversed": 1}, 1, 0), ({"not_reversed": 1}, 0, 1)]


@pytest.mark.parametrize("rounds", [0, 1, 2, 3])
def test_alternating_codes_share_one_budget(campaign_file, publish, campaign, tmp_path, rounds):
    """One correction a round, whatever fails: after rescue_rounds of them the sample is quarantined with its history."""
    folder, _ = campaign
    config = campaign_file(batching={"samples": 10}, quality={"rescue_rounds": rounds, "max_quarantine_fraction": 1.0})
    plan = plan_campaign(config, folder)
    sick = plan["samples"][0]
    codes = ["NOT_CONVERGED", "ENERGY_ROSE", "NOT_CONVERGED", "ENERGY_ROSE"]
    results = publish(0, plan["batches"], {sick: codes[0]})
    for round_ in range(1, rounds + 1):  # as the workflow does
        plan_rescue(folder, round_, results[-1:], tmp_path / "plan.json")
        results += publish(round_, read_json(tmp_path / "plan.json")["batches"], {sick: codes[round_]})
    build_dataset(folder, results, config, tmp_path / "dataset.h5", tmp_path / "dataset.parquet")
    table = read_table(tmp_path / "dataset.h5")
    row = list(table["id"]).index(sick)
    assert (table["status"][row], table["rescue_round"][row]) == ("quarantined", rounds)
    history = json.loads(table["history"][row])
    assert [h["failure"] for h in history] == [code.lower() for code in codes[: rounds + 1]]
    # fp64 came third, since each code climbs its own ladder; the last failure has no correction any more.
    changes = [{"max_iterations": [2000, 8000]}, EXPECTED[Failure.ENERGY_ROSE][0], {"precision": ["fp32", "fp64"]}]
    assert [h.get("change") for h in history] == [*changes[:rounds], None]


def test_rescue_passes_over_what_is_no_longer_wanted(campaign, publish, campaign_file, tmp_path):
    folder, plan = campaign
    results = publish(0, plan["batches"], dict.fromkeys(plan["samples"], "NOT_CONVERGED"))
    design = {"kind": "grid", "parameters": {"L_nm": [30], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0]}}
    (wanted,) = plan_campaign(campaign_file(design=design), folder)["samples"]
    plan_rescue(folder, 1, results, tmp_path / "plan.json")
    found = read_json(tmp_path / "plan.json")
    assert found["failed"] == {"not_converged": 1}
    entries = read_json(folder / "batches" / f"{found['batches'][0]}.json")["entries"]
    assert [e["sample"]["id"] for e in entries] == [wanted]


def test_nothing_failed(campaign, publish, tmp_path):
    folder, plan = campaign
    plan_rescue(folder, 1, publish(0, plan["batches"], {}), tmp_path / "plan.json")
    assert read_json(tmp_path / "plan.json") == {"round": 1, "batches": [], "estimates": {}, "failed": {}, "given_up": 0}


def test_a_release_from_quarantine_begins_the_ladder_anew():
    attempt = fresh()
    for change in ({"to_T": [-12.0, -18.0]}, {"to_T": [-18.0, -36.0]}, {"released": [0, 1]}):
        attempt.corrections.append({"failure": "not_reversed", "detail": "", "change": change})
    assert correct(attempt, Failure.NOT_REVERSED, "").corrections[-1]["change"] == {"to_T": [-12.0, -18.0]}
    assert correct(replace(attempt, corrections=attempt.corrections[:2]), Failure.NOT_REVERSED, "") is None


def test_finer_cells_are_finer_along_all_edges_that_matter():
    """Along z too, unless all is the same along it: else a cell too long there could never be corrected."""
    assert nanostructure("coreshell", cell_nm=(2, 2, 2)).refined().cell_nm == (1, 1, 1)
    assert nanostructure("smco17", L_nm=30, d_nm=20, wS_nm=3, wZ_nm=4, cell_nm=(1, 1, 2)).refined().cell_nm == (0.5, 0.5, 2)
