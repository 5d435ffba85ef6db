"""Quarantined samples: listed with their reasons, released into entries of their own, and nothing of before is lost."""

import pytest

from hardmag.campaign.ledger import plan_campaign
from hardmag.campaign.rescue import plan_rescue
from hardmag.cli import main
from hardmag.control.status import Watcher
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.files import read_json


@pytest.fixture
def campaign(campaign_file, tmp_path, publish):
    """A campaign of four samples, two of them quarantined after one rescue round. (folder, file, the two, all result files)"""
    folder, path = tmp_path / "results" / "tiny", campaign_file(quality={"rescue_rounds": 1})
    plan = plan_campaign(path, folder)
    a, b, *_ = plan["samples"]
    results = publish(folder, 0, plan["batches"], {a: "NOT_REVERSED", b: "NOT_CONVERGED"})
    rescue = folder / "rounds" / "1" / "plan.json"
    plan_rescue(folder, 1, results, rescue)
    results += publish(folder, 1, read_json(rescue)["batches"], {a: "NOT_REVERSED", b: "NOT_CONVERGED"})
    return folder, path, (a, b), results


def test_list(campaign, capsys):
    folder, _, (a, b), _ = campaign
    assert main(["quarantine", "list", str(folder)]) == 0
    head, *rows = (line.split("  ") for line in capsys.readouterr().out.splitlines())
    table = {row[0]: [cell.strip() for cell in row[1:] if cell] for row in rows}
    assert table == {
        a: ["not_reversed", "realisation 0, last at rest at µ0H = -3.100 T", "not_reversed: to_T -12.0 → -18.0"],
        b: ["not_converged", "realisation 0, last at rest at µ0H = -3.100 T", "not_converged: max_iterations 2000 → 8000"],
    }


def test_release_makes_an_entry_of_its_own(campaign):
    folder, path, (a, b), _ = campaign
    before = {p.name: p.read_bytes() for p in (folder / "batches").iterdir()}
    first = read_json(folder / "plan.json")
    assert main(["quarantine", "release", str(folder), a[:6]]) == 0
    assert Watcher(folder).look().counts.quarantined == {"not_converged": 1}  # the other one
    plan = plan_campaign(path, folder)
    assert plan["samples"] == first["samples"]
    assert plan["batches"][:-1] == first["batches"]
    assert {name: (folder / "batches" / name).read_bytes() for name in before} == before
    (entry,) = read_json(folder / "batches" / f"{plan['batches'][-1]}.json")["entries"]
    old = next(
        e for name in first["batches"] for e in read_json(folder / "batches" / f"{name}.json")["entries"] if e["key"] == a
    )
    assert entry["sample"] == old["sample"]  # afresh: as the design has it
    assert entry["key"] not in first["samples"]
    assert [c["change"] for c in entry["corrections"]] == [{"to_T": [-12.0, -18.0]}, {"released": [0, 1]}]
    assert str(folder / "released.json") in plan["sources"]
    assert plan_campaign(path, folder) == plan  # nothing new the second time


def test_the_newest_attempt_has_the_last_word(campaign, publish, tmp_path):
    folder, path, (a, b), results = campaign
    assert main(["quarantine", "release", str(folder), "--all"]) == 0
    plan = plan_campaign(path, folder)
    counts = Watcher(folder).look().counts
    assert (counts.quarantined, counts.failing) == ({}, {"not_reversed": 1, "not_converged": 1})
    results += publish(folder, 0, plan["batches"][-1:], {b: "NOT_CONVERGED"})
    counts = Watcher(folder).look().counts
    assert (counts.accepted, counts.quarantined, counts.failing) == (3, {}, {"not_converged": 1})
    plan_rescue(folder, 1, [r for r in results if r.parent.name == "0"], folder / "rounds" / "1" / "plan.json")
    build_dataset(folder, results, path, tmp_path / "d.h5", tmp_path / "d.parquet")
    table = read_table(tmp_path / "d.h5")
    status = dict(zip(table["id"], table["status"], strict=True))
    assert (status[a], status[b]) == ("accepted", "quarantined")
    assert '"released": [0, 1]' in dict(zip(table["id"], table["history"], strict=True))[a]


def test_released_once_until_it_was_run(campaign, publish, capsys):
    folder, path, (a, _), _ = campaign
    assert main(["quarantine", "release", str(folder), a]) == 0
    content = (folder / "released.json").read_bytes()
    assert main(["quarantine", "release", str(folder), a]) == 2
    assert (folder / "released.json").read_bytes() == content
    plan = plan_campaign(path, folder)
    assert main(["quarantine", "release", str(folder), a]) == 2
    publish(folder, 0, plan["batches"][-1:], {a: "MOMENT_EXCEEDED"})
    plan_rescue(
        folder, 1, [folder / "rounds" / "0" / f"{b}.h5" for b in plan["batches"]], folder / "rounds" / "1" / "plan.json"
    )
    again = read_json(folder / "rounds" / "1" / "plan.json")["batches"][-1:]
    publish(folder, 1, again, {a: "MOMENT_EXCEEDED"})
    assert main(["quarantine", "release", str(folder), a]) == 0  # for the second time
    marks = [r["corrections"][-1]["change"] for r in read_json(folder / "released.json")]
    assert marks == [{"released": [0, 1]}, {"released": [1, 2]}]
    first, second = (r["corrections"] for r in read_json(folder / "released.json"))
    assert second[: len(first)] == first  # the whole history


@pytest.mark.parametrize("arguments", [["list"], ["release", "--all"]])
def test_nothing_quarantined(campaign_file, tmp_path, capsys, arguments):
    folder = tmp_path / "results"
    plan_campaign(campaign_file(), folder)
    assert main(["quarantine", arguments[0], str(folder), *arguments[1:]]) == 0
    said = {"list": "no sample is quarantined\n", "release": "samples that the next run tries afresh: 0\n"}
    assert capsys.readouterr().out == said[arguments[0]]
    assert not (folder / "released.json").exists()


def test_bad_names(campaign, capsys):
    folder, _, (a, b), _ = campaign
    for name, words in (("zz", "none begins with 'zz'"), ("", "2 begin with ''")):
        assert main(["quarantine", "release", str(folder), name]) == 2
        assert capsys.readouterr().err == f"error: {folder}: of the quarantined samples {words}\n"
    assert not (folder / "released.json").exists()
