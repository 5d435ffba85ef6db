from hardmag.films.report import write_page
from hardmag.job import files_of, job

with job(snakemake.log[0]):
    write_page(
        snakemake.params.name,
        files_of(snakemake.input.scores),
        snakemake.params.figures,
        files_of(snakemake.input.comparisons),
        snakemake.input.findings,
        snakemake.output.page,
    )
