"""Bodies as tetrahedra, by gmsh, and core/shell grains as a mesh: each body inside the next."""

from contextlib import contextmanager
from functools import lru_cache, reduce

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
OPTIONS = {
    "General.Terminal": 0,
    "General.NumThreads": 1,  # the same mesh every time
    "Mesh.Algorithm3D": 10,  # HXT
    "Mesh.MeshSizeExtendFromBoundary": 0,
    "Mesh.MeshSizeFromPoints": 0,
    "Mesh.MeshSizeFromCurvature": 0,
    "Mesh.OptimizeThreshold": 0.35,
}
LIBRARIES = "libglu1-mesa libgl1 libxft2 libxcursor1 libxinerama1 libxfixes3 libxrender1 libfontconfig1"  # Debian


def mesh_of(grain, edge_nm=None, coarsest=COARSEST, grid_nm=None):
    """Mesh of a CoreShell grain, checked; phases and axes as in its voxels, but with thicknesses to the letter.

    edge_nm: mean edge of the elements at surface and interfaces, None for δ0 = √(A/K), the smallest of the phases;
    coarsest: most edges of this size that an element inside may be wide; grid_nm: of the demagnetising field's grid, None for
    edge_nm. Grains of one geometry, whatever their materials, share the mesh. Raises UnfitMesh where it is not fit for a
    simulation, UserError where gmsh is missing.
    """
    delta0_nm = min(grain.phases[p].delta0_m for p in grain.solids) * 1e9
    edge_nm = edge_nm or delta0_nm
    if not 0 < edge_nm < float("inf"):
        raise UserError("no phase of the grain has an anisotropy, so none sets the size of the elements: give edge_nm")
    names = tuple(p.name for p in grain.phases)
    mesh = _meshed(tuple(grain.solids.items()), names, edge_nm / MEAN_EDGE, coarsest, grid_nm or edge_nm)
    mesh = mesh.with_phases(grain.phases)
    fit(mesh, "mesh", WIDEST * coarsest * max(edge_nm / delta0_nm, 1))
    return mesh


def shape_of(solids, edge_nm, grid_nm=None):
    """Mesh.shape of what mesh_of makes of {phase: Convex}, its nodes estimated: it costs nothing to know."""
    return _estimated(tuple(solids.values()), edge_nm, grid_nm or edge_nm)


@lru_cache(10_000)
def _estimated(bodies, edge_nm, grid_nm):
    size, (low, high) = edge_nm / MEAN_EDGE, bodies[-1].box
    axes = (start + (np.arange(ACROSS) + 0.5) / ACROSS * length for start, length in zip(low, high - low, strict=True))
    at = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    depths = [(at @ np.array(body.planes)[:, :3].T - np.array(body.planes)[:, 3]).max(1) for body in bodies]
    sizes = np.minimum(size + GROWTH * np.abs(depths).min(0), COARSEST * size)[depths[-1] < 0]
    nodes = NODES[0] * bodies[-1].volume * np.mean(sizes**-3.0) + NODES[1] * sum(body.area for body in bodies) / size**2
    return round(nodes), *(max(1, round(length / grid_nm)) for length in (high - low).tolist())


@lru_cache(KEPT)
def _meshed(solids, names, size, coarsest, grid_nm):
    """Mesh of ((phase, Convex), …), each inside the next, its phases but names."""
    nodes, tetrahedra, phase = _tetrahedra(solids, size, coarsest)
    try:
        phases = tuple(Phase(name, 1e-11, 0.0, 1.0) for name in names)
        mesh = Mesh(*ordered(nodes * 1e-9, tetrahedra), phase, phases, grid_nm * 1e-9)
    except ValueError as error:
        raise UnfitMesh(f"mesh: {error}") from None
    inner, within = 0.0, None
    for p, body in solids:
        expected, found = body.volume, float(mesh.phase_volumes()[p]) * 1e27
        # Chords of curved surfaces cut off no more than their sagitta h²/8r, or than one chord does of a quarter of a circle.
        curved = [b for b in (body, within) if b is not None and b.radius]
        cut = sum(b.curved_area * min(0.3 * b.radius, (MEAN_EDGE * size) ** 2 / (8 * b.radius)) for b in curved)
        if abs(found - (expected - inner)) > VOLUME_TOLERANCE * expected + cut:
            raise UnfitMesh(f"mesh: {names[p]} fills {found:.6g} nm³, should be {expected - inner:.6g}")
        inner, within = expected, body
    return mesh


def load_gmsh():
    """The module; it loads system libraries that pip does not bring. Raises UserError where it or one of them is missing."""
    try:
        import gmsh
    except ModuleNotFoundError:
        raise UserError("meshes of grains need gmsh: pip install gmsh") from None
    except OSError as error:
        raise UserError(f"gmsh cannot be loaded ({error}): make libraries, or apt-get install {LIBRARIES}") from None
    return gmsh


def _size_field(solids, size, coarsest):
    """Expression of gmsh's MathEval: `size` on the faces of all bodies, growing inside up to coarsest × size."""
    distance = _nested("Min", [_distance(body) for _, body in solids])
    return f"Min({size!r}+{GROWTH!r}*{distance},{coarsest * size!r})"


def _distance(body):
    """Of a point from the nearest of the planes of a Convex, as an expression; faces that face each other are one term."""
    terms, left = [], list(body.planes)
    while left:
        *n, d = left.pop()
        along = "+".join(f"({c!r})*{x}" for c, x in zip(n, "xyz", strict=True) if c)
        other = next((p for p in left if np.allclose(p[:3], np.negative(n), atol=1e-12)), None)
        if other is None:
            terms.append(f"{along}-({d!r})")
        else:
            left.remove(other)
            terms.append(f"Abs({along}-({(d - other[3]) / 2!r}))-({(d + other[3]) / 2!r})")
    return f"Abs({_nested('Max', terms)})"


def _nested(function, terms):
    """A function of two as one of many: Min(Min(a,b),c)."""
    return reduce(lambda one, other: f"{function}({one},{other})", terms)


def add_surface(kernel, body):
    """Tags of (closed surface, its edges) of a convex body in a kernel of gmsh's, geo or occ. body: with corners and faces."""
    points, lines, faces = [kernel.addPoint(*corner) for corner in body.corners.tolist()], {}, []
    for face in body.faces:
        edges = []
        for i, j in zip(face, [*face[1:], face[0]], strict=True):
            ends = min(i, j), max(i, j)
            if ends not in lines:
                lines[ends] = kernel.addLine(*(points[k] for k in ends))
            edges.append(lines[ends] if i < j else -lines[ends])
        faces.append(kernel.addPlaneSurface([kernel.addCurveLoop(edges)]))
    return kernel.addSurfaceLoop(faces), list(lines.values())


def _add_body(occ, body):
    """Tag of a Convex as a volume of gmsh's."""
    surface, edges = add_surface(occ, body)
    volume = occ.addVolume([surface])
    return occ.fillet([volume], edges, [body.radius])[0][1] if body.radius else volume


@contextmanager
def gmsh_session():
    """The module with an empty model, and options by which it makes the same mesh every time."""
    gmsh = load_gmsh()
    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        for option, value in OPTIONS.items():
            gmsh.option.setNumber(option, value)
        gmsh.model.add("magnet")
        yield gmsh
    finally:
        gmsh.finalize()


def generated(gmsh, owner):
    """(nodes in the model's unit, tetrahedra, phase) of the meshed volumes {tag: phase} of a model. Raises UnfitMesh."""
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


def _tetrahedra(solids, size, coarsest):
    """(nodes in nm, tetrahedra, phase) of ((phase, Convex), …), each inside the next."""
    with gmsh_session() as gmsh:
        occ = gmsh.model.occ
        bodies = [(3, _add_body(occ, body)) for _, body in solids]
        pieces = occ.fragment(bodies[:1], bodies[1:])[1] if len(bodies) > 1 else [bodies]
        occ.synchronize()
        owner = {}
        for (phase, _), parts in zip(reversed(solids), reversed(pieces), strict=True):  # the innermost has the last word
            owner |= {tag: phase for _, tag in parts}
        field = gmsh.model.mesh.field.add("MathEval")
        gmsh.model.mesh.field.setString(field, "F", _size_field(solids, size, coarsest))
        gmsh.model.mesh.field.setAsBackgroundMesh(field)
        return generated(gmsh, owner)
