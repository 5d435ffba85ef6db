"""Power diagrams against the nearest power distance of random points, formulas and each other; moved bodies; given volumes."""

from itertools import product

import numpy as np
import pytest
from scipy.spatial import ConvexHull, Voronoi

from hardmag.nanostructures import packing, tessellation
from hardmag.nanostructures.packing import polycrystal_cells, with_volumes
from hardmag.nanostructures.tessellation import power_cells, power_diagram
from hardmag.polyhedron import Polyhedron

BOX = np.array([10.0, 13.0, 8.0])
OPEN, PERIODIC, MIXED = (False,) * 3, (True,) * 3, (True, False, True)


def random_case(count, seed=1):
    """(seeds, weights) of which some cells are empty."""
    rng = np.random.default_rng(seed)
    return rng.random((count, 3)) * BOX, rng.random(count) * 0.5 * (BOX.prod() / count) ** (2 / 3)


def copies(periodic):
    return np.array(list(product(*((-1, 0, 1) if p else (0,) for p in periodic)))) * BOX


def closed(cell):
    """Whether each edge belongs to two faces, once in each direction, and corners − edges + faces = 2."""
    edges = [(i, j) for face in cell.faces for i, j in zip(face, (*face[1:], face[0]), strict=True)]
    both = len(set(edges)) == len(edges) and {(j, i) for i, j in edges} == set(edges)
    return both and len(cell.corners) - len(edges) // 2 + len(cell.faces) == 2


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
@pytest.mark.parametrize("count", [1, 2, 7, 60, 400])
def test_points_lie_in_the_cell_of_the_smallest_power_distance(count, periodic):
    """And in no other. Each is also in the box: the cells of all copies fill space."""
    seeds, weights = random_case(count, seed=count)
    cells = power_cells(seeds, weights, BOX, periodic)
    points = np.random.default_rng(2).random((500, 3)) * BOX
    shifts = copies(periodic)
    power = ((points[:, None, None] - seeds[:, None] - shifts) ** 2).sum(-1) - weights[:, None]
    best = np.sort(power.reshape(len(points), -1), axis=1)[:, :2].T if power[0].size > 1 else np.array([[0.0], [1.0]])
    clear = np.broadcast_to(best[1] - best[0] > 1e-9, len(points))
    owner, copy = np.unravel_index(power.reshape(len(points), -1).argmin(1), power.shape[1:])
    for i, cell in enumerate(cells):
        for k, shift in enumerate(shifts):
            its = (owner == i) & (copy == k)
            held = cell.holds(points - shift) if cell else np.zeros(len(points), bool)
            assert (held == its)[clear].all()


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
def test_cells_fill_the_box(periodic):
    """To rounding; all are closed and convex; volumes and centroids of the diagram are those of its cells."""
    seeds, weights = random_case(300)
    diagram = power_diagram(seeds, weights, BOX, periodic)
    cells = [cell for cell in diagram.cells if cell]
    assert 0 < len(cells) < 300  # a few are empty
    assert sum(cell.volume for cell in cells) == pytest.approx(BOX.prod(), rel=1e-12)
    for cell, volume, centroid in zip(diagram.cells, diagram.volumes, diagram.centroids, strict=True):
        if cell is None:
            assert volume == 0
            continue
        assert cell.volume == pytest.approx(volume, rel=1e-9) and cell.centroid == pytest.approx(centroid, rel=1e-7)
        assert closed(cell) and cell.volume == pytest.approx(ConvexHull(cell.corners).volume, rel=1e-7)
        assert (cell.corners @ cell.normals.T - cell.offsets).max() < 1e-6
    for d in np.flatnonzero(~np.array(periodic)):
        ends = np.concatenate([cell.corners[:, d] for cell in cells])
        assert ends.min() == 0 and ends.max() == BOX[d]  # to the last bit
        assert sum(beyond.count(-1) for beyond in diagram.neighbours) > 20
        area = sum(cell.areas[np.abs(cell.normals[:, d] * cell.offsets - BOX[d]) < 1e-9].sum() for cell in cells)
        assert area == pytest.approx(BOX.prod() / BOX[d], rel=1e-9)


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
def test_neighbours(periodic):
    """Each lies beyond a face, at half the difference of power distances; a face has the same area from both sides."""
    seeds, weights = random_case(60)
    diagram = power_diagram(seeds, weights, BOX, periodic)
    areas = np.zeros((60, 61))  # in the end the box's faces
    for i, (cell, beyond) in enumerate(zip(diagram.cells, diagram.neighbours, strict=True)):
        for k, j in enumerate(beyond):
            areas[i, j] += cell.areas[k]
            if j >= 0:
                away = seeds[j] + copies(periodic) - seeds[i]
                distance = np.linalg.norm(away, axis=1)
                towards = np.abs(away / np.maximum(distance, 1e-9)[:, None] - cell.normals[k]).max(1).argmin()
                at = (distance[towards] ** 2 + weights[i] - weights[j]) / (2 * distance[towards])
                assert cell.offsets[k] - cell.normals[k] @ seeds[i] == pytest.approx(at, abs=1e-6)
    assert areas[:, :60] == pytest.approx(areas[:, :60].T, abs=1e-9)
    pairs, of_contacts, _ = diagram.contacts
    total = np.zeros((60, 60))
    np.add.at(total, tuple(pairs.T), of_contacts)
    assert total + total.T == pytest.approx(areas[:, :60], abs=1e-9)


def test_without_weights_it_is_voronoi():
    """Of cells that do not touch the box, by another code: the same corners."""
    seeds, _ = random_case(300)
    cells, other = power_cells(seeds, np.zeros(300), BOX), Voronoi(seeds)
    inner = 0
    for cell, region in zip(cells, other.point_region, strict=True):
        region = other.regions[region]
        corners = other.vertices[region]
        if -1 in region or (corners < 0).any() or (corners > BOX).any():
            continue
        inner += 1
        assert np.sort(cell.corners, axis=0) == pytest.approx(np.sort(corners, axis=0), abs=1e-7)
    assert inner > 50


@pytest.mark.parametrize(
    ("basis", "corners", "faces"),
    [
        ([(0, 0, 0)], 8, 6),
        ([(0, 0, 0), (0.5, 0.5, 0.5)], 24, 14),
        ([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)], 14, 12),
    ],
)
def test_lattices(basis, corners, faces):
    """Cubes, truncated octahedra and rhombic dodecahedra, where more than four cells meet in a corner."""
    points = np.array([np.add(b, at) for at in product(range(3), repeat=3) for b in basis]) + 0.25
    diagram = power_diagram(points, np.zeros(len(points)), (3, 3, 3), PERIODIC)
    assert diagram.volumes == pytest.approx(1 / len(basis), rel=1e-9)
    assert {(len(cell.corners), len(cell.faces)) for cell in diagram.cells} == {(corners, faces)}
    assert len(diagram.contacts[0]) == faces * len(points) / 2
    assert all(closed(cell) for cell in diagram.cells)


def test_a_seed_outside_its_cell_and_an_empty_cell():
    """The plane between seeds at x = 0.1 and 0.9 lies at 0.5 − Δw/1.6; the light seed's cell shrinks and is gone."""
    seeds, box = [(0.1, 0.5, 0.5), (0.9, 0.5, 0.5)], (1, 1, 1)
    diagram = power_diagram(seeds, [0, 0.79], box)
    assert diagram.volumes == pytest.approx([0.5 - 0.79 / 1.6, 0.5 + 0.79 / 1.6], rel=1e-9)
    assert diagram.cells[0].corners[:, 0].max() < 0.1
    empty = power_diagram(seeds, [0, 0.81], box)
    assert empty.cells[0] is None and empty.volumes.tolist() == [0, pytest.approx(1)]


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
def test_seeds_in_one_plane_of_a_long_box(periodic):
    """Whose images behind its ends are far away."""
    seeds = np.column_stack([random_case(30)[0][:, :2], np.full(30, 40.0)])
    diagram = power_diagram(seeds, np.zeros(30), (10, 13, 100), periodic)
    flat = power_diagram(seeds - (0, 0, 39.5), np.zeros(30), (10, 13, 1), periodic)
    assert diagram.volumes == pytest.approx(100 * flat.volumes, rel=1e-9)


@pytest.mark.parametrize(
    ("seeds", "weights", "box", "what"),
    [
        ([(1, 1, 1), (1, 2, 9)], [0, 0], (3, 3, 3), "seed 2 of 2 is not inside the box"),
        ([(0, 1, 1)], [0], (3, 3, 3), "seed 1 of 1 is not inside the box"),
        ([(1, 1, 1)], [np.nan], (3, 3, 3), "finite"),
        ([(1, 1, 1)], [0, 0], (3, 3, 3), "weights"),
        ([(1, 1, 1)], [0], (3, 3, 0), "edges > 0"),
    ],
)
def test_what_is_no_tessellation(seeds, weights, box, what):
    with pytest.raises(ValueError, match=what):
        power_diagram(seeds, weights, box)


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
def test_volumes_follow_weights_by_the_faces(periodic):
    """∂V_i/∂w_j = −A_ij/2d_ij, on which Newton's method rests, against differences of volumes: second order in the step."""
    seeds, _ = random_case(40)
    diagram = power_diagram(seeds, np.zeros(40), BOX, periodic)
    pairs, areas, distances = diagram.contacts
    step = 1e-4
    plus, minus = (power_diagram(seeds, sign * step * (np.arange(40) == 7), BOX, periodic).volumes for sign in (1, -1))
    rate = np.zeros(40)
    for (i, j), by in zip(pairs, areas / (2 * distances), strict=True):
        if 7 in (i, j):
            rate[i + j - 7] -= by
            rate[7] += by
    assert (plus - minus) / (2 * step) == pytest.approx(rate, abs=1e-6)


def test_moved_cubes():
    """A brick grows by twice the distance, and is gone where its thinnest edge is used up."""
    brick = Polyhedron.box((1, 1, 1), (5, 7, 9))
    assert brick.moved(1.5).volume == pytest.approx(7 * 9 * 11, rel=1e-12)
    assert brick.moved(-1.99).volume == pytest.approx(0.02 * 2.02 * 4.02, rel=1e-9)
    assert brick.moved(-1).corners.min(0).tolist() == [2, 2, 2] and len(brick.moved(-1).faces) == 6
    assert brick.moved(-2) is None and brick.moved(-3) is None
    assert (brick.volume, brick.areas.sum()) == (192, pytest.approx(208)) and brick.centroid == pytest.approx([3, 4, 5])
    assert brick.scaled((1, 1, 0.5)).volume == pytest.approx(96) and brick.shifted((1, 0, 0)).centroid[0] == pytest.approx(4)


@pytest.mark.parametrize("unit", [1.0, 1e-9, 1e6])
def test_moved_bricks_in_any_unit(unit):
    """Solvers have metres. Moved by more than half its thickness nothing is left of a brick; its centroid does not tell."""
    brick = Polyhedron.box(np.zeros(3), np.array([9.0, 10.0, 8.0]) * unit)
    assert brick.moved(-3.9 * unit).volume == pytest.approx(1.2 * 2.2 * 0.2 * unit**3, rel=1e-9)
    assert brick.moved(-4.1 * unit) is None
    wedge = Polyhedron.behind(*_wedge(unit))
    assert wedge.moved(-1.0 * unit).volume < wedge.moved(-0.5 * unit).volume < wedge.volume
    assert wedge.moved(-3.0 * unit) is None


def _wedge(unit):
    """Planes of a right prism over a triangle of the sides 6, 8 and 10, whose circle inside has the radius 2, and a point."""
    normals = np.array([[-1, 0, 0], [0, -1, 0], [0.8, 0.6, 0], [0, 0, 1], [0, 0, -1]], dtype=float)
    return normals, np.array([0, 0, 4.8, 10, 0]) * unit, np.array([1.0, 1.0, 1.0]) * unit


def test_faces_vanish_inwards():
    """A cube of edge 2 with a corner cut off slightly: the small face is gone 0.2 inside, where the cube's three planes meet
    before its own."""
    cube = Polyhedron.box((-1, -1, -1), (1, 1, 1))
    cut = np.ones(3) / 3**0.5
    normals, offsets = np.vstack([cube.normals, cut]), np.append(cube.offsets, 2.9 / 3**0.5)
    body = Polyhedron.behind(normals, offsets, np.zeros(3))
    assert body.volume == pytest.approx(8 - 0.1**3 / 6, rel=1e-12) and len(body.faces) == 7
    inner = body.moved(-0.2)  # the cut's plane at x + y + z = 2.9 − 0.2 √3 = 2.554 > 2.4
    assert inner.volume == pytest.approx(1.6**3, rel=1e-12) and (len(inner.faces), len(inner.corners)) == (6, 8)


def test_moved_cells_against_points_thrown_at_random():
    """In a cell and behind all of its planes moved inwards: of 2·10⁵ points in its box, within four standard deviations; moved
    back, a cell none of whose faces vanished is what it was to 1e-9."""
    seeds, weights = random_case(30)
    back = 0
    for cell in power_cells(seeds, weights, BOX)[:8]:
        inner = cell.moved(-0.1)
        low, high = cell.corners.min(0), cell.corners.max(0)
        points = low + np.random.default_rng(1).random((200_000, 3)) * (high - low)
        share = (points @ cell.normals.T <= cell.offsets - 0.1).all(1).mean()
        expected = inner.volume / (high - low).prod()
        assert abs(share - expected) < 4 * (expected * (1 - expected) / 200_000) ** 0.5
        assert closed(inner)
        if len(inner.faces) == len(cell.faces):
            back += 1
            assert inner.moved(0.1).volume == pytest.approx(cell.volume, rel=1e-9)
    assert back >= 3


def test_a_thin_body_whose_centroid_is_too_near_to_its_faces():
    """Moved inwards until a sliver is left: the largest sphere's centre is found elsewhere than at the centroid."""
    wedge = Polyhedron.behind(
        np.array([(0, -1, 0), (-1, 0, 0), (0, 0, -1), (0, 0, 1), (0.6, 0.8, 0)]), np.array([0, 0, 0, 1, 1.2]), np.full(3, 0.3)
    )
    radius = (2 + 1.5 - 2.5) / 2  # of the circle in the triangle of edges 2, 1.5, 2.5
    left = wedge.moved(-(radius - 0.01))
    assert left.volume == pytest.approx(1.5 * (0.01 / radius) ** 2 * (1 - 2 * (radius - 0.01)), rel=1e-9)
    assert wedge.moved(-radius) is None
    with pytest.raises(ValueError, match="not closed"):
        Polyhedron.behind(wedge.normals[:4], wedge.offsets[:4], wedge.centroid)


@pytest.mark.parametrize("periodic", [OPEN, PERIODIC, MIXED])
def test_volumes_as_wanted(periodic):
    """To 1e-3, from seeds that know nothing of them; the largest is some hundred times the smallest."""
    rng = np.random.default_rng(5)
    volumes = np.exp(rng.standard_normal(80))
    volumes *= BOX.prod() / volumes.sum()
    diagram = with_volumes(rng.random((80, 3)) * BOX, volumes, BOX, periodic)
    assert diagram.volumes == pytest.approx(volumes, rel=1e-3)
    assert np.sqrt(((diagram.seeds - diagram.centroids) ** 2).sum(1).mean()) < 0.2 * (BOX.prod() / 80) ** (1 / 3)


def test_volumes_that_cannot_be():
    seeds = random_case(5)[0]
    with pytest.raises(ValueError, match="add up"):
        with_volumes(seeds, np.ones(5), BOX)
    with pytest.raises(ValueError, match="two seeds are one"):
        with_volumes(np.tile([[1.0, 1, 1]], (2, 1)), np.full(2, BOX.prod() / 2), BOX)


def extent(cells):
    """Mean of each grain's mean square extent along x, y, z from its centroid, by its corners."""
    return np.mean([((cell.corners - cell.centroid) ** 2).mean(0) for cell in cells], axis=0) ** 0.5


def test_sizes_of_grains():
    """Equivalent diameters are log-normal as drawn; without spread all are equal; the same random numbers give the same."""
    drawn = np.exp(3 * 0.4 * np.random.default_rng(6).standard_normal(100))
    cells = polycrystal_cells(100, 0.4, 1.0, BOX, OPEN, np.random.default_rng(6))
    again = polycrystal_cells(100, 0.4, 1.0, BOX, OPEN, np.random.default_rng(6))
    assert [cell.volume for cell in cells] == pytest.approx(drawn * BOX.prod() / drawn.sum(), rel=1e-3)
    assert all((a.corners == b.corners).all() for a, b in zip(cells, again, strict=True))
    equal = polycrystal_cells(60, 0.0, 1.0, BOX, PERIODIC, np.random.default_rng(6))
    assert np.array([cell.volume for cell in equal]) == pytest.approx(BOX.prod() / 60, rel=1e-3)
    assert extent(equal) == pytest.approx(extent(equal).mean(), rel=0.1)  # they are equiaxed


def test_platelets():
    """Four times as wide as thick, of volumes as drawn, and they fill the box."""
    cells = polycrystal_cells(200, 0.2, 4.0, BOX, PERIODIC, np.random.default_rng(7))
    assert sum(cell.volume for cell in cells) == pytest.approx(BOX.prod(), rel=1e-9)
    x, y, z = extent(cells)
    assert (x / z, y / z) == (pytest.approx(4, rel=0.1), pytest.approx(4, rel=0.1))
    assert all(cell.moved(0.0).volume == pytest.approx(cell.volume, rel=1e-9) for cell in cells[:20])


def test_volumes_do_not_lag(monkeypatch):
    """Newton's method takes a few steps; a slope that were wrong would need many."""
    diagrams = []
    monkeypatch.setattr(packing, "power_diagram", lambda *a: diagrams.append(1) or tessellation.power_diagram(*a))
    polycrystal_cells(100, 0.3, 1.0, BOX, OPEN, np.random.default_rng(8))
    assert len(diagrams) < 40
