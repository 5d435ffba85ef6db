"""A campaign on a real SLURM under faults of jobs, nodes and scheduler: its dataset is as without them. So is that of a
campaign on this machine alone under those of disk and physics, to which no scheduler matters.

Faults that leave each other alone share a run; each has its own test of what it did to its batch. Damaged files:
../workflow/test_campaign.py.
"""

import os
import signal
import subprocess
import time

import h5py
import numpy as np
import pytest
from comparison import assert_identical, assert_same_sample, rows
from fault_costs import CANCELLED, CONTROLLER, DISK, KILLED, LIMIT, MEMORY, NODE, PHYSICS, RESUMED, SLURMCTLD
from lab import SMALL, Campaign, cluster, wait_for


def states(campaign, batch):
    return [job["state"] for job in campaign.jobs(batch)]


def simulating(campaign, batch, half_cycles):
    """The worker of a batch once it has ended so many half-cycles."""
    return next((n for n in campaign.work(batch) if n["ended"] >= half_cycles), None)


def is_waited_for(campaign, batch, since):
    """Whether a worker that has come since then says that another has the batch."""
    log = campaign.results / "logs" / "run_batch" / f"0-{batch}.log"
    return log.exists() and log.stat().st_mtime > since and ", waiting" in log.read_text()  # Snakemake removes a failed job's


def assert_nothing_ran_twice(campaign, reference):
    """No half-cycle that had ended was run again, by whatever worker."""
    done = campaign.journalled()
    assert len(done) == len(set(done))
    assert set(done) == set(reference.journalled())


def most_in_flight(reference, batch):
    """Evaluations of the two longest half-cycles of a batch: all that may be lost where its slots are two."""
    (path,) = reference.results.glob(f"rounds/*/{batch}.h5")
    with h5py.File(path) as file:
        return int(np.sort(file["half_cycles/evaluations"][()])[-2:].sum())


# --- Faults of single jobs, and slurmctld away for a while: one run


@pytest.fixture(scope="module")
def hurt(reference, tmp_path_factory):
    """{fault: (batch, time of the fault)} and the campaign in which they happened."""
    campaign = Campaign(tmp_path_factory.mktemp("hurt"))
    batches = campaign.plan()
    faults = dict(zip((KILLED, LIMIT, CANCELLED, MEMORY), batches, strict=False))
    campaign.inject(hold=3, memory=[faults[MEMORY]])
    process, when = campaign.start("dataset"), {}
    try:
        for fault, batch in faults.items():
            worker = wait_for(lambda b=batch: simulating(campaign, b, 3), 120, f"three half-cycles of {batch}")
            job = campaign.jobs(batch)[0]["id"]
            when[fault] = time.time()
            if fault == KILLED:
                os.kill(worker["pid"], signal.SIGKILL)
            elif fault == LIMIT:
                subprocess.run(["scontrol", "update", f"JobId={job}", "EndTime=now+1"], check=True)
            elif fault == CANCELLED:
                subprocess.run(["scancel", str(job)], check=True)
            else:
                when[fault] = (campaign.faults / f"overrun-{batch}").stat().st_mtime
        for fault, batch in faults.items():
            wait_for(lambda b=batch: len(campaign.work(b)) > 1, 120, f"a second worker after: {fault}")
        wait_for(lambda: all(simulating(campaign, b, 3) for b in batches), 60, "all batches at work")
        before = {batch: states(campaign, batch) for batch in batches}
        cluster("kill-slurmctld")
        time.sleep(15)
        campaign.inject()  # jobs go on to their end while nobody listens
        time.sleep(5)
        cluster("start-slurmctld")
    finally:
        campaign.inject()
        code, said = campaign.finish(process)
    assert code == 0, said + campaign.log()
    return campaign, faults, when, before


@pytest.mark.parametrize(
    ("fault", "state"),
    [(KILLED, "FAILED"), (LIMIT, "TIMEOUT"), (CANCELLED, "CANCELLED"), (MEMORY, "FAILED")],
)
def test_a_lost_job_is_repeated_from_its_journal(reference, hurt, record, fault, state):
    campaign, faults, when, _ = hurt
    batch = faults[fault]
    first, second = campaign.jobs(batch)
    assert first["state"] == state and second["state"] == "COMPLETED"
    asked = campaign.estimate(batch)
    assert (second["memory_MB"], second["limit_min"]) == (2 * asked["host_MB"], 2 * asked["minutes"])
    assert first["memory_MB"] == asked["host_MB"]
    assert first["limit_min"] == asked["minutes"] or fault == LIMIT  # that one's was changed
    repeated = campaign.evaluations(batch) - reference.evaluations(batch)
    allowed = 0 if fault in (LIMIT, CANCELLED) else most_in_flight(reference, batch)  # SIGTERM leaves time to set aside
    assert 0 <= repeated <= allowed
    record(fault, batch, repeated, campaign.work(batch)[1]["first"] - when[fault])


def test_the_dataset_is_that_of_an_undisturbed_run(reference, hurt):
    campaign = hurt[0]
    assert_nothing_ran_twice(campaign, reference)
    assert_identical(campaign.results / "dataset.h5", reference.results / "dataset.h5")


def test_no_job_is_lost_or_repeated_while_slurmctld_is_away(reference, hurt, record):
    campaign, _, _, before = hurt
    after = {batch: states(campaign, batch) for batch in before}
    assert sum("RUNNING" in seen for seen in before.values()) >= 4
    assert {b: len(seen) for b, seen in after.items()} == {b: len(seen) for b, seen in before.items()}
    assert all(seen[-1] == "COMPLETED" for seen in after.values())
    record(SLURMCTLD, None, 0, None)


# --- A node lost whose processes live on, then the controller killed with all jobs at work: one run


@pytest.fixture(scope="module")
def deserted(reference, tmp_path_factory):
    """The campaign, the batches whose node was lost, the jobs before the controller was killed, the workers at work when the
    next had submitted all batches again, and what `hardmag run` said to that."""
    campaign = Campaign(tmp_path_factory.mktemp("deserted"))
    campaign.inject(hold=3)
    first = second = campaign.start("dataset")
    try:
        wait_for(lambda: len(campaign.work()) == 5, 120, "all batches at work")
        wait_for(lambda: all(simulating(campaign, b, 3) for b in campaign.batches()), 120, "three half-cycles of each batch")
        jobs = campaign.jobs()
        lost = [j["batch"] for j in jobs if j["node"] == "n2"]
        cluster("kill-slurmd", "2")
        wait_for(lambda: all(states(campaign, b) == ["NODE_FAIL", "RUNNING"] for b in lost), 90, "new jobs on the other node")
        wait_for(lambda: all(is_waited_for(campaign, b, 0) for b in lost), 60, "their workers")
        before = campaign.jobs()
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        killed = time.time()
        refused = campaign.hardmag("run", "tiny.yaml", "--profile", str(campaign.profile), limit_s=60)
        # Snakemake by itself does not know of these jobs, and submits every batch again.
        snakemake = ["dataset", "--profile", str(campaign.profile), "--config", "campaign=tiny.yaml"]
        assert campaign.background("snakemake", "--unlock", *snakemake).wait() == 0
        second = campaign.background("snakemake", *snakemake)
        wait_for(lambda: all(is_waited_for(campaign, b, killed) for b in campaign.batches()), 120, "the second's workers")
        noted = campaign.work()
    finally:
        campaign.inject()
        code, said = campaign.finish(second)
        cluster("start-slurmd", "2")
    assert code == 0, said + campaign.log()
    return campaign, lost, before, noted, refused


def test_a_lost_nodes_processes_and_their_successors_share_no_work(reference, deserted, record):
    campaign, lost, _, _, _ = deserted
    assert len(lost) >= 2
    for batch in lost:
        jobs = campaign.jobs(batch)
        assert jobs[0]["state"] == "NODE_FAIL" and jobs[0]["node"] == "n2"
        assert jobs[1]["node"] == "n1"
        assert campaign.evaluations(batch) == reference.evaluations(batch)  # the old worker's alone
    assert_nothing_ran_twice(campaign, reference)
    record(NODE, lost[0], 0, None)


def test_a_killed_controllers_jobs_and_their_successors_share_no_work(reference, deserted, record):
    campaign, lost, before, noted, refused = deserted
    assert refused.returncode != 0 and "hardmag resume" in refused.stderr
    for batch in campaign.batches():
        assert len(campaign.jobs(batch)) == (3 if batch in lost else 2)
        assert campaign.evaluations(batch) == reference.evaluations(batch)
    assert len(noted) == 5  # with all jobs of both controllers there, five workers simulate
    assert all(j["state"] == "RUNNING" for j in before if j["node"] == "n1")
    record(CONTROLLER, campaign.batches()[0], 0, None)


def test_the_dataset_is_the_same_after_both(reference, deserted):
    assert_identical(deserted[0].results / "dataset.h5", reference.results / "dataset.h5")


def test_resume_clears_the_queue_and_goes_on_without_loss(reference, tmp_path, record):
    campaign = Campaign(tmp_path, SMALL)
    campaign.inject(hold=3)
    lost = campaign.start("dataset")
    wait_for(lambda: (campaign.results / "plan.json").exists(), 60, "the plan")
    wait_for(lambda: all(simulating(campaign, b, 3) for b in campaign.batches()), 120, "three half-cycles of each batch")
    os.killpg(lost.pid, signal.SIGKILL)
    lost.wait()
    old, killed = campaign.jobs(), time.time()
    campaign.inject()
    resumed = campaign.background("hardmag", "resume", "tiny.yaml", "--profile", str(campaign.profile))
    try:
        wait_for((campaign.results / "quality.json").exists, 200, "the job after the dataset's")
    finally:
        os.killpg(resumed.pid, signal.SIGINT)  # figures are not what this is about
        campaign.finish(resumed)
    for job in old:
        assert states(campaign, job["batch"]) == ["CANCELLED", "COMPLETED"]
    done = campaign.journalled()
    assert len(done) == len(set(done))
    found, undisturbed = rows(campaign.results / "dataset.h5"), rows(reference.results / "dataset.h5")
    for key, row in found.items():
        assert_same_sample(row, undisturbed[key])
    assert campaign.evaluations() == sum(int(row["evaluations"]) for row in found.values())
    record(RESUMED, None, 0, campaign.work(old[0]["batch"])[1]["first"] - killed)


# --- Disk


def test_a_full_disk_stops_the_campaign_loudly_and_loses_nothing(reference, tmp_path, record):
    campaign = Campaign(tmp_path, SMALL, scheduler=False, retries=0)  # a full disk stays full
    journal = campaign.results / "journal"
    journal.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o"]
    if subprocess.run([*mount, "size=24k", "hardmag-test", journal], check=False).returncode != 0:
        pytest.skip("needs a machine or container that may mount a tmpfs")
    try:
        code, said = campaign.run("dataset")
        assert code == 1
        assert "error: [Errno 28] No space left on device" in said, said + campaign.log()
        assert not (campaign.results / "dataset.h5").exists()
        kept = campaign.journalled()
        assert 0 < len(kept) < 20
        subprocess.run([*mount, "remount,size=10m", journal], check=True)
        code, said = campaign.run("dataset")
        assert code == 0, said + campaign.log()
        done = campaign.journalled()
        assert len(done) == len(set(done)) and set(kept) <= set(done)
        undisturbed = rows(reference.results / "dataset.h5")
        found = rows(campaign.results / "dataset.h5")
        assert len(found) == 10
        for key, row in found.items():
            assert_same_sample(row, undisturbed[key])
        repeated = campaign.evaluations() - sum(int(row["evaluations"]) for row in found.values())
        assert 0 <= repeated <= sum(most_in_flight(campaign, batch) for batch in campaign.batches())
        record(DISK, None, repeated, None)
    finally:
        subprocess.run(["umount", journal], check=True)


# --- Physics


def test_a_sample_that_fails_is_corrected_or_quarantined_and_disturbs_no_other(reference, tmp_path, record):
    """NaN in the state of two samples of a batch: of one in single precision alone, of the other always."""
    campaign = Campaign(tmp_path, SMALL, scheduler=False)
    batch = campaign.plan()[0]
    once, always = campaign.samples(batch)[1:3]
    campaign.inject(nan={once: "fp32", always: "always"})
    code, said = campaign.run("dataset")
    assert code == 0, said + campaign.log()
    found, undisturbed = rows(campaign.results / "dataset.h5"), rows(reference.results / "dataset.h5")
    corrected, quarantined = found.pop(once), found.pop(always)
    assert (corrected["status"], corrected["rescue_round"]) == ("accepted", 1)
    assert "not_a_number" in corrected["history"] and "fp64" in corrected["history"]
    assert abs(corrected["mu0_Hc_T"] - undisturbed[once]["mu0_Hc_T"]) < 0.02
    assert (quarantined["status"], quarantined["failure"]) == ("quarantined", "not_a_number")
    assert "not_a_number" in quarantined["history"] and np.isnan(quarantined["mu0_Hc_T"])
    assert len(found) == 8
    for key, row in found.items():
        assert_same_sample(row, undisturbed[key])
    record(PHYSICS, None, 0, None)
