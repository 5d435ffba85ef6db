"""A campaign that hardmag left unfinished when samples, attempts and records were plain dicts: it is taken up, byte by byte.

tests/unit/earlier: two samples that did not reverse, their rescue planned, one of its four half-cycles in the journal.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hardmag.campaign.attempts import Attempt, Batch
from hardmag.campaign.batch_file import read_batch, write_batch
from hardmag.campaign.ledger import plan_campaign, plan_of, stored_batch
from hardmag.campaign.rescue import plan_rescue
from hardmag.campaign.samples import Sample
from hardmag.files import read_json, write_json
from hardmag.jobs.journal import JournalWriter, read_journal
from hardmag.jobs.worker import run_batch

FIRST, RESCUE = "8355e2fd30a1", "1aa508171810"


@pytest.fixture
def earlier(tmp_path, monkeypatch):
    """Folder of the results, where the campaign file lies as it did; ids as of the physics version of then."""
    shutil.copytree(Path(__file__).parent / "earlier", tmp_path, dirs_exist_ok=True)
    (tmp_path / "results").mkdir()
    (tmp_path / "campaign").rename(tmp_path / "results" / "tiny")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hardmag.campaign.samples.PHYSICS_VERSION", 4)
    return Path("results/tiny")


def contents(folder):
    """Of its ledgers and batches."""
    return {path: path.read_bytes() for part in ("ledger", "batches") for path in (folder / part).iterdir()}


@pytest.mark.parametrize("name", [FIRST, RESCUE])
def test_a_batch_is_written_as_it_was(earlier, name):
    batch = stored_batch(earlier, name)
    write_json("again.json", batch.to_dict())
    assert Path("again.json").read_bytes() == (earlier / "batches" / f"{name}.json").read_bytes()
    assert batch.attempts == [Attempt.of(attempt.sample, attempt.corrections) for attempt in batch.attempts]  # their keys
    ((sample, corrections),) = {(a.sample.id, len(a.corrections)) for a in batch.attempts if a.sample.alpha_deg == 0}
    assert (sample in batch.samples) == (corrections == 0) == (name == FIRST)


@pytest.mark.parametrize(("name", "records"), [(FIRST, 4), (RESCUE, 1)])
def test_a_journal_is_written_as_it_was(earlier, name, records):
    (path,), writer = (earlier / "journal" / name).iterdir(), JournalWriter("again")
    for record in read_journal(path.parent).values():
        writer.append(record)
    writer.close()
    (again,) = Path("again").iterdir()
    assert again.read_bytes() == path.read_bytes() and len(again.read_text().splitlines()) == records


def test_a_batch_file_holds_what_its_journal_does(earlier):
    read = read_batch(earlier / "rounds" / "0" / f"{FIRST}.h5")
    batch, journal = stored_batch(earlier, FIRST), read_journal(earlier / "journal" / FIRST)
    assert [attempt for attempt, _ in read] == batch.attempts
    found = {r.half_cycle: replace(r, mu0_H_T=[*r.mu0_H_T], m_parallel=[*r.m_parallel]) for _, rs in read for r in rs}
    assert found == journal
    write_batch("again.h5", batch, journal)
    for (attempt, records), (other, others) in zip(read, read_batch("again.h5"), strict=True):
        assert attempt == other and all(
            np.array_equal(a.m_parallel, b.m_parallel) for a, b in zip(records, others, strict=True)
        )


def test_the_campaign_goes_on_where_it_stopped(earlier, capsys):
    before, old = contents(earlier), plan_of(earlier)
    plan, rescue = plan_campaign("tiny.yaml", earlier, "cpu"), earlier / "rounds" / "1" / "plan.json"
    for key in ("campaign", "kind", "physics_version", "sources", "samples", "batches"):
        assert plan[key] == old[key]
    planned = read_json(rescue)
    for again in (False, True):  # once more as if it had not been planned yet: the same batch comes out
        if again:
            (earlier / "ledger" / "round-1.json").unlink()
            (earlier / "batches" / f"{RESCUE}.json").unlink()
        plan_rescue(earlier, 1, [earlier / "rounds" / "0" / f"{FIRST}.h5"], rescue)
        assert read_json(rescue) | {"estimates": planned["estimates"]} == planned
        assert contents(earlier) == before
    result = earlier / "rounds" / "1" / f"{RESCUE}.h5"
    run_batch(earlier / "batches" / f"{RESCUE}.json", result, earlier / "journal" / RESCUE, devices=["cpu"], threads=1)
    assert f"batch {RESCUE}: 3 half-cycles to run on cpu, 1 from the journal" in capsys.readouterr().out
    assert {r.status for _, records in read_batch(result) for r in records} == {"OK"}


def test_other_seeds_are_told_only_where_they_are_other():
    sample = Sample("0" * 16, 4, {"kind": "smco17"}, 0.0, {"realisations": 2})
    assert list(sample.to_dict()) == ["id", "physics_version", "nanostructure", "alpha_deg", "half_cycle"]
    other = replace(sample, seed_offset=1000)
    assert other.to_dict() == sample.to_dict() | {"seed_offset": 1000} and Sample.from_dict(other.to_dict()) == other
    batch = Batch("b", 0, [Attempt.of(sample), Attempt.of(other, [{"failure": "outlier", "detail": "", "change": {}}])])
    assert Batch.from_dict(json.loads(json.dumps(batch.to_dict()))) == batch
