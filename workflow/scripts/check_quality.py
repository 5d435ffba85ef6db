from hardmag.dataset.gate import check
from hardmag.job import job
from hardmag.stages import stages

with job(snakemake.log[0]):
    check(snakemake.input.dataset, snakemake.output.quality, snakemake.params.campaign, stages)
