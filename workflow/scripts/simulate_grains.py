from hardmag.films.steps import simulate_grains
from hardmag.job import job

with job(snakemake.log[0]):
    simulate_grains(snakemake.input.settings, snakemake.output.design)
