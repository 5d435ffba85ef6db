"""One sample of a campaign run again by itself, and held against what the campaign has stored of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from hardmag.campaign.audit import judge
from hardmag.campaign.batch_file import read_batch
from hardmag.campaign.ledger import plan_of
from hardmag.campaign.samples import half_cycle_of
from hardmag.campaign.visible import visible_devices
from hardmag.control.quarantine import unique
from hardmag.control.status import Watcher, last_words
from hardmag.errors import UnfitStructure, UserError
from hardmag.loops import analyse
from hardmag.solvers import run_half_cycles


def rerun(folder, name, realisation=None, verbose=False):
    """Run the last attempt at a sample again, print what comes of it; whether it is sound and as it was.

    name: id of the sample or its beginning; realisation: only this one; verbose: every field. The campaign stays as it is.
    """
    folder, plan = Path(folder), plan_of(folder)
    sample_id = unique(name, plan["samples"], f"{folder}: of the campaign's samples")
    last = last_words(Watcher(folder).find(plan))
    if sample_id not in last:
        raise UserError(f"{folder}: sample {sample_id} has no result yet")
    found, judged = last[sample_id]
    path = folder / "rounds" / str(found.round) / f"{found.name}.h5"
    sample, stored = next((attempt.sample, records) for attempt, records in read_batch(path) if attempt.key == judged.key)
    if realisation is not None and realisation not in range(len(stored)):
        raise UserError(f"sample {sample_id} has realisations 0 to {len(stored) - 1}, not {realisation}")
    stored = stored if realisation is None else [stored[realisation]]
    print(f"sample {sample_id}, attempt {judged.corrections} (batch {found.name} of round {found.round})", flush=True)
    torch.set_num_threads(1)  # as the jobs do: sums in another order round differently
    new = [_one(sample, record, verbose) for record in stored]
    differences = [_compared(*pair) for pair in zip(stored, new, strict=True)]
    verdict = judge(new, plan["settings"]["quality"])
    if verdict.failure is not None:
        print(f"it fails: {verdict.failure}, {verdict.detail}")
    print("\n".join(filter(None, differences)) or "identical")
    return verdict.failure is None and not any(differences)


def _one(sample, stored, verbose):
    """The record of a half-cycle that was run again; what follows from the structure alone is as before."""
    number = stored.realisation
    try:
        half_cycle = half_cycle_of(sample, number)
    except UnfitStructure as error:
        print(f"realisation {number}: {error.failure}", flush=True)
        return replace(stored, status=error.failure, mu0_H_T=(), m_parallel=(), detail=str(error))
    curve = run_half_cycles({number: half_cycle}, device=visible_devices()[0], precision=sample.precision)[number]
    if verbose:
        print(f"  {'µ0H (T)':>12} {'m_parallel':>12}")
        for H, m in zip(curve.mu0_H_T, curve.m_parallel, strict=True):
            print(f"  {H:12.6f} {m:12.8f}")
    new = replace(stored, status=curve.status.name, mu0_H_T=curve.mu0_H_T, m_parallel=curve.m_parallel)
    Hc, Hp = _figures(new)
    print(
        f"realisation {number}: {curve.status.name}, Hc = {Hc:.4f} T, Hp = {Hp:.4f} T, {len(curve.mu0_H_T)} fields", flush=True
    )
    return new


def _figures(record):
    if len(record.mu0_H_T) < 2 or not np.all(np.isfinite(record.m_parallel)):
        return float("nan"), float("nan")
    loop = analyse(record.mu0_H_T, record.m_parallel, record.mean_Ms_A_per_m)
    return loop.mu0_Hc_T, loop.mu0_Hp_T


def _compared(old, new):
    """What is not as it was, in words; empty if all is."""
    which = f"realisation {old.realisation}: "
    if old.status != new.status:
        return f"{which}{new.status}, stored is {old.status}"
    H, m = np.asarray(new.mu0_H_T), np.asarray(new.m_parallel)
    if np.array_equal(H, old.mu0_H_T):
        if np.array_equal(m, old.m_parallel, equal_nan=True):
            return ""
        return f"{which}m_parallel differs by up to {np.nanmax(np.abs(m - old.m_parallel)):.2g}"
    (Hc, _), (stored, _) = _figures(new), _figures(old)
    return f"{which}other fields were recorded ({len(H)}, stored are {len(old.mu0_H_T)}); Hc differs by {Hc - stored:.2g} T"
