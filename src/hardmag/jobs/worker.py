"""Run one batch: what the journal does not hold yet is simulated, journalled, and published with the rest."""

import sys
from collections import defaultdict
from contextlib import closing
from functools import partial
from pathlib import Path

import torch

from hardmag.campaign.attempts import Batch, Record
from hardmag.campaign.batch_file import write_batch
from hardmag.campaign.cost import WORDS, auto_slots, cells_of
from hardmag.campaign.failures import Failure
from hardmag.campaign.samples import half_cycle_of
from hardmag.campaign.visible import visible_devices
from hardmag.errors import UnfitStructure, UserError
from hardmag.files import read_json
from hardmag.jobs.devices import on_each
from hardmag.jobs.fence import claimed
from hardmag.jobs.journal import JournalWriter, read_journal
from hardmag.jobs.stopping import Stop, stop_heard
from hardmag.jobs.suspended import Suspended, drop_suspended
from hardmag.solvers import run_half_cycles


def run_batch(batch_path, output, journal, *, slots="auto", devices=None, threads=None, time_limit_s=None):
    """Simulate a batch and publish `output`.

    batch_path: batches/<id>.json; journal: folder of its journal; slots: half-cycles in flight on a device, or 'auto';
    devices: of torch, by default every visible GPU, or the CPU; time_limit_s: of the job, None for no limit. A failed sample
    never fails its batch. Waits while another worker has the batch, and is done when that one has published it.
    Raises UserError when it must stop (a signal, 90 % of its time): the next call goes on from there.
    """
    devices = devices or visible_devices()
    batch = Batch.from_dict(read_json(batch_path))
    before = _stamp(output)

    def published():
        return _stamp(output) not in (None, before)

    with stop_heard(time_limit_s) as stop:
        while not published():
            with claimed(journal, lambda: stop() or published()) as claim:
                if stop():
                    raise _stopped(batch, journal, stop)
                if claim is not None and not published():
                    stop_or_lost = Stop(also=lambda: stop.reason or ("another worker has taken over" if claim.lost else None))
                    _complete(batch, journal, slots, devices, threads, stop_or_lost)
                    if stop():
                        raise _stopped(batch, journal, stop)
                    if not claim.lost:
                        _publish(batch, output, journal)


def _stamp(path):
    path = Path(path)
    return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None


def _stopped(batch, journal, stop):
    done, all_ = len(read_journal(journal)), len(batch.half_cycles)
    return UserError(
        f"batch {batch.name}: {stop.reason}; {done} of {all_} half-cycles are done, the next attempt goes on there"
    )


def _complete(batch, journal, slots, devices, threads, stop):
    """Simulate what the journal does not hold yet, until stop()."""
    done = read_journal(journal)
    missing = [half_cycle for half_cycle in batch.half_cycles if half_cycle not in done]
    names = ", ".join(devices)
    print(f"batch {batch.name}: {len(missing)} half-cycles to run on {names}, {len(done)} from the journal", flush=True)
    work = partial(_simulate, batch, journal, slots, threads)
    fatal = on_each(devices, work, missing, lambda: read_journal(journal), stop)
    if fatal:
        with closing(JournalWriter(journal)) as writer:
            for half_cycle in fatal:
                body = half_cycle_of(batch.samples[half_cycle.key], half_cycle.realisation).body
                writer.append(_record(half_cycle, Failure.DEVICE_ERROR.name, body))


def _publish(batch, output, journal):
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    records = read_journal(journal)
    write_batch(output, batch, {half_cycle: records[half_cycle] for half_cycle in batch.half_cycles})
    drop_suspended(journal)


def _simulate(batch, journal, slots, threads, share, device, stop):
    """Run half-cycles, a list of HalfCycleKey, in groups of equal precision, and journal each as it ends."""
    if threads:
        torch.set_num_threads(threads)
    samples, groups = batch.samples, defaultdict(dict)
    with closing(JournalWriter(journal)) as writer, closing(Suspended(journal)) as suspended:
        for half_cycle in share:
            sample = samples[half_cycle.key]
            try:
                groups[sample.precision][half_cycle] = half_cycle_of(sample, half_cycle.realisation)
            except UnfitStructure as error:
                writer.append(_record(half_cycle, error.failure, None, detail=str(error)))
        for precision, runs in groups.items():
            _run_group(batch.name, runs, slots, device, precision, stop, suspended, writer)


def _run_group(batch, runs, slots, device, precision, stop, suspended, writer):
    """Run half-cycles of one precision, {HalfCycleKey: HalfCycle}; an out-of-memory halves the slots and goes on."""
    slots = _auto_slots(runs, device, precision) if slots == "auto" else slots

    def keep(half_cycle, curve):
        body = runs.pop(half_cycle).body
        writer.append(_record(half_cycle, curve.status.name, body, curve.evaluations, curve.mu0_H_T, curve.m_parallel))

    while runs and not stop():
        try:
            run_half_cycles(
                dict(runs), slots=slots, device=device, precision=precision, on_curve=keep, stop=stop, suspended=suspended
            )
        except torch.OutOfMemoryError:
            if slots == 1:
                raise
            slots //= 2
            print(f"batch {batch}: out of memory on {device}, going on with {slots} slots", file=sys.stderr)


def _auto_slots(runs, device, precision):
    """How many of these half-cycles at a time; results do not depend on it."""
    cells = WORDS[precision] * max(cells_of(run.body.shape) for run in runs.values())
    if device == "cpu":
        return auto_slots(cells, "cpu")
    torch.cuda.empty_cache()  # what the group before has left
    return auto_slots(cells, "cuda", torch.cuda.mem_get_info(device)[0])


def _record(half_cycle, status, body, evaluations=0, mu0_H_T=(), m_parallel=(), detail=""):
    """The Record of a half-cycle. body: None where there is none to simulate."""
    return Record(
        *half_cycle,
        status,
        evaluations,
        mean_Ms_A_per_m=body.mean_Ms_A_per_m() if body else float("nan"),
        cell_over_delta0=body.size_over_delta0() if body else float("nan"),
        fractions=body.fractions() if body else {},
        mu0_H_T=list(map(float, mu0_H_T)),
        m_parallel=list(map(float, m_parallel)),
        detail=detail,
    )
