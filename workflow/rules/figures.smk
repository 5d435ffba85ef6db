# Pictures. Each rule is one function of hardmag.figures, each from one file.

ANALYSES = [
    "angular",
    "clustering",
    "convergence",
    "correlation",
    "importance",
    "maps",
]


rule draw_from_dataset:
    input:
        dataset=rules.build_dataset.output.dataset,
    output:
        figure=R / "figures/{figure}.png",
    log:
        R / "logs/draw/{figure}.log",
    benchmark:
        R / "benchmarks/draw/{figure}.tsv"
    wildcard_constraints:
        figure="structures|half_cycles|parameters",
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw.py"


rule draw_from_analysis:
    input:
        analysis=rules.analyse.output.analysis,
    output:
        figure=R / "figures/{figure}.png",
    log:
        R / "logs/draw/{figure}.log",
    benchmark:
        R / "benchmarks/draw/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(ANALYSES),
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw_analysis.py"


rule draw_parity:
    input:
        model=rules.train_forward.output.model,
    output:
        figure=R / "figures/parity.png",
    log:
        R / "logs/draw/parity.log",
    benchmark:
        R / "benchmarks/draw/parity.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw_parity.py"


rule draw_models:
    input:
        models=rules.compare_models.output.models,
    output:
        figure=R / "figures/models.png",
    log:
        R / "logs/draw/models.log",
    benchmark:
        R / "benchmarks/draw/models.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw_models.py"


rule replay_domain_states:
    input:
        dataset=rules.build_dataset.output.dataset,
    output:
        states=R / "domain_states.npz",
    log:
        R / "logs/replay_domain_states.log",
    benchmark:
        R / "benchmarks/replay_domain_states.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../scripts/replay_domain_states.py"


rule draw_domain_state:
    input:
        states=rules.replay_domain_states.output.states,
    output:
        figure=R / "figures/domain_state.png",
    log:
        R / "logs/draw/domain_state.log",
    benchmark:
        R / "benchmarks/draw/domain_state.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw_domain_state.py"


rule figures:
    input:
        dataset=expand(
            R / "figures/{figure}.png",
            figure=["structures", "half_cycles", "parameters"],
        ),
        analysis=expand(
            R / "figures/{figure}.png", figure=ANALYSES if SURROGATES else []
        ),
        parity=rules.draw_parity.output if SURROGATES else [],
        models=rules.draw_models.output if SURROGATES else [],
        domain_state=rules.draw_domain_state.output,
