"""Meshes as files, by meshio: what a user has made with gmsh or another mesher, and what viewers such as ParaView read."""

import io
import resource
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

from hardmag.errors import UnfitMesh, UserError
from hardmag.magnitudes import MAGNITUDES
from hardmag.mesh import COARSEST, EDGES, WIDEST, Mesh, fit, ordered
from hardmag.nanostructures.joints import complaint, merged

READERS = {".msh": "gmsh", ".vtu": "vtu"}  # of meshio, which asked by itself keeps what they complain of
LARGEST = 1e12
# What reading a mesh may allocate: a tetrahedron takes 30 bytes of text, and some hundred while it is read.
SPARE_BYTES, BYTES_PER_BYTE = 2**30, 100
UNUSUAL = {  # sections of .msh files that meshio knows not what to make of
    b"$PartitionedEntities": "it is partitioned; save it whole (in gmsh: Mesh, Unpartition)",
    b"$ParametricNodes": "its nodes have parametric coordinates; save them without (in gmsh: Mesh.SaveParametric = 0)",
}


def from_mesh(path, phases, grid_nm, max_size_over_delta0=WIDEST * COARSEST):
    """Mesh from a file of tetrahedra in nm: .msh whose physical volumes are named like `phases`, or .vtu with cell data
    `phase`, indices into them; checked as a mesh of one's own making is.

    phases: list of Phase; grid_nm: edge of the demagnetising field's grid. Raises UserError with one line.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such mesh file")
    nodes, tetrahedra, blocks, file = _elements(path)
    edge_nm = _edge_nm(nodes, tetrahedra, path)
    tetrahedra, doubled = merged(nodes, tetrahedra, edge_nm)
    if doubled:
        warnings.warn(f"{path}: {doubled} nodes stand in the place of others; they are taken as one with them", stacklevel=2)
    names = [p.name for p in phases]
    phase = _by_index(file, blocks, path) if "phase" in file.cell_data else _by_physical_volume(file, blocks, names, path)
    try:
        mesh = Mesh(*ordered(file.points * 1e-9, tetrahedra), phase, tuple(phases), grid_nm * 1e-9)
    except ValueError as error:
        raise UnfitMesh(f"{path}: {error}") from None
    fit(mesh, path, max_size_over_delta0)
    unjoined = complaint(mesh)
    if unjoined:
        raise UnfitMesh(f"{path}: {unjoined}")
    return mesh


def _elements(path):
    """(nodes (n, 3) in nm as fp64, tetrahedra (e, 4), numbers of their blocks, what meshio has read)."""
    file = _read(path)
    others = [block.type for block in file.cells if block.type not in ("tetra", "triangle", "line", "vertex")]
    if others:
        raise UserError(f"{path}: holds elements of type {others[0]}; linear tetrahedra alone are taken")
    blocks = [k for k, block in enumerate(file.cells) if block.type == "tetra" and len(block.data)]
    if not blocks:
        raise UserError(f"{path}: holds no tetrahedra")
    nodes, tetrahedra = _numbers(file.points, "coordinates", path), np.concatenate([file.cells[k].data for k in blocks])
    if nodes.ndim != 2 or nodes.shape[1] != 3:
        raise UserError(f"{path}: nodes must have three coordinates, got an array of shape {nodes.shape}")
    if tetrahedra.min() < 0 or tetrahedra.max() >= len(nodes):
        raise UserError(f"{path}: its elements name nodes beyond the {len(nodes)} that there are")
    return nodes, tetrahedra.astype(np.int64), blocks, file


def _numbers(values, what, path):
    """As fp64; refused where they are none, or too large to compute with."""
    values = np.asarray(values)
    if values.dtype.kind not in "fiu" or not (np.abs(values.astype(np.float64)) < LARGEST).all():
        raise UserError(f"{path}: {what} must be finite numbers below {LARGEST:g}")
    return values.astype(np.float64)


def _edge_nm(nodes, tetrahedra, path):
    """Median edge of the elements, of a magnitude that lengths in nm have."""
    ends = tetrahedra[:, np.array(EDGES)]
    edge_nm = float(np.median(np.linalg.norm(nodes[ends[..., 0]] - nodes[ends[..., 1]], axis=-1)))
    wrong = MAGNITUDES["_nm"].complaint(edge_nm)
    if wrong:
        raise UserError(f"{path}: its elements are {edge_nm:.3g} nm wide; the edges of a mesh {wrong}")
    return edge_nm


def _read(path):
    """meshio.read without what it prints; an error is one line."""
    meshio, said = load_meshio(), io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said), warnings.catch_warnings(), _memory_for(path):
            warnings.simplefilter("ignore")
            reader = getattr(meshio, READERS.get(path.suffix.lower(), ""), meshio)
            return reader.read(path)
    except SystemExit:  # what meshio does about content that no reader takes
        raise UserError(f"{path}: not a readable mesh: neither .msh nor .vtu") from None
    except Exception as error:  # noqa: BLE001 — of a damaged file its readers raise what their parts raise, from zlib.error to TypeError
        text = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, KeyError):
            text = f"it refers to {error.args[0]}, which is not there"
        if "gmsh:physical" in text:  # its reader of .msh 4 wants all elements in groups or none
            raise UserError(f"{path}: some of its elements belong to no physical group (save grouped ones alone)") from None
        raise UserError(f"{path}: not a readable mesh: {_unusual(path) or f'damaged, or of another format ({text})'}") from None


@contextmanager
def _memory_for(path):
    """Limits what may be allocated inside to what a file of this size can need: a damaged count or tag would else have the
    reader fill the machine, and the process killed without a word."""
    before, hard = resource.getrlimit(resource.RLIMIT_AS)
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    limit = in_use + SPARE_BYTES + BYTES_PER_BYTE * path.stat().st_size
    if before != resource.RLIM_INFINITY:
        limit = min(limit, before)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (before, hard))


def _unusual(path):
    """In words, what a .msh file has that meshio does not read; None where it has nothing of the kind."""
    content = path.read_bytes()
    return next((text for section, text in UNUSUAL.items() if section in content), None)


def _by_index(file, blocks, path):
    """Index of the phase of each tetrahedron, from cell data `phase`."""
    phase = np.concatenate([file.cell_data["phase"][k] for k in blocks])
    if phase.ndim != 1 or not np.array_equal(phase, np.floor(_numbers(phase, "cell data 'phase'", path))):
        raise UserError(f"{path}: cell data 'phase' must be one whole number for each element")
    return phase.astype(np.int64)


def _by_physical_volume(file, blocks, names, path):
    """Index of the phase of each tetrahedron, from the names of the physical volumes."""
    groups = {int(tag): name for name, (tag, dim) in file.field_data.items() if dim == 3}
    if path.suffix == ".vtu":
        raise UserError(f"{path}: has no cell data 'phase'; it has {', '.join(map(repr, file.cell_data)) or 'none'}")
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


def write_mesh(mesh, path):
    """Write a mesh in nm, as .msh with named physical volumes or as .vtu with cell data `phase`."""
    file = load_meshio().Mesh(mesh.nodes * 1e9, [("tetra", mesh.tetrahedra)])
    if Path(path).suffix == ".vtu":
        file.cell_data = {"phase": [mesh.phase.astype(np.int32)]}
        file.write(path)
        return
    tags = (mesh.phase + 1).astype(np.int32)
    file.cell_data = {"gmsh:physical": [tags], "gmsh:geometrical": [tags]}
    file.field_data = {p.name: np.array([k + 1, 3]) for k, p in enumerate(mesh.phases)}
    file.write(path, "gmsh22")


def load_meshio():
    """The module. Raises UserError where it is missing."""
    try:
        import meshio
    except ModuleNotFoundError:
        raise UserError("reading and writing meshes needs meshio: pip install meshio") from None
    return meshio
