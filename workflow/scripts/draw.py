from hardmag.figures.half_cycles import draw_half_cycles
from hardmag.figures.parameters import draw_parameters
from hardmag.figures.structures import draw_structures
from hardmag.job import job

DRAW = {"structures": draw_structures, "half_cycles": draw_half_cycles, "parameters": draw_parameters}

with job(snakemake.log[0]):
    DRAW[snakemake.wildcards.figure](snakemake.input.dataset, snakemake.output.figure)
