from hardmag.intrinsic.steps import score_data
from hardmag.job import job

with job(snakemake.log[0]):
    score_data(snakemake.input.settings, snakemake.input.splits, snakemake.output.data)
