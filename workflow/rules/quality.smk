# The gate on quarantined samples; what the stage `dataset` is. A checkpoint: what can be made of the dataset is known then.


checkpoint check_quality:
    input:
        dataset=rules.build_dataset.output.dataset,
    output:
        quality=R / "quality.json",
    log:
        R / "logs/check_quality.log",
    benchmark:
        R / "benchmarks/check_quality.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        campaign=lambda wildcards: CAMPAIGN_FILE,
    script:
        "../scripts/check_quality.py"


rule dataset:
    input:
        dataset=rules.build_dataset.output,
        quality=rules.check_quality.output,
