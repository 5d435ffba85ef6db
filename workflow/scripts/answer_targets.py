from hardmag.job import job
from hardmag.papers.kovacs2023.composition_artefacts import find_answers

with job(snakemake.log[0]):
    find_answers(snakemake.input.model, snakemake.output.answers)
