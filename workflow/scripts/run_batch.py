import os

from hardmag.campaign.verdicts import keep_verdicts
from hardmag.job import job
from hardmag.jobs.worker import run_batch

if __name__ == "__main__":  # the workers of several GPUs read this file again
    with job(snakemake.log[0]):
        run_batch(
            snakemake.input.batch,
            snakemake.output.result,
            snakemake.params.journal,
            slots=snakemake.params.slots,
            threads=snakemake.threads,
            time_limit_s=60 * snakemake.resources.runtime if "SLURM_JOB_ID" in os.environ else None,
        )
        keep_verdicts(snakemake.output.result)
