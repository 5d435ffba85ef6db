# Figures, tables and pages: those of the campaign's kind (hardmag.papers.artefacts_of) whose stage it has, a rule for each sheet.
# Half-cycles, structures, health and domain states are of the campaign's own samples, all else of those joined with them.


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


# The page computes with the ensemble if it was compared, else with the forward network, whose intervals are known if f_nn was.
SCORED = PLAN["settings"]["surrogate"]["models"]
IN_PAGE = [model for model in ("ensemble", "f_nn") if model in SCORED][:1]
NETWORK = rules.train_designer if IN_PAGE == ["ensemble"] else rules.train_forward

# What artefacts are drawn from, by the names of their inputs; `samples` are those that models learn from.
FILES = {
    "dataset": rules.build_dataset.output.dataset,
    "samples": R / ALL_SAMPLES,
    "quality": rules.check_quality.output.quality,
    "states": rules.replay_domain_states.output.states,
    "models": rules.compare_models.output.models,
    "scores": rules.compare_models.input.scores,
    "forward": rules.train_forward.output.model,
    "inverse": rules.train_inverse.output.model,
    "analysis": rules.analyse.output.analysis,
    "findings": rules.find.output.findings,
    "verification": VERIFIED,
    "learning": R / "learning.json",
    "predictor": NETWORK.output[0],
    "predictor_scores": [R / f"models/{model}.json" for model in IN_PAGE],
    **FILES_OF_PAPERS,
}

DRAWN = [
    artefact
    for artefact in artefacts_of(PLAN["kind"]).values()
    if artefact.when in STAGES.keys() - LEFT_OUT.keys()
]


for sheet in dict.fromkeys(artefact.sheet for artefact in DRAWN):
    on_sheet = [artefact for artefact in DRAWN if artefact.sheet == sheet]

    rule:
        name:
            f"draw_{sheet}"
        input:
            **{name: FILES[name] for a in on_sheet for name in a.inputs},
        output:
            **{k: v for a in on_sheet for k, v in reported(a).items()},
        log:
            R / f"logs/draw/{sheet}.log",
        benchmark:
            R / f"benchmarks/draw/{sheet}.tsv"
        conda:
            "../envs/hardmag.yml"
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            kind=PLAN["kind"],
            names=[artefact.name for artefact in on_sheet],
        script:
            "../scripts/draw_sheet.py"


rule figures:
    input:
        artefacts=drawn("figures"),


rule explore:
    input:
        possible=possible("explore"),
        page=drawn("explore"),
