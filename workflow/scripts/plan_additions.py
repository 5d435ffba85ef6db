from pathlib import Path

from hardmag.campaign.additions import plan_additions
from hardmag.job import job

with job(snakemake.log[0]):
    plan_additions(
        snakemake.params.campaign,
        Path(snakemake.output.plan).parent,
        snakemake.input.designs,
        snakemake.input.earlier,
        snakemake.params.device,
    )
