# Batches of half-cycles. A batch file is complete in itself and never changes, hence ancient().


def batch_results(batches, round_):
    return [R / "rounds" / str(round_) / f"{batch}.h5" for batch in batches]


rule run_batch:
    input:
        batch=ancient(R / "batches/{batch}.json"),
    output:
        result=R / "rounds/{round}/{batch}.h5",
    log:
        R / "logs/run_batch/{round}-{batch}.log",
    benchmark:
        R / "benchmarks/run_batch/{round}-{batch}.tsv"
    params:
        physics_version=PLAN["physics_version"],
        journal=lambda wildcards: str(R / "journal" / wildcards.batch),  # not an output: it survives a failed job
        slots=PLAN["settings"]["batching"]["slots"],
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 120 * attempt,
    script:
        "../scripts/run_batch.py"


rule simulate:
    input:
        round_0=batch_results(PLAN["batches"], 0),
