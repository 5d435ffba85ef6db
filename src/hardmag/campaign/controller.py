"""`hardmag run`: Snakemake on one campaign, with live progress, a stale lock cleared, and errors in a few lines."""

import fcntl
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from hardmag.campaign.config import load_campaign
from hardmag.campaign.ledger import summary
from hardmag.campaign.status import Watcher
from hardmag.errors import UserError
from hardmag.files import read_json

PLAIN_INTERVAL_S = 10
LIVE_INTERVAL_S = 1


def run_campaign(config, profile, targets=()):
    """Run a campaign to its end; returns Snakemake's exit code. Must be called from the folder of the Snakefile."""
    if not Path("Snakefile").exists():
        raise UserError("no Snakefile here: run this from the top folder of hardmag")
    campaign = load_campaign(config)
    folder = Path("results") / campaign.name
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", *targets, "--profile", profile, "--config", f"campaign={config}"]
    with open(folder / ".controller", "a+") as lock:
        _wait_for_other(lock, campaign.name)
        lock.seek(0)
        if lock.read():  # its controller was killed, and has left Snakemake's lock
            subprocess.run([*command, "--unlock"], check=False, capture_output=True)
        lock.truncate(0)
        lock.write("running")
        lock.flush()
        log = folder / "snakemake.log"
        begin = log.stat().st_size if log.exists() else 0
        with open(log, "a") as stream:
            # Snakemake holds the campaign's lock too: should this process be killed, its child is not disturbed.
            process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, pass_fds=[lock.fileno()])
            try:
                code = _watch(process, Watcher(folder))
            except KeyboardInterrupt:
                process.wait()  # it got the signal too: it stops its jobs and cleans up
                raise
            finally:
                if process.returncode is not None and process.returncode >= 0:
                    lock.truncate(0)
        with open(log, errors="replace") as stream:
            stream.seek(begin)
            said = stream.read()
    if code == 0 and "Nothing to be done" in said:
        print(f"campaign {campaign.name}: nothing to be done, all results are there")
    elif code != 0:
        print(_reasons(said), file=sys.stderr)
        print(f"campaign {campaign.name} failed: the whole log is {log}", file=sys.stderr)
    return code


def _wait_for_other(lock, name):
    """Hold the campaign; while another run of it is at work, say so and wait."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"campaign {name}: another run of it is at work, waiting for its end", file=sys.stderr, flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _watch(process, watcher):
    """Show progress until the process ends: a live bar on a terminal, plain lines elsewhere. Returns its exit code."""
    console = Console()
    begin, first, last_time = time.monotonic(), None, time.monotonic()
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("half-cycles{task.fields[left]}"),
        console=console,
    )
    task = bar.add_task("planning", total=None, left="")
    with bar if console.is_terminal else nullcontext():
        while process.poll() is None:
            time.sleep(LIVE_INTERVAL_S)
            if not (watcher.folder / "plan.json").exists():
                continue
            try:
                now = watcher.look()
            except UserError:  # a file is damaged: the workflow's own job names it
                continue
            if first is None:
                first = now
                console.print(summary(read_json(watcher.folder / "plan.json")), soft_wrap=True)
            left = _seconds_left(now, first, time.monotonic() - begin)
            if console.is_terminal:
                tail = "" if left is None else f", about {left:.0f} s left"
                bar.update(
                    task, description=now.samples_line(), completed=now.half_cycles_done, total=now.half_cycles, left=tail
                )
            elif time.monotonic() - last_time >= PLAIN_INTERVAL_S:
                print(now.line(left), flush=True)
                last_time = time.monotonic()
    return process.returncode


def _seconds_left(now, first, elapsed):
    """From the rate since this controller started; None while there is none."""
    new = now.half_cycles_done - first.half_cycles_done
    return None if new <= 0 else elapsed * (now.half_cycles - now.half_cycles_done) / new


def _reasons(said):
    """The lines of Snakemake's output that say what went wrong: errors of this package, else its last lines."""
    lines = said.splitlines()
    own = list(dict.fromkeys(line.strip() for line in lines if line.strip().startswith("error: ")))
    return "\n".join(own or lines[-15:])
