"""A polycrystal as tetrahedra, by gmsh: grains that lie apart, each a phase of its own, and a magnetic boundary around them."""

from functools import lru_cache

import numpy as np

from hardmag.errors import UnfitMesh
from hardmag.materials import Phase
from hardmag.mesh import COARSEST, WIDEST, Mesh, fit, ordered
from hardmag.nanostructures.mesher import GROWTH, MEAN_EDGE, VOLUME_TOLERANCE, add_surface, generated, gmsh_session
from hardmag.polyhedron import Polyhedron

NODES = (0.34, 1.08, 150)  # nodes per size³ of volume, per size² of faces, and about the short edges of a grain: to 25 %
AREA = 5.3  # of a grain over its volume^⅔: 5.315 of a truncated octahedron
DEPTHS = (np.arange(100) + 0.5) / 100  # from the surface of a grain to the middle
KEPT = 4  # meshes


def mesh_of(grains, cores, pores, boundary, box_nm, others_m3, edge_nm, grid_nm=None):
    """Mesh of grains and, where that is magnetic, of what lies between them, checked. Pores are left out.

    grains: [(Polyhedron in nm, Phase with its easy axis)], which lie apart; cores: likewise, one within each grain, whose phase
    is then its shell's, or none; pores: polyhedra; boundary: Phase of what else the box [0, box_nm] holds, None where that is
    not meshed; others_m3: {name: volume} of what is not; edge_nm: mean edge of the elements at surface and interfaces, finer
    where grains have shorter edges; grid_nm: of the demagnetising field's grid, None for edge_nm. Structures of one geometry,
    whatever their materials, share the mesh. Raises UnfitMesh where it is not fit for a simulation, UserError where gmsh is
    missing.
    """
    phases = [phase for _, phase in [*grains, *cores]] + [boundary] * (boundary is not None)
    shapes = tuple(
        tuple((body.corners.tobytes(), body.faces) for body in bodies)
        for bodies in ([body for body, _ in grains], [body for body, _ in cores], pores)
    )
    box = None if boundary is None else tuple(box_nm)
    mesh = _meshed(shapes, box, tuple(others_m3.items()), edge_nm / MEAN_EDGE, grid_nm or edge_nm)
    mesh = mesh.with_phases(phases)
    delta0_nm = min(phase.delta0_m for phase in phases) * 1e9
    fit(mesh, "mesh", WIDEST * COARSEST * max(edge_nm / delta0_nm, 1))
    return mesh


def shape_of(count, pores, box_nm, boundary_nm, shell_nm, filled, edge_nm, grid_nm=None):
    """About Mesh.shape of what mesh_of makes of so many grains and pores in a box, as if all were alike: it costs nothing to
    know. boundary_nm: between two of them; shell_nm: of each, 0 for none; filled: whether the boundary is meshed."""
    size, cell_nm3 = edge_nm / MEAN_EDGE, float(np.prod(box_nm)) / count
    radius = 3 * cell_nm3 ** (1 / 3) / AREA  # as if the faces of a cell were all as far from its middle
    shrunk = max(0.0, 1 - boundary_nm / 2 / radius)
    volume, area, radius = cell_nm3 * shrunk**3, AREA * cell_nm3 ** (2 / 3) * shrunk**2, radius * shrunk
    depths = np.minimum(radius * DEPTHS, np.abs(radius * DEPTHS - shell_nm)) if shell_nm else radius * DEPTHS
    sizes = np.minimum(size + GROWTH * depths, COARSEST * size)
    inside = volume * np.mean(3 * (1 - DEPTHS) ** 2 * sizes**-3.0)
    nodes = (count - pores) * (NODES[0] * inside + NODES[1] * area / size**2 + NODES[2])
    if shell_nm:
        nodes += (count - pores) * (NODES[1] * area * max(0.0, 1 - shell_nm / radius) ** 2 / size**2 + NODES[2])
    if filled:
        outside = 2 * sum(box_nm[k] * box_nm[k - 1] for k in range(3)) + pores * area
        nodes += NODES[0] * count * (cell_nm3 - volume) / size**3 + NODES[1] * outside / size**2
    edges = (edge - (0 if filled else boundary_nm) for edge in box_nm)
    return round(nodes), *(max(1, round(edge / (grid_nm or edge_nm))) for edge in edges)


@lru_cache(KEPT)
def _meshed(shapes, box, others_m3, size, grid_nm):
    """Mesh whose phases are but as many as there are: grains, or their shells, cores, and what else is in the box, if one is
    given. shapes: of grains, cores and pores, (bytes of corners, faces) of each."""
    read = lambda shape: Polyhedron(np.frombuffer(shape[0]).reshape(-1, 3), shape[1])  # noqa: E731
    grains, cores, pores = ([read(shape) for shape in some] for some in shapes)
    box = None if box is None else Polyhedron.box(np.zeros(3), np.array(box))
    volumes, within = [body.volume for body in [*grains, *pores]], [core.volume for core in cores]
    expected = [*volumes[: len(grains)], *within]
    for grain, core in enumerate(within):
        expected[grain] -= core
    if box is not None:
        expected.append(box.volume - sum(volumes))
    phases = tuple(Phase("magnet", 1e-11, 0.0, 1.0) for _ in expected)
    nodes, tetrahedra, phase = _tetrahedra(grains, cores, pores, box, size)
    try:
        mesh = Mesh(*ordered(nodes * 1e-9, tetrahedra), phase, phases, grid_nm * 1e-9, dict(others_m3))
    except ValueError as error:
        raise UnfitMesh(f"mesh: {error}") from None
    found = mesh.phase_volumes() * 1e27
    wrong = np.flatnonzero(np.abs(found - expected) > VOLUME_TOLERANCE * np.array(expected))
    if len(wrong):
        part = f"grain {wrong[0] % len(grains)}" if wrong[0] < len(grains) + len(cores) else "the boundary"
        raise UnfitMesh(f"mesh: {part} fills {found[wrong[0]]:.6g} nm³, should be {expected[wrong[0]]:.6g}")
    return mesh


def _tetrahedra(grains, cores, pores, box, size):
    """(nodes in nm, tetrahedra, phase) of grains, their cores, and of what a box, if one is given, holds beside all."""
    with gmsh_session() as gmsh:
        kernel = gmsh.model.geo
        surfaces = [add_surface(kernel, body)[0] for body in (grains if box is None else [*grains, *pores])]
        within = [[add_surface(kernel, core)[0]] for core in cores]
        shells = zip(surfaces, within or [[]] * len(grains), strict=False)
        volumes = [[surface, *inner] for surface, inner in shells] + within
        if box is not None:
            volumes.append([add_surface(kernel, box)[0], *surfaces])
        owner = {kernel.addVolume(bounds): phase for phase, bounds in enumerate(volumes)}
        kernel.synchronize()
        wanted = _size_at([*grains, *cores, *pores, *([] if box is None else [box])], size)
        gmsh.model.mesh.setSizeCallback(lambda dimension, tag, x, y, z, found: wanted(x, y, z))
        return generated(gmsh, owner)


def _size_at(bodies, size):
    """Function of x, y, z: the size of elements there. It is `size` on the faces of the bodies, smaller where corners lie
    nearer to an edge than that, and grows with the distance from both."""
    normals, offsets = np.concatenate([b.normals for b in bodies]), np.concatenate([b.offsets for b in bodies])
    starts = np.cumsum([0, *(len(body.faces) for body in bodies[:-1])])
    found = [_narrow_places(body, size * MEAN_EDGE) for body in bodies]
    at, widths = (np.concatenate(column) for column in zip(*found, strict=True))
    sizes = np.append(widths / MEAN_EDGE, np.inf)
    at = np.concatenate([at, np.zeros((1, 3))])

    def wanted(x, y, z):
        point = np.array((x, y, z))
        depth = np.abs(np.maximum.reduceat(normals @ point - offsets, starts)).min()
        narrow = (sizes + GROWTH * np.sqrt(np.square(at - point).sum(1))).min()
        return float(min(size + GROWTH * depth, COARSEST * size, narrow))

    return wanted


def _narrow_places(body, narrow):
    """(corners (k, 3), distances (k,)) of the corners of a polyhedron that lie nearer than `narrow` to an edge of a face of
    theirs that does not end there, or to the other end of one that does."""
    nearest = np.full(len(body.corners), np.inf)
    for face in map(list, body.faces):
        at = body.corners[face]
        along = np.roll(at, -1, axis=0) - at
        square = (along**2).sum(1)
        away = at[:, None] - at  # (corner, edge, 3)
        part = np.clip((away * along).sum(-1) / square, 0, 1)
        distance = np.linalg.norm(away - part[..., None] * along, axis=-1)
        own = np.arange(len(face))
        distance[own, own] = np.sqrt(square)
        distance[(own + 1) % len(face), own] = np.sqrt(square)
        nearest[face] = np.minimum(nearest[face], distance.min(1))
    near = nearest < narrow
    return body.corners[near], nearest[near]
