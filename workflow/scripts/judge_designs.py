from hardmag.inverse.judgement import judge_designs
from hardmag.job import job

with job(snakemake.log[0]):
    judge_designs(snakemake.input.designs, snakemake.input.dataset, snakemake.output.scores, snakemake.output.table)
