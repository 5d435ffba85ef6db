from hardmag.figures.models import draw_models
from hardmag.job import job

with job(snakemake.log[0]):
    draw_models(snakemake.input.models, snakemake.output.figure)
