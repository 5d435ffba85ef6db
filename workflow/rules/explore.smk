# One page to try nanostructures on, computing by itself: with the ensemble if it was compared, else with the forward network,
# whose intervals are known if f_nn was compared.


SCORED = [
    model
    for model in ("ensemble", "f_nn")
    if model in PLAN["settings"]["surrogate"]["models"]
]


rule write_explore:
    input:
        dataset=R / ALL_SAMPLES,
        model=(
            rules.train_designer.output.designer
            if "ensemble" in SCORED
            else rules.train_forward.output.model
        ),
        scores=R / f"models/{SCORED[0]}.json" if SCORED else [],
    output:
        page=report(
            R / "explore.html",
            caption="../report/explore.rst",
            category=OWN,
            labels={"what": "nanostructures to try, and designs"},
        ),
    log:
        R / "logs/write_explore.log",
    benchmark:
        R / "benchmarks/write_explore.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=10,
    script:
        "../scripts/write_explore.py"


rule explore:
    input:
        possible=possible("explore"),
        page=rules.write_explore.output,
