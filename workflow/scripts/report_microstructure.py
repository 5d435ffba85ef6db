from hardmag.job import files_of, job
from hardmag.microstructure.report import write_page

with job(snakemake.log[0]):
    write_page(
        snakemake.input.settings,
        files_of(snakemake.input.descriptions),
        files_of(snakemake.input.curves),
        files_of(snakemake.input.maps),
        snakemake.output.page,
    )
