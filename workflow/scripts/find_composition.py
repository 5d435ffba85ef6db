from hardmag.job import job
from hardmag.papers.kovacs2023.composition_artefacts import find

with job(snakemake.log[0]):
    find(
        snakemake.input.settings,
        snakemake.input.model,
        snakemake.input.scores,
        snakemake.input.data,
        snakemake.output.findings,
        snakemake.output.page,
        snakemake.output.table,
    )
