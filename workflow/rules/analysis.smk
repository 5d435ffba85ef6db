# Correlations, clusters, importance, angles, maps, convergence: the numbers of a campaign, from which figures are drawn.


rule analyse:
    input:
        dataset=R / ALL_SAMPLES,
        model=rules.train_forward.output.model,
    output:
        analysis=R / "analysis.json",
    log:
        R / "logs/analyse.log",
    benchmark:
        R / "benchmarks/analyse.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
        left_out=STAGES.get("maps"),
    script:
        "../scripts/analyse.py"


rule find:
    input:
        dataset=R / ALL_SAMPLES,
        model=rules.train_forward.output.model,
        models=rules.compare_models.output.models,
        quality=rules.check_quality.output.quality,
        verification=[VERIFIED] if "verification" in STAGES else [],
    output:
        findings=R / "findings.json",
    log:
        R / "logs/find.log",
    benchmark:
        R / "benchmarks/find.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
    script:
        "../scripts/find.py"


rule analysis:
    input:
        possible=possible("analysis"),
        analysis=rules.analyse.output,
        findings=rules.find.output,
