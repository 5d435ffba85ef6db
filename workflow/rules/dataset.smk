# One HDF5 file and one flat table per campaign, and the gate on quarantined samples.


rule build_dataset:
    input:
        results=all_rounds,
    output:
        dataset=R / "dataset.h5",
        table=R / "dataset.parquet",
    log:
        R / "logs/build_dataset.log",
    benchmark:
        R / "benchmarks/build_dataset.tsv"
    params:
        folder=str(R),
        campaign=CAMPAIGN_FILE,
        quality=PLAN["settings"]["quality"],
        physics_version=PLAN["physics_version"],
        samples=hashlib.sha256("".join(PLAN["samples"]).encode()).hexdigest(),
    resources:
        mem_mb=8000,
        runtime=60,
    script:
        "../scripts/build_dataset.py"


rule check_quality:
    input:
        dataset=rules.build_dataset.output.dataset,
    output:
        quality=R / "quality.json",
    log:
        R / "logs/check_quality.log",
    benchmark:
        R / "benchmarks/check_quality.tsv"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/check_quality.py"


rule dataset:
    input:
        rules.build_dataset.output,
        rules.check_quality.output,
