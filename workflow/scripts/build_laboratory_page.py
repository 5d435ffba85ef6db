from hardmag.job import files_of, job
from hardmag.microstructure.laboratory import build_page

with job(snakemake.log[0]):
    build_page(
        snakemake.input.settings,
        snakemake.input.table,
        files_of(snakemake.input.labels),
        files_of(snakemake.input.descriptions),
        files_of(snakemake.input.curves),
        snakemake.input.map,
        snakemake.output.page,
    )
