"""A core/shell grain in air, meshed by gmsh for codes that solve for the potential, and its magnetic elements alone as a Mesh.

The air is as that of the meshes that come with mammos-mumag: a ball around the grain, and a shell around it that is mapped to
all of space ("spherical shell transformation").
"""

import gmsh
import numpy as np

from hardmag.mesh import Mesh, ordered
from hardmag.nanostructures.mesher import MEAN_EDGE

BALL, SHELL = 1.04, 1.8  # radius of the ball over the grain's half diagonal, of the shell over that; as theirs
GROWTH = 0.25  # of the elements' size per length away from the grain


def tetrahedra_in_air(grain, edge_nm):
    """(nodes in nm (n, 3), tetrahedra (e, 4), region (e,)) of a CoreShell with all three phases: regions 0 to 2 are its phases,
    3 is the ball of air, 4 the shell around it. edge_nm: mean edge of the elements in the grain."""
    halves = list(grain.bricks_nm.values())
    ball = BALL * float(np.linalg.norm(halves[-1]))
    x, y, z = (f"Abs({c})-{h!r}" for c, h in zip("xyz", halves[-1].tolist(), strict=True))
    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        for option, value in (
            ("General.Terminal", 0),
            ("General.NumThreads", 1),
            ("Mesh.Algorithm3D", 10),
            ("Mesh.MeshSizeExtendFromBoundary", 0),
            ("Mesh.MeshSizeFromPoints", 0),
            ("Mesh.MeshSizeFromCurvature", 0),
            ("Mesh.OptimizeThreshold", 0.35),
        ):
            gmsh.option.setNumber(option, value)
        occ = gmsh.model.occ
        bodies = [(3, occ.addBox(*(-h), *(2 * h))) for h in halves]
        bodies += [(3, occ.addSphere(0, 0, 0, r)) for r in (ball, SHELL * ball)]
        pieces = occ.fragment(bodies[:1], bodies[1:])[1]
        occ.synchronize()
        field = gmsh.model.mesh.field.add("MathEval")
        gmsh.model.mesh.field.setString(field, "F", f"{edge_nm / MEAN_EDGE!r}+{GROWTH!r}*Max(0,Max(Max({x},{y}),{z}))")
        gmsh.model.mesh.field.setAsBackgroundMesh(field)
        gmsh.model.mesh.generate(3)
        tags, coordinates, _ = gmsh.model.mesh.getNodes()
        place = np.full(int(tags.max()) + 1, -1)
        place[tags.astype(np.int64)] = np.arange(len(tags))
        owner = {tag: k for k in reversed(range(len(pieces))) for _, tag in pieces[k]}  # the innermost has the last word
        parts = {tag: gmsh.model.mesh.getElementsByType(4, tag)[1].reshape(-1, 4) for tag in sorted(owner)}
        region = np.concatenate([np.full(len(part), owner[tag]) for tag, part in parts.items()])
        return coordinates.reshape(-1, 3), place[np.concatenate(list(parts.values())).astype(np.int64)], region
    finally:
        gmsh.finalize()


def magnetic(grain, nodes, tetrahedra, region, edge_nm):
    """The Mesh of the elements of the grain's phases, the same ones."""
    inside = region < len(grain.phases)
    return Mesh(*ordered(nodes * 1e-9, tetrahedra[inside]), region[inside], grain.phases, edge_nm * 1e-9)


def write_fly(path, nodes, tetrahedra, region):
    """Finley's mesh file; region k has tag k + 1."""
    lines = ["Mesh", f"3D-nodes {len(nodes)}"]
    lines += [f"{k} {k} 0 {x:.15g} {y:.15g} {z:.15g}" for k, (x, y, z) in enumerate(nodes.tolist(), 1)]
    lines.append(f"Tet4 {len(tetrahedra)}")
    for k, (tag, corners) in enumerate(zip((region + 1).tolist(), (tetrahedra + 1).tolist(), strict=True), 1):
        lines.append(f"{k} {tag} " + " ".join(map(str, corners)))
    path.write_text("\n".join([*lines, "Tri3 0", "Tri3_Contact 0", "Point1 0", "Tags"]) + "\n")
