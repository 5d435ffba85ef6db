# Forward network (f-NN), inverse network (i-NN), designer (an ensemble of f-NNs, and what other inverse methods need), and forward
# models compared, a job each. They wait for the gate: no surrogate from a campaign that failed it.


rule train_forward:
    input:
        dataset=R / ALL_SAMPLES,
        quality=rules.check_quality.output.quality,
    output:
        model=R / "forward.h5",
    log:
        R / "logs/train_forward.log",
    benchmark:
        R / "benchmarks/train_forward.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
    script:
        "../scripts/train_forward.py"


rule train_inverse:
    input:
        dataset=R / ALL_SAMPLES,
        forward=rules.train_forward.output.model,
    output:
        model=R / "inverse.h5",
    log:
        R / "logs/train_inverse.log",
    benchmark:
        R / "benchmarks/train_inverse.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["inverse_epochs"],
        prescribed=PLAN["settings"]["surrogate"]["prescribed"],
    script:
        "../scripts/train_inverse.py"


rule train_designer:
    input:
        dataset=R / ALL_SAMPLES,
        quality=rules.check_quality.output.quality,
    output:
        designer=R / "designer.h5",
    log:
        R / "logs/train_designer.log",
    benchmark:
        R / "benchmarks/train_designer.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        seed=PLAN["settings"]["seed"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
        prescribed=PLAN["settings"]["surrogate"]["prescribed"],
    script:
        "../scripts/train_designer.py"


rule score_model:
    input:
        dataset=R / ALL_SAMPLES,
        quality=rules.check_quality.output.quality,
    output:
        scores=R / "models/{model}.json",
    log:
        R / "logs/score_model/{model}.log",
    benchmark:
        R / "benchmarks/score_model/{model}.tsv"
    wildcard_constraints:
        model="|".join(PLAN["settings"]["surrogate"]["models"]),
    # Before the figures: the longest of these jobs, begun last, would leave all other cores idle.
    priority: 1
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=6000,
        runtime=720,
    params:
        seed=PLAN["settings"]["seed"],
        trials=PLAN["settings"]["surrogate"]["trials"],
        epochs=PLAN["settings"]["surrogate"]["epochs"],
    script:
        "../scripts/score_model.py"


rule compare_models:
    input:
        dataset=R / ALL_SAMPLES,
        scores=expand(
            R / "models/{model}.json", model=PLAN["settings"]["surrogate"]["models"]
        ),
    output:
        models=R / "models.json",
        table=R / "models.md",
    log:
        R / "logs/compare_models.log",
    benchmark:
        R / "benchmarks/compare_models.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../scripts/compare_models.py"


NETWORKS = [
    *rules.train_forward.output,
    *rules.train_inverse.output,
    *rules.train_designer.output,
]


rule surrogates:
    input:
        possible=possible("surrogates"),
        networks=NETWORKS if "networks" not in LEFT_OUT else [],
        models=rules.compare_models.output,
