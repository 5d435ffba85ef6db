"""After a lost controller: `hardmag run` refuses a second set of jobs, `hardmag resume` clears the queue and goes on."""

import fcntl
import sys
from types import SimpleNamespace

import pytest
from shims import LOG, SUBMITTED, Slurm

from hardmag.cli import main
from hardmag.control import controller, resume
from hardmag.control.overview import overview
from hardmag.control.queue import jobs
from hardmag.control.status import Watcher
from hardmag.shipped import home

BATCH = "0123456789ab"
CALL = f"-m snakemake --nolock -s {home() / 'Snakefile'} --profile=profile --config campaign=campaign.yaml"
LOGGER = "--logger hardmag --logger-hardmag-journal results/tiny/progress.jsonl"
SNAKEMAKE = """#!/bin/sh
echo "$@" >> {said}
"""


@pytest.fixture
def slurm(campaign_file, tmp_path, monkeypatch):
    """A campaign whose controller was lost with jobs 11 (running) and 12 (pending) in the queue; Snakemake only says how it is
    called, in said.txt."""
    campaign_file()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profile").mkdir()
    (tmp_path / "profile" / "config.yaml").touch()
    folder = tmp_path / "results" / "tiny"
    folder.mkdir(parents=True)
    lines = [SUBMITTED.format(own=n, number=10 + n, what=f"rule_run_batch/0_{BATCH}") for n in (1, 2)]
    (folder / "snakemake.log").write_text(LOG.format(run="r1", batch=BATCH) + "".join(lines))
    slurm = Slurm(tmp_path / "bin", monkeypatch)
    slurm.job(11, "RUNNING", "r1", f"rule_run_batch_wildcards_0_{BATCH}")
    slurm.job(12, "PENDING", "r1", f"rule_run_batch_wildcards_0_{BATCH}")
    python = tmp_path / "python"
    python.write_text(SNAKEMAKE.format(said=tmp_path / "said.txt"))
    python.chmod(0o755)
    monkeypatch.setattr(controller.sys, "executable", str(python))
    monkeypatch.setattr(controller, "LIVE_INTERVAL_S", 0.01)
    monkeypatch.setattr(resume, "LOOK_S", 0.01)
    assert sys.executable == str(python)  # the shims have theirs already
    return slurm


def said(tmp_path):
    path = tmp_path / "said.txt"
    return path.read_text().splitlines() if path.exists() else []


def test_run_refuses_a_second_set_of_jobs(slurm, tmp_path, capsys):
    assert main(["run", "campaign.yaml", "--profile", "profile"]) == 2
    assert capsys.readouterr().err == (
        "error: campaign tiny: jobs of an earlier run are still in the queue (11, 12): "
        "hardmag resume campaign.yaml --profile profile\n"
    )
    assert said(tmp_path) == []


def test_run_goes_ahead_when_they_are_over(slurm, tmp_path):
    slurm.job(11, "COMPLETED", "r1")
    slurm.job(12, "CANCELLED", "r1")
    assert main(["run", "campaign.yaml", "--profile", "profile"]) == 0
    assert said(tmp_path) == [f"{CALL} {LOGGER}"]


def test_resume_cancels_and_runs(slurm, tmp_path, capsys):
    assert main(["resume", "campaign.yaml", "--profile", "profile"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[:4] == [
        "campaign tiny: jobs of an earlier run in the queue: 2",
        f"  11 RUNNING rule_run_batch_0_{BATCH}",
        f"  12 PENDING rule_run_batch_0_{BATCH}",
        "cancelled",
    ]
    assert {job.state for job in jobs(tmp_path / "results" / "tiny")} == {"CANCELLED"}
    assert said(tmp_path) == [f"{CALL} {LOGGER}"]


def test_resume_waits(slurm, tmp_path, monkeypatch, capsys):
    """A job ends at each look; none is cancelled, and Snakemake starts after the last."""
    ends = iter((11, 12))

    def sleep(_):
        assert said(tmp_path) == []
        slurm.job(next(ends), "COMPLETED", "r1")

    monkeypatch.setattr(resume, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(controller, "_watch", lambda process, watcher, steps: process.wait())
    assert main(["resume", "campaign.yaml", "--profile", "profile", "--wait"]) == 0
    assert {job.state for job in jobs(tmp_path / "results" / "tiny")} == {"COMPLETED"}
    assert len(said(tmp_path)) == 1
    assert "waiting for the end of jobs: 2\nwaiting for the end of jobs: 1\n" in capsys.readouterr().out


def test_resume_of_a_campaign_that_is_at_work(slurm, tmp_path, capsys):
    with open(tmp_path / "results" / "tiny" / ".controller", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["resume", "campaign.yaml", "--profile", "profile"]) == 2
    assert capsys.readouterr().err == "error: campaign tiny: a run of it is at work; stop it first (Ctrl-C)\n"
    assert said(tmp_path) == [] and all(job.alive for job in jobs(tmp_path / "results" / "tiny"))


def test_slurm_does_not_answer(slurm, tmp_path, capsys):
    (slurm.folder / "down").touch()
    for command in ("resume", "run"):
        assert main([command, "campaign.yaml", "--profile", "profile"]) == 2
        err = capsys.readouterr().err
        assert err.startswith("error: squeue failed: ") and err.count("\n") == 1
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.yaml", "--profile", "profile"], "none.yaml: no such folder of results or campaign file"),
        (["campaign.yaml", "--profile", "none"], "none: not a Snakemake profile (a folder with a config.yaml)"),
    ],
)
def test_bad_input_is_one_line(slurm, capsys, arguments, words):
    for command in ("resume", "run"):
        assert main([command, *arguments]) == 2
        assert capsys.readouterr().err == f"error: {words}\n"


def test_status_tells_what_to_do(slurm, tmp_path):
    from hardmag.campaign.ledger import plan_campaign

    folder = tmp_path / "results" / "tiny"
    plan_campaign("campaign.yaml", folder)
    advice = overview(Watcher(folder).look(), folder).splitlines()[-1].strip()
    assert advice == (
        "in the queue, and no `hardmag run` is at work: 11 RUNNING, 12 PENDING. "
        "If their Snakemake is gone: hardmag resume campaign.yaml"
    )
    slurm.job(11, "PREEMPTED", "r1")
    with open(folder / ".controller", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        advice = overview(Watcher(folder).look(), folder).splitlines()[-1].strip()
    assert advice == (
        "over for SLURM, and Snakemake waits for them still: 11 PREEMPTED. "
        "Stop the run (Ctrl-C), then: hardmag resume campaign.yaml"
    )
    (slurm.folder / "down").touch()
    assert "SLURM cannot be asked: squeue failed" in overview(Watcher(folder).look(), folder)
