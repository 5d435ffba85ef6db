from hardmag.inverse.train import fit_inverse
from hardmag.job import job

with job(snakemake.log[0]):
    fit_inverse(
        snakemake.input.dataset,
        snakemake.input.forward,
        snakemake.output.model,
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
        prescribed=snakemake.params.prescribed,
    )
