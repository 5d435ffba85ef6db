# Figures and tables: those of the list in src/hardmag/artefacts.py whose files this campaign has, a rule for each sheet.
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


FILES = {
    "dataset": rules.build_dataset.output.dataset,
    "quality": rules.check_quality.output.quality,
}
if "coercivities" not in LEFT_OUT:
    FILES["coercivities"] = R / ALL_SAMPLES
    FILES["states"] = rules.replay_domain_states.output.states
    if PLAN["kind"] == "coreshell":
        FILES["grain_states"] = rules.replay_domain_states.output.states
if set(levels_of("magnetostatics")) == {"with", "without"}:
    FILES["magnetostatics"] = rules.build_dataset.output.dataset
if "surrogates" not in LEFT_OUT:
    FILES["models"] = rules.compare_models.output.models
if "networks" not in LEFT_OUT:
    FILES |= {
        "features": R / ALL_SAMPLES,  # where it has the features of the networks
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
    if set(artefact.inputs) <= FILES.keys()
    and (artefact.inputs or "networks" not in LEFT_OUT)
    and not (artefact.name in OF_MANY and "maps" in LEFT_OUT)
]


for sheet in SHEETS:
    on_sheet = [artefact for artefact in DRAWN if artefact.sheet == sheet]
    if on_sheet:

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
                mem_mb=3000,
                runtime=30,
            params:
                names=[artefact.name for artefact in on_sheet],
            script:
                "../scripts/draw_sheet.py"


rule figures:
    input:
        artefacts=figures_drawn,
