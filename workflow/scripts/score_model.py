from hardmag.job import job
from hardmag.surrogates.comparison import score_model

with job(snakemake.log[0]):
    score_model(
        snakemake.input.dataset,
        snakemake.wildcards.model,
        snakemake.output.scores,
        seed=snakemake.params.seed,
        trials=snakemake.params.trials,
        epochs=snakemake.params.epochs,
    )
