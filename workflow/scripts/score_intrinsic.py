from hardmag.intrinsic.steps import score_model
from hardmag.job import job

with job(snakemake.log[0]):
    score_model(snakemake.input.settings, snakemake.input.splits, snakemake.wildcards.model, snakemake.output.scores)
