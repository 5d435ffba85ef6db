from hardmag.figures.artefacts import make_sheet
from hardmag.job import job
from hardmag.papers import artefacts_of

with job(snakemake.log[0]):
    known = artefacts_of(snakemake.params.kind)
    make_sheet([known[name] for name in snakemake.params.names], dict(snakemake.input.items()), dict(snakemake.output.items()))
