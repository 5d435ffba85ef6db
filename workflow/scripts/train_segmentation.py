from hardmag.job import job
from hardmag.microstructure.steps import train_network

with job(snakemake.log[0]):
    train_network(snakemake.input.settings, snakemake.output.network)
