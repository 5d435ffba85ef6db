"""The campaign's jobs: read from Snakemake's logs and from SLURM, whatever of it is there."""

import pytest
from shims import FAILED, FINISHED, LOG, SUBMITTED, Slurm

from hardmag.control.queue import GONE, cancel, jobs
from hardmag.errors import UserError

BATCH = ("0123456789ab", "123456789abc", "23456789abcd")
COMMENT = "rule_run_batch_wildcards_0_{}"


@pytest.fixture
def folder(tmp_path):
    """results/tiny, with the log of a run 'r1' that submitted three batches: 11 has ended, 12 failed and is 14 now."""
    folder = tmp_path / "results" / "tiny"
    folder.mkdir(parents=True)
    what = [f"rule_run_batch/0_{batch}" for batch in BATCH]
    lines = [SUBMITTED.format(own=own, number=10 + own, what=what[own - 1]) for own in (1, 2, 3)]
    lines += [FINISHED.format(own=1), FAILED.format(own=2, number=12), SUBMITTED.format(own=2, number=14, what=what[1])]
    (folder / "snakemake.log").write_text(LOG.format(run="r1", batch=BATCH[0]) + "".join(lines))
    return folder


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    return Slurm(tmp_path / "bin", monkeypatch)


def by_id(folder):
    return {job.id: job for job in jobs(folder)}


def test_what_runs_and_what_is_awaited(folder, slurm):
    for number, state, batch in ((11, "COMPLETED", 0), (12, "FAILED", 1), (13, "RUNNING", 2), (14, "PENDING", 1)):
        slurm.job(number, state, "r1", COMMENT.format(BATCH[batch]))
    slurm.job(99, "RUNNING", "another run", COMMENT.format(BATCH[0]))
    found = by_id(folder)
    assert set(found) == {"11", "12", "13", "14"}
    assert {number for number, job in found.items() if job.alive} == {"13", "14"}
    assert {number for number, job in found.items() if job.awaited} == {"13", "14"}
    assert {number: job.batch for number, job in found.items()} == dict(
        zip(found, BATCH[:2] + BATCH[2:] + BATCH[1:2], strict=True)
    )
    assert not any(job.stuck for job in found.values())
    assert found["13"].what == f"rule_run_batch_0_{BATCH[2]}"


@pytest.mark.parametrize("state", ["PREEMPTED", "CANCELLED", "CANCELLED by 1000"])
@pytest.mark.parametrize("listed", ["squeue", ""])
def test_over_for_slurm_and_awaited(folder, slurm, state, listed):
    """By sacct, where squeue has forgotten it."""
    slurm.job(13, state, "r1", COMMENT.format(BATCH[2]), listed)
    slurm.job(14, "RUNNING", "r1", COMMENT.format(BATCH[1]))
    slurm.job(11, "CANCELLED by 0", "r1", COMMENT.format(BATCH[0]))  # of this one Snakemake knows
    found = by_id(folder)
    assert [number for number, job in found.items() if job.stuck] == ["13"]
    assert found["13"].state == state and not found["13"].alive
    assert found["13"].batch == BATCH[2]


def test_what_fails_is_left_to_snakemake(folder, slurm):
    for number, state in ((13, "TIMEOUT"), (14, "COMPLETED")):
        slurm.job(number, state, "r1")
    assert not any(job.stuck or job.alive for job in jobs(folder))


def test_forgotten_by_all(folder, tmp_path, monkeypatch):
    slurm = Slurm(tmp_path / "bin", monkeypatch, ["squeue", "scancel"])
    slurm.job(14, "RUNNING", "r1")
    found = by_id(folder)
    assert found["13"].state == GONE and found["13"].stuck and not found["13"].alive


def test_accounting_alone(folder, tmp_path, monkeypatch):
    slurm = Slurm(tmp_path / "bin", monkeypatch, ["sacct"])
    slurm.job(13, "RUNNING", "r1")
    slurm.job(14, "PREEMPTED", "r1")
    found = by_id(folder)
    assert (found["13"].alive, found["14"].stuck) == (True, True)


def test_a_newer_run_awaits_its_own(folder, slurm):
    """The jobs of a run whose Snakemake was killed are alive; nobody awaits them."""
    with open(folder / "snakemake.log", "a") as log:
        log.write(
            LOG.format(run="r2", batch=BATCH[0]) + SUBMITTED.format(own=1, number=21, what=f"rule_run_batch/0_{BATCH[0]}")
        )
    slurm.job(13, "RUNNING", "r1")
    slurm.job(21, "RUNNING", "r2")
    found = by_id(folder)
    assert {number for number, job in found.items() if job.alive} == {"13", "21"}
    assert {number for number, job in found.items() if job.awaited} == {"21"}


def test_a_newer_run_without_slurm_awaits_nothing(folder, slurm):
    with open(folder / "snakemake.log", "a") as log:
        log.write("Building DAG of jobs...\nProvided cores: 2\n")
    slurm.job(13, "RUNNING", "r1")
    (job,) = jobs(folder)
    assert job.alive and not job.awaited


def test_snakemakes_own_logs(folder, slurm):
    """Of a campaign that was run by snakemake itself; those of other campaigns are passed over."""
    text = (folder / "snakemake.log").read_text()
    (folder / "snakemake.log").unlink()
    logs = folder.parents[1] / ".snakemake" / "log"
    logs.mkdir(parents=True)
    (logs / "1.snakemake.log").write_text(text)
    (logs / "2.snakemake.log").write_text(text.replace("results/tiny/", "results/other/").replace("r1", "r9"))
    slurm.job(13, "RUNNING", "r1")
    slurm.job(33, "RUNNING", "r9")
    assert {job.id for job in jobs(folder) if job.alive} == {"13"}


def test_rules_without_wildcards(folder, slurm):
    with open(folder / "snakemake.log", "a") as log:
        log.write(SUBMITTED.format(own=5, number=15, what="rule_build_dataset"))
    slurm.job(15, "RUNNING", "r1", "rule_build_dataset")
    assert (by_id(folder)["15"].what, by_id(folder)["15"].batch) == ("rule_build_dataset", None)


def test_no_slurm(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert jobs(folder) == []


def test_a_campaign_without_slurm_jobs_asks_nobody(tmp_path, slurm):
    (slurm.folder / "down").touch()
    assert jobs(tmp_path / "results" / "tiny") == []


def test_slurm_does_not_answer(folder, slurm):
    (slurm.folder / "down").touch()
    with pytest.raises(UserError, match="^squeue failed: slurm_load_jobs error: Unable to contact slurm controller$"):
        jobs(folder)


def test_cancel(folder, slurm):
    slurm.job(13, "RUNNING", "r1")
    slurm.job(14, "PENDING", "r1")
    cancel([by_id(folder)["14"]])
    assert {job.id: job.state for job in jobs(folder)} == {"13": "RUNNING", "14": "CANCELLED"}
