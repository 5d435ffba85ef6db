"""Run one batch: what the journal does not hold yet is simulated, journalled, and published with the rest."""

import sys
import time
from collections import defaultdict
from contextlib import closing
from functools import partial
from pathlib import Path

import torch

from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.cost import AUTO_SLOTS, WORDS, slots_that_fit
from hardmag.campaign.devices import on_each, visible_devices
from hardmag.campaign.failures import Failure
from hardmag.campaign.journal import JournalWriter, only_worker, read_journal
from hardmag.campaign.samples import half_cycle_of
from hardmag.files import read_json
from hardmag.micromagnetics.scheduler import run_half_cycles

LAUNCH_SHARE = 0.85  # of the time limit: after it nothing new is started


def run_batch(batch_path, output, journal, *, slots="auto", devices=None, threads=None, time_limit_s=None):
    """Simulate a batch and publish `output`.

    batch_path: batches/<id>.json; journal: folder of its journal; slots: half-cycles in flight on a device, or 'auto';
    devices: of torch, by default every visible GPU, or the CPU; time_limit_s: of the job, None for no limit: past 85 % of it
    nothing new starts, and what is missing is published as not_run. A failed sample never fails its batch.
    """
    deadline = None if time_limit_s is None else time.monotonic() + LAUNCH_SHARE * time_limit_s
    devices = devices or visible_devices()
    batch = read_json(batch_path)
    wanted = [(e["key"], r) for e in batch["entries"] for r in range(e["sample"]["half_cycle"]["realisations"])]
    with only_worker(journal):
        done = read_journal(journal)
        missing = [run for run in wanted if run not in done]
        names = ", ".join(devices)
        print(f"batch {batch['batch']}: {len(missing)} half-cycles to run on {names}, {len(done)} from the journal", flush=True)
        on_each(devices, partial(_simulate, batch, journal, slots, threads, deadline), missing)
        not_run = {run: _not_run(*run) for run in wanted}
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        write_batch(output, batch, not_run | read_journal(journal))


def _simulate(batch, journal, slots, threads, deadline, share, device):
    """Run half-cycles, a list of (key, realisation), in groups of equal precision, and journal each as it ends."""
    if threads:
        torch.set_num_threads(threads)
    samples = {e["key"]: e["sample"] for e in batch["entries"]}
    groups = defaultdict(dict)
    for key, realisation in share:
        groups[samples[key]["half_cycle"]["precision"]][key, realisation] = half_cycle_of(samples[key], realisation)
    with closing(JournalWriter(journal)) as writer:
        for precision, runs in groups.items():
            _run_group(batch["batch"], runs, slots, device, precision, deadline, writer)


def _run_group(batch, runs, slots, device, precision, deadline, writer):
    """Run half-cycles of one precision; an out-of-memory halves the slots and goes on."""
    slots = _auto_slots(runs, device, precision) if slots == "auto" else slots

    def keep(key, curve):
        writer.append(_record(key, curve, runs.pop(key).voxels))

    while runs and (deadline is None or time.monotonic() < deadline):
        try:
            run_half_cycles(dict(runs), slots=slots, device=device, precision=precision, on_curve=keep, deadline=deadline)
        except torch.OutOfMemoryError:
            if slots == 1:
                raise
            slots //= 2
            print(f"batch {batch}: out of memory on {device}, going on with {slots} slots", file=sys.stderr)


def _auto_slots(runs, device, precision):
    """As many of these half-cycles as fit into a GPU's free memory; results do not depend on it."""
    if device == "cpu":
        return AUTO_SLOTS["cpu"]
    torch.cuda.empty_cache()  # what the group before has left
    cells = max(run.voxels.index.size for run in runs.values())
    return slots_that_fit(cells * WORDS[precision], torch.cuda.mem_get_info(device)[0], "cuda")


def _record(key, curve, voxels):
    return {
        "key": key[0],
        "realisation": key[1],
        "status": curve.status.name,
        "evaluations": curve.evaluations,
        "mean_Ms_A_per_m": float(voxels.per_cell("Ms_A_per_m").mean()),
        "cell_over_delta0": voxels.max_cell_over_delta0(),
        "fractions": voxels.fractions(),
        "mu0_H_T": curve.mu0_H_T.tolist(),
        "m_parallel": curve.m_parallel.tolist(),
    }


def _not_run(key, realisation):
    return {
        "key": key,
        "realisation": realisation,
        "status": Failure.NOT_RUN.name,
        "evaluations": 0,
        "mean_Ms_A_per_m": float("nan"),
        "cell_over_delta0": float("nan"),
        "fractions": {},
        "mu0_H_T": [],
        "m_parallel": [],
    }
