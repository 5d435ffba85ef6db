# Inverse designs put to the test: proposed, simulated as an addition to the campaign, judged.


rule propose_designs:
    input:
        dataset=R / ALL_SAMPLES,
        quality=rules.check_quality.output.quality,
    output:
        designs=R / "verification/designs.json",
    log:
        R / "verification/logs/propose_designs.log",
    benchmark:
        R / "verification/benchmarks/propose_designs.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=6000,
        runtime=720,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
        inverse_epochs=PLAN["settings"]["surrogate"]["inverse_epochs"],
        verification=PLAN["settings"]["verification"],
        kind=PLAN["kind"],
    script:
        "../scripts/propose_designs.py"


rule judge_designs:
    input:
        designs=rules.propose_designs.output.designs,
        dataset=R / "verification/dataset.h5",
    output:
        scores=R / "verification.json",
        table=R / "verification.md",
    log:
        R / "verification/logs/judge_designs.log",
    benchmark:
        R / "verification/benchmarks/judge_designs.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/judge_designs.py"


localrules:
    verification,


rule verification:
    input:
        possible=possible("verification"),
        scores=rules.judge_designs.output,
