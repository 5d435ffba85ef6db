# Failed samples are corrected and run again, round by round; a round's batches are known when the one before is done.


checkpoint plan_rescue:
    input:
        results=previous_round,
    output:
        plan=str(R) + "{part}/rounds/{round}/plan.json",
    log:
        str(R) + "{part}/logs/plan_rescue/{round}.log",
    benchmark:
        str(R) + "{part}/benchmarks/plan_rescue/{round}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        folder=lambda wildcards, output: str(Path(output.plan).parents[2]),
        quality=QUALITY,
        physics_version=PHYSICS_VERSION,
        samples=SAMPLES,
    script:
        "../scripts/plan_rescue.py"
