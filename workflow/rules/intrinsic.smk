# Models of Tc, µ0·Ms and K1 by composition and temperature: fitted, tested on stored splits, and written for campaigns to read.
# A workflow of its own, without a campaign: snakemake --snakefile workflow/rules/intrinsic.smk --config settings=FILE (make intrinsic).
from pathlib import Path

from hardmag.errors import UserError
from hardmag.intrinsic.settings import read_settings
from hardmag.papers import COMPOSITION_FIGURES
from hardmag.shipped import image, looked_up

SETTINGS = str(config.get("settings") or looked_up("config/intrinsic/literature.yaml"))
try:
    GIVEN = read_settings(SETTINGS)
except UserError as error:
    raise WorkflowError(f"error: {error}")
I = Path("results/intrinsic") / GIVEN.name
TABLES = [
    str(path)
    for path in (*GIVEN.measured, *GIVEN.curie_temperatures, GIVEN.ab_initio)
    if path
]


container: image()


wildcard_constraints:
    model="[a-z_]+",
    figure="[a-z]+",


localrules:
    intrinsic,


rule intrinsic:
    default_target: True
    input:
        model=I / "model.json",
        page=I / "models.md",
        findings=I / "findings.md",
        figures=expand(I / "figures/{figure}.png", figure=COMPOSITION_FIGURES),


rule split_measured:
    input:
        settings=SETTINGS,
        tables=TABLES,
    output:
        splits=I / "splits.json",
    log:
        I / "logs/split_measured.log",
    benchmark:
        I / "benchmarks/split_measured.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/split_measured.py"


rule fit_intrinsic:
    input:
        settings=SETTINGS,
        tables=TABLES,
    output:
        model=I / "model.json",
    log:
        I / "logs/fit_intrinsic.log",
    benchmark:
        I / "benchmarks/fit_intrinsic.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=30,
    script:
        "../scripts/fit_intrinsic.py"


rule score_tables:
    input:
        settings=SETTINGS,
        splits=rules.split_measured.output.splits,
    output:
        data=I / "tables.json",
    log:
        I / "logs/score_tables.log",
    benchmark:
        I / "benchmarks/score_tables.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/score_tables.py"


rule score_intrinsic:
    input:
        settings=SETTINGS,
        splits=rules.split_measured.output.splits,
    output:
        scores=I / "scores/{model}.json",
    log:
        I / "logs/score_{model}.log",
    benchmark:
        I / "benchmarks/score_{model}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=120,
    script:
        "../scripts/score_intrinsic.py"


rule score_twin:
    output:
        twin=I / "twin.json",
    log:
        I / "logs/score_twin.log",
    benchmark:
        I / "benchmarks/score_twin.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=120,
    params:
        seed=GIVEN.seed,
    script:
        "../scripts/score_twin.py"


rule report_intrinsic:
    input:
        data=rules.score_tables.output.data,
        scores=expand(rules.score_intrinsic.output.scores, model=GIVEN.compared),
        twin=rules.score_twin.output.twin,
    output:
        page=I / "models.md",
    log:
        I / "logs/report_intrinsic.log",
    benchmark:
        I / "benchmarks/report_intrinsic.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/report_intrinsic.py"


rule answer_targets:
    input:
        model=rules.fit_intrinsic.output.model,
    output:
        answers=I / "answers.json",
    log:
        I / "logs/answer_targets.log",
    benchmark:
        I / "benchmarks/answer_targets.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/answer_targets.py"


rule draw_intrinsic:
    input:
        settings=SETTINGS,
        model=rules.fit_intrinsic.output.model,
        answers=rules.answer_targets.output.answers,
    output:
        figure=I / "figures/{figure}.png",
    log:
        I / "logs/draw_{figure}.log",
    benchmark:
        I / "benchmarks/draw_{figure}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/draw_intrinsic.py"


rule find_composition:
    input:
        settings=SETTINGS,
        model=rules.fit_intrinsic.output.model,
        scores=I / "scores/sublattice.json",
        data=rules.score_tables.output.data,
    output:
        findings=I / "findings.json",
        page=I / "findings.md",
        table=I / "findings.csv",
    log:
        I / "logs/find_composition.log",
    benchmark:
        I / "benchmarks/find_composition.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/find_composition.py"
