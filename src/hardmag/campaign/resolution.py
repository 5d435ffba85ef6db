"""Cells that are too coarse for walls in all samples of a design: known, and said, before the first simulation."""

from math import floor

from hardmag.campaign.cost import grid_of
from hardmag.campaign.samples import drawn
from hardmag.errors import UnfitStructure
from hardmag.voxels import Voxels


def too_coarse(samples, limit):
    """Says which cells are allowed where no sample can be accepted with its own (Failure.UNDER_RESOLVED_WALL), else None.

    The first half-cycle of each sample is drawn, up to the first sample whose cells are fine enough: of some samples among
    others nothing is said, for they are drawn finer when they fail. limit: quality.max_cell_over_delta0.
    """
    allowed_m, edges_m = [], []
    for sample in samples:
        body = _cells(sample)
        if body is None or body.size_over_delta0() <= limit:
            return None
        allowed_m.append(limit * body.least_delta0_m)
        edges_m.append(body.size_over_delta0() * body.least_delta0_m)
    allowed, least = floor(1e12 * min(allowed_m)) / 1e3, 1e9 * min(edges_m)
    return (
        f"quality.max_cell_over_delta0 = {limit:g} (times √(A/K)) allows cells of up to {allowed:g} nm, and in each of the "
        f"{len(edges_m)} samples they are longer, from {least:.4g} nm: make them finer (cell_nm), or raise the limit"
    )


def _cells(sample):
    """Voxels of the first half-cycle; None of a mesh and of grains, which have no cells, and where none can be drawn."""
    if len(grid_of(sample)) != 3:
        return None
    try:
        _, _, body = drawn(sample, 0)
    except UnfitStructure:
        return None
    return body if isinstance(body, Voxels) else None
