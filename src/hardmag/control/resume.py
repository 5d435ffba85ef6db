"""`hardmag resume`: after a lost controller, the campaign's jobs out of the queue, and Snakemake started again."""

import time

from hardmag.control.controller import campaign_of, start
from hardmag.control.lock import held
from hardmag.control.queue import cancel, jobs

LOOK_S = 5


def resume_campaign(config, profile, targets=(), wait=False):
    """Cancel the jobs that an earlier run has left in the queue, or `wait` for their end; then run the campaign.

    Returns Snakemake's exit code. Nothing is lost: a job that is cancelled leaves its journal, and its successor goes on.
    """
    name, folder = campaign_of(config, profile)
    with held(folder, wait=False) as lock:
        left = _alive(folder)
        print(f"campaign {name}: jobs of an earlier run in the queue: {len(left)}", flush=True)
        for job in left:
            print(f"  {job.id} {job.state} {job.what}", flush=True)
        if left and not wait:
            cancel(left)
            print("cancelled", flush=True)
        while left:
            print(f"waiting for the end of jobs: {len(left)}", flush=True)
            time.sleep(LOOK_S)
            left = _alive(folder)
        print("Snakemake is started again", flush=True)
        return start(config, profile, targets, folder, lock)


def _alive(folder):
    return [job for job in jobs(folder) if job.alive]
