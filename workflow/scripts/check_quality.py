from hardmag.dataset.gate import check
from hardmag.job import job

with job(snakemake.log[0]):
    check(snakemake.input.dataset, snakemake.output.quality)
