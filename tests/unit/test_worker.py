"""A worker that must stop, and its successor: nothing is lost, nothing run twice, the same bytes are published."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.errors import UserError
from hardmag.jobs import worker
from hardmag.jobs.fence import claimed, holder
from hardmag.jobs.journal import read_journal
from hardmag.jobs.suspended import Suspended
from hardmag.jobs.worker import run_batch

BOX = {"kind": "smco17", "size_nm": [48, 48, 2], "cell_nm": [1.0, 1.0, 2.0], "d_nm": 10, "wZ_nm": 2, "wS_nm": 3}
RUN = """
import sys
from hardmag.jobs.worker import run_batch
from hardmag.errors import UserError
try:
    run_batch(*sys.argv[1:4], slots=4, devices=sys.argv[4].split(","), threads=1)
except UserError as error:
    sys.exit(f"error: {error}")
"""


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """Path of a batch file of two samples, four half-cycles each: all in flight at once or nearly so."""
    folder = tmp_path_factory.mktemp("campaign")
    config = {
        "name": "own",
        "nanostructure": BOX,
        "design": {"kind": "grid", "parameters": {"L_nm": [12, 20]}},
        "half_cycle": {"from_T": 1.0, "to_T": -9.0, "realisations": 4},
        "quality": {"max_cell_over_delta0": 2.0},
    }
    import yaml

    (folder / "own.yaml").write_text(yaml.safe_dump(config))
    plan = plan_campaign(folder / "own.yaml", folder / "results")
    return folder / "results" / "batches" / f"{plan['batches'][0]}.json"


@pytest.fixture(scope="module")
def reference(batch, tmp_path_factory):
    """The bytes published by an undisturbed worker."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run_batch(batch, folder / "b.h5", folder / "journal", slots=4, devices=["cpu"], threads=1)
    return (folder / "b.h5").read_bytes()


def test_out_of_memory_halves_the_slots(batch, reference, tmp_path, monkeypatch, capsys):
    """A device that has room for two half-cycles and no more: the same bytes are published, and it is said."""
    tried, simulate = [], worker.run_half_cycles

    def cramped(runs, *, slots, **settings):
        tried.append(slots)
        if slots > 2:
            raise torch.OutOfMemoryError
        return simulate(runs, slots=slots, **settings)

    monkeypatch.setattr(worker, "run_half_cycles", cramped)
    run_batch(batch, tmp_path / "b.h5", tmp_path / "journal", slots=8, devices=["cpu"], threads=1)
    assert tried == [8, 4, 2] and (tmp_path / "b.h5").read_bytes() == reference
    assert "out of memory on cpu, going on with 2 slots" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "devices"), [(signal.SIGTERM, "cpu,cpu"), (signal.SIGUSR1, "cpu")])
def test_a_signal_sets_aside_what_is_in_flight(batch, reference, tmp_path, number, devices):
    output, journal = tmp_path / "b.h5", tmp_path / "journal"
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(batch), str(output), str(journal), devices], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 300
    while not read_journal(journal):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(number)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 1
    assert f"told to stop ({number.name});" in said and "of 8 half-cycles are done" in said
    assert not output.exists() and holder(journal).released
    left = set(stored_batch(batch.parents[1], batch.stem).half_cycles) - set(read_journal(journal))
    aside = [state for run in left if (state := Suspended(journal).get(run)) is not None]
    assert max(int(state.evaluations) for state in aside) > 50  # of some hundreds
    run_batch(batch, output, journal, slots=3, devices=["cpu"], threads=1)
    assert output.read_bytes() == reference  # evaluations included: nothing in flight began anew
    assert not list(journal.glob("suspended-*"))


@pytest.mark.parametrize(
    ("damage", "said"), [("flipped", "damaged, realisation "), ("torn", ""), ("line", "what follows there")]
)
def test_a_damaged_state_is_passed_over(batch, reference, tmp_path, capsys, damage, said):
    journal = tmp_path / "journal"
    with pytest.raises(UserError, match=r"90% of the job's time is over; . of 8"):
        run_batch(batch, tmp_path / "b.h5", journal, slots=4, devices=["cpu"], threads=1, time_limit_s=0.5)
    (path,) = journal.glob("suspended-*.bin")
    damaged = bytearray(path.read_bytes())
    if damage == "torn":
        damaged = damaged[: len(damaged) // 2]
    else:
        damaged[2000 if damage == "flipped" else 0] ^= 1
    path.write_bytes(damaged)
    run_batch(batch, tmp_path / "b.h5", journal, slots=4, devices=["cpu"], threads=1)
    assert said in capsys.readouterr().out
    assert (tmp_path / "b.h5").read_bytes() == reference


def test_a_second_worker_waits_and_leaves_when_the_batch_is_published(batch, reference, tmp_path):
    output, journal = tmp_path / "b.h5", tmp_path / "journal"
    workers = [
        threading.Thread(target=run_batch, args=(batch, output, journal), kwargs={"slots": 4, "devices": ["cpu"]}) for _ in "ab"
    ]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(60)
    assert output.read_bytes() == reference
    lines = [line for path in journal.glob("*.jsonl") for line in path.read_text().splitlines()]
    assert len(lines) == 8
    assert holder(journal).generation == 1  # the other one never had to take the batch


def test_a_worker_that_was_taken_over_from_stops_and_waits(batch, reference, tmp_path, monkeypatch):
    """As on a node that was cut off: its successor has the next generation, and in the end publishes."""
    monkeypatch.setattr("hardmag.jobs.fence.BEAT_S", 0.05)
    output, journal = tmp_path / "b.h5", tmp_path / "journal"
    old = threading.Thread(target=run_batch, args=(batch, output, journal), kwargs={"slots": 1, "devices": ["cpu"]})
    old.start()
    deadline = time.monotonic() + 300
    while not read_journal(journal):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with monkeypatch.context() as blind:
        takes_over = lambda last: threading.current_thread() is threading.main_thread()  # noqa: E731
        blind.setattr("hardmag.jobs.fence._is_gone", takes_over)
        with claimed(journal, lambda: False):
            while not list(journal.glob("suspended-*.bin")):  # it has seen that it is fenced, and set its work aside
                assert time.monotonic() < deadline
                time.sleep(0.01)
            before = len(read_journal(journal))
            time.sleep(1.5)
            assert len(read_journal(journal)) == before < 8 and not output.exists()
    old.join(60)  # the successor has gone without publishing: it is the old one's turn again
    assert output.read_bytes() == reference
    assert len({os.path.basename(p) for p in journal.glob("fence-*.json")}) == 3
