from hardmag.dataset.gate import check
from hardmag.job import job
from hardmag.learning.outlook import left_out

with job(snakemake.log[0]):
    check(snakemake.input.dataset, snakemake.output.quality, snakemake.params.campaign, left_out)
