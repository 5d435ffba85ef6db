from hardmag.campaign.rescue import plan_rescue
from hardmag.job import job

with job(snakemake.log[0]):
    plan_rescue(snakemake.params.folder, int(snakemake.wildcards.round), snakemake.input.results, snakemake.output.plan)
