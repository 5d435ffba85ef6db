from hardmag.job import files_of, job
from hardmag.surrogates.comparison import compare_models

with job(snakemake.log[0]):
    compare_models(snakemake.input.dataset, files_of(snakemake.input.scores), snakemake.output.models, snakemake.output.table)
