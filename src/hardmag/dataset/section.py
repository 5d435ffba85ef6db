"""A plane section through the middle of a nanostructure, of cells, elements or grains, on a regular grid for pictures."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hardmag.grains import Grains
from hardmag.mesh import Mesh

PIXELS = 400  # of a section of grains, or of a mesh with gaps between its parts, along its longer side
ON_FACE = 1e-9  # of an element's height: so far outside a point still lies in it


@dataclass(frozen=True)
class Section:
    """index (nx, k): phases along x and `across`, 'y' or 'z', −1 outside; axis (nx, k, 3): easy axes, NaN outside; cell_nm:
    edges of its pixels; cut: a field on the body's points → (nx, k), NaN outside."""

    index: np.ndarray
    axis: np.ndarray
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
    return _of_cells(body, axis)


def _of_cells(voxels, axis):
    other = 3 - axis
    middle = voxels.index.shape[other] // 2
    index = voxels.index.take(middle, axis=other)
    if voxels.axis is None:
        axes = np.array([p.axis for p in voxels.phases])[index]
    else:
        axes = np.moveaxis(voxels.axis.take(middle, axis=1 + other), 0, -1)
    cell_nm = (voxels.cell_m[0] * 1e9, voxels.cell_m[axis] * 1e9)
    return Section(index, axes, cell_nm, "xyz"[axis], lambda field: field.take(middle, axis=other))


def _of_elements(mesh, axis):
    """Each pixel has the phase of the element that its middle lies in, and fields as they are there, linear between nodes."""
    low, high = mesh.nodes.min(0), mesh.nodes.max(0)
    pixel = min(mesh.grid_m, (high - low)[[0, axis]].max() / PIXELS) if mesh.others_m3 else mesh.grid_m
    count = [max(1, round(float(high[k] - low[k]) / pixel)) for k in (0, axis)]
    edge = [float(high[k] - low[k]) / n for k, n in zip((0, axis), count, strict=True)]
    lines = [low[k] + (np.arange(n) + 0.5) * e for k, n, e in zip((0, axis), count, edge, strict=True)]
    corners = mesh.nodes[mesh.tetrahedra]
    middle, lowest, highest = (low + high) / 2, corners.min(1), corners.max(1)
    element, weights = np.full(count, -1), np.full((*count, 4), np.nan)
    for e in np.flatnonzero((lowest[:, 3 - axis] <= middle[3 - axis]) & (middle[3 - axis] <= highest[:, 3 - axis])):
        spans, at = _pixels_between(lines, lowest[e], highest[e], middle, axis)
        part = np.linalg.solve((corners[e, 1:] - corners[e, 0]).T, (at - corners[e, 0]).reshape(-1, 3).T).T
        inside = (part >= -ON_FACE).all(1) & (part.sum(1) <= 1 + ON_FACE)
        places = tuple(s.ravel()[inside] for s in np.meshgrid(*spans, indexing="ij"))
        element[places] = e
        weights[places] = np.column_stack([1 - part.sum(1), part])[inside]
    outside = element < 0
    nodes, phase = mesh.tetrahedra[element], np.where(outside, -1, mesh.phase[element])
    axes = np.where(outside[..., None], np.nan, np.array([p.axis for p in mesh.phases])[phase])
    cut = lambda field: (np.ravel(field)[nodes] * weights).sum(-1)  # noqa: E731
    return Section(phase, axes, tuple(e * 1e9 for e in edge), "xyz"[axis], cut)


def _pixels_between(lines, lowest, highest, middle, axis):
    """(indices of the pixels along x and across, their points (a, b, 3)) of a box, in the plane through the middle."""
    spans = [np.flatnonzero((line >= lowest[k]) & (line <= highest[k])) for line, k in zip(lines, (0, axis), strict=True)]
    at = np.full((*(len(span) for span in spans), 3), middle)
    at[..., 0], at[..., axis] = lines[0][spans[0]][:, None], lines[1][spans[1]]
    return spans, at


def _of_grains(grains, axis):
    """Fields are those of the grain that a pixel lies in."""
    corners = np.concatenate([body.corners for body in grains.bodies])
    low, high = corners.min(0), corners.max(0)
    middle, edge = (low + high) / 2, float((high - low).max()) / PIXELS
    count = [max(1, round(float(high[k] - low[k]) / edge)) for k in (0, axis)]
    lines = [low[k] + (np.arange(n) + 0.5) * edge for k, n in zip((0, axis), count, strict=True)]
    grain = np.full(count, -1)
    for g, body in enumerate(grains.bodies):
        lowest, highest = body.corners.min(0), body.corners.max(0)
        if lowest[3 - axis] <= middle[3 - axis] <= highest[3 - axis]:
            spans, at = _pixels_between(lines, lowest, highest, middle, axis)
            part = grain[np.ix_(*spans)]
            grain[np.ix_(*spans)] = np.where(body.holds(at), g, part)
    outside = grain < 0
    axes = np.where(outside[..., None], np.nan, grains.axis[grain])
    cut = lambda values: np.where(outside, np.nan, np.ravel(values)[grain])  # noqa: E731
    return Section(np.where(outside, -1, grains.phase[grain]), axes, (edge * 1e9,) * 2, "xyz"[axis], cut)
