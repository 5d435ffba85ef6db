from hardmag.figures.film import draw_simulated
from hardmag.job import job

with job(snakemake.log[0]):
    draw_simulated(snakemake.input.comparison, snakemake.output.figure)
