"""Designs that come back into a campaign: as samples of its kind, once, counted, and without disturbing what is there."""

import json

import pytest

from hardmag.campaign.additions import plan_additions
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.campaign.released import Release, add_releases
from hardmag.campaign.rescue import plan_rescue
from hardmag.control.overview import overview
from hardmag.control.status import Watcher
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import read_json, write_json

HELD = {"L_nm": 30, "d_nm": 20, "wZ_nm": 4, "alpha_deg": 30}  # of conftest.CAMPAIGN
NEW = {"L_nm": 41.5, "d_nm": 20.25, "wZ_nm": 4.0, "alpha_deg": 12.0, "z_set": "modified"}


@pytest.fixture
def added(campaign_file, tmp_path):
    """Function: the plan of an addition of some designs to a campaign of four samples, on an unchanged campaign."""
    folder = tmp_path / "results" / "tiny"

    def make(*designs, name="cycles/1", earlier=(), shared=(), **sections):
        config = campaign_file(**sections)
        plan_campaign(config, folder)
        before = contents(folder)
        path = folder / name / "designs.json"
        write_json(path, {"designs": [d if "parameters" in d else {"parameters": d} for d in designs], "shared": dict(shared)})
        plans = [folder / "plan.json", *(folder / other / "plan.json" for other in earlier)]
        plan = plan_additions(config, folder / name, path, plans)
        assert contents(folder) == before
        return plan

    make.folder = folder
    return make


def contents(folder):
    """Of the campaign's own files."""
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).parts[0] != "cycles"}


def attempts(folder, plan):
    return [attempt for name in plan["batches"] for attempt in stored_batch(folder, name).attempts]


def test_a_design_is_the_sample_that_the_campaign_would_make_of_it(added, campaign_file):
    """Box, shared parameters, half-cycles and id: those of the same point in the campaign's own design."""
    plan = added(NEW)
    levels = {name: [value] for name, value in NEW.items()}
    (own,) = make_plan(load_campaign(campaign_file(design={"kind": "grid", "parameters": levels}))).samples
    (found,) = attempts(added.folder / "cycles/1", plan)
    assert found.sample == own and plan["samples"] == [own.id] == [plan["designs"][0]["sample"]]


def test_what_the_design_has_once_for_all_is_that_of_its_samples(added):
    """A parameter and an angle of one level each, which no design gives: not their defaults; what the design does not name is
    the campaign's already."""
    parameters = {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4], "z_set": ["modified"], "alpha_deg": [25]}
    shared = {"z_set": "modified", "d_nm": 20, "wZ_nm": 4, "alpha_deg": 25.0, "wS_nm": 3, "boundary_layer_nm": 2.0}
    plan = added({"L_nm": 41.5}, shared=shared, design={"kind": "grid", "parameters": parameters})
    (found,) = attempts(added.folder / "cycles/1", plan)
    assert found.sample.nanostructure.items() >= {"z_set": "modified", "L_nm": 41.5, "d_nm": 20, "wS_nm": 3}.items()
    assert found.sample.alpha_deg == 25


def test_what_is_held_is_not_simulated_again(added):
    """By the campaign, by an addition before, or twice among the designs; numbers that differ by rounding are the same."""
    first = added(HELD, NEW, NEW | {"L_nm": 41.5 + 1e-9})
    assert len(first["samples"]) == 1 and len(first["held"]) == 1
    assert [d["sample"] for d in first["designs"]] == [*first["held"], *first["samples"] * 2]
    assert first["held"][0] in read_json(added.folder / "plan.json")["samples"]
    second = added(NEW, NEW | {"L_nm": 50.0}, name="cycles/2", earlier=["cycles/1"])
    assert second["held"] == first["samples"] and len(second["samples"]) == 1


def test_the_impossible_are_counted_by_reason(added):
    bad = [
        NEW | {"wZ_nm": 21.0},
        NEW | {"wZ_nm": 30.0},
        NEW | {"L_nm": -3.0},
        NEW | {"L_nm": float("nan")},
        NEW | {"alpha_deg": 90.5},
        {"parameters": NEW, "possible": False},
    ]
    plan = added(*bad, NEW)
    assert plan["rejected"] == {
        "wZ_nm must be < d_nm": 2,
        "L_nm: Input should be greater than 0": 2,
        "alpha_deg must be from 0 to 90": 1,
        "impossible by the word of its method": 1,
    }
    assert plan["combinations"] == 7 == len(plan["designs"]) and len(plan["samples"]) == 1
    assert [("reason" in d) for d in plan["designs"]] == [True] * 6 + [False]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"wX_nm": 1.0}, "design.wX_nm: unknown key"), ({"z_set": "other"}, "design.z_set: Input should be 'literature'")],
)
def test_a_design_of_another_kind_is_refused(added, change, message):
    with pytest.raises(UserError, match=rf"designs\.json: {message}"):
        added(NEW | change)


def test_boxes_are_those_of_the_domains(added):
    """The first that holds the design; `also` draws no addition; none is a reason like any other."""
    domains = [
        {"size_nm": [64, 64, 32], "where": {"L_nm": {"below": 45}}},
        {"size_nm": [96, 96, 32], "where": {"L_nm": {"min": 30, "below": 60}}, "also": 0},
    ]
    sizes = {"kind": "smco17", "wS_nm": 3}
    plan = added(NEW, NEW | {"L_nm": 50.0}, NEW | {"L_nm": 60.0}, domains=domains, nanostructure=sizes)
    assert plan["rejected"] == {"must lie in one of the domains": 1}
    boxes = {a.key: a.sample.nanostructure["size_nm"] for a in attempts(added.folder / "cycles/1", plan)}
    assert [boxes[key] for key in plan["samples"]] == [[64.0, 64.0, 32.0], [96.0, 96.0, 32.0]]


def test_more_designs_only_add_batches(added):
    """Batches of an addition stay, byte for byte, when its designs change; so does the plan when they do not."""
    first = added(NEW)
    batches = {p: p.read_bytes() for p in (added.folder / "cycles/1/batches").iterdir()}
    assert added(NEW) == first
    second = added(NEW, NEW | {"L_nm": 35.0})
    assert {p: p.read_bytes() for p in batches} == batches
    assert second["batches"][:1] == first["batches"] and len(second["batches"]) == 2


def test_a_released_sample_of_an_addition_is_tried_afresh(added):
    plan = added(NEW)
    mark = {"failure": "not_reversed", "detail": "", "change": {"released": [0, 1]}}
    add_releases(added.folder / "cycles/1", [Release(plan["samples"][0], [mark])])
    again = added(NEW)
    assert [a.corrections for a in attempts(added.folder / "cycles/1", again)] == [[], [mark]]


def test_status_and_dataset_hold_both(added, publish, tmp_path):
    """Two added samples beside the campaign's four: one is rescued; status counts six, the dataset tells who brought what."""
    plan = added({"parameters": NEW, "origin": "acquired"}, NEW | {"L_nm": 35.0}, HELD, quality={"rescue_rounds": 1})
    folder, part = added.folder, added.folder / "cycles/1"
    waiting = Watcher(folder).look()
    assert (waiting.counts.samples, waiting.counts.remaining, waiting.counts.half_cycles) == (6, 6, 12)
    results = publish(folder, 0, read_json(folder / "plan.json")["batches"], {})
    bad = plan["samples"][0]
    first = publish(part, 0, plan["batches"], {bad: "NOT_CONVERGED"})
    watcher = Watcher(folder)
    counts = watcher.look().counts
    assert (counts.accepted, counts.failing, counts.remaining) == (5, {"not_converged": 1}, 0)
    plan_rescue(part, 1, first, part / "rounds" / "1" / "plan.json")
    first += publish(part, 1, read_json(part / "rounds/1/plan.json")["batches"], {})
    progress = watcher.look()
    assert progress.over and progress.counts.accepted == 6
    assert {(b.addition, b.round) for b in progress.batches} == {("", 0), ("cycles/1", 0), ("cycles/1", 1)}
    assert "cycles/1, round 1: batches: 1 done; 1 accepted" in overview(progress, folder)

    config, files = tmp_path / "campaign.yaml", [*results, *first]
    build_dataset(folder, files, config, tmp_path / "all.h5", tmp_path / "all.parquet", additions=[part])
    table = read_table(tmp_path / "all.h5")
    assert list(table["id"]) == [*read_json(folder / "plan.json")["samples"], *plan["samples"]]
    assert list(table["addition"]) == [0, 0, 0, 0, 1, 1]
    assert list(table["origin"]) == ["design"] * 4 + ["acquired", "designed"]
    assert list(table["rescue_round"]) == [0, 0, 0, 0, 1, 0]
    build_dataset(folder, results, config, tmp_path / "own.h5", tmp_path / "own.parquet")
    own = read_table(tmp_path / "own.h5")
    assert not {"addition", "origin"} & own.keys()
    for name in ("mu0_Hc_T", "phi_p", "L_nm"):
        assert json.dumps(table[name][:4].tolist()) == json.dumps(own[name].tolist())
    with pytest.raises(UserError, match="2 samples of the plan are in no batch file"):
        build_dataset(folder, results, config, tmp_path / "no.h5", tmp_path / "no.parquet", additions=[part])
