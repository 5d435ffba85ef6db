"""Parts of a mesh that touch: doubled nodes are merged, faces without common nodes are refused, gaps are left alone."""

import warnings

import meshio
import numpy as np
import pytest
from meshes import brick

from hardmag.errors import UnfitMesh
from hardmag.materials import Phase
from hardmag.nanostructures.joints import complaint, merged
from hardmag.nanostructures.mesh_files import from_mesh

PHASES = tuple(Phase(name, 1e-11, 0.0, 1e6, (0, 0, 1)) for name in ("left", "right"))


def two_bricks(path, n=((2, 2, 2), (3, 2, 2)), edges_nm=(1.0, 1.0), gap_nm=0.0, noise_nm=0.0):
    """Write two bricks side by side along x, each with nodes of its own; returns the number of nodes."""
    nodes, tetrahedra, phase, at = [], [], [], 0.0
    for k in (0, 1):
        part = brick(n[k], edges_nm[k] * 1e-9, PHASES[:1])
        tetrahedra.append(part.tetrahedra + sum(map(len, nodes)))
        nodes.append(part.nodes * 1e9 + [at, 0, 0])
        phase += [k] * len(part.tetrahedra)
        at += n[k][0] * edges_nm[k] + gap_nm
    points = np.concatenate(nodes)
    points += noise_nm * np.random.default_rng(1).uniform(-1, 1, points.shape)
    mesh = meshio.Mesh(points, [("tetra", np.concatenate(tetrahedra))], cell_data={"phase": [np.array(phase)]})
    mesh.write(path)
    return len(points)


@pytest.mark.parametrize("noise_nm", [0.0, 1e-7])
def test_doubled_nodes_are_one(tmp_path, noise_nm):
    """Nine nodes stand on the common face; merged, the mesh is that of one brick."""
    count = two_bricks(tmp_path / "two.vtu", noise_nm=noise_nm)
    with pytest.warns(UserWarning, match=r"two\.vtu: 9 nodes stand in the place of others"):
        mesh = from_mesh(tmp_path / "two.vtu", PHASES, 1.0)
    assert len(mesh.nodes) == count - 9
    assert mesh.fractions() == pytest.approx({"left": 0.4, "right": 0.6}, rel=1e-6)
    whole = brick((5, 2, 2), 1e-9, PHASES[:1])
    assert len(mesh.nodes) == len(whole.nodes) and mesh.volumes.sum() == pytest.approx(whole.volumes.sum(), rel=1e-6)


def test_parts_with_a_gap_stay_parts(tmp_path):
    """The way to say that they are not coupled; a hundredth of an edge is enough."""
    count = two_bricks(tmp_path / "two.vtu", gap_nm=0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(from_mesh(tmp_path / "two.vtu", PHASES, 1.0).nodes) == count


@pytest.mark.parametrize(
    "changes",
    [
        {"n": ((2, 2, 2), (3, 4, 4)), "edges_nm": (1.0, 0.5)},  # every second node hangs
        {"n": ((2, 2, 2), (4, 3, 3)), "edges_nm": (1.0, 2 / 3)},
        {"gap_nm": 1e-4},  # too far to be one, too near to be apart
        {"n": ((4, 4, 4), (1, 1, 1)), "edges_nm": (0.5, 2.0)},
    ],
)
def test_parts_that_touch_without_common_nodes(tmp_path, changes):
    two_bricks(tmp_path / "two.vtu", **changes)
    with warnings.catch_warnings(), pytest.raises(UnfitMesh) as error:
        warnings.simplefilter("ignore")  # corners that do coincide
        from_mesh(tmp_path / "two.vtu", PHASES, 1.0)
    assert "faces of elements lie on others without sharing their nodes" in str(error.value) and "\n" not in str(error.value)


def test_whole_meshes_are_in_order():
    """Flat and shaken, one phase or two: nothing to merge, nothing to say."""
    for shake in (0.0, 0.2):
        mesh = brick((5, 4, 3), 1e-9, PHASES, lambda c: (c[:, 0] > 2e-9).astype(int), shake=shake)
        assert complaint(mesh) is None
        tetrahedra, doubled = merged(mesh.nodes, mesh.tetrahedra, 1e-9)
        assert doubled == 0 and np.array_equal(tetrahedra, mesh.tetrahedra)


def test_any_number_of_parts_may_meet_in_a_node():
    """Every element with nodes of its own: the mesh comes back."""
    mesh = brick((3, 3, 3), 1e-9, PHASES[:1])
    apart = mesh.nodes[mesh.tetrahedra].reshape(-1, 3)
    tetrahedra, doubled = merged(apart, np.arange(len(apart)).reshape(-1, 4), 1e-9)
    assert doubled == len(apart) - len(mesh.nodes)
    assert len(np.unique(tetrahedra)) == len(mesh.nodes)
    assert np.array_equal(apart[tetrahedra], mesh.nodes[mesh.tetrahedra])
