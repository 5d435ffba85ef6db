from hardmag.intrinsic.steps import write_page
from hardmag.job import job

with job(snakemake.log[0]):
    write_page(snakemake.input.data, snakemake.input.scores, snakemake.input.twin, snakemake.output.page)
