from hardmag.figures.paper import make
from hardmag.job import job

with job(snakemake.log[0]):
    make(snakemake.params.name, dict(snakemake.input.items()), dict(snakemake.output.items()))
