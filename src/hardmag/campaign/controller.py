"""`hardmag run`: Snakemake on one campaign, with live progress, a stale lock cleared, and errors in a few lines."""

import fcntl
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hardmag.campaign.config import load_campaign
from hardmag.campaign.status import Watcher
from hardmag.errors import UserError

PLAIN_INTERVAL_S = 10
LIVE_INTERVAL_S = 1


def run_campaign(config, profile, targets=(), extra=()):
    """Run a campaign to its end; returns Snakemake's exit code. Must be called from the folder of the Snakefile."""
    if not Path("Snakefile").exists():
        raise UserError("no Snakefile here: run this from the top folder of hardmag")
    campaign = load_campaign(config)
    folder = Path("results") / campaign.name
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", *targets, "--profile", profile, "--config", f"campaign={config}", *extra]
    with _only_controller(folder):
        # Nobody else runs this campaign through here, so a lock that is left is a killed controller's.
        subprocess.run([*command, "--unlock"], check=False, capture_output=True)
        log = folder / "snakemake.log"
        started = log.stat().st_size if log.exists() else 0
        with open(log, "a") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
            try:
                code = _watch(process, Watcher(folder))
            except KeyboardInterrupt:
                process.wait()  # it got the signal too: it stops its jobs and cleans up
                raise
        with open(log, errors="replace") as stream:
            stream.seek(started)
            said = stream.read()
    if code == 0 and "Nothing to be done" in said:
        print(f"campaign {campaign.name}: nothing to be done, all results are there")
    elif code != 0:
        print(_reasons(said), file=sys.stderr)
        print(f"campaign {campaign.name} failed: the whole log is {log}", file=sys.stderr)
    return code


@contextmanager
def _only_controller(folder):
    with open(folder / ".controller", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{folder}: another `hardmag run` of this campaign is at work") from None
        os.set_inheritable(lock.fileno(), False)
        yield


def _watch(process, watcher):
    console = Console()
    begin, first = time.monotonic(), None
    bar = Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console)
    live = console.is_terminal
    task = bar.add_task("planning", total=None)
    last_line, last_time = "", begin
    with bar if live else _nothing():
        while process.poll() is None:
            time.sleep(LIVE_INTERVAL_S)
            if not (watcher.folder / "plan.json").exists():
                continue
            try:
                now = watcher.look()
            except UserError:  # a file is damaged: the workflow's own job names it
                continue
            first = first or now
            left = _seconds_left(now, first, time.monotonic() - begin)
            if live:
                bar.update(task, description=now.line(left), completed=now.half_cycles_done, total=now.half_cycles)
            elif now.line() != last_line and time.monotonic() - last_time >= PLAIN_INTERVAL_S:
                print(now.line(left), flush=True)
                last_line, last_time = now.line(), time.monotonic()
    return process.returncode


@contextmanager
def _nothing():
    yield


def _seconds_left(now, first, elapsed):
    """From the rate since this controller started; None while there is none."""
    new = now.half_cycles_done - first.half_cycles_done
    return None if new <= 0 else elapsed * (now.half_cycles - now.half_cycles_done) / new


def _reasons(said):
    """The lines of Snakemake's output that say what went wrong: errors of this package, else its last lines."""
    lines = said.splitlines()
    own = list(dict.fromkeys(line.strip() for line in lines if line.strip().startswith("error: ")))
    return "\n".join(own or lines[-15:])
