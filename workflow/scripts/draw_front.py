from hardmag.figures.front import draw_front
from hardmag.job import job

with job(snakemake.log[0]):
    draw_front(snakemake.input.learning, snakemake.output.figure)
