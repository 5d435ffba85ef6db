#!/usr/bin/env python3
"""SLURM's commands for one machine without SLURM: called by the names that test_slurm_profile.py links to it.

$SHIM is a folder with one folder per job: what sbatch was called with (argv.json) and, once it is over, its exit code (code).
Beside them, how often squeue fails before it answers (deaf), and the jobs that die before they begin (stillborn).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SHIM = Path(os.environ.get("SHIM", "."))


def sbatch(arguments):
    number = 1
    while True:
        try:
            (SHIM / str(number)).mkdir()
            break
        except FileExistsError:  # two threads submit
            number += 1
    job = SHIM / str(number)
    (job / "argv.json").write_text(json.dumps(arguments))
    wrap = next(a.removeprefix("--wrap=") for a in arguments if a.startswith("--wrap="))
    stillborn = str(number) in (SHIM / "stillborn").read_text().split()
    with open(arguments[arguments.index("--output") + 1].replace("%j", str(number)), "w") as log:
        subprocess.Popen(
            ["sh", "-c", f"{'false' if stillborn else wrap}\necho $? > {job}/code.tmp; mv {job}/code.tmp {job}/code"],
            cwd=arguments[arguments.index("-D") + 1],
            env=os.environ | {"SLURM_JOB_ID": str(number)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    print(number)


def squeue(arguments):
    left = int((SHIM / "deaf").read_text())
    if left > 0:
        (SHIM / "deaf").write_text(str(left - 1))
        sys.exit("slurm_load_jobs error: Unable to contact slurm controller (connect failure)")
    for job in SHIM.glob("[0-9]*"):
        code = (job / "code").read_text().strip() if (job / "code").exists() else None
        print(f"{job.name}|{'RUNNING' if code is None else 'COMPLETED' if code == '0' else 'FAILED'}")


def srun(arguments):
    command = arguments[next(n for n, a in enumerate(arguments) if not a.startswith("-")) :]
    os.execvp(command[0], command)


def scontrol(arguments):
    print("MinJobAge               = 300 sec")


def sacct(arguments):
    sys.exit("Slurm accounting storage is disabled")


def silent(arguments):
    """Knows no accounts and no nodes."""


COMMANDS = {f.__name__: f for f in (sbatch, squeue, srun, scontrol, sacct)}
COMMANDS |= dict.fromkeys(("sacctmgr", "sshare", "sinfo", "scancel"), silent)

if __name__ == "__main__":
    COMMANDS[Path(sys.argv[0]).name](sys.argv[1:])
