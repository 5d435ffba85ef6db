from hardmag.job import files_of, job
from hardmag.microstructure.steps import map_samples

with job(snakemake.log[0]):
    map_samples(files_of(snakemake.input.labels), snakemake.output.map)
