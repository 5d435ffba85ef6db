"""Kovacs et al. 2023: grains of a core, a shell and a soft layer. The Snakefile imports it."""

from hardmag.errors import UserError
from hardmag.papers.kovacs2023.artefacts import ARTEFACTS

__all__ = ["ARTEFACTS", "COMPOSITION_FIGURES", "QUERIES", "STAGES", "pictures"]

STAGES = ()
QUERIES = None
COMPOSITION_FIGURES = (
    "overlap",
    "lanthanum",
    "contributions",
    "targets",
)  # Figs 2, 10, 11 and 12, by composition_artefacts.draw


def pictures(campaign, table, stages, too_few):
    """{stage: None, or why it is left out} of what some of the paper's figures stand on; as in papers.yang2024."""
    levels = set(table["magnetostatics"][table["status"] == "accepted"])
    pairs = None if levels == {"with", "without"} else "grains are not simulated both with and without magnetostatics"
    return {"kronmuller": pairs, "temperatures": pairs or _too_few_temperatures(table)}


def _too_few_temperatures(table):
    from hardmag.papers.kovacs2023.temperatures import temperature_series  # numpy

    try:
        temperature_series(table)
    except UserError as error:
        return str(error).removeprefix("dataset: ")
    return None
