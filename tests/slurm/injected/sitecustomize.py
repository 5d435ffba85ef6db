"""Faults from outside: with this folder on PYTHONPATH every Python of a campaign patches modules as it imports them.

$HARDMAG_FAULTS is a folder with
  faults.json   read again at every pass of the solver: {"hold": half-cycles after which a process all but stands still,
                "memory": batches that overrun once, "nan": {sample id: precision that fails, or "always"}}
  work/         what this writes: per process the evaluations it did, the seconds they took, and when the first was
"""

import importlib.abc
import importlib.util
import json
import mmap
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

FOLDER = Path(os.environ["HARDMAG_FAULTS"]) if "HARDMAG_FAULTS" in os.environ else None
BATCH = {}  # of this process: its id
HOLD_S = 0.5  # after each pass of a process that is held


def faults():
    """The content of faults.json."""
    return json.loads((FOLDER / "faults.json").read_text())


def remember_batch(worker):
    """hardmag.jobs.worker"""
    run_batch = worker.run_batch

    def remembering(batch_path, *args, **settings):
        BATCH["id"] = Path(batch_path).stem
        return run_batch(batch_path, *args, **settings)

    worker.run_batch = remembering


def spoil_samples(samples):
    """hardmag.campaign.samples: a NaN in the disturbance, which enters the state of this sample at its second field."""
    half_cycle_of = samples.half_cycle_of

    def spoiling(sample, realisation):
        run, when = half_cycle_of(sample, realisation), faults().get("nan", {}).get(sample.id)
        spoiled = when in ("always", sample.precision)
        return replace(run, kick=float("nan")) if spoiled else run

    samples.half_cycle_of = spoiling


def watch_solver(half_cycle):
    """hardmag.micromagnetics.half_cycle: its work counted, held and once too greedy where faults.json says so."""
    advance_slots, done = half_cycle.advance_slots, {"evaluations": 0, "ended": 0, "seconds": 0.0}

    def watched(system, slots):
        begin, before = time.monotonic(), int(slots.evaluations.sum())
        result = advance_slots(system, slots)
        if "id" not in BATCH:
            return result
        told = faults()
        time.sleep(HOLD_S if done["ended"] >= told.get("hold", 1000) else 0)
        done["evaluations"] += int(result[0].evaluations.sum()) - before
        done["ended"] += int((result[0].status != half_cycle.Status.RUNNING).sum())
        done["seconds"] += time.monotonic() - begin
        done.setdefault("first", time.time())
        note = FOLDER / "work" / f"{BATCH['id']}-{os.environ.get('SLURM_JOB_ID', 'local')}-{os.getpid()}.json"
        note.with_suffix(".tmp").write_text(json.dumps(done))
        note.with_suffix(".tmp").rename(note)
        if BATCH["id"] in told.get("memory", ()) and done["ended"] >= 3:
            overrun()
        return result

    half_cycle.advance_slots = watched


def overrun():
    """Make this process 6 GB large with 64 MB: the same pages mapped again and again count every time."""
    try:
        os.close(os.open(FOLDER / f"overrun-{BATCH['id']}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return  # it has been
    size = 1 << 26
    handle = os.memfd_create("overrun")
    os.ftruncate(handle, size)
    maps = []
    for _ in range(6 << 30 >> 26):
        maps.append(mmap.mmap(handle, size))
        for page in range(0, size, mmap.PAGESIZE):
            maps[-1][page] = 1
    time.sleep(60)  # to be found and killed


def poll_fast(remote):
    """The executor asks for its jobs every second; by itself it waits 40 to 180 s."""
    remote.RemoteExecutor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, value: None)


PATCHES = {
    "hardmag.jobs.worker": remember_batch,
    "hardmag.campaign.samples": spoil_samples,
    "hardmag.micromagnetics.half_cycle": watch_solver,
    "snakemake_interface_executor_plugins.executors.remote": poll_fast,
}


class Patcher(importlib.abc.MetaPathFinder):
    """Finds the modules of PATCHES as Python would, and has them patched once they are executed."""

    def find_spec(self, name, path, target=None):
        if name not in PATCHES:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        execute = spec.loader.exec_module
        spec.loader.exec_module = lambda module: (execute(module), PATCHES[name](module))
        return spec


if FOLDER is not None:
    sys.meta_path.insert(0, Patcher())
