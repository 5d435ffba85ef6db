from hardmag.job import job
from hardmag.microstructure.steps import evaluate_magnets

with job(snakemake.log[0]):
    evaluate_magnets(
        snakemake.input.settings,
        snakemake.input.network,
        int(snakemake.wildcards.part),
        snakemake.output.evaluations,
    )
