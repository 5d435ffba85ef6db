"""`hardmag status`: a campaign's progress and its jobs, as text or as JSON."""

import json
import time
from collections import Counter
from dataclasses import asdict

from hardmag.control.lock import is_held
from hardmag.control.progress import duration, left, together
from hardmag.control.queue import jobs
from hardmag.control.steps import SIMULATIONS
from hardmag.control.usage import device_hours
from hardmag.errors import UserError

MOST_LISTED = 10  # jobs in a line of advice; --json has them all


def overview(progress, folder, steps=None, batches=False):
    """What stands where, as text. steps: of Snakemake's last run, if it has told any; batches: list all of them, not only those
    that are running or in trouble."""
    found, complaints = _jobs(folder)
    of_batch = {job.batch: job for job in found if job.alive or job.stuck}
    at_work = is_held(folder)
    counts = progress.counts
    lines = [
        f"campaign {progress.campaign}: {counts}",
        f"  half-cycles: {counts.half_cycles_done} of {counts.half_cycles}; {_pace(progress)}",
        *(f"  {line}" for line in _steps(steps, at_work)),
    ]
    for addition, round_ in dict.fromkeys((b.addition, b.round) for b in progress.batches):
        own = [b for b in progress.batches if (b.addition, b.round) == (addition, round_)]
        states = ", ".join(f"{n} {state}" for state, n in Counter(b.state for b in own).items())
        place = f"{addition}, round {round_}" if addition else f"round {round_}"
        lines.append(f"  {place}: batches: {states}; {together(b.counts for b in own)}")
        shown = [b for b in own if batches or b.state not in ("done", "waiting") or b.name in of_batch]
        lines += [f"    {_batch(b, of_batch.get(b.name))}" for b in shown]
    advice = _advice(progress, steps, found, at_work)
    return "\n".join([*lines, *(f"  {line}" for line in complaints + advice)])


def overview_json(progress, folder, steps=None):
    """The same for programs, on one line."""
    found, complaints = _jobs(folder)
    content = {
        "campaign": progress.campaign,
        "config": progress.config,
        "samples": asdict(progress.counts) | {"remaining": progress.counts.remaining},
        "batches": [asdict(b) | {"used": b.used and b.used._asdict()} for b in progress.batches],
        "jobs": [asdict(job) | {"alive": job.alive, "stuck": job.stuck} for job in found],
        "half_cycles_per_job_hour": progress.half_cycles_per_hour,
        "device_hours": device_hours(b.used for b in progress.batches if b.used),
        "seconds_left": progress.seconds_left,
        "steps": steps and asdict(steps),
        "controller_at_work": is_held(folder),
        "complaints": complaints,
    }
    return json.dumps(content)


def _jobs(folder):
    """(jobs, complaints): status is to be had where SLURM is not."""
    try:
        return jobs(folder), []
    except UserError as error:
        return [], [f"SLURM cannot be asked: {error}"]


def _pace(progress):
    parts = []
    if progress.half_cycles_per_hour:
        parts.append(f"{progress.half_cycles_per_hour:,.0f} half-cycles per job and hour")
    hours = device_hours(b.used for b in progress.batches if b.used)
    parts += [f"{number:.3g} {kind}-hours used" for kind, number in hours.items()]
    if progress.seconds_left is not None:
        running = sum(b.state == "running" for b in progress.batches)
        parts.append(f"{left(progress.seconds_left)} with {running} running")
    return ", ".join(parts) or "no batch has ended yet: its pace is not known"


def _steps(steps, at_work):
    """Of Snakemake's steps beside the simulations: how many are done, which are at work, which have failed."""
    if steps is None:
        return []
    stages = ", ".join(f"{stage} {done} of {total}" for stage, (done, total) in steps.following.items())
    at_work = at_work and not steps.ended  # else one that does not tell its steps, or not yet
    lines = [f"steps of the {'' if at_work else 'last '}run: {steps.done} of {steps.total}{f'; {stages}' if stages else ''}"]
    running = [f"{step.name} ({duration(time.time() - step.since)})" for step in steps.running if step.stage != SIMULATIONS]
    if at_work and running:
        time_left = "" if steps.seconds_left is None else f"; {left(steps.seconds_left)}"
        lines.append(f"  {'submitted' if steps.remote else 'now'}: {', '.join(running)}{time_left}")
    return lines + ([f"  failed: {', '.join(steps.failed)}"] if steps.failed else [])


def _batch(b, job):
    parts = [f"{b.name} {b.state}"]
    if b.holder and b.state in ("running", "silent"):
        worker = f"SLURM job {b.holder.job}" if b.holder.job else f"process {b.holder.pid}"
        parts.append(f"{worker} on {b.holder.host}, last heard {duration(b.holder.silent_s)} ago")
    if job and not (b.holder and b.holder.job == job.id):
        parts.append(f"SLURM job {job.id} {job.state}")
    if b.error:
        parts.append(b.error)
    return "; ".join([*parts, f"{b.counts}, half-cycles: {b.counts.half_cycles_done} of {b.counts.half_cycles}"])


def _advice(progress, steps, found, at_work):
    """What is to be done about jobs that will not come to an end, or that nobody waits for, and what the campaign waits for."""
    resume = f"hardmag resume {progress.config}"
    alive, stuck = [job for job in found if job.alive], [job for job in found if job.stuck]
    if at_work and stuck:
        return [f"over for SLURM, and Snakemake waits for them still: {_listed(stuck)}. Stop the run (Ctrl-C), then: {resume}"]
    if alive and not at_work:
        return [f"in the queue, and no `hardmag run` is at work: {_listed(alive)}. If their Snakemake is gone: {resume}"]
    if at_work:
        return ["every sample has its verdict; what is made of them is not all there yet"] if progress.over else []
    if not progress.over and any(batch.state == "running" for batch in progress.batches):
        return [f"no run is at work: these batches are a lost run's. To go on: hardmag run {progress.config}"]
    if not progress.over or (steps is not None and not steps.over):
        return [f"no run is at work. To go on: hardmag run {progress.config}"]
    return []


def _listed(found):
    more = f" and {len(found) - MOST_LISTED} more" if len(found) > MOST_LISTED else ""
    return ", ".join(f"{job.id} {job.state}" for job in found[:MOST_LISTED]) + more
