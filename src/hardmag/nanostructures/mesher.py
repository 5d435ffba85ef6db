"""Core/shell grains and meshes of the user's own as tetrahedra, by gmsh and meshio. Nothing else of the package needs them."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from hardmag.errors import UserError
from hardmag.mesh import Mesh, ordered

MEAN_EDGE = 1.35  # mean edge of gmsh's elements over the size that it is asked for
GROWTH = 0.25  # of the element's size per length away from surface and interfaces
COARSEST = 2.0  # times δ0: largest size inside (Kovacs et al. 2023, section 2.2.1)
WIDEST = 1.7  # times that: what the mean edge of single elements may reach
VOLUME_TOLERANCE = 1e-6
LIBRARIES = "libglu1-mesa libgl1 libxft2 libxcursor1 libxinerama1 libxfixes3 libxrender1 libfontconfig1"  # Debian


def mesh_of(grain, edge_nm=None, coarsest=COARSEST, grid_nm=None):
    """Mesh of a CoreShell grain, checked; phases and axes as in its voxels, but with thicknesses to the letter.

    edge_nm: mean edge of the elements at surface and interfaces, None for δ0 = √(A/K), the smallest of the phases;
    coarsest: most edges of this size that an element inside may be wide; grid_nm: of the demagnetising field's grid, None for
    edge_nm. Raises UserError where the mesh is not fit for a simulation, or gmsh is missing.
    """
    delta0_nm = min(grain.phases[p].delta0_m for p in grain.bricks_nm) * 1e9
    edge_nm = edge_nm or delta0_nm
    if not 0 < edge_nm < float("inf"):
        raise UserError("no phase of the grain has an anisotropy, so none sets the size of the elements: give edge_nm")
    nodes, tetrahedra, phase = _tetrahedra(list(grain.bricks_nm.items()), edge_nm / MEAN_EDGE, coarsest)
    mesh = Mesh(*ordered(nodes * 1e-9, tetrahedra), phase, grain.phases, (grid_nm or edge_nm) * 1e-9)
    inner = 0.0
    for p, half in grain.bricks_nm.items():
        expected = float(np.prod(2 * half)) * 1e-27
        found = float(mesh.phase_volumes()[p])
        if abs(found - (expected - inner)) > VOLUME_TOLERANCE * expected:
            raise UserError(
                f"mesh: {mesh.phases[p].name} fills {found * 1e27:.6g} nm³, should be {(expected - inner) * 1e27:.6g}"
            )
        inner = expected
    fit(mesh, "mesh", WIDEST * coarsest * max(edge_nm / delta0_nm, 1))
    return mesh


def fit(mesh, name, max_size_over_delta0):
    """Raise UserError where the quality of the mesh does not do for a simulation."""
    complaint = mesh.quality().complaint(max_size_over_delta0)
    if complaint is not None:
        raise UserError(f"{name}: {complaint}")


def from_mesh(path, phases, grid_nm, max_size_over_delta0=WIDEST * COARSEST):
    """Mesh from a file of tetrahedra in nm: .msh whose physical volumes are named like `phases`, or .vtu with cell data
    `phase`, indices into them; checked as a mesh of one's own making is.

    phases: list of Phase; grid_nm: edge of the demagnetising field's grid. Raises UserError with one line.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such mesh file")
    file = _read(path)
    blocks = [k for k, block in enumerate(file.cells) if block.type == "tetra"]
    if not blocks:
        raise UserError(f"{path}: holds no tetrahedra")
    tetrahedra = np.concatenate([file.cells[k].data for k in blocks])
    names = [p.name for p in phases]
    if "phase" in file.cell_data:
        phase = np.concatenate([file.cell_data["phase"][k] for k in blocks])
    else:
        phase = _by_physical_volume(file, blocks, names, path)
    try:
        mesh = Mesh(
            *ordered(file.points * 1e-9, tetrahedra.astype(np.int64)), phase.astype(np.int64), tuple(phases), grid_nm * 1e-9
        )
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    fit(mesh, path, max_size_over_delta0)
    return mesh


def _read(path):
    """meshio.read without what it prints; an error is one line."""
    meshio, said = _meshio(), io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return meshio.read(path)
    except (meshio.ReadError, ValueError, KeyError, IndexError) as error:
        text = " ".join(str(error).split())
        if "'gmsh:physical'" in text:  # its reader of .msh 4 wants all elements in groups or none
            raise UserError(f"{path}: some of its elements belong to no physical group (save grouped ones alone)") from None
        raise UserError(f"{path}: not a readable mesh: {text or type(error).__name__}") from None
    except SystemExit:  # what meshio does about content that no reader takes
        raise UserError(f"{path}: not a readable mesh: neither .msh nor .vtu") from None


def _by_physical_volume(file, blocks, names, path):
    """Index of the phase of each tetrahedron, from the names of the physical volumes."""
    groups = {int(tag): name for name, (tag, dim) in file.field_data.items() if dim == 3}
    if "gmsh:physical" not in file.cell_data or not groups:
        raise UserError(f"{path}: has no named physical volumes; name one after each phase ({', '.join(names)})")
    tags = np.concatenate([file.cell_data["gmsh:physical"][k] for k in blocks]).astype(np.int64)
    untagged = ~np.isin(tags, list(groups))
    if untagged.any():
        raise UserError(f"{path}: {untagged.sum()} of {len(tags)} tetrahedra belong to no named physical volume")
    used = {tag: groups[tag] for tag in np.unique(tags).tolist()}
    unknown = [name for name in used.values() if name not in names]
    if unknown:
        raise UserError(f"{path}: physical volume {unknown[0]!r} is not a phase; phases are {', '.join(names)}")
    place = {tag: names.index(name) for tag, name in used.items()}
    return np.array([place[tag] for tag in tags.tolist()])


def write_mesh(mesh, path, m=None):
    """Write a mesh in nm, as .msh with named physical volumes or as .vtu for viewers, with m (3, n) as point data if given."""
    meshio = _meshio()
    cell_data = {"phase": [mesh.phase.astype(np.int32)]}
    point_data = {} if m is None else {"m": np.ascontiguousarray(m.T)}
    if Path(path).suffix == ".vtu":
        file = meshio.Mesh(mesh.nodes * 1e9, [("tetra", mesh.tetrahedra)], point_data, cell_data)
        file.write(path)
        return
    tags = (mesh.phase + 1).astype(np.int32)
    groups = {p.name: np.array([k + 1, 3]) for k, p in enumerate(mesh.phases)}
    cell_data = {"gmsh:physical": [tags], "gmsh:geometrical": [tags]}
    meshio.Mesh(mesh.nodes * 1e9, [("tetra", mesh.tetrahedra)], point_data, cell_data, field_data=groups).write(path, "gmsh22")


def _meshio():
    try:
        import meshio
    except ModuleNotFoundError:
        raise UserError("reading and writing meshes needs meshio: pip install gmsh meshio") from None
    return meshio


def _gmsh():
    """The module; it loads system libraries that pip does not bring."""
    try:
        import gmsh
    except ModuleNotFoundError:
        raise UserError("meshes of grains need gmsh: pip install gmsh meshio") from None
    except OSError as error:
        raise UserError(f"gmsh cannot be loaded ({error}): apt-get install {LIBRARIES}") from None
    return gmsh


def _size_field(bricks, size, coarsest):
    """Expression of gmsh's MathEval: `size` on the faces of all bricks, growing inside up to coarsest × size."""
    faces = []
    for _, half in bricks:
        x, y, z = (f"Abs({c})-{h!r}" for c, h in zip("xyz", half.tolist(), strict=True))
        faces.append(f"Abs(Max(Max({x},{y}),{z}))")
    distance = faces[0]
    for face in faces[1:]:
        distance = f"Min({distance},{face})"
    return f"Min({size!r}+{GROWTH!r}*{distance},{coarsest * size!r})"


def _tetrahedra(bricks, size, coarsest):
    """(nodes in nm, tetrahedra, phase) of concentric bricks [(phase, half extensions)], the innermost first."""
    gmsh = _gmsh()
    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        for option, value in (
            ("General.Terminal", 0),
            ("General.NumThreads", 1),  # the same mesh every time
            ("Mesh.Algorithm3D", 10),  # HXT
            ("Mesh.MeshSizeExtendFromBoundary", 0),
            ("Mesh.MeshSizeFromPoints", 0),
            ("Mesh.MeshSizeFromCurvature", 0),
            ("Mesh.OptimizeThreshold", 0.35),
        ):
            gmsh.option.setNumber(option, value)
        gmsh.model.add("grain")
        occ = gmsh.model.occ
        boxes = [(3, occ.addBox(*(-h for h in half), *(2 * h for h in half))) for _, half in bricks]
        pieces = occ.fragment(boxes[:1], boxes[1:])[1] if len(boxes) > 1 else [boxes]
        occ.synchronize()
        owner = {}
        for (phase, _), parts in zip(reversed(bricks), reversed(pieces), strict=True):  # the innermost has the last word
            owner |= {tag: phase for _, tag in parts}
        field = gmsh.model.mesh.field.add("MathEval")
        gmsh.model.mesh.field.setString(field, "F", _size_field(bricks, size, coarsest))
        gmsh.model.mesh.field.setAsBackgroundMesh(field)
        gmsh.model.mesh.generate(3)
        tags, coordinates, _ = gmsh.model.mesh.getNodes()
        place = np.full(int(tags.max()) + 1, -1)
        place[tags.astype(np.int64)] = np.arange(len(tags))
        found, phases = [], []
        for volume, phase in sorted(owner.items()):
            of_volume = gmsh.model.mesh.getElementsByType(4, volume)[1].reshape(-1, 4)
            found.append(place[of_volume.astype(np.int64)])
            phases.append(np.full(len(of_volume), phase))
        return coordinates.reshape(-1, 3), np.concatenate(found), np.concatenate(phases)
    finally:
        gmsh.finalize()
