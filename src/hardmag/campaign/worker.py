"""Run one batch: what the journal does not hold yet is simulated, journalled, and published with the rest."""

import sys
import time
from collections import defaultdict
from pathlib import Path

import torch

from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.failures import Failure
from hardmag.campaign.journal import JournalWriter, only_worker, read_journal
from hardmag.campaign.samples import half_cycle_of
from hardmag.files import read_json
from hardmag.micromagnetics.scheduler import run_half_cycles

LAUNCH_SHARE = 0.85  # of the time limit: after it nothing new is started


def run_batch(batch_path, output, journal, *, slots=8, device="auto", threads=None, time_limit_s=None):
    """Simulate a batch and publish `output`.

    batch_path: batches/<id>.json; journal: folder of its journal; time_limit_s: of the job, None for no limit: past
    85 % of it nothing new starts, and what is missing is published as not_run. A failed sample never fails its batch.
    """
    deadline = None if time_limit_s is None else time.monotonic() + LAUNCH_SHARE * time_limit_s
    if threads:
        torch.set_num_threads(threads)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    batch = read_json(batch_path)
    with only_worker(journal):
        records = read_journal(journal)
        writer = JournalWriter(journal)
        try:
            _simulate(batch, records, writer, slots, device, deadline)
        finally:
            writer.close()
        for e, realisation in _wanted(batch):
            records.setdefault((e["key"], realisation), _not_run(e["key"], realisation))
        Path(output).parent.mkdir(parents=True, exist_ok=True)
        write_batch(output, batch, records)


def _wanted(batch):
    for e in batch["entries"]:
        for realisation in range(e["sample"]["half_cycle"]["realisations"]):
            yield e, realisation


def _simulate(batch, records, writer, slots, device, deadline):
    """Run what is missing, in groups of equal precision; an out-of-memory halves the slots and goes on."""
    groups = defaultdict(list)
    for e, realisation in _wanted(batch):
        if (e["key"], realisation) not in records:
            groups[e["sample"]["half_cycle"]["precision"]].append((e, realisation))
    done, total = len(records), len(records) + sum(map(len, groups.values()))
    print(f"batch {batch['batch']}: {total - done} half-cycles to run on {device}, {done} from the journal", flush=True)

    for precision, missing in groups.items():
        runs = {(e["key"], realisation): half_cycle_of(e["sample"], realisation) for e, realisation in missing}

        def keep(key, curve, runs=runs):
            record = _record(key, curve, runs.pop(key).voxels)
            writer.append(record)
            records[key] = record

        while runs and (deadline is None or time.monotonic() < deadline):
            try:
                run_half_cycles(dict(runs), slots=slots, device=device, precision=precision, on_curve=keep, deadline=deadline)
            except torch.OutOfMemoryError:
                if slots == 1:
                    raise
                slots //= 2
                print(f"batch {batch['batch']}: out of device memory, going on with {slots} slots", file=sys.stderr)


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
