from hardmag.job import job
from hardmag.surrogates.comparison import compare_models

with job(snakemake.log[0]):
    compare_models(snakemake.input.dataset, list(snakemake.input.scores), snakemake.output.models, snakemake.output.table)
