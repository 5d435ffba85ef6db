from hardmag.dataset.build import build_dataset
from hardmag.job import job

with job(snakemake.log[0]):
    build_dataset(
        snakemake.params.folder,
        snakemake.input.results,
        snakemake.params.campaign,
        snakemake.output.dataset,
        snakemake.output.table,
    )
