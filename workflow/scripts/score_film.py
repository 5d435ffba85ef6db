from hardmag.films.steps import score_film
from hardmag.job import job

with job(snakemake.log[0]):
    score_film(snakemake.input.settings, snakemake.wildcards.film, snakemake.params.made, snakemake.output.scores)
