from hardmag.job import job
from hardmag.surrogates.train import fit_ensemble

with job(snakemake.log[0]):
    fit_ensemble(snakemake.input.dataset, snakemake.output.model, seed=snakemake.params.seed, epochs=snakemake.params.epochs)
