from hardmag.job import files_of, job
from hardmag.microstructure.pictures import draw

with job(snakemake.log[0]):
    draw(
        snakemake.wildcards.figure,
        files_of(snakemake.input.labels),
        files_of(snakemake.input.descriptions),
        files_of(snakemake.input.curves),
        files_of(snakemake.input.maps),
        snakemake.output.figure,
    )
