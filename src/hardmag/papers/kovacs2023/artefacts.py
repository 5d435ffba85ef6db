"""Figures after Kovacs et al. that come from data. The Snakefile imports it: standard library only."""

from hardmag.figures.artefacts import COERCIVITIES, Artefact

HOME = "papers.kovacs2023.figures"
ARTEFACTS = (
    Artefact("grain", HOME, "grain.draw_grain", ("states",), "a grain by phase, and m around nucleation", **COERCIVITIES),
    Artefact(
        "kronmuller",
        HOME,
        "kronmuller.draw_kronmuller",
        ("dataset",),
        "α and N_eff of core/shell grains",
        "kronmuller",
        "kronmuller",
    ),
    Artefact(
        "temperatures",
        HOME,
        "temperatures.draw_temperatures",
        ("dataset",),
        "α and N_eff by both ways, from temperatures",
        "temperatures",
        "temperatures",
    ),
    Artefact(
        "alpha_and_N_eff",
        HOME,
        "temperatures.write_alpha_and_N_eff",
        ("dataset",),
        "α and N_eff by both ways",
        "temperatures",
        "temperatures",
        form="table",
    ),
)
