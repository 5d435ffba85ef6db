"""The jobs that a campaign has given to SLURM: from Snakemake's logs, squeue and sacct, as far as these are there.

snakemake-executor-plugin-slurm names all jobs of one Snakemake run by the run's id, which Snakemake's log tells, and
puts rule and wildcards into their comments. Snakemake awaits a job from its submission until the log says that it ended.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hardmag.errors import UserError

ALIVE = "CONFIGURING COMPLETING PENDING RUNNING REQUEUED REQUEUE_FED REQUEUE_HOLD RESIZING SIGNALING SPECIAL_EXIT STAGE_OUT"
ALIVE = frozenset(f"{ALIVE} STOPPED SUSPENDED".split())
GONE = "GONE"  # neither squeue nor sacct know it any more
TIMEOUT_S = 60

BEGIN = "Building DAG of jobs..."  # once in each run of Snakemake
RUN = re.compile(r"SLURM run ID: (\S+)")
SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+) \(log: (.*)\)\.")
FINISHED, JOB = re.compile(r"Finished jobid: (\d+)"), re.compile(r"\s+jobid: (\d+)")
BATCH = re.compile(r"run_batch_(?:\S*_)?\d+_([0-9a-f]{12})")  # between: the addition's folder, slashes as underscores


@dataclass(frozen=True)
class Job:
    """A job of the campaign. state: SLURM's word, or GONE; what: rule and wildcards; batch: None if it is no batch's;
    awaited: the campaign's last run of Snakemake has submitted it, and has not seen its end."""

    id: str
    state: str
    what: str
    batch: str | None
    awaited: bool

    @property
    def alive(self):
        """Whether SLURM will run it, or runs it."""
        return self.state in ALIVE

    @property
    def stuck(self):
        """Whether it is over in a way that Snakemake does not see: it would wait for ever."""
        return self.awaited and (self.state in ("PREEMPTED", GONE) or self.state.startswith("CANCELLED"))


def jobs(folder):
    """Jobs of the campaign in results/<campaign> that SLURM knows or Snakemake awaits; none where there is no SLURM.

    Raises UserError where SLURM does not answer.
    """
    runs, submitted, awaited = _logged(Path(folder))
    if not runs or not (shutil.which("squeue") or shutil.which("sacct")):
        return []
    found = {}
    for number, state, comment in _squeue(runs):
        found[number] = Job(number, state, submitted.get(number) or comment, _batch(comment), number in awaited)
    missing = [number for number in awaited if number not in found]
    states = _sacct(missing) if missing else {}
    for number in missing:
        what = submitted[number]
        found[number] = Job(number, states.get(number, GONE), what, _batch(what), True)
    return list(found.values())


def cancel(found):
    """Cancel jobs."""
    _ask("scancel", *(job.id for job in found))


def _batch(text):
    match = BATCH.search(text)
    return match[1] if match else None


def _squeue(runs):
    """[(id, state, comment)] of the jobs of some runs; those that are over are listed for some minutes."""
    if not shutil.which("squeue"):
        return []
    lines = _ask("squeue", "--noheader", "--states=all", f"--name={','.join(sorted(runs))}", "--format=%i|%T|%k").splitlines()
    return [tuple(line.strip().split("|", 2)) for line in lines if line.count("|") >= 2]


def _sacct(numbers):
    """{id: state}; empty where there is no accounting: then nobody knows."""
    if not shutil.which("sacct"):
        return {}
    try:
        text = _ask("sacct", "-X", "--parsable2", "--noheader", "--format=JobIDRaw,State", f"--jobs={','.join(numbers)}")
    except UserError:
        return {}
    return dict(line.split("|")[:2] for line in text.splitlines() if "|" in line)


def _ask(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise UserError(f"{command[0]}: no answer within {TIMEOUT_S} s") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise UserError(f"{command[0]} failed: {said[-1]}")
    return done.stdout


def _logged(folder):
    """(run ids, {job: rule and wildcards}, jobs that the last of these runs awaits), from Snakemake's logs of this campaign."""
    own = folder / "snakemake.log"
    others = (folder.resolve().parents[1] / ".snakemake" / "log").glob("*.snakemake.log")
    logs = sorted((path for path in (own, *others) if path.exists()), key=lambda path: path.stat().st_mtime)
    runs, submitted, awaited = set(), {}, []
    for path in logs:
        text = path.read_text(errors="replace")
        if path != own and f"{folder.resolve().parent.name}/{folder.name}/" not in text:
            continue  # another campaign's
        for said in text.split(BEGIN)[1:]:
            run = RUN.search(said)
            runs |= {run[1]} if run else set()
            awaited = _awaited(said, submitted) if run else []  # without SLURM, it awaits nothing there
    return runs, submitted, awaited


def _awaited(said, submitted):
    """Jobs that a run's log says are submitted, and not that they ended. What they are is added to `submitted`."""
    open_, failing = {}, False  # {Snakemake's number of a job: SLURM's}
    for line in said.splitlines():
        if match := SUBMITTED.match(line):
            log = Path(match[3])
            open_[match[1]] = match[2]
            submitted[match[2]] = log.parent.name if log.parent.name.startswith("rule_") else f"{log.parts[-3]}_{log.parts[-2]}"
        elif match := FINISHED.match(line):
            open_.pop(match[1], None)
        elif line.startswith("Error in rule "):
            failing = True
        elif failing and (match := JOB.match(line)):
            open_.pop(match[1], None)
            failing = False
    return list(open_.values())
