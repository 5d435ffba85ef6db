# In place of simulate, rescue and dataset where the dataset is given: --config dataset=FILE.


rule build_dataset:
    input:
        given=lambda wildcards: DATASET,
    output:
        dataset=R / "dataset.h5",
        table=R / "dataset.parquet",
    log:
        R / "logs/build_dataset.log",
    benchmark:
        R / "benchmarks/build_dataset.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/take_dataset.py"
