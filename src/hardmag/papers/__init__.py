"""Published studies that a campaign is held against: the stages, figures and tables that each adds to campaigns of its kind.

The Snakefile imports it: standard library only.
"""

from pathlib import Path

from hardmag.figures.artefacts import OF_ANY_KIND
from hardmag.papers import kovacs2023, yang2024

# {kind of nanostructure: its paper}. A paper has STAGES, names of stages that the kind has beside those of all; pictures(), the
# stages that some of its figures stand on; ARTEFACTS, its figures and tables; and QUERIES, what it designs for (None: nothing).
PAPERS = {"smco17": yang2024, "coreshell": kovacs2023}

COMPOSITION_FIGURES = kovacs2023.COMPOSITION_FIGURES  # what workflow/rules/intrinsic.smk draws

# Files that artefacts are drawn from and that no rule makes, by the names of their inputs.
FILES = {"literature": Path(__file__).parent / "yang2024" / "literature.csv"}


def artefacts_of(kind):
    """{name: Artefact} of a kind: those of any kind, and those of its paper, which numbers some of the former."""
    found = (*OF_ANY_KIND, *(PAPERS[kind].ARTEFACTS if kind in PAPERS else ()))
    return {artefact.name: artefact for artefact in found}


def published_queries(kind):
    """{title, prescribed, queries: [{target: value}]} of what the paper of a kind designs for, None without one."""
    return PAPERS[kind].QUERIES if kind in PAPERS else None
