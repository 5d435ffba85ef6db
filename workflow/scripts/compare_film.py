from hardmag.films.steps import compare_film
from hardmag.job import job

with job(snakemake.log[0]):
    compare_film(
        snakemake.input.settings,
        snakemake.wildcards.film,
        snakemake.params.made,
        snakemake.input.design,
        snakemake.output.comparison,
    )
