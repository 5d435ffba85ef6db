from hardmag.job import job
from hardmag.microstructure.steps import demagnetise_sample

with job(snakemake.log[0]):
    demagnetise_sample(snakemake.input.settings, snakemake.input.description, snakemake.params.number, snakemake.output.curves)
