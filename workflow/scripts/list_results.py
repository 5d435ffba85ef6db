from hardmag.files import write_json
from hardmag.job import files_of, job

with job(snakemake.log[0]):
    write_json(snakemake.output.listed, files_of(snakemake.input.results))
