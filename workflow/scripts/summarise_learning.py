from hardmag.job import job
from hardmag.learning.loop import summarise

with job(snakemake.log[0]):
    summarise(
        snakemake.params.campaign,
        snakemake.input.dataset,
        list(snakemake.input.designs),
        snakemake.output.learning,
        epochs=snakemake.params.epochs,
    )
