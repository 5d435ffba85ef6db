from hardmag.intrinsic.steps import write_splits
from hardmag.job import job

with job(snakemake.log[0]):
    write_splits(snakemake.input.settings, snakemake.output.splits)
