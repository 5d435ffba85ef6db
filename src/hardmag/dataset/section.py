"""A plane section through the middle of a nanostructure, of cells or of elements, on a regular grid for pictures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator
from scipy.spatial import Delaunay

from hardmag.grains import Grains
from hardmag.mesh import Mesh

PIXELS = 400  # of a section of grains, along its longer side


@dataclass(frozen=True)
class Section:
    """index (nx, k): phases along x and `across`, 'y' or 'z', −1 outside; cell_nm: edges of its pixels; cut: a field on the
    body's points → (nx, k), NaN outside."""

    index: np.ndarray
    cell_nm: tuple[float, float]
    across: str
    cut: Callable


def section_of(body, across):
    """The section of Voxels, a Mesh or Grains that holds x and `across` ('y' or 'z')."""
    axis = "xyz".index(across)
    if isinstance(body, Mesh):
        return _of_elements(body, axis)
    if isinstance(body, Grains):
        return _of_grains(body, axis)
    middle, other = body.index.shape[3 - axis] // 2, 3 - axis
    cell_nm = (body.cell_m[0] * 1e9, body.cell_m[axis] * 1e9)
    return Section(body.index.take(middle, axis=other), cell_nm, across, lambda field: field.take(middle, axis=other))


def _of_elements(mesh, axis):
    """Fields are interpolated linearly between the nodes, pixels have the phase of the nearest element's centroid. The hull of
    the nodes counts as inside: right for convex bodies."""
    low, high = mesh.nodes.min(0), mesh.nodes.max(0)
    count = [max(1, round(float(high[k] - low[k]) / mesh.grid_m)) for k in (0, axis)]
    edge = [float(high[k] - low[k]) / n for k, n in zip((0, axis), count, strict=True)]
    at = np.full((*count, 3), (low + high) / 2)
    for direction, (k, n, e) in enumerate(zip((0, axis), count, edge, strict=True)):
        line = low[k] + (np.arange(n) + 0.5) * e
        at[..., k] = line[:, None] if direction == 0 else line
    phase = NearestNDInterpolator(mesh.nodes[mesh.tetrahedra].mean(1), mesh.phase)(at)
    between = Delaunay(mesh.nodes)
    phase[between.find_simplex(at) < 0] = -1
    cell_nm = tuple(e * 1e9 for e in edge)
    return Section(phase, cell_nm, "xyz"[axis], lambda field: LinearNDInterpolator(between, np.ravel(field))(at))


def _of_grains(grains, axis):
    """Fields are those of the grain that a pixel lies in."""
    corners = np.concatenate([body.corners for body in grains.bodies])
    low, high = corners.min(0), corners.max(0)
    edge = float((high - low).max()) / PIXELS
    count = [max(1, round(float(high[k] - low[k]) / edge)) for k in (0, axis)]
    lines = [low[k] + (np.arange(n) + 0.5) * edge for k, n in zip((0, axis), count, strict=True)]
    grain = np.full(count, -1)
    for g, body in enumerate(grains.bodies):
        if not (body.corners.min(0) <= (low + high) / 2)[3 - axis] <= body.corners.max(0)[3 - axis]:
            continue
        spans = [
            np.flatnonzero((line >= c.min()) & (line <= c.max()))
            for line, c in zip(lines, body.corners.T[[0, axis]], strict=True)
        ]
        at = np.full((*(len(span) for span in spans), 3), (low + high) / 2)
        at[..., 0], at[..., axis] = lines[0][spans[0]][:, None], lines[1][spans[1]]
        part = grain[np.ix_(*spans)]
        grain[np.ix_(*spans)] = np.where(body.holds(at), g, part)
    inside = lambda values: np.where(grain < 0, np.nan, np.append(np.ravel(values), np.nan)[grain])  # noqa: E731
    return Section(np.where(grain < 0, -1, grains.phase[grain]), (edge * 1e9,) * 2, "xyz"[axis], inside)
