from hardmag.job import files_of, job
from hardmag.learning.loop import summarise

with job(snakemake.log[0]):
    summarise(
        snakemake.params.campaign,
        snakemake.input.dataset,
        files_of(snakemake.input.designs),
        snakemake.output.learning,
        epochs=snakemake.params.epochs,
    )
