"""A grain with a corner cut away, of cells or of elements: its phases, and m around nucleation."""

import json

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_rgb
from matplotlib.patches import Patch
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.figures.notation import HC, MU0_H
from hardmag.figures.style import quantity, save
from hardmag.mesh import Mesh
from hardmag.nanostructures.coreshell import CoreShell

COLOURS = plt.get_cmap("RdBu_r")
FACES = ((1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1))  # of a tetrahedron, each opposite to one node
CORNER = np.array([1, -1, 1])  # towards the eye: the octant that is cut away


def draw_grain(states, output):
    """states: file of dataset.replay.domain_states, of a grain."""
    with np.load(states) as data:
        data = {key: data[key] for key in data.files}
    body = half_cycle_of(Sample.from_dict(json.loads(str(data["specification"]))), 0).body
    polygons, pieces = _of_elements(body) if isinstance(body, Mesh) else _of_cells(body)
    phase = (body.phase if isinstance(body, Mesh) else body.index.ravel())[pieces]
    names = [p.name for p in body.phases]
    edges = {"edgecolors": "#444444", "linewidths": 0.15}
    figure = plt.figure(figsize=(4.0 * (1 + len(data["m"])), 3.6), layout="constrained")
    axes = [figure.add_subplot(1, 1 + len(data["m"]), k + 1, projection="3d") for k in range(1 + len(data["m"]))]
    colours = np.array([to_rgb(CoreShell.palette[name]) for name in names])[phase]
    axes[0].add_collection3d(Poly3DCollection(polygons, facecolors=colours, **edges))
    axes[0].set_title("phases")
    for axis, m, field_T, title in zip(
        axes[1:], data["m"], data["fields_T"], ("before nucleation", "after it", f"past {HC}"), strict=False
    ):
        values = m.ravel()[body.tetrahedra].mean(1) if isinstance(body, Mesh) else m.ravel()
        axis.add_collection3d(Poly3DCollection(polygons, facecolors=COLOURS((values[pieces] + 1) / 2), **edges))
        axis.set_title(f"{title}: {MU0_H} = {quantity(field_T, '.2f')} T")
    low, high = polygons.reshape(-1, 3).min(0), polygons.reshape(-1, 3).max(0)
    for axis in axes:
        axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
        axis.set_box_aspect(high - low)
        axis.view_init(elev=24, azim=-52)
        axis.set(xlabel="x (nm)", ylabel="y (nm)", zlabel="z (nm)")
        axis.locator_params(nbins=4)
    scale = ScalarMappable(Normalize(-1, 1), COLOURS)
    figure.colorbar(scale, ax=axes[1:], label="magnetisation along c, $m_c$", shrink=0.6)
    used = np.unique(phase)
    handles = [Patch(color=CoreShell.palette[names[p]], label=names[p]) for p in used]
    figure.legend(handles=handles, ncols=len(used), loc="outside lower left")
    save(figure, output)


def _of_cells(voxels):
    """(quadrangles (q, 4, 3) in nm, index of the cell of each) of the faces that can be seen from the corner."""
    n, cell = voxels.index.shape, np.array(voxels.cell_m) * 1e9
    centre = np.stack(np.meshgrid(*(np.arange(k) + 0.5 - k / 2 for k in n), indexing="ij"))
    kept = ~(centre * CORNER[:, None, None, None] > 0).all(0)
    number, found = np.arange(kept.size).reshape(n), []
    for axis, side in enumerate(CORNER):
        beside = np.roll(kept, -side, axis=axis)
        edge = [slice(None)] * 3
        edge[axis] = -1 if side > 0 else 0
        beside[tuple(edge)] = False
        seen = kept & ~beside
        corners = np.zeros((4, 3))
        corners[:, axis] = side / 2
        corners[:, [k for k in range(3) if k != axis]] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]
        found.append(((centre[:, seen].T[:, None] + corners) * cell, number[seen]))
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))


def _of_elements(mesh):
    """(triangles (t, 3, 3) in nm, index of the element of each) of the surface of the elements outside of the corner."""
    middle = (mesh.nodes.min(0) + mesh.nodes.max(0)) / 2
    centroids = mesh.nodes[mesh.tetrahedra].mean(1) - middle
    kept = np.flatnonzero(~(centroids * CORNER > 0).all(1))
    faces = mesh.tetrahedra[kept][:, FACES].reshape(-1, 3)
    _, first, count = np.unique(np.sort(faces, axis=1), axis=0, return_index=True, return_counts=True)
    surface = first[count == 1]
    return (mesh.nodes[faces[surface]] - middle) * 1e9, kept[surface // 4]
