from hardmag.films.steps import make_film
from hardmag.job import job

with job(snakemake.log[0]):
    make_film(snakemake.input.settings, snakemake.wildcards.film, snakemake.output.folder)
