"""Published studies that a campaign is held against: the stages, figures and tables that each adds to campaigns of its kind.

The Snakefile imports it: standard library only.
"""

from hardmag.papers import kovacs2023, yang2024

# {kind of nanostructure: its paper}. A paper has STAGES, names of stages that the kind has beside those of all, and pictures(),
# the stages that some of its figures stand on.
PAPERS = {"smco17": yang2024, "coreshell": kovacs2023}
