from hardmag.job import job
from hardmag.surrogates.inverse_comparison import judge_designs

with job(snakemake.log[0]):
    judge_designs(snakemake.input.designs, snakemake.input.dataset, snakemake.output.scores, snakemake.output.table)
