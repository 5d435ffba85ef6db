from hardmag.figures.angular import draw_angular
from hardmag.figures.clustering import draw_clustering
from hardmag.figures.convergence import draw_convergence
from hardmag.figures.correlation import draw_correlation
from hardmag.figures.importance import draw_importance
from hardmag.figures.maps import draw_maps
from hardmag.job import job

DRAW = {
    "angular": draw_angular,
    "clustering": draw_clustering,
    "convergence": draw_convergence,
    "correlation": draw_correlation,
    "importance": draw_importance,
    "maps": draw_maps,
}

with job(snakemake.log[0]):
    DRAW[snakemake.wildcards.figure](snakemake.input.analysis, snakemake.output.figure)
