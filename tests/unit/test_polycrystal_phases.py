"""What not all polycrystals have: grains of a second phase, inclusions at junctions and shells, in all three ways."""

from dataclasses import replace

import numpy as np
import pytest

import hardmag
from hardmag.campaign.config import HalfCycleSettings
from hardmag.campaign.samples import Sample
from hardmag.errors import UnfitStructure, UserError
from hardmag.nanostructures.junctions import Junctions, inclusions
from hardmag.nanostructures.packing import polycrystal_cells
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.polycrystal_drawn import drawn
from hardmag.polyhedron import Polyhedron

MAGNET = {"grains": 8, "grain_size_nm": 60.0, "boundary_nm": 3.0, "structure_seed": 5}
SECOND = {"second_percent": 25.0, "second_K1_MJ_per_m3": 2.0, "second_mu0_Ms_T": 1.2, "second_A_pJ_per_m": 6.0}
SHELL = {"shell_nm": 6.0, "shell_K1_MJ_per_m3": 6.0, "shell_mu0_Ms_T": 1.4, "shell_A_pJ_per_m": 7.0}
INCLUDED = {"inclusion_percent": 1.0}
CELLS = {"cell_nm": (2.0, 2.0, 2.0)}
MESHED = {"grains": 2, "grain_size_nm": 14.0, "boundary_nm": 1.0, "edge_nm": 4.5}


def magnet(**parameters):
    return hardmag.nanostructure("polycrystal", **(MAGNET | parameters))


def test_ids_of_magnets_without_are_as_they_were():
    """To the letter: these stand in datasets, since a reversal has to lower the energy."""
    settings = HalfCycleSettings().model_dump(mode="json")
    base = {"grains": 12, "grain_size_nm": 150.0, "boundary_nm": 4.0}
    ids = [Sample.of(Polycrystal(**base, **more), 0.0, settings).id for more in ({}, {"pore_percent": 25})]
    assert ids == ["80e65a9f7d3a9dbc", "1711889e7f2cbd67"]
    assert not [key for key in Polycrystal(**base).content() if key.startswith(("second", "shell", "inclusion"))]


@pytest.mark.parametrize("more", [SECOND, INCLUDED, SHELL | CELLS])
def test_content_gives_the_same_magnet_again(more):
    content = magnet(**more).content()
    assert more.keys() <= content.keys() and Polycrystal.model_validate(content).content() == content
    assert set(more) <= Polycrystal.columns().keys() | {"cell_nm"}


# ---- a second phase


def test_a_share_of_the_grains_is_of_a_second_phase():
    """Of the others nothing changes: neither shapes nor axes; another seed takes other grains."""
    plain, body = magnet().build(None), magnet(**SECOND).build(None)
    assert [phase.name for phase in body.phases] == ["grain", "second"] and np.bincount(body.phase).tolist() == [6, 2]
    assert body.volumes.tolist() == plain.volumes.tolist() and body.axis.tolist() == plain.axis.tolist()
    assert body.per_grain("Ku_J_per_m3")[body.phase == 1] == pytest.approx(2e6)
    share = body.volumes[body.phase == 1].sum() / body.volumes.sum()
    assert body.fractions()["second"] == pytest.approx(share * plain.fractions()["grain"])
    taken = {tuple(magnet(**SECOND | {"structure_seed": seed}).build(None).phase) for seed in range(5)}
    assert len(taken) > 1
    assert np.bincount(magnet(**SECOND, pore_percent=50).build(None).phase).tolist() == [3, 1]  # of those that are no pores
    none = magnet(**SECOND | {"second_percent": 0.0}).build(None)
    assert none.phase.tolist() == [0] * 8 and none.axis.tolist() == plain.axis.tolist()


def test_a_second_phase_in_cells_and_on_a_mesh():
    found, voxels = drawn(magnet(**SECOND), None), magnet(**SECOND, **CELLS).build(None)
    for body, name in zip(found.bodies, found.phase, strict=True):
        at = tuple((body.centroid / np.array(voxels.cell_m) / 1e9).astype(int))
        assert voxels.phases[voxels.index[at]].name == name
    assert voxels.fractions() == pytest.approx(magnet(**SECOND).build(None).fractions() | {"pore": 0}, abs=0.01)
    structure = magnet(**MESHED | SECOND | {"second_percent": 50.0})
    mesh, found = structure.build(None), drawn(structure, None)
    assert [phase.name for phase in mesh.phases] == found.phase and found.phase.count("second") == 1
    assert mesh.phases[found.phase.index("second")].axis == pytest.approx(found.axis[found.phase.index("second")])


def test_a_second_phase_by_composition():
    given = {"grain_composition": "Nd", "second_composition": "Nd0.5Ce0.5", "second_percent": 25, "temperature_K": 350}
    structure = magnet(**given)
    assert 0 < structure.second_K1_MJ_per_m3 < structure.grain_K1_MJ_per_m3
    assert structure.values()["Nd_at_percent"] == pytest.approx(100 * 2 / 17 * (0.75 + 0.25 * 0.5))
    assert "Nd_at_percent" not in magnet(grain_composition="Nd", **SECOND).values()
    assert Polycrystal.model_validate(structure.content()).content() == structure.content()


# ---- inclusions


@pytest.mark.parametrize("periodic", [False, True])
def test_cells_and_inclusions_fill_the_box(periodic):
    """To rounding, so that they do not overlap; each junction within is of four cells, on a face of three."""
    box = np.full(3, 100.0)
    cells = polycrystal_cells(12, 0.2, 1.0, box, (periodic,) * 3, np.random.default_rng(2))
    cuts, bodies = inclusions(cells, box, (periodic,) * 3, 0.0, 0.02 * box.prod())
    assert sum(body.volume for body in bodies) == pytest.approx(0.02 * box.prod(), rel=1e-9) and len(bodies) > 3
    for cell, (normals, offsets) in cuts.items():
        own = cells[cell]
        every = np.concatenate([own.normals, normals]), np.concatenate([own.offsets, offsets])
        cells[cell] = Polyhedron.behind(*every, own.centroid)
        assert cells[cell].volume < own.volume
    assert sum(body.volume for body in [*cells, *bodies]) == pytest.approx(box.prod(), rel=1e-9)
    found = Junctions.among(cells, box, (periodic,) * 3)
    assert set(np.bincount(found.of)) <= ({4} if periodic else {3, 4})


def test_the_inclusion_of_four_tetrahedra_is_known():
    """Of a regular tetrahedron in four about its middle; at half of their edges it has an eighth of the volume."""
    corners = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1.0]])
    cells = []
    for k in range(4):
        at = np.concatenate([np.delete(corners, k, axis=0), np.zeros((1, 3))])
        faces = [(1, 2, 3), (0, 3, 2), (0, 1, 3), (0, 2, 1)]
        if np.linalg.det(at[1:] - at[0]) < 0:
            at = at[[1, 0, 2, 3]]
        cells.append(Polyhedron(at, tuple(faces)))
    (whole,) = Junctions.among(cells, np.full(3, 2.0), (False,) * 3).edges
    assert sorted(whole.tolist()) == sorted(corners.tolist())
    cuts, (body,) = inclusions(cells, np.full(3, 2.0), (False,) * 3, 0.0, 8 / 3 / 8)
    assert sorted(body.corners.round(9).tolist()) == sorted((corners / 2).tolist())
    normals, offsets = cuts[0]  # the plane through three of these, which looks to the middle
    assert normals[0] == pytest.approx(corners[0] / np.sqrt(3)) and offsets[0] == pytest.approx(-0.5 / np.sqrt(3))
    # Within a gap of half its inscribed radius, √3/6 at half of the edges, an inclusion of that size is an eighth of itself.
    (small,) = inclusions(cells, np.full(3, 2.0), (False,) * 3, np.sqrt(3) / 6, 8 / 3 / 64)[1]
    assert small.corners.round(9).tolist() == (body.corners / 2).round(9).tolist()


def test_inclusions_of_grains_cells_and_mesh_are_alike():
    """Their share is what is asked for; grains have the same axes as without, and less volume where they meet one."""
    plain, body = magnet().build(None), magnet(**INCLUDED).build(None)
    assert body.fractions()["inclusion"] == pytest.approx(0.01, rel=1e-6)
    assert sum(body.fractions().values()) == pytest.approx(1, abs=1e-12)
    assert body.axis.tolist() == plain.axis.tolist()
    assert (body.volumes <= plain.volumes * (1 + 1e-12)).all() and body.volumes.sum() < plain.volumes.sum()
    voxels = magnet(**INCLUDED, cell_nm=(1.5, 1.5, 1.5)).build(None)
    assert voxels.fractions() == pytest.approx(body.fractions(), abs=0.004)
    assert voxels.fractions()["inclusion"] == pytest.approx(0.01, rel=0.1)
    small = MESHED | {"grains": 4, "grain_size_nm": 16.0, "boundary_nm": 0.5, "structure_seed": 1, "inclusion_percent": 0.8}
    mesh, same = (magnet(**small | how).build(None) for how in ({}, {"edge_nm": None, "point_d": 0.05}))
    assert mesh.fractions() == pytest.approx(same.fractions(), rel=1e-6) and mesh.fractions()["inclusion"] > 0.0079
    assert magnet(inclusion_percent=0.0).build(None).volumes.tolist() == plain.volumes.tolist()


def test_inclusions_without_room_fail_with_a_name():
    with pytest.raises(UnfitStructure, match=r"find room for \d+% of what inclusion_percent asks for"):
        magnet(inclusion_percent=20.0).build(None)
    with pytest.raises(UnfitStructure, match="find room for 0%"):
        magnet(grains=1, inclusion_percent=1.0).build(None)


# ---- shells


def test_cells_of_a_shell_lie_that_near_to_the_surface():
    """Each by its own distance from the faces of its grain; the shares are those of the moved bodies."""
    structure = magnet(**SHELL, **SECOND, cell_nm=(3, 3, 3))
    voxels, found = structure.build(None), drawn(structure, None)
    names = np.array([phase.name for phase in voxels.phases])[voxels.index]
    centres = np.stack(
        np.meshgrid(*((np.arange(n) + 0.5) * c * 1e9 for n, c in zip(voxels.shape, voxels.cell_m, strict=True)), indexing="ij"),
        -1,
    )
    for body, name, own in zip(found.bodies, found.phase, found.axis, strict=True):
        depth = (body.offsets - centres @ body.normals.T).min(-1)
        assert set(names[(depth > 0) & (depth < 6.0 - 1e-9)]) == {"shell"} and set(names[depth > 6.0 + 1e-9]) == {name}
        assert voxels.axis[:, depth > 0] == pytest.approx(np.tile(own[:, None], (depth > 0).sum()))
    volumes = [[body.volume, body.moved(-6.0).volume] for body in found.bodies]
    share = 1 - np.sum(volumes, axis=0)[1] / np.sum(volumes, axis=0)[0]
    fractions = voxels.fractions()
    assert fractions["shell"] / (1 - fractions["boundary"]) == pytest.approx(share, abs=0.02)


def test_shells_on_a_mesh():
    """Core and shell have the axis of their grain, fill its body, and share nodes: they are coupled."""
    structure = magnet(**MESHED | SHELL | {"shell_nm": 1.8})
    mesh, found = structure.build(None), drawn(structure, None)
    assert [phase.name for phase in mesh.phases] == ["shell"] * 2 + ["grain"] * 2
    assert np.array([phase.axis for phase in mesh.phases]) == pytest.approx(np.tile(found.axis, (2, 1)))
    cores = [body.moved(-1.8).volume for body in found.bodies]
    shells = [body.volume - core for body, core in zip(found.bodies, cores, strict=True)]
    assert mesh.phase_volumes() * 1e27 == pytest.approx([*shells, *cores], rel=1e-6)
    nodes = [set(np.unique(mesh.tetrahedra[mesh.phase == p])) for p in range(4)]
    assert nodes[0] & nodes[2] and not nodes[0] & nodes[1]
    assert structure.shape[1:] == mesh.shape[1:] and structure.shape[0] > magnet(**MESHED).shape[0]


def test_a_grain_without_a_core_fails_with_a_name():
    with pytest.raises(UnfitStructure, match="8 of 8 grains have no core within shell_nm = 28"):
        magnet(**SHELL | {"shell_nm": 28.0}, **CELLS).build(None)


REFUSED = {
    "second_mu0_Ms_T: required key is missing, beside second_percent": {"second_percent": 5, "second_K1_MJ_per_m3": 1},
    "second_K1_MJ_per_m3: goes with second_percent": {"second_K1_MJ_per_m3": 1},
    "second_K2_MJ_per_m3: goes with second_percent": {"second_K2_MJ_per_m3": 0.5},
    "grain_K2_MJ_per_m3: the reduced-order model has K1 alone; give cell_nm or edge_nm": {"grain_K2_MJ_per_m3": 0.5},
    "second_composition: goes with second_percent": {"second_composition": "Ce"},
    "second_K1_MJ_per_m3: must be > 0 in the reduced-order model": SECOND | {"second_K1_MJ_per_m3": 0},
    "shell_nm: the reduced-order model has core/shell grains by their law": SHELL,
    r"boundary_nm \+ 2 shell_nm must be < grain_size_nm": SHELL | CELLS | {"shell_nm": 30},
    "edge_nm: must be <= 2.5 × shell_nm": MESHED | SHELL | {"shell_nm": 1.0},
    "shell_A_pJ_per_m: goes with shell_nm": {"shell_A_pJ_per_m": 5},
}


@pytest.mark.parametrize("says", REFUSED)
def test_what_is_refused(says):
    with pytest.raises(UserError, match=says) as refusal:
        magnet(**REFUSED[says])
    assert "\n" not in str(refusal.value)


def test_second_anisotropy_constant():
    """Of each phase that it is given of; the reduced-order model, made by hand, refuses it."""
    K2 = {"grain_K2_MJ_per_m3": 0.65, "shell_K2_MJ_per_m3": -0.2}
    phases = {phase.name: phase.K2_J_per_m3 for phase in magnet(**SHELL, **CELLS, **K2).build(None).phases}
    assert (phases["grain"], phases["shell"], phases["boundary"]) == (0.65e6, -0.2e6, 0)
    grains = magnet().build(None)
    with pytest.raises(UserError, match="phase 'grain': grains have K1 alone, K2 and Kc must be 0"):
        replace(grains, phases=tuple(phase.with_(K2_J_per_m3=1e5 * (phase.Ms_A_per_m > 0)) for phase in grains.phases))


def test_models_learn_of_them_where_they_are_given():
    learned = Polycrystal.learned()
    for name in (
        "second_percent",
        "inclusion_percent",
        "shell_nm",
        "second_K1_MJ_per_m3",
        "shell_A_pJ_per_m",
        "grain_K2_MJ_per_m3",
    ):
        assert name in learned.features and Polycrystal.may_lack(name)
