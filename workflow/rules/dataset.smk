# One HDF5 file and one flat table per campaign, from its batches.


rule build_dataset:
    input:
        results=lambda wildcards: all_rounds(""),
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
        mem_mb=8000,
        runtime=60,
    params:
        folder=lambda wildcards, output: str(Path(output.dataset).parent),
        campaign=lambda wildcards: CAMPAIGN_FILE,
        quality=QUALITY,
        physics_version=PHYSICS_VERSION,
        samples=SAMPLES,
    script:
        "../scripts/build_dataset.py"
