from hardmag.job import files_of, job
from hardmag.microstructure.steps import describe_sample

with job(snakemake.log[0]):
    describe_sample(
        snakemake.input.settings,
        snakemake.input.labels,
        files_of(snakemake.input.evaluations),
        snakemake.output.description,
    )
