from hardmag.dataset.join import join
from hardmag.job import files_of, job

with job(snakemake.log[0]):
    join(snakemake.input.own, files_of(snakemake.input.others), snakemake.output.joined, snakemake.params.max_spread_T)
