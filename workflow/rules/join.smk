# Finished datasets (`dataset` of the campaign file) beside the samples of the campaign, or of an addition, in one file.


rule join_dataset:
    input:
        own=str(R) + "{part}/dataset.h5",
        others=lambda wildcards: JOINED,
    output:
        joined=str(R) + "{part}/joined.h5",
    log:
        str(R) + "{part}/logs/join_dataset.log",
    benchmark:
        str(R) + "{part}/benchmarks/join_dataset.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        max_spread_T=QUALITY["max_spread_T"],
    script:
        "../scripts/join_dataset.py"
