# The closed loop: a cycle proposes samples from the dataset so far; they are simulated as an addition to the campaign.


rule propose_samples:
    input:
        dataset=dataset_before,
        quality=rules.check_quality.output.quality,
        before=lambda wildcards: [
            R / f"cycles/{c}/designs.json" for c in range(1, int(wildcards.cycle))
        ],
    output:
        designs=R / "cycles/{cycle}/designs.json",
    log:
        R / "cycles/{cycle}/logs/propose_samples.log",
    benchmark:
        R / "cycles/{cycle}/benchmarks/propose_samples.tsv"
    wildcard_constraints:
        cycle=r"[1-9]\d*",
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=6000,
        runtime=720,
    params:
        campaign=lambda wildcards: CAMPAIGN_FILE,
        epochs=PLAN["settings"]["surrogate"]["epochs"],
        learning={k: v for k, v in LEARNING.items() if k != "cycles"},
        seed=PLAN["settings"]["seed"],
    script:
        "../scripts/propose_samples.py"


rule summarise_learning:
    input:
        dataset=last_dataset,
        designs=cycle_designs,
    output:
        learning=R / "learning.json",
    log:
        R / "logs/summarise_learning.log",
    benchmark:
        R / "benchmarks/summarise_learning.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=6000,
        runtime=720,
    params:
        campaign=lambda wildcards: CAMPAIGN_FILE,
        epochs=PLAN["settings"]["surrogate"]["epochs"],
    script:
        "../scripts/summarise_learning.py"


localrules:
    learning,


rule learning:
    input:
        possible=possible("learning"),
        learning=rules.summarise_learning.output.learning,
        figures=drawn("learning"),
