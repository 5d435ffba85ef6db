from hardmag.figures.learning import draw_learning
from hardmag.job import job

with job(snakemake.log[0]):
    draw_learning(snakemake.input.learning, snakemake.output.figure)
