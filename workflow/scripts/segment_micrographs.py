from hardmag.job import job
from hardmag.microstructure.steps import segment_sample

with job(snakemake.log[0]):
    segment_sample(snakemake.input.table, snakemake.input.network, snakemake.wildcards.sample, snakemake.output.labels)
