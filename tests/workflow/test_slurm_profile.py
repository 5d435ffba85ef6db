"""profiles/slurm as it is, without a cluster: SLURM's commands are a shim that runs the jobs here."""

import json
import os
import sys
import time
from pathlib import Path

import fault_costs
import pytest
import yaml
from shim import COMMANDS

from hardmag.control.queue import _logged
from hardmag.control.steps import JOURNAL, StepReader

INJECTED = Path(__file__).parents[1] / "slurm" / "injected"  # there: short waits of the executor


@pytest.fixture
def shim(workspace, monkeypatch):
    """Folder of the shim; `workspace` has a campaign of two batches, and finds SLURM's commands."""
    text = (workspace.folder / "tiny.yaml").read_text()
    text = text.replace("L_nm: [12, 20], wS_nm: [2, 4], alpha_deg: [0, 40, 90]", "L_nm: [20, 22], wS_nm: [2]")
    workspace.write(text.replace("samples: 4", "samples: 1"))
    folder, commands, faults = (workspace.folder / name for name in ("shim", "bin", "faults"))
    for new in (folder, commands, faults / "work"):
        new.mkdir(parents=True)
    (faults / "faults.json").write_text("{}")
    for name in COMMANDS:
        (commands / name).symlink_to(Path(__file__).with_name("shim.py"))
    monkeypatch.setenv("SHIM", str(folder))
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    monkeypatch.setenv("HARDMAG_FAULTS", str(faults))
    monkeypatch.setenv("PYTHONPATH", f"{INJECTED}:{os.environ.get('PYTHONPATH', '')}")
    return folder


def submitted(folder, number):
    """{option: value} of a job's sbatch."""
    words = json.loads((folder / str(number) / "argv.json").read_text())
    pairs = dict(zip(words, [*words[1:], ""], strict=True))
    return pairs | dict(w.split("=", 1) for w in words if w.startswith("--") and "=" in w)


def test_jobs_ask_for_what_they_need_and_more_after_a_failure(workspace, shim):
    """The first job dies, and then slurmctld is away for longer than the executor's own patience of five calls."""
    (shim / "stillborn").write_text("1")
    (shim / "deaf").write_text("8")
    command = [sys.executable, "-m", "snakemake", "simulate", "--profile", "profiles/slurm", "--latency-wait", "5"]
    command += ["--logger", "hardmag", "--logger-hardmag-journal", str(workspace.results / JOURNAL)]
    done = workspace.call([*command, "--max-status-checks-per-second", "5", "--config", "campaign=tiny.yaml"])
    assert done.returncode == 0, done.stderr
    steps = StepReader(workspace.results).look(time.time())
    assert (steps.remote, steps.stages, steps.failed, steps.ended) == (True, {"simulations": (2, 2)}, [], True)
    assert len(list(workspace.results.glob("rounds/0/*.h5"))) == 2
    assert (shim / "deaf").read_text() == "0"
    jobs = {n: submitted(shim, n) for n in (1, 2, 3)}
    assert not (shim / "4").exists()
    for job in jobs.values():
        assert job["-A"] == "your-account" and job["-p"] == "your-partition"
        assert job["--gpus"] == "1" and job["--cpus-per-task"] == "4"
        assert "--no-requeue" in job and "--requeue" not in job
        assert job["--job-name"].startswith("hardmag_")
        assert Path(job["--output"]).is_relative_to(workspace.folder / "results" / "slurm-logs")
    assert jobs[3]["--comment"] == jobs[1]["--comment"] != jobs[2]["--comment"]
    for option in ("--mem", "-t"):
        assert int(jobs[3][option]) == 2 * int(jobs[1][option]) == 2 * int(jobs[2][option]) > 0


def test_a_table_of_designs_is_made_by_a_job(workspace, shim):
    """With the profile's small resources and no GPU; the campaign is planned when it is there, and knows the job as its own."""
    (shim / "stillborn").write_text("")
    (shim / "deaf").write_text("0")
    table = "printf 'L_nm,wS_nm\\n12,2\\n' > {output.table}"
    (workspace.folder / "designs.smk").write_text(f'rule designs:\n    output: table="designs.csv"\n    shell: r"{table}"\n')
    text = (workspace.folder / "tiny.yaml").read_text().replace("realisations: 2", "realisations: 1")
    text = text.replace("kind: grid", "kind: table\n  file: designs.csv\n  made_by: designs.smk")
    workspace.write(text.replace("L_nm: [20, 22], wS_nm: [2]", "alpha_deg: [0]"))
    done = workspace.call([*workspace.command("simulate"), "--profile", "profiles/slurm"])
    assert done.returncode == 0, done.stderr + done.stdout
    designs, batch = (submitted(shim, number) for number in (1, 2))
    assert (designs["--mem"], designs["-t"], designs["-p"]) == ("4000", "30", "your-partition")
    assert "--gpus" in batch and "--gpus" not in designs and not (shim / "3").exists()
    assert len(list(workspace.results.glob("rounds/0/*.h5"))) == 1
    _, jobs, _ = _logged(workspace.results)
    assert jobs["1"] == "rule_designs" and jobs.keys() == {"1", "2"}


def test_the_costs_of_faults_in_the_docs_are_those_measured():
    assert fault_costs.table(fault_costs.recorded()) in fault_costs.PAGE.read_text()


def test_every_key_of_the_profile_is_explained():
    root = Path(__file__).parents[2]
    text = (root / "docs/slurm.md").read_text()
    for key, value in yaml.safe_load((root / "profiles/slurm/config.yaml").read_text()).items():
        if isinstance(value, dict):
            assert f"| `{key}" in text
        else:
            shown = ", ".join(value) if isinstance(value, list) else json.dumps(value).strip('"')
            assert f"| `{key}` | {shown} |" in text
