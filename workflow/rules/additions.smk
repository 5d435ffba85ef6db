# Designs that come back as samples: their plan is known when they are, their batches run and are rescued as the campaign's.


checkpoint plan_additions:
    input:
        designs=str(R) + "{part}/designs.json",
        earlier=ancient(earlier_plans),
        released=released,
    output:
        plan=str(R) + "{part}/plan.json",
    log:
        str(R) + "{part}/logs/plan_additions.log",
    benchmark:
        str(R) + "{part}/benchmarks/plan_additions.tsv"
    wildcard_constraints:
        part=ADDITION,
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        campaign=lambda wildcards: CAMPAIGN_FILE,
        device="cuda" if GPUS else None,
        batching=BATCHING,
        quality=QUALITY,
        physics_version=PHYSICS_VERSION,
        samples=SAMPLES,
    script:
        "../scripts/plan_additions.py"


# By itself: a job whose inputs wait for the checkpoints of several parts is not always told when the last is there.
rule list_results:
    input:
        results=lambda wildcards: all_rounds(wildcards.part),
    output:
        listed=str(R) + "{part}/results.json",
    log:
        str(R) + "{part}/logs/list_results.log",
    benchmark:
        str(R) + "{part}/benchmarks/list_results.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/list_results.py"


rule extend_dataset:
    input:
        listed=lambda wildcards: [
            f"{R}{part}/results.json" for part in parts_of(wildcards.part)
        ],
        plans=lambda wildcards: [
            f"{R}{part}/plan.json" for part in parts_of(wildcards.part)[1:]
        ],
    output:
        dataset=str(R) + "{part}/dataset.h5",
        table=str(R) + "{part}/dataset.parquet",
    log:
        str(R) + "{part}/logs/extend_dataset.log",
    benchmark:
        str(R) + "{part}/benchmarks/extend_dataset.tsv"
    wildcard_constraints:
        part=ADDITION,
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        folder=lambda wildcards, output: str(R),
        campaign=lambda wildcards: CAMPAIGN_FILE,
        quality=QUALITY,
        physics_version=PHYSICS_VERSION,
        samples=SAMPLES,
    script:
        "../scripts/extend_dataset.py"
