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
)
