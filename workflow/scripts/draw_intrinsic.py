from hardmag.job import job
from hardmag.papers.kovacs2023.composition_artefacts import draw

with job(snakemake.log[0]):
    draw(
        snakemake.wildcards.figure,
        snakemake.input.settings,
        snakemake.input.model,
        snakemake.input.answers,
        snakemake.output.figure,
    )
