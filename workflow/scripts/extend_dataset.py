from pathlib import Path

from hardmag.dataset.build import build_dataset
from hardmag.files import read_json
from hardmag.job import job

with job(snakemake.log[0]):
    build_dataset(
        snakemake.params.folder,
        [path for listed in snakemake.input.listed for path in read_json(listed)],
        snakemake.params.campaign,
        snakemake.output.dataset,
        snakemake.output.table,
        additions=[Path(plan).parent for plan in snakemake.input.plans],
    )
