from hardmag.inverse.train import fit_designer
from hardmag.job import job

with job(snakemake.log[0]):
    fit_designer(
        snakemake.input.dataset,
        snakemake.output.designer,
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
        prescribed=snakemake.params.prescribed,
    )
