# From micrographs to demagnetisation curves: segmented, measured, matched by synthetic magnets, which the reduced-order model
# demagnetises. A workflow of its own: snakemake --snakefile workflow/rules/images.smk --config settings=FILE (make microstructure).
from pathlib import Path

from hardmag.errors import UserError
from hardmag.microstructure.pictures import LEAST_SAMPLES, figures_of
from hardmag.microstructure.settings import names_of, read_settings
from hardmag.microstructure.surfaces import PARTS
from hardmag.shipped import image, looked_up

SETTINGS = str(config.get("settings") or looked_up("config/microstructure/demo.yaml"))
try:
    GIVEN = read_settings(SETTINGS)
    SAMPLES = names_of(GIVEN)
except UserError as error:
    raise WorkflowError(f"error: {error}")
M = Path("results/microstructure") / GIVEN.name
MAPS = [M / "map.json"] if len(SAMPLES) >= LEAST_SAMPLES else []
PAGES = [M / "laboratory.html"] if MAPS else []
TABLE = str(GIVEN.micrographs or M / "micrographs/table.csv")


container: image()


wildcard_constraints:
    sample="|".join(SAMPLES),
    figure="[a-z_]+",
    part="[0-9]+",


localrules:
    microstructure,


rule microstructure:
    default_target: True
    input:
        page=M / "report.md",
        figures=expand(M / "figures/{figure}.png", figure=figures_of(len(SAMPLES))),
        laboratory=PAGES,


if GIVEN.made:

    rule make_micrographs:
        input:
            settings=SETTINGS,
        output:
            table=TABLE,
        log:
            M / "logs/make_micrographs.log",
        benchmark:
            M / "benchmarks/make_micrographs.tsv"
        conda:
            "../envs/hardmag.yml"
        resources:
            mem_mb=2000,
            runtime=20,
        script:
            "../scripts/make_micrographs.py"


rule train_segmentation:
    input:
        settings=SETTINGS,
    output:
        network=M / "network.h5",
    log:
        M / "logs/train_segmentation.log",
    benchmark:
        M / "benchmarks/train_segmentation.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=60,
    script:
        "../scripts/train_segmentation.py"


rule segment_micrographs:
    input:
        table=TABLE,
        network=rules.train_segmentation.output.network,
    output:
        labels=M / "samples/{sample}/labels.npz",
    log:
        M / "logs/segment_{sample}.log",
    benchmark:
        M / "benchmarks/segment_{sample}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../scripts/segment_micrographs.py"


rule evaluate_magnets:
    input:
        settings=SETTINGS,
        network=rules.train_segmentation.output.network,
    output:
        evaluations=M / "evaluations/{part}.npz",
    log:
        M / "logs/evaluate_magnets_{part}.log",
    benchmark:
        M / "benchmarks/evaluate_magnets_{part}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=60,
    script:
        "../scripts/evaluate_magnets.py"


rule describe_micrographs:
    input:
        settings=SETTINGS,
        labels=rules.segment_micrographs.output.labels,
        evaluations=expand(rules.evaluate_magnets.output.evaluations, part=range(PARTS)),
    output:
        description=M / "samples/{sample}/description.json",
    log:
        M / "logs/describe_{sample}.log",
    benchmark:
        M / "benchmarks/describe_{sample}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../scripts/describe_micrographs.py"


rule demagnetise_variations:
    input:
        settings=SETTINGS,
        description=rules.describe_micrographs.output.description,
    output:
        curves=M / "samples/{sample}/curves.json",
    log:
        M / "logs/demagnetise_{sample}.log",
    benchmark:
        M / "benchmarks/demagnetise_{sample}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        number=lambda wildcards: SAMPLES.index(wildcards.sample),
    script:
        "../scripts/demagnetise_variations.py"


rule map_samples:
    input:
        labels=expand(rules.segment_micrographs.output.labels, sample=SAMPLES),
    output:
        map=M / "map.json",
    log:
        M / "logs/map_samples.log",
    benchmark:
        M / "benchmarks/map_samples.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/map_samples.py"


rule report_microstructure:
    input:
        settings=SETTINGS,
        descriptions=expand(
            rules.describe_micrographs.output.description, sample=SAMPLES
        ),
        curves=expand(rules.demagnetise_variations.output.curves, sample=SAMPLES),
        maps=MAPS,
    output:
        page=M / "report.md",
    log:
        M / "logs/report_microstructure.log",
    benchmark:
        M / "benchmarks/report_microstructure.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/report_microstructure.py"


rule draw_microstructure:
    input:
        labels=expand(rules.segment_micrographs.output.labels, sample=SAMPLES),
        descriptions=expand(
            rules.describe_micrographs.output.description, sample=SAMPLES
        ),
        curves=expand(rules.demagnetise_variations.output.curves, sample=SAMPLES),
        maps=MAPS,
    output:
        figure=M / "figures/{figure}.png",
    log:
        M / "logs/draw_{figure}.log",
    benchmark:
        M / "benchmarks/draw_{figure}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/draw_microstructure.py"


rule laboratory_page:
    input:
        settings=SETTINGS,
        table=TABLE,
        labels=expand(rules.segment_micrographs.output.labels, sample=SAMPLES),
        descriptions=expand(
            rules.describe_micrographs.output.description, sample=SAMPLES
        ),
        curves=expand(rules.demagnetise_variations.output.curves, sample=SAMPLES),
        map=rules.map_samples.output.map,
    output:
        page=report(
            M / "laboratory.html",
            caption="../report/laboratory.rst",
            category="Laboratory",
        ),
    log:
        M / "logs/laboratory_page.log",
    benchmark:
        M / "benchmarks/laboratory_page.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../scripts/build_laboratory_page.py"
