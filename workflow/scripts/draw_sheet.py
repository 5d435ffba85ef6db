from hardmag.figures.artefacts import make_sheet
from hardmag.job import job

with job(snakemake.log[0]):
    make_sheet(snakemake.params.names, dict(snakemake.input.items()), dict(snakemake.output.items()))
