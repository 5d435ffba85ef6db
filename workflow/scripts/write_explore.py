from hardmag.figures.explore import write_explore
from hardmag.job import job

with job(snakemake.log[0]):
    write_explore(snakemake.input.model, snakemake.input.scores or None, snakemake.input.dataset, snakemake.output.page)
