from hardmag.intrinsic.steps import fit_model
from hardmag.job import job

with job(snakemake.log[0]):
    fit_model(snakemake.input.settings, snakemake.output.model)
