from hardmag.job import job
from hardmag.microstructure.steps import make_micrographs

with job(snakemake.log[0]):
    make_micrographs(snakemake.input.settings, snakemake.output.table)
