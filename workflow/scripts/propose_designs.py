from hardmag.inverse.comparison import propose_designs
from hardmag.job import job
from hardmag.papers import published_queries

with job(snakemake.log[0]):
    wanted = snakemake.params.verification
    propose_designs(
        snakemake.input.dataset,
        snakemake.output.designs,
        queries=wanted["queries"],
        count=wanted["designs"],
        prescribed=wanted["prescribed"],
        published=published_queries(snakemake.params.kind),
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
        inverse_epochs=snakemake.params.inverse_epochs,
    )
