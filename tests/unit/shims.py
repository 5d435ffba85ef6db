"""A make-believe SLURM: squeue, sacct and scancel that read and write files in a folder; logs as Snakemake writes them."""

import sys

SHIM = """#!{python}
import sys
from pathlib import Path

folder, words = Path({folder!r}), sys.argv[1:]
option = dict(word.lstrip("-").partition("=")[::2] for word in words if word.startswith("--"))
if (folder / "down").exists():
    sys.exit("slurm_load_jobs error: Unable to contact slurm controller")
jobs = [line.split("|") for path in sorted(folder.glob("*.job")) for line in [path.read_text()]]
{what}
"""
SQUEUE = """
for number, state, name, comment, listed in jobs:
    if listed == "squeue" and name in option["name"].split(","):
        print(number, state, comment, sep="|")
"""
SACCT = """
for number, state, name, comment, listed in jobs:
    if number in option["jobs"].split(","):
        print(number, state, sep="|")
"""
SCANCEL = """
for number in words:
    path = folder / f"{number}.job"
    path.write_text(path.read_text().replace("RUNNING", "CANCELLED").replace("PENDING", "CANCELLED"))
"""
LOG = """Building DAG of jobs...
SLURM run ID: {run}
[Sun Nov 22 13:58:43 2026]
rule run_batch:
    input: results/tiny/batches/{batch}.json
    jobid: 7
    wildcards: round=0, batch={batch}
"""
SUBMITTED = "Job {own} has been submitted with SLURM jobid {number} (log: /w/.snakemake/slurm_logs/{what}/{number}.log).\n"
FINISHED = "[Sun Nov 22 14:01:02 2026]\nFinished jobid: {own} (Rule: run_batch)\n1 of 4 steps (25%) done\n"
FAILED = """[Sun Nov 22 14:01:02 2026]
Error in rule run_batch:
    message: SLURM-job '{number}' failed, SLURM status is: 'FAILED'.
    jobid: {own}
    input: results/tiny/batches/x.json
    external_jobid: {number}
Trying to restart job {own}.
"""


class Slurm:
    """commands: which of its commands are on PATH."""

    def __init__(self, folder, monkeypatch, commands=("squeue", "sacct", "scancel")):
        self.folder = folder
        self.folder.mkdir()
        for name, what in (("squeue", SQUEUE), ("sacct", SACCT), ("scancel", SCANCEL)):
            if name in commands:
                path = folder / name
                path.write_text(SHIM.format(python=sys.executable, folder=str(folder), what=what))
                path.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    def job(self, number, state, run, comment="", listed="squeue"):
        """Let there be a job; listed: '' if squeue has forgotten it."""
        (self.folder / f"{number}.job").write_text(f"{number}|{state}|{run}|{comment}|{listed}")
