# Batches of half-cycles. A batch's file is complete in itself and never changes, hence ancient(). The part is empty for the
# campaign itself, else one of its additions.


rule run_batch:
    input:
        # A preview (read_plan) has no files of its batches.
        batch=(
            []
            if "refused" in PLAN
            else ancient(str(R) + "{part}/batches/{batch}.json")
        ),
    output:
        result=str(R) + "{part}/rounds/{round}/{batch}.h5",
    log:
        str(R) + "{part}/logs/run_batch/{round}-{batch}.log",
    benchmark:
        str(R) + "{part}/benchmarks/run_batch/{round}-{batch}.tsv"
    conda:
        "../envs/hardmag.yml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: (
            estimate(wildcards)["host_MB"] * max(1, GPUS) * attempt
        ),
        runtime=lambda wildcards, attempt: min(
            estimate(wildcards)["minutes"] * attempt, BATCHING["max_runtime_min"]
        ),
    params:
        physics_version=PHYSICS_VERSION,
        journal=lambda wildcards: f"{R}{wildcards.part}/journal/{wildcards.batch}",  # not an output: it survives a failed job
        slots=BATCHING["slots"],
    script:
        "../scripts/run_batch.py"


localrules:
    simulate,


rule simulate:
    input:
        round_0=batch_results(PLAN["batches"], "", 0),
