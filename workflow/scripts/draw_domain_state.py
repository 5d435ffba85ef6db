from hardmag.figures.domain_state import draw_domain_state
from hardmag.job import job

with job(snakemake.log[0]):
    draw_domain_state(snakemake.input.states, snakemake.output.figure)
