"""A batch on several devices: the same results as on one, and what a dying worker leaves behind."""

import os
import signal
import threading
import time

import pytest
import torch

from hardmag.campaign.cost import figures
from hardmag.campaign.devices import on_each, visible_devices
from hardmag.campaign.journal import read_journal
from hardmag.campaign.ledger import plan_campaign
from hardmag.campaign.samples import half_cycle_of
from hardmag.campaign.worker import _auto_slots, run_batch
from hardmag.files import read_json

BOX = {"kind": "smco17", "size_nm": [20, 20, 2], "cell_nm": [1.0, 1.0, 2.0], "d_nm": 10, "wZ_nm": 2, "wS_nm": 3}
SETTINGS = {"from_T": 1.0, "to_T": -4.0, "realisations": 3}


@pytest.fixture
def batch(campaign_file, tmp_path):
    """Path of a batch file of four samples, three half-cycles each."""
    design = {"kind": "grid", "parameters": {"L_nm": [12, 16], "alpha_deg": [0, 30]}}
    plan = plan_campaign(
        campaign_file(nanostructure=BOX, design=design, half_cycle=SETTINGS, batching={"samples": 4}), tmp_path / "results"
    )
    return tmp_path / "results" / "batches" / f"{plan['batches'][0]}.json"


@pytest.fixture
def run(batch, tmp_path):
    """Function: run the batch in a folder of its own; returns the bytes that are published."""

    def publish(name, **options):
        output = tmp_path / name / "batch.h5"
        run_batch(batch, output, tmp_path / name / "journal", threads=1, **options)
        return output.read_bytes()

    return publish


def test_two_devices_publish_what_one_does(run, tmp_path):
    one = run("one", devices=["cpu"], slots=3)
    assert run("two", devices=["cpu", "cpu"]) == one  # other slots, other neighbours: the same bytes
    assert [len(p.read_text().splitlines()) for p in (tmp_path / "two" / "journal").glob("*.jsonl")] == [6, 6]
    assert run("two", devices=["cpu", "cpu"]) == one  # all from the journal


def test_a_worker_that_is_killed_costs_its_own_share_alone(run, tmp_path):
    journal, raised = tmp_path / "two" / "journal", []

    def attempt():
        try:
            run("two", devices=["cpu", "cpu"], slots=1)
        except RuntimeError as error:
            raised.append(str(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    deadline = time.monotonic() + 120
    while not (begun := [p for p in journal.glob("*.jsonl") if p.stat().st_size]):
        assert thread.is_alive() and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(int(begun[0].stem.split("-")[-1]), signal.SIGKILL)
    thread.join(120)
    (text,) = raised
    assert "1 of 2 workers failed (cpu: " in text and "is in the journal" in text
    assert not (tmp_path / "two" / "batch.h5").exists()
    kept = len(read_journal(journal))
    assert 7 <= kept < 12  # all of the other's six, and what the victim had finished
    assert run("two", devices=["cpu"]) == run("one", devices=["cpu"])
    assert len(read_journal(journal)) == 12


def test_one_share_needs_no_process(monkeypatch):
    monkeypatch.setattr("hardmag.campaign.devices.ProcessPoolExecutor", None)
    seen = []
    on_each(["cpu"], lambda share, device: seen.append((share, device)), [1, 2])
    on_each(["cuda:0", "cuda:1"], lambda share, device: seen.append((share, device)), [1])
    on_each(["cuda:0", "cuda:1"], None, [])
    assert seen == [([1, 2], "cpu"), ([1], "cuda:0")]


def test_every_visible_gpu_is_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    assert visible_devices() == ["cuda:0", "cuda:1", "cuda:2"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert visible_devices() == ["cpu"]


@pytest.mark.parametrize(("precision", "slots"), [("fp32", 40), ("fp64", 20)])
def test_auto_slots_fill_a_gpus_free_memory(batch, monkeypatch, precision, slots):
    """A made-up GPU that has room for 40 half-cycles of this grid in fp32, in 80 % of what is free."""
    sample = read_json(batch)["entries"][0]["sample"]
    room = 40.5 * 20 * 20 * figures()["cuda"]["bytes_per_cell"]
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (room / 0.8, 2 * room))
    assert _auto_slots({0: half_cycle_of(sample, 0)}, "cuda:1", precision) == slots
    assert _auto_slots({0: half_cycle_of(sample, 0)}, "cpu", precision) == 8
