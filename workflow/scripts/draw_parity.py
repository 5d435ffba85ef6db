from hardmag.figures.parity import draw_parity
from hardmag.job import job

with job(snakemake.log[0]):
    draw_parity(snakemake.input.model, snakemake.output.figure)
