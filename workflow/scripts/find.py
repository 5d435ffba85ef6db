from hardmag.job import job
from hardmag.papers.yang2024.findings import find
from hardmag.surrogates.store import load_forward

with job(snakemake.log[0]):
    model = load_forward(snakemake.input.model)
    unseen = model.parity["row"][model.parity["split"] == "test"]
    find(
        snakemake.input.dataset,
        model,
        unseen,
        snakemake.input.models,
        snakemake.output.findings,
        seed=snakemake.params.seed,
        verification=next(iter(snakemake.input.verification), None),
    )
