from hardmag.intrinsic.steps import score_twin
from hardmag.job import job

with job(snakemake.log[0]):
    score_twin(snakemake.params.seed, snakemake.output.twin)
