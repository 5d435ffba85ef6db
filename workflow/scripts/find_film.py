from hardmag.job import files_of, job
from hardmag.papers.kovacs2023.film_claims import write_findings

with job(snakemake.log[0]):
    write_findings(files_of(snakemake.input.scores), snakemake.output.findings, snakemake.output.page)
