from hardmag.job import job
from hardmag.papers.yang2024.analyse import analyse
from hardmag.surrogates.store import load_forward

with job(snakemake.log[0]):
    model = load_forward(snakemake.input.model)
    unseen = model.parity["row"][model.parity["split"] == "test"]
    analyse(
        snakemake.input.dataset,
        model,
        unseen,
        snakemake.output.analysis,
        seed=snakemake.params.seed,
        epochs=snakemake.params.epochs,
        left_out=snakemake.params.left_out,
    )
