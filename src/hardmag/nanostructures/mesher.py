"""Core/shell grains as tetrahedra, by gmsh. Nothing else of the package needs it."""

from functools import lru_cache

import numpy as np

from hardmag.errors import UnfitMesh, UserError
from hardmag.materials import Phase
from hardmag.mesh import COARSEST, WIDEST, Mesh, fit, ordered

MEAN_EDGE = 1.35  # mean edge of gmsh's elements over the size that it is asked for
GROWTH = 0.25  # of the element's size per length away from surface and interfaces
NODES = (0.34, 1.08)  # nodes per size³ of volume and per size² of faces: eleven grains of 1,700 to 37,000 nodes within 8 %
ACROSS = 32  # points along half an edge of the grain, for the integral over its volume
KEPT = 4  # meshes; a batch has few geometries in many materials and realisations
VOLUME_TOLERANCE = 1e-6
LIBRARIES = "libglu1-mesa libgl1 libxft2 libxcursor1 libxinerama1 libxfixes3 libxrender1 libfontconfig1"  # Debian


def mesh_of(grain, edge_nm=None, coarsest=COARSEST, grid_nm=None):
    """Mesh of a CoreShell grain, checked; phases and axes as in its voxels, but with thicknesses to the letter.

    edge_nm: mean edge of the elements at surface and interfaces, None for δ0 = √(A/K), the smallest of the phases;
    coarsest: most edges of this size that an element inside may be wide; grid_nm: of the demagnetising field's grid, None for
    edge_nm. Grains of one geometry, whatever their materials, share the mesh. Raises UnfitMesh where it is not fit for a
    simulation, UserError where gmsh is missing.
    """
    delta0_nm = min(grain.phases[p].delta0_m for p in grain.bricks_nm) * 1e9
    edge_nm = edge_nm or delta0_nm
    if not 0 < edge_nm < float("inf"):
        raise UserError("no phase of the grain has an anisotropy, so none sets the size of the elements: give edge_nm")
    names = tuple(p.name for p in grain.phases)
    mesh = _meshed(_plain(grain.bricks_nm), names, edge_nm / MEAN_EDGE, coarsest, grid_nm or edge_nm).with_phases(grain.phases)
    fit(mesh, "mesh", WIDEST * coarsest * max(edge_nm / delta0_nm, 1))
    return mesh


def shape_of(bricks_nm, edge_nm, grid_nm=None):
    """Mesh.shape of what mesh_of makes, its nodes estimated: it costs nothing to know."""
    bricks, size = _plain(bricks_nm), edge_nm / MEAN_EDGE
    halves = np.array([half for _, half in bricks])
    at = np.meshgrid(*((np.arange(ACROSS) + 0.5) / ACROSS * h for h in halves[-1]), indexing="ij", sparse=True)
    depth = [np.abs(np.maximum(np.maximum(at[0] - x, at[1] - y), at[2] - z)) for x, y, z in halves]
    sizes = np.minimum(size + GROWTH * np.minimum.reduce(depth), COARSEST * size)
    volume = np.prod(2 * halves[-1]) * np.mean(sizes**-3.0)
    faces = sum(8 * (x * y + y * z + z * x) for x, y, z in halves) / size**2
    grid = (max(1, round(2 * half / (grid_nm or edge_nm))) for half in halves[-1].tolist())
    return round(NODES[0] * volume + NODES[1] * faces), *grid


def _plain(bricks_nm):
    return tuple((phase, tuple(half.tolist())) for phase, half in bricks_nm.items())


@lru_cache(KEPT)
def _meshed(bricks, names, size, coarsest, grid_nm):
    """Mesh of concentric bricks ((phase, half extensions), …), the innermost first, its phases but names."""
    nodes, tetrahedra, phase = _tetrahedra(bricks, size, coarsest)
    try:
        phases = tuple(Phase(name, 1e-11, 0.0, 1.0) for name in names)
        mesh = Mesh(*ordered(nodes * 1e-9, tetrahedra), phase, phases, grid_nm * 1e-9)
    except ValueError as error:
        raise UnfitMesh(f"mesh: {error}") from None
    inner = 0.0
    for p, half in bricks:
        expected = 8e-27 * float(np.prod(half))
        found = float(mesh.phase_volumes()[p])
        if abs(found - (expected - inner)) > VOLUME_TOLERANCE * expected:
            raise UnfitMesh(f"mesh: {names[p]} fills {found * 1e27:.6g} nm³, should be {(expected - inner) * 1e27:.6g}")
        inner = expected
    return mesh


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
        x, y, z = (f"Abs({c})-{h!r}" for c, h in zip("xyz", half, strict=True))
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
        try:
            gmsh.model.mesh.generate(3)
        except Exception as error:  # noqa: BLE001 — gmsh has no other
            raise UnfitMesh(f"mesh: gmsh: {' '.join(str(error).split())}") from None
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
