"""A batch on several devices: the same results as on one, and what a dying worker leaves behind."""

import os
import signal
import threading
import time
from functools import partial
from multiprocessing import get_context

import pytest
import torch

from hardmag.campaign.cost import figures
from hardmag.campaign.ledger import plan_campaign, stored_batch
from hardmag.campaign.samples import half_cycle_of
from hardmag.campaign.visible import visible_devices
from hardmag.errors import UserError
from hardmag.jobs.devices import on_each
from hardmag.jobs.journal import read_journal
from hardmag.jobs.worker import _auto_slots, run_batch

BOX = {"kind": "smco17", "size_nm": [20, 20, 2], "cell_nm": [1.0, 1.0, 2.0], "d_nm": 10, "wZ_nm": 2, "wS_nm": 3}
SETTINGS = {"from_T": 1.0, "to_T": -4.0, "realisations": 3}


@pytest.fixture
def batch(campaign_file, tmp_path):
    """Path of a batch file of four samples, three half-cycles each."""
    design = {"kind": "grid", "parameters": {"L_nm": [12, 16], "alpha_deg": [0, 30]}}
    sections = {"half_cycle": SETTINGS, "quality": {"max_cell_over_delta0": 2.0}, "batching": {"samples": 4}}
    plan = plan_campaign(campaign_file(nanostructure=BOX, design=design, **sections), tmp_path / "results")
    return tmp_path / "results" / "batches" / f"{plan['batches'][0]}.json"


@pytest.fixture
def run(batch, tmp_path):
    """Function: run the batch in a folder of its own; returns the bytes that are published."""

    def publish(name, **options):
        output = tmp_path / name / "batch.h5"
        run_batch(batch, output, tmp_path / name / "journal", threads=1, **options)
        return output.read_bytes()

    return publish


@pytest.fixture
def forked(monkeypatch):
    """Processes are forked from one that has imported what they need, instead of each importing it anew for seconds."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["hardmag.jobs.worker"])
    monkeypatch.setattr("hardmag.jobs.devices.get_context", lambda how: context)


def test_two_devices_publish_what_one_does(run, tmp_path):
    """With processes as they are, spawned."""
    one = run("one", devices=["cpu"], slots=3)
    assert run("two", devices=["cpu", "cpu"]) == one  # other slots, other neighbours: the same bytes
    assert [len(p.read_text().splitlines()) for p in (tmp_path / "two" / "journal").glob("*.jsonl")] == [6, 6]
    assert run("two", devices=["cpu", "cpu"]) == one  # all from the journal


def test_a_process_that_is_killed_is_replaced(forked, run, tmp_path, capfd):
    """SIGKILL to one of two: what it left is run by fresh processes, and the same bytes are published."""
    journal, done = tmp_path / "two" / "journal", []
    thread = threading.Thread(target=lambda: done.append(run("two", devices=["cpu", "cpu"], slots=1)))
    thread.start()
    deadline = time.monotonic() + 300
    while not (begun := [p for p in journal.glob("*.jsonl") if p.stat().st_size]):
        assert thread.is_alive() and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(int(begun[0].stem.split("-")[-1]), signal.SIGKILL)
    thread.join(120)
    assert done == [run("one", devices=["cpu"])]
    assert "its process died with" in capfd.readouterr().out
    lines = [line for p in journal.glob("*.jsonl") for line in p.read_text().splitlines()]
    assert len(lines) == 12 == len(read_journal(journal))  # none was run twice but those in flight


def _deadly(kind, journal, share, device, stop):
    """Journals its items one by one; item 5 kills the process, or loses the device, or is a mistake."""
    for item in share:
        if item == 5 and kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if item == 5 and kind == "lost":
            raise torch.AcceleratorError("CUDA error: an illegal memory access was encountered")
        if item == 5 and kind == "refused":
            raise UserError("not so")
        if item == 5 and kind == "mistaken":
            raise ZeroDivisionError
        (journal / str(item)).touch()


def _deal(kind, tmp_path, devices=("cpu", "cpu")):
    finished = lambda: {int(p.name) for p in tmp_path.iterdir()}  # noqa: E731
    fatal = on_each(list(devices), partial(_deadly, kind, tmp_path), list(range(8)), finished, lambda: False)
    return fatal, finished()


@pytest.mark.parametrize("kind", ["killed", "lost"])
def test_the_item_that_ends_its_process_is_found_and_costs_no_other(forked, tmp_path, kind):
    assert _deal(kind, tmp_path) == ([5], {0, 1, 2, 3, 4, 6, 7})


def test_other_errors_are_the_users_or_ours(forked, tmp_path):
    with pytest.raises(UserError, match="not so"):
        _deal("refused", tmp_path)
    assert {0, 2, 4, 6} <= {int(p.name) for p in tmp_path.iterdir()}  # the other device came to its end
    with pytest.raises(RuntimeError, match="cpu: Traceback[^$]*ZeroDivisionError"):
        _deal("mistaken", tmp_path)


def test_a_device_that_does_not_answer_fails_the_job(forked, tmp_path):
    """Nothing is marked as the fault of a sample when there is no such GPU any more."""
    with pytest.raises(RuntimeError, match="cuda:7"):
        _deal("killed", tmp_path, ["cuda:7"])


def test_one_cpu_needs_no_process(monkeypatch):
    monkeypatch.setattr("hardmag.jobs.devices.get_context", None)
    seen, stop = [], lambda: False
    on_each(["cpu"], lambda *given: seen.append(given), [1, 2], None, stop)
    on_each(["cuda:0", "cuda:1"], None, [], None, stop)
    assert seen == [([1, 2], "cpu", stop)]


def test_every_visible_gpu_is_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert visible_devices() == ["cuda:0", "cuda:1", "cuda:2"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert visible_devices() == ["cpu"]


@pytest.mark.parametrize(("precision", "slots"), [("fp32", 40), ("fp64", 20)])
def test_auto_slots_fill_a_gpus_free_memory(batch, monkeypatch, precision, slots):
    """A made-up GPU that has room for 40 half-cycles of this grid in fp32, in 80 % of what is free."""
    sample = stored_batch(batch.parents[1], batch.stem).attempts[0].sample
    room = 40.5 * 20 * 20 * (figures()["cuda"]["bytes_per_cell"] + figures()["cuda"]["pass_bytes_per_cell"])
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (room / 0.8, 2 * room))
    assert _auto_slots({0: half_cycle_of(sample, 0)}, "cuda:1", precision) == slots
    assert _auto_slots({0: half_cycle_of(sample, 0)}, "cpu", precision) == 8
