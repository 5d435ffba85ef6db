"""Figures and tables of Yang et al. that come from data: their own, and their numbers for those of any kind.

The Snakefile imports it: standard library only.
"""

from dataclasses import replace

from hardmag.figures.artefacts import NETWORKS, OF_ANY_KIND, VERIFIED, Artefact

HOME = "papers.yang2024.figures"
TABLE = {"form": "table"}
SIX = {"when": "six_models", "sheet": "comparison"}
SHARES = {"when": "maps", "sheet": "analysis"}
MAPS, PLANES = {"when": "maps", "sheet": "networks"}, ("forward", "samples")
_OWN = (
    Artefact("composition", HOME, "composition.draw_composition", ("literature",), "measured lengths against Zr"),
    Artefact("literature", HOME, "tables.write_literature", ("literature",), "nanostructures of the literature", **TABLE),
    Artefact("unit_cells", HOME, "tables.write_unit_cells", (), "unit cells of the phases", **TABLE),
    Artefact("phases", HOME, "tables.write_phases", (), "properties of the phases", **TABLE),
    Artefact("angular", HOME, "angular.draw_angular", ("analysis",), "Hc and Φp by angle", "analysis", "analysis"),
    Artefact("maps", HOME, "maps.draw_maps", ("analysis",), "Hc and Φp over the phase shares, isolines of Zr", **SHARES),
    Artefact("contours", HOME, "contours.draw_contours", PLANES, "Hc and Φp over L and d", **MAPS),
    Artefact("contours_Hc", HOME, "contours.draw_Hc_contours", PLANES, "Hc over L and d, 16 planes", **MAPS),
    Artefact("contours_phi_p", HOME, "contours.draw_phi_p_contours", PLANES, "Φp over L and d, 16 planes", **MAPS),
    Artefact(
        "hyperparameters",
        HOME,
        "tables.write_hyperparameters",
        ("forward", "inverse"),
        "settings of the networks",
        **NETWORKS,
        **TABLE,
    ),
    Artefact("six_Hc", HOME, "six_models.draw_six_Hc", ("samples", "scores"), "parity of six models, Hc", **SIX),
    Artefact("six_phi_p", HOME, "six_models.draw_six_phi_p", ("samples", "scores"), "parity of six models, Φp", **SIX),
    Artefact("designs", HOME, "tables.write_designs", ("verification",), "inverse designs, simulated", **VERIFIED),
    Artefact(
        "findings",
        HOME,
        "findings.write_findings",
        ("findings",),
        "the paper's findings, held against these data",
        "analysis",
        "findings",
        **TABLE,
    ),
)
NUMBERS = {  # in the paper, in its order
    "composition": "Fig. 1d",
    "domain_state": "Fig. 1c",
    "half_cycles": "Fig. 2a",
    "angular": "Fig. 2b",
    "contours": "Fig. 2c",
    "maps": "Fig. 2d",
    "spearman": "Fig. 2e",
    "importance": "Fig. 2f",
    "clustering": "Fig. 2g",
    "designs": "Table 1",
    "literature": "Suppl. Table 1",
    "unit_cells": "Suppl. Table 2",
    "hyperparameters": "Suppl. Table 3",
    "phases": "Suppl. Table 4",
    "pairs": "Suppl. Fig. 1",
    "six_Hc": "Suppl. Fig. 2",
    "six_phi_p": "Suppl. Fig. 3",
    "parity": "Suppl. Fig. 4",
    "contours_Hc": "Suppl. Fig. 5",
    "contours_phi_p": "Suppl. Fig. 6",
    "correlation": "Suppl. Fig. 7",
    "convergence": "Suppl. Fig. 9",
    "learning_curve": "Suppl. Fig. 10",
}
LEFT_OUT = {
    "Fig. 1a, 1b": "electron micrographs",
    "Fig. 1e, Suppl. Fig. 8": "schematics",
}
_BY_NAME = {artefact.name: artefact for artefact in (*OF_ANY_KIND, *_OWN)}
NUMBERED = tuple(replace(_BY_NAME[name], number=number, paper="Yang et al.") for name, number in NUMBERS.items())
ARTEFACTS = (*NUMBERED, *(artefact for artefact in _OWN if artefact.name not in NUMBERS))
