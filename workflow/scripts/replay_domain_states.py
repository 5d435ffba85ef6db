from hardmag.dataset.replay import domain_states
from hardmag.job import job

with job(snakemake.log[0]):
    domain_states(snakemake.input.dataset, snakemake.output.states)
