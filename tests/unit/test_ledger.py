"""The ledger is append-only: what was planned once stays where it is, byte for byte."""

import json
import re
from collections import Counter
from dataclasses import replace

import pytest

from hardmag.campaign.attempts import Attempt
from hardmag.campaign.ledger import extend, plan_campaign
from hardmag.campaign.samples import Sample
from hardmag.cli import main
from hardmag.errors import UserError
from hardmag.files import read_json

LEVELS = {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0, 30]}


def grid(**changes):
    return {"kind": "grid", "parameters": LEVELS | changes}


@pytest.fixture
def plan(campaign_file, tmp_path):
    def make(**sections):
        return plan_campaign(campaign_file(**sections), tmp_path / "results")

    make.folder = tmp_path / "results"
    return make


def files(folder):
    return {path.name: path.read_bytes() for path in (folder / "batches").glob("*.json")}


def members(folder):
    """{batch: [sample ids]} of the batch files themselves."""
    return {name: [e["sample"]["id"] for e in json.loads(text)["entries"]] for name, text in files(folder).items()}


def test_every_sample_is_in_exactly_one_batch(plan):
    found = plan(design=grid(z_set=["dft", "modified"]))
    assert len(found["samples"]) == 8
    counts = Counter(sample for batch in members(plan.folder).values() for sample in batch)
    assert counts == dict.fromkeys(found["samples"], 1)
    assert sorted(map(len, members(plan.folder).values())) == [2, 3, 3]  # at most 3 in a batch
    assert {f"{b}.json" for b in found["batches"]} == set(members(plan.folder))


def test_the_ledger_says_what_the_batch_files_hold(plan):
    plan()
    ledger = read_json(plan.folder / "ledger" / "round-0.json")
    assert {f"{batch}.json": keys for batch, keys in ledger.items()} == members(plan.folder)


def test_a_batch_file_is_complete(plan):
    found = plan()
    for name in files(plan.folder):
        batch = read_json(plan.folder / "batches" / name)
        assert batch["round"] == 0 and f"{batch['batch']}.json" == name
        for e in batch["entries"]:
            assert e["key"] == e["sample"]["id"] and e["corrections"] == []
            assert set(e["sample"]) == {"id", "physics_version", "nanostructure", "alpha_deg", "half_cycle"}
            assert e["sample"]["half_cycle"] == found["settings"]["half_cycle"]


def test_planning_again_changes_nothing(plan):
    first = plan()
    before = files(plan.folder), (plan.folder / "ledger" / "round-0.json").read_bytes()
    assert plan() == first
    assert (files(plan.folder), (plan.folder / "ledger" / "round-0.json").read_bytes()) == before


def test_added_levels_only_add_batches(plan):
    first = plan()
    before = files(plan.folder)
    second = plan(design=grid(L_nm=[20, 30, 40, 50], alpha_deg=[0, 15, 30]))
    after = files(plan.folder)
    assert {name: after[name] for name in before} == before  # byte for byte
    new = {name: keys for name, keys in members(plan.folder).items() if name not in before}
    assert sum(map(len, new.values())) == 12 - 4
    assert second["batches"][: len(first["batches"])] == first["batches"]
    assert set(first["samples"]) < set(second["samples"])
    counts = Counter(sample for batch in members(plan.folder).values() for sample in batch)
    assert counts == dict.fromkeys(second["samples"], 1)


def test_levels_taken_out_and_put_back(plan):
    first = plan()
    before = files(plan.folder)
    fewer = plan(design=grid(alpha_deg=[0]))
    assert files(plan.folder) == before
    assert set(fewer["samples"]) < set(first["samples"])
    ledger = read_json(plan.folder / "ledger" / "round-0.json")
    holding = [b for b, keys in ledger.items() if set(keys) & set(fewer["samples"])]
    assert fewer["batches"] == holding  # only batches with a sample that is wanted
    assert plan() == first
    assert files(plan.folder) == before


def test_batch_size_and_quality_do_not_disturb_what_is_there(plan):
    plan()
    before = files(plan.folder)
    plan(batching={"samples": 1}, quality={"max_spread_T": 0.5}, surrogate={"epochs": 5})
    assert files(plan.folder) == before


def test_equal_grids_are_batched_together(plan):
    domains = [{"size_nm": size} for size in ([64, 64, 32], [96, 96, 32])]
    plan(domains=domains, batching={"samples": 4}, design=grid(L_nm=[30, 50]))
    for name in files(plan.folder):
        entries = read_json(plan.folder / "batches" / name)["entries"]
        assert len({tuple(e["sample"]["nanostructure"]["size_nm"]) for e in entries}) == 1


def test_the_plan_says_what_was_made_and_rejected(plan):
    found = plan(design=grid(wZ_nm=[4, 20]))
    assert (found["combinations"], found["rejected"]) == (8, {"wZ_nm must be < d_nm": 4})
    assert len(found["samples"]) == 4
    assert read_json(plan.folder / "plan.json") == found
    (source,) = found["sources"].items()
    assert source[0].endswith("campaign.yaml") and len(source[1]) == 64


def test_the_plan_holds_the_cost_of_each_batch(plan, known_costs):
    first = plan()
    assert set(first["estimates"]) == set(first["batches"])
    before = files(plan.folder)
    second = plan(batching={"samples": 3, "slots": 1})
    assert files(plan.folder) == before  # costs change with the slots, batches do not
    for batch in first["batches"]:
        one, auto = second["estimates"][batch]["cpu"], first["estimates"][batch]["cpu"]
        assert one["s"] > auto["s"] and one["slots_MB"] < auto["slots_MB"]


def test_a_batch_too_long_for_a_job_is_shown_and_not_written(campaign_file, tmp_path, known_costs, monkeypatch, capsys):
    path = campaign_file(half_cycle={"realisations": 5}, batching={"samples": 4, "slots": 1, "max_runtime_min": 10})
    folder = tmp_path / "results"
    pattern = (
        rf"^{path}: batching\.max_runtime_min = 10 is less than the (\d+) min that a batch of 4 samples may need on one "
        r"CPU core: set batching\.samples to (\d+) or less, or raise the limit, "
        r"or give the jobs a GPU \(docs/slurm.md; hardmag plan --device cuda\)$"
    )
    shown = plan_campaign(path, folder, "cpu")
    minutes, samples = map(int, re.match(pattern, shown["refused"]).groups())
    assert samples == 4 * 10 // minutes
    assert [p.name for p in folder.iterdir()] == ["preview.json"] and read_json(folder / "preview.json") == shown
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(path), "--device", "cpu"]) == 0  # a plan reports, and only a run refuses
    assert f"\nwarning: {shown['refused']}. A run" in capsys.readouterr().out
    shorter = campaign_file(half_cycle={"realisations": 5}, batching={"samples": samples, "slots": 1, "max_runtime_min": 10})
    assert plan_campaign(shorter, folder, "cpu")["estimates"].keys() == {p.stem for p in (folder / "batches").iterdir()}


def test_batches_that_are_written_stay_on_another_device(campaign_file, tmp_path, known_costs):
    """Their jobs stop in time, and the next round goes on."""
    path = campaign_file(half_cycle={"realisations": 5}, batching={"samples": 4, "slots": 1, "max_runtime_min": 10})
    first = plan_campaign(path, tmp_path / "results", "cuda")
    assert "refused" not in first
    assert plan_campaign(path, tmp_path / "results", "cpu") == first


def test_cells_too_coarse_in_all_samples(campaign_file, tmp_path, monkeypatch, capsys):
    """Said with the edge that is allowed, which then is: the wall parameter of SmCo5, 0.6855 nm, times 1.1."""
    monkeypatch.chdir(tmp_path)
    structure = {"kind": "smco17", "size_nm": [64, 64, 32], "wS_nm": 3}
    path, folder = campaign_file(nanostructure=structure | {"cell_nm": [1.5, 1, 9]}), tmp_path / "results"
    shown = plan_campaign(path, folder)
    allowed_nm, n, least_nm = re.match(
        rf"^{path}: quality\.max_cell_over_delta0 = 1\.1 .* allows cells of up to ([\d.]+) nm, and in each of the (\d+) "
        r"samples they are longer, from ([\d.]+) nm: make them finer \(cell_nm\), or raise the limit$",
        shown["refused"],
    ).groups()
    assert float(allowed_nm) == pytest.approx(1.1 * 0.68553, abs=1e-3) and (int(n), float(least_nm)) == (4, 1.5)
    assert [p.name for p in folder.iterdir()] == ["preview.json"]
    assert main(["validate", str(path)]) == 2 and capsys.readouterr().err == f"error: {shown['refused']}\n"
    finer = campaign_file(nanostructure=structure | {"cell_nm": [float(allowed_nm), float(allowed_nm), 9]})
    assert "refused" not in plan_campaign(finer, folder)
    laxer = campaign_file(nanostructure=structure | {"cell_nm": [1.5, 1, 9]}, quality={"max_cell_over_delta0": 2.2})
    assert "refused" not in plan_campaign(laxer, folder)
    stricter = campaign_file(nanostructure=structure | {"cell_nm": [1.5, 1, 9]})
    assert "refused" not in plan_campaign(stricter, folder)  # its batches are written, and are not changed


@pytest.mark.parametrize(("cores", "refused"), [(["Nd", "Ce"], False), (["Nd"], True)])
def test_cells_too_coarse_in_some_samples(campaign_file, tmp_path, cores, refused):
    """They alone are drawn finer, once they have failed."""
    structure = {"kind": "coreshell", "cell_nm": [1.8, 1.8, 1.8], "shell_nm": 0}
    design = {"kind": "grid", "parameters": {"core_composition": cores, "alpha_deg": [0, 30]}}
    assert ("refused" in plan_campaign(campaign_file(nanostructure=structure, design=design), tmp_path / "results")) == refused


def test_rounds_have_ledgers_of_their_own(tmp_path):
    samples = [Sample(f"{n:016x}", 4, {"kind": "smco17"}, 0.0, {}) for n in range(2)]
    first = extend(tmp_path, 0, [Attempt.of(sample) for sample in samples], 10)
    change = [{"failure": "not_converged", "detail": "", "change": {}}]
    second = extend(tmp_path, 1, [Attempt.of(samples[0], change)], 10)
    assert len(first) == len(second) == 1 and first != second
    assert list(read_json(tmp_path / "ledger" / "round-0.json")) == first
    assert list(read_json(tmp_path / "ledger" / "round-1.json")) == second


def test_key_of_a_corrected_sample():
    sample = Sample("0" * 16, 4, {}, 0.0, {"step_T": 0.1})
    change = [{"failure": "energy_rose", "detail": "", "change": {"step_T": [0.1, 0.05]}}]
    keys = [
        Attempt.of(sample).key,
        Attempt.of(sample, change).key,
        Attempt.of(replace(sample, half_cycle={"step_T": 0.05}), change).key,
        Attempt.of(sample, change * 2).key,
    ]
    assert keys[0] == sample.id
    assert len(set(keys)) == 4
    assert Attempt.of(sample, change).key == keys[1]  # the same at every call


def test_nothing_to_add_writes_nothing(tmp_path):
    assert extend(tmp_path, 1, [], 10) == []
    assert list(tmp_path.iterdir()) == []


def test_two_files_of_one_name(campaign_file, tmp_path):
    """The second would overwrite the first's dataset; a file that was renamed goes on with its results."""
    first, folder = campaign_file(), tmp_path / "results"
    plan_campaign(first, folder)
    other = tmp_path / "other.yaml"
    other.write_text(first.read_text())
    with pytest.raises(UserError, match=r"other\.yaml: name: .* belongs to the campaign file .*campaign\.yaml"):
        plan_campaign(other, folder)
    first.unlink()
    assert plan_campaign(other, folder)["campaign"] == "tiny"
