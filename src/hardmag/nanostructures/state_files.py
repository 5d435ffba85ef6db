"""States of magnetisation as .vtu files, which viewers such as ParaView read: of voxels, meshes and grains."""

from pathlib import Path

import numpy as np

from hardmag.files import atomic_path
from hardmag.grains import Grains
from hardmag.mesh import Mesh
from hardmag.nanostructures.mesh_files import load_meshio

SERIES = "states.pvd"


def write_state(body, path, m, mu0_H_T):
    """Write m at a field as .vtu in nm: at the nodes of a mesh, or in the cells of voxels, 0 where nothing is magnetic; or of
    grains, each as tetrahedra around its centroid.

    m: as the solver has it, (3, nodes, 1, 1), (3, nx, ny, nz) or (3, g); cell data `phase`, its `Ms_A_per_m`, by which
    M = Ms·m, and `mu0_H_T`, the same everywhere; of grains also `grain`, its number, and `easy_axis`.
    """
    of = next((found for kind, found in ((Mesh, _of_elements), (Grains, _of_grains)) if isinstance(body, kind)), _of_cells)
    points, cells, phase, point_data, cell_data = of(body, m.reshape(3, -1).T)
    Ms = np.array([p.Ms_A_per_m for p in body.phases])[phase]
    cell_data |= {"phase": phase.astype(np.int32), "Ms_A_per_m": Ms, "mu0_H_T": np.full(len(phase), mu0_H_T, dtype=np.float32)}
    cell_data = {name: [values] for name, values in cell_data.items()}
    with atomic_path(path) as temporary:
        load_meshio().Mesh(points * 1e9, [cells], point_data, cell_data).write(temporary, file_format="vtu")


def write_series(body, folder, states):
    """Write the states of a half-cycle as state_0000.vtu and so on, and states.pvd, by which ParaView takes them as a series.

    states: iterable of (µ0·H in T, m), the field decreasing. Its negative is the time of ParaView, which runs upwards.
    """
    entries = []
    for number, (field_T, m) in enumerate(states):
        name = f"state_{number:04d}.vtu"
        write_state(body, Path(folder) / name, m, field_T)
        entries.append(f'<DataSet timestep="{0 - float(field_T):.9g}" file="{name}"/>')
    kind = '<VTKFile type="Collection" version="0.1" byte_order="LittleEndian">'
    with atomic_path(Path(folder) / SERIES) as temporary:
        text = "\n".join(['<?xml version="1.0"?>', kind, "<Collection>", *entries, "</Collection>", "</VTKFile>", ""])
        Path(temporary).write_text(text, encoding="utf-8")


def _magnetic(body):
    """Of each phase, whether it is."""
    return np.array([p.Ms_A_per_m > 0 for p in body.phases])


def _of_elements(mesh, m):
    """(points in m, cells, phase of each, point data, cell data) of a Mesh."""
    occupied = np.isin(np.arange(len(mesh.nodes)), mesh.tetrahedra[_magnetic(mesh)[mesh.phase]])
    return mesh.nodes, ("tetra", mesh.tetrahedra), mesh.phase, {"m": _where(occupied, m)}, {}


def _of_cells(voxels, m):
    """The same of Voxels."""
    points, cells = _hexahedra(voxels)
    phase = voxels.index.ravel()
    return points, cells, phase, {}, {"m": _where(_magnetic(voxels)[phase], m)}


def _of_grains(grains, m):
    """The same of Grains."""
    points, cells, first = [], [], 0
    for body in grains.bodies:
        middle = len(body.corners)
        fans = [(middle, face[0], *face[k : k + 2]) for face in body.faces for k in range(1, len(face) - 1)]
        points += [body.corners, body.centroid[None]]
        cells.append(np.array(fans) + first)
        first += middle + 1
    grain = np.repeat(np.arange(len(cells)), [len(own) for own in cells])
    data = {"grain": grain.astype(np.int32), "easy_axis": grains.axis[grain].astype(np.float32)}
    data["m"] = m[grain].astype(np.float32)
    return np.concatenate(points), ("tetra", np.concatenate(cells)), grains.phase[grain], {}, data


def _where(occupied, m):
    return np.where(occupied[:, None], m, 0).astype(np.float32)


def _hexahedra(voxels):
    """(points (n, 3) in m, ("hexahedron", (cells, 8))) of a grid, cells in the order of the array."""
    shape = voxels.index.shape
    at = np.stack(np.meshgrid(*(np.arange(n + 1) for n in shape), indexing="ij"), -1)
    number = np.arange(at[..., 0].size).reshape(at.shape[:3])
    round_ = ((0, 0), (1, 0), (1, 1), (0, 1))  # as VTK goes round a face
    corners = [number[i : i + shape[0], j : j + shape[1], k : k + shape[2]].ravel() for k in (0, 1) for i, j in round_]
    return at.reshape(-1, 3) * np.array(voxels.cell_m), ("hexahedron", np.stack(corners, 1))
