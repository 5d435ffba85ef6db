# Figures and tables, a rule each: those of the list in src/hardmag/figures/paper.py whose files this campaign has.


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


FILES = {
    "dataset": rules.build_dataset.output.dataset,
    "quality": rules.check_quality.output.quality,
}
if "coercivities" not in LEFT_OUT:
    FILES["coercivities"] = rules.build_dataset.output.dataset
    FILES["states"] = rules.replay_domain_states.output.states
    if PLAN["kind"] == "coreshell":
        FILES["grain_states"] = rules.replay_domain_states.output.states
if set(levels_of("magnetostatics")) == {"with", "without"}:
    FILES["magnetostatics"] = rules.build_dataset.output.dataset
if COMPARED:
    FILES["models"] = rules.compare_models.output.models
if SURROGATES:
    FILES |= {
        "features": rules.build_dataset.output.dataset,  # where it has the features of the networks
        "literature": LITERATURE,
        "analysis": rules.analyse.output.analysis,
        "forward": rules.train_forward.output.model,
        "inverse": rules.train_inverse.output.model,
        "findings": rules.find.output.findings,
    }
    scored = PLAN["settings"]["surrogate"]["models"]
    if set(scored) & set(SIX_MODELS):
        FILES["six_scores"] = [
            R / f"models/{model}.json" for model in SIX_MODELS if model in scored
        ]
    if VERIFIED:
        (FILES["verification"],) = VERIFIED

# Of these inputs, the stage that must not be left out; see made().
NEEDS = dict.fromkeys(("coercivities", "states", "grain_states"), "coercivities")
NEEDS |= {"models": "surrogates", "six_scores": "surrogates"}
NEEDS |= dict.fromkeys(("features", "analysis", "forward", "inverse"), "analysis")
NEEDS |= dict.fromkeys(("findings", "verification"), "analysis")

DRAWN = [
    artefact
    for artefact in ARTEFACTS.values()
    if set(artefact.inputs) <= FILES.keys() and (artefact.inputs or SURROGATES)
]

for artefact in DRAWN:

    rule:
        name:
            f"make_{artefact.name}"
        input:
            **{name: FILES[name] for name in artefact.inputs},
        output:
            **{
                name: (
                    report(
                        R / path,
                        caption=f"../report/{artefact.name}.rst",
                        category=artefact.category,
                        labels=(
                            {"in Yang et al.": artefact.number}
                            if artefact.number
                            else {}
                        )
                        | {"what": artefact.what},
                    )
                    if name in ("figure", "page")
                    else R / path
                )
                for name, path in artefact.outputs.items()
            },
        log:
            R / f"logs/make/{artefact.name}.log",
        benchmark:
            R / f"benchmarks/make/{artefact.name}.tsv"
        conda:
            "../envs/hardmag.yml"
        resources:
            mem_mb=2000,
            runtime=10,
        params:
            name=artefact.name,
        script:
            "../scripts/make_artefact.py"


def figures_drawn(wildcards):
    """Files of all artefacts but those of stages that are left out."""
    missing = left_out().keys()
    return [
        R / path
        for artefact in DRAWN
        if not missing & {NEEDS.get(name) for name in artefact.inputs}
        for path in artefact.outputs.values()
    ]


rule figures:
    input:
        artefacts=figures_drawn,
