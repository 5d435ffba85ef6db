from hardmag.inverse.comparison import propose_designs
from hardmag.job import job

with job(snakemake.log[0]):
    wanted = snakemake.params.verification
    propose_designs(
        snakemake.input.dataset,
        snakemake.output.designs,
        queries=wanted["queries"],
        count=wanted["designs"],
        alpha_deg=wanted["alpha_deg"],
        z_set=wanted["z_set"],
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
        inverse_epochs=snakemake.params.inverse_epochs,
    )
