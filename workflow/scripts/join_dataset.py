from hardmag.dataset.join import join
from hardmag.job import job

with job(snakemake.log[0]):
    join(snakemake.input.own, list(snakemake.input.others), snakemake.output.joined, snakemake.params.max_spread_T)
