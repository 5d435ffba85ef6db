from hardmag.figures.film import draw
from hardmag.job import job

with job(snakemake.log[0]):
    draw(
        snakemake.wildcards.figure,
        snakemake.input.settings,
        snakemake.wildcards.film,
        snakemake.params.made,
        snakemake.input.scores,
        snakemake.output.figure,
    )
