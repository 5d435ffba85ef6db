from hardmag.files import write_json
from hardmag.job import job

with job(snakemake.log[0]):
    write_json(snakemake.output.listed, list(snakemake.input.results))
