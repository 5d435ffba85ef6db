from hardmag.dataset.given import take_dataset
from hardmag.job import job

with job(snakemake.log[0]):
    take_dataset(snakemake.input.given, snakemake.output.dataset, snakemake.output.table)
