"""`hardmag run`: Snakemake on one campaign, with live progress, and errors in a few lines."""

import os
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from hardmag.campaign.config import load_campaign
from hardmag.campaign.ledger import outlook_lines, summary
from hardmag.campaign.named_files import encoded
from hardmag.control.display import Speaker, progress_lines, progress_table, summary_line
from hardmag.control.lock import HOLDER, held
from hardmag.control.progress import Pace
from hardmag.control.queue import jobs
from hardmag.control.status import Watcher
from hardmag.control.steps import JOURNAL, StepReader
from hardmag.errors import UserError
from hardmag.files import read_json
from hardmag.shipped import home, looked_up

LIVE_INTERVAL_S = 1


def run_campaign(config, profile, targets=()):
    """Run a campaign to its end; returns Snakemake's exit code. Results are left below results/ of the current folder.

    profile: a folder, or a name such as profiles/slurm of one that comes with hardmag (shipped.py).

    Raises UserError while jobs of a controller that is gone are in the queue: theirs and new ones would be two sets.
    """
    name, folder = campaign_of(config, profile)
    with held(folder) as lock:
        lost = [job.id for job in jobs(folder) if job.alive]
        if lost:
            raise UserError(
                f"campaign {name}: jobs of an earlier run are still in the queue ({', '.join(lost)}): "
                f"hardmag resume {shlex.quote(config)} --profile {shlex.quote(profile)}"
            )
        return start(config, profile, targets, folder, lock)


def campaign_of(config, profile):
    """(name, folder) of a campaign that can be run here."""
    folder = Path(looked_up(profile))
    if not (folder / "config.yaml").exists() and not list(folder.glob("config.v*.yaml")):
        raise UserError(f"{profile}: not a Snakemake profile (a folder with a config.yaml)")
    name = load_campaign(config).name
    return name, Path("results") / name


def start(config, profile, targets, folder, lock):
    """Snakemake to its end, by one who holds the campaign (lock.py); returns its exit code. First the table of the design is
    brought up to date, where the campaign file names a Snakefile for it (`design.made_by`)."""
    log, code = folder / "snakemake.log", 0
    begin = _size(log)
    steps, design = StepReader(folder, at_end=True), load_campaign(config).design
    profile = looked_up(profile)
    if design.made_by is not None:
        print(f"designs: {design.file} by {design.made_by}", flush=True)
        with _snakemake(["-s", design.made_by, f"--profile={profile}", "--", design.file], log, lock) as process:
            code = process.wait()
    if code == 0:
        begin = _size(log)
        journal = ["--logger", "hardmag", "--logger-hardmag-journal", folder / JOURNAL]
        workflow = ["-s", home() / "Snakefile", f"--profile={profile}"]
        arguments = [*targets, *workflow, "--config", f"campaign={encoded(config)}", *journal]
        with _snakemake(arguments, log, lock) as process:
            code = _watch(process, Watcher(folder), steps)
    with open(log, errors="replace") as stream:
        stream.seek(begin)
        said = stream.read()
    if code == 0:
        print("".join(f"{line}\n" for line in outlook_lines({"stages": _left_out_since_the_plan(folder)})), end="")
    if code == 0 and "Nothing to be done" in said:
        print(f"campaign {folder.name}: nothing to be done, all results are there")
    elif code != 0:
        print(_reasons(said), file=sys.stderr)
        print(f"campaign {folder.name} failed: the whole log is {log}", file=sys.stderr)
    return code


def _size(path):
    return path.stat().st_size if path.exists() else 0


@contextmanager
def _snakemake(arguments, log, lock):
    """A Snakemake at work, whose words are added to a log."""
    # Who holds the campaign is alone in it: a lock of Snakemake's was left behind by one that was killed.
    command = [sys.executable, "-m", "snakemake", "--nolock", *map(str, arguments)]
    with open(log, "a") as stream:
        # Snakemake holds the campaign's lock too: should this process be killed, its child is not disturbed.
        environment = os.environ | {HOLDER: str(os.getpid())}
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, pass_fds=[lock.fileno()], env=environment)
        try:
            yield process
        except KeyboardInterrupt:
            process.wait()  # it got the signal too: it stops its jobs and cleans up
            raise


def _left_out_since_the_plan(folder):
    """{stage: why} of what the campaign's gate left out (gate.py): the simulations did not give what it needs."""
    plan, quality = folder / "plan.json", folder / "quality.json"
    if not (plan.exists() and quality.exists()):
        return {}
    known, found = (read_json(path).get("stages", {}) for path in (plan, quality))
    return {stage: reason for stage, reason in found.items() if known.get(stage) is None}


def _watch(process, watcher, reader):
    """Show progress until the process ends: live on a terminal, plain lines elsewhere. Returns its exit code."""
    console, speaker, pace = Console(), Speaker(), None
    begin, ended = time.monotonic(), False
    live = Live(Text("planning"), console=console, auto_refresh=False, vertical_overflow="crop")
    with live if console.is_terminal else nullcontext():
        while not ended:
            time.sleep(LIVE_INTERVAL_S)
            ended = process.poll() is not None  # and one look more: the table stays on the screen
            steps = reader.look(time.time())
            if steps is None:
                continue  # until Snakemake has its steps, the plan may be that of an older campaign file
            try:
                now = watcher.look()
            except UserError:  # a file is damaged: the workflow's own job names it
                continue
            if pace is None:
                pace = Pace(now.counts, time.monotonic())
                for line in (summary(read_json(watcher.folder / "plan.json")), summary_line(steps)):
                    console.print(line, soft_wrap=not console.is_terminal, markup=False)
            seconds_left = pace.seconds_left(now.counts, time.monotonic())
            if console.is_terminal:
                live.update(progress_table(now, steps, time.monotonic() - begin, seconds_left), refresh=True)
            elif not ended:
                speaker.say(progress_lines(now, steps, seconds_left), time.monotonic())
    return process.returncode


def _reasons(said):
    """The lines of Snakemake's output that say what went wrong: errors of this package, else its last lines."""
    lines = said.splitlines()
    own = list(dict.fromkeys(line.strip() for line in lines if line.strip().startswith("error: ")))
    return "\n".join(own or lines[-15:])
