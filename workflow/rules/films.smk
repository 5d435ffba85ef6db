# From measurements of graded films to maps of coercivity: features, regressions beside baselines, intervals, pictures, one page.
# A workflow of its own: snakemake --snakefile workflow/rules/films.smk --config settings=FILE (make film).
from pathlib import Path

from hardmag.errors import UserError
from hardmag.figures.film import figures_of
from hardmag.films.settings import read_settings
from hardmag.films.simulated import compared_films
from hardmag.shipped import image, looked_up

SETTINGS = str(config.get("settings") or looked_up("config/film/wafer.yaml"))
try:
    GIVEN = read_settings(SETTINGS)
    FIGURES = {film: figures_of(source) for film, source in GIVEN.films.items()}
    COMPARED = compared_films(GIVEN)
except UserError as error:
    raise WorkflowError(f"error: {error}")
F = Path("results/film") / GIVEN.name


def files_of_film(wildcards):
    source = GIVEN.films[wildcards.film]
    return [F / f"made/{wildcards.film}"] if source.made else list(source.files)


container: image()


wildcard_constraints:
    film="|".join(GIVEN.films),
    figure="|".join({figure for figures in FIGURES.values() for figure in figures}),


localrules:
    film,


rule film:
    default_target: True
    input:
        page=F / "report.md",
        figures=[
            F / f"figures/{film}/{figure}.png"
            for film, figures in FIGURES.items()
            for figure in figures
        ],
        simulated=expand(F / "figures/{film}/simulated.png", film=COMPARED),


rule make_film:
    input:
        settings=SETTINGS,
    output:
        folder=directory(F / "made/{film}"),
    log:
        F / "logs/make_{film}.log",
    benchmark:
        F / "benchmarks/make_{film}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/make_film.py"


rule score_film:
    input:
        settings=SETTINGS,
        files=files_of_film,
    output:
        scores=F / "scores/{film}.json",
    log:
        F / "logs/score_{film}.log",
    benchmark:
        F / "benchmarks/score_{film}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        made=lambda wildcards: str(F / f"made/{wildcards.film}"),
    script:
        "../scripts/score_film.py"


rule draw_film:
    input:
        settings=SETTINGS,
        files=files_of_film,
        scores=rules.score_film.output.scores,
    output:
        figure=F / "figures/{film}/{figure}.png",
    log:
        F / "logs/draw_{film}_{figure}.log",
    benchmark:
        F / "benchmarks/draw_{film}_{figure}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        made=lambda wildcards: str(F / f"made/{wildcards.film}"),
    script:
        "../scripts/draw_film.py"


rule simulate_grains:
    input:
        settings=SETTINGS,
    output:
        design=F / "simulated/grains.json",
    log:
        F / "logs/simulate_grains.log",
    benchmark:
        F / "benchmarks/simulate_grains.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=30,
    script:
        "../scripts/simulate_grains.py"


rule compare_film:
    input:
        settings=SETTINGS,
        files=files_of_film,
        design=rules.simulate_grains.output.design,
    output:
        comparison=F / "simulated/films/{film}.json",
    log:
        F / "logs/compare_{film}.log",
    benchmark:
        F / "benchmarks/compare_{film}.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        made=lambda wildcards: str(F / f"made/{wildcards.film}"),
    script:
        "../scripts/compare_film.py"


rule draw_simulated:
    input:
        comparison=rules.compare_film.output.comparison,
    output:
        figure=F / "figures/{film}/simulated.png",
    log:
        F / "logs/draw_{film}_simulated.log",
    benchmark:
        F / "benchmarks/draw_{film}_simulated.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/draw_simulated.py"


rule find_film:
    input:
        scores=expand(rules.score_film.output.scores, film=GIVEN.films),
    output:
        findings=F / "findings.json",
        page=F / "findings.md",
    log:
        F / "logs/find_film.log",
    benchmark:
        F / "benchmarks/find_film.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/find_film.py"


rule report_film:
    input:
        scores=expand(rules.score_film.output.scores, film=GIVEN.films),
        comparisons=expand(rules.compare_film.output.comparison, film=COMPARED),
        findings=rules.find_film.output.page,
    output:
        page=F / "report.md",
    log:
        F / "logs/report_film.log",
    benchmark:
        F / "benchmarks/report_film.tsv"
    conda:
        "../envs/hardmag.yml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        name=GIVEN.name,
        figures=[FIGURES[film] for film in GIVEN.films],
    script:
        "../scripts/report_film.py"
