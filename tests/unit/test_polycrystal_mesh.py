"""Polycrystals as meshes: disjoint grains, or grains in a magnetic boundary; the volumes of mesh, cells and grains agree."""

import numpy as np
import pytest
from pydantic import ValidationError

from hardmag.api import half_cycle
from hardmag.errors import UnfitMesh, UserError
from hardmag.files import complaint
from hardmag.nanostructures import joints, polycrystal_mesh, refuse_unsolvable
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.polycrystal_drawn import drawn

MAGNET = {"grains": 5, "grain_size_nm": 16.0, "size_spread": 0.2, "boundary_nm": 1.5, "structure_seed": 4}
MESHED = MAGNET | {"edge_nm": 3.0}
FERROMAGNETIC = {"boundary_mu0_Ms_T": 0.5, "boundary_A_pJ_per_m": 3.0}


def magnet(**changes):
    return Polycrystal.model_validate(MAGNET | changes)


def built(**changes):
    return magnet(**changes).build(np.random.default_rng(1))


@pytest.mark.parametrize("boundary", [{}, FERROMAGNETIC, {"pore_percent": 20.0}, FERROMAGNETIC | {"pore_percent": 20.0}])
def test_the_mesh_fills_the_grains(boundary):
    """And what is between them, if that is magnetic; a pore is left out, and counted to the magnet."""
    mesh, found = built(edge_nm=3.0, **boundary), drawn(magnet(**boundary, cell_nm=(1, 1, 1)), None)
    bodies, axes = found.bodies, found.axis
    count = 4 if "pore_percent" in boundary else 5
    filled = "boundary_mu0_Ms_T" in boundary
    names = ["grain"] * count + ["boundary"] * filled
    assert [p.name for p in mesh.phases] == names
    assert np.array([p.axis for p in mesh.phases[:count]]) == pytest.approx(axes[:count])
    volumes = [body.volume for body in bodies]
    outside = 0 if filled else MAGNET["boundary_nm"]  # a layer that is not magnetic, outside of all grains, does not count
    box = np.prod(np.array(magnet(**boundary, cell_nm=(1, 1, 1)).extension_nm) - outside)
    assert mesh.phase_volumes()[:count] * 1e27 == pytest.approx(volumes[:count], rel=1e-6)
    expected = {"grain": sum(volumes[:count]), "boundary": box - sum(volumes), "pore": sum(volumes[count:])}
    assert mesh.fractions() == pytest.approx({name: v / box for name, v in expected.items()}, rel=1e-6)
    # Each element lies in its own grain, the boundary's in none.
    centres = mesh.nodes[mesh.tetrahedra].mean(1) * 1e9
    for grain, body in enumerate(bodies[:count]):
        assert np.array_equal(body.holds(centres), mesh.phase == grain)
    assert joints.complaint(mesh) is None
    shared = set.intersection(*(set(np.unique(mesh.tetrahedra[mesh.phase == p])) for p in (0, mesh.phase.max())))
    assert bool(shared) == filled  # by nodes of both are grains coupled to a boundary, and to nothing else


def test_mesh_cells_and_grains_are_one_magnet():
    """Shares and moment: of mesh and grains to rounding; of cells to a share that falls with their size, for they too leave out
    the layer of boundary on the outside."""
    grains, mesh = built(point_d=0.1), built(edge_nm=3.0)  # grains of 16 nm are too thin for points farther inside
    assert mesh.fractions() == pytest.approx(grains.fractions(), rel=1e-6)
    assert mesh.mean_Ms_A_per_m() == pytest.approx(grains.mean_Ms_A_per_m(), rel=1e-6)
    volume = grains.volumes.sum() * 1e27
    error = []
    for cell_nm in (1.0, 0.25):
        voxels = built(cell_nm=(cell_nm,) * 3)
        error.append(abs(np.sum(voxels.index == 0) * np.prod(voxels.cell_m) * 1e27 / volume - 1))
    assert error[1] < min(0.002, error[0])


def test_axes_of_cells_are_those_of_the_mesh():
    """A grain of the mesh and the cells at its centroid have one easy axis."""
    mesh, voxels = built(edge_nm=3.0), built(cell_nm=(0.5, 0.5, 0.5))
    for grain, phase in enumerate(mesh.phases):
        own = mesh.phase == grain
        centre = np.average(mesh.nodes[mesh.tetrahedra[own]].mean(1), axis=0, weights=mesh.volumes[own])
        at = tuple((centre / voxels.cell_m).astype(int))
        assert voxels.axis[(slice(None), *at)] == pytest.approx(phase.axis)


def test_short_edges_have_small_elements():
    """A corner no farther from another than a twentieth of an element is resolved, and the elements stay fit."""
    bodies = drawn(magnet(), None).bodies
    faces = [body.corners[list(face)] for body in bodies for face in body.faces]
    shortest = min(np.linalg.norm(at - np.roll(at, -1, axis=0), axis=1).min() for at in faces)
    mesh = built(edge_nm=3.0)
    assert mesh.edges.min() * 1e9 <= shortest < 0.15
    assert 2.4 < mesh.size_over_delta0() * mesh.phases[0].delta0_m * 1e9 < 3.0  # as asked for, but for such edges
    assert mesh.min_dihedral_deg > 10 and mesh.max_aspect_ratio < 5


@pytest.mark.parametrize("changes", [{"edge_nm": 2.5}, FERROMAGNETIC])
def test_nodes_are_known_before_there_is_a_mesh(changes, monkeypatch):
    magnet = Polycrystal.model_validate(MESHED | changes)
    found = magnet.build(None)
    monkeypatch.setattr(polycrystal_mesh, "_tetrahedra", None)
    nodes, *grid = magnet.shape
    assert nodes == pytest.approx(found.shape[0], rel=0.25) and grid == list(found.shape[1:])
    assert np.prod(magnet.refined().shape) > np.prod(magnet.shape)
    assert magnet.remeshed().edge_nm == pytest.approx(0.93 * magnet.edge_nm)


def test_one_mesh_for_all_materials(monkeypatch):
    """Constants and axes do not change it, the structure does."""
    made, make = [], polycrystal_mesh._tetrahedra
    monkeypatch.setattr(polycrystal_mesh, "_tetrahedra", lambda *given: made.append(given) or make(*given))
    polycrystal_mesh._meshed.cache_clear()
    meshes = [built(edge_nm=3.0, **changes) for changes in ({}, {"grain_K1_MJ_per_m3": 3.0}, {"misalignment_deg": 5.0})]
    assert len(made) == 1 and len({mesh.geometry for mesh in meshes}) == 1
    built(edge_nm=3.0, boundary_nm=1.6)
    assert len(made) == 2


def test_a_mesh_that_does_not_fill_its_grains_is_unfit(monkeypatch):
    make = polycrystal_mesh._tetrahedra
    monkeypatch.setattr(polycrystal_mesh, "_tetrahedra", lambda *given: (0.9 * (found := make(*given))[0], *found[1:]))
    polycrystal_mesh._meshed.cache_clear()
    with pytest.raises(UnfitMesh, match="mesh: grain 0 fills .* nm³, should be"):
        built(edge_nm=3.0)
    polycrystal_mesh._meshed.cache_clear()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"cell_nm": [1, 1, 1]}, "edge_nm asks for a mesh, cell_nm for cells: give one of the two"),
        ({"edge_nm": None, "grid_nm": 1.0}, "grid_nm goes with edge_nm"),
        ({"periodic": True}, "periodic: meshes are not periodic; give cell_nm in place of edge_nm"),
        ({"boundary_nm": 0.0}, "boundary_nm: must be > 0 with edge_nm: grains of a mesh lie apart"),
        (FERROMAGNETIC | {"boundary_nm": 1.0}, "edge_nm: must be <= 2.5 × boundary_nm, which is magnetic and to be resolved"),
        ({"edge_nm": None} | FERROMAGNETIC, "boundary_mu0_Ms_T: the reduced-order model has no magnetic boundary"),
    ],
)
def test_mistakes(change, line):
    with pytest.raises(ValidationError) as error:
        Polycrystal.model_validate(MESHED | change)
    assert complaint(error.value).startswith(line)


def test_without_gmsh_a_plan_says_so(monkeypatch):
    def missing():
        raise UserError("meshes of grains need gmsh: pip install gmsh")

    monkeypatch.setattr("hardmag.nanostructures.polycrystal.load_gmsh", missing)
    settings = {"exchange": "variational", "interface_strength": 1.0}
    refuse_unsolvable(magnet(), settings, "half_cycle")
    with pytest.raises(UserError, match="need gmsh"):
        refuse_unsolvable(magnet(edge_nm=3.0), settings, "half_cycle")


def test_elements_and_cells_have_one_curve():
    """Of three grains: the moment before the first one switches, and the field at which it does, to the resolution."""
    field = {"direction": (0.1, 0, 1), "from_T": 0.0, "to_T": -8.0, "step_T": 0.4, "resolution_T": 0.05}
    case = {"grains": 3, "grain_size_nm": 12.0, "size_spread": 0.0}
    elements, cells = (half_cycle(magnet(**case, **how), field=field) for how in ({"edge_nm": 2.5}, {"cell_nm": (1, 1, 1)}))
    assert elements.loop.mu0_Hp_T == pytest.approx(cells.loop.mu0_Hp_T, abs=0.05) and 4 < cells.loop.mu0_Hp_T < 5
    assert elements.m_parallel[:11] == pytest.approx(cells.m_parallel[:11], abs=0.01)
