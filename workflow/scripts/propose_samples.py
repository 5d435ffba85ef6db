from hardmag.job import files_of, job
from hardmag.learning.loop import propose_samples

with job(snakemake.log[0]):
    propose_samples(
        snakemake.params.campaign,
        snakemake.input.dataset,
        snakemake.output.designs,
        cycle=int(snakemake.wildcards.cycle),
        before=files_of(snakemake.input.before),
        epochs=snakemake.params.epochs,
    )
