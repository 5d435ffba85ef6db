"""Convex polyhedra against formulas: volumes, faces, offsets, and what is none."""

import numpy as np
import pytest

from hardmag.nanostructures.convex import Convex

OCTAHEDRON = [(5, 0, 0), (-5, 0, 0), (0, 5, 0), (0, -5, 0), (0, 0, 5), (0, 0, -5)]
TIP = [(0.3, 0, 4.7), (-0.3, 0, 4.7), (0, 0.3, 4.7), (0, -0.3, 4.7)]  # of it, cut off: a small face


def bcc(edge):
    """The centre of a cubic body-centred lattice, its neighbours and their next: its Voronoi cell is a truncated octahedron."""
    corners = [(x, y, z) for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
    centres = [tuple(s * float(k == axis) for k in range(3)) for axis in range(3) for s in (-1, 1)]
    return [(0.0, 0.0, 0.0), *(tuple(edge * c for c in point) for point in (*corners, *centres))]


@pytest.mark.parametrize(
    ("body", "corners", "faces", "volume", "area"),
    [
        (Convex.brick((4, 6, 8)), 8, 6, 192, 2 * (24 + 32 + 48)),
        (Convex.hull(OCTAHEDRON), 6, 8, 5**3 * 4 / 3, 4 * 3**0.5 * 5**2),
        (Convex.voronoi(bcc(4.0)), 24, 14, 4.0**3 / 2, (6 + 12 * 3**0.5) * (4.0 / 8**0.5) ** 2),
    ],
)
def test_bodies(body, corners, faces, volume, area):
    """1e-9: rounding. Each edge belongs to two faces, once in each direction; Euler: corners − edges + faces = 2."""
    assert (len(body.corners), len(body.faces)) == (corners, faces)
    assert (body.volume, body.area) == pytest.approx((volume, area), rel=1e-9)
    edges = [(face[k - 1], face[k]) for face in body.faces for k in range(len(face))]
    assert len(set(edges)) == len(edges) and {(j, i) for i, j in edges} == set(edges)
    assert corners - len(edges) / 2 + faces == 2
    for face in body.faces:  # anticlockwise: the normal of the first three corners points away from the centre
        a, b, c = body.corners[face[:3]]
        assert np.dot(np.cross(b - a, c - b), a - body.corners.mean(0)) > 0


def test_moved_faces():
    """A brick grows by twice the distance; an octahedron's faces at distance r hold 4√3 r³; faces may vanish inwards."""
    assert Convex.brick((4, 6, 8)).moved(1.5).volume == pytest.approx(7 * 9 * 11, rel=1e-9)
    inner = 5 / 3**0.5 - 1
    assert Convex.hull(OCTAHEDRON).moved(-1).volume == pytest.approx(4 * 3**0.5 * inner**3, rel=1e-9)
    cut = Convex.hull([*OCTAHEDRON[:-1], (0, 0, -4.9)]).moved(-2)
    assert cut.volume < Convex.hull(OCTAHEDRON).moved(-2).volume
    assert Convex.brick((4, 6, 8)).moved(1.0).box[0].tolist() == [-3, -4, -5]  # to the last bit: its mesh fills a grid exactly


def test_rounded_edges():
    """A brick of edges a, b, c, radius r: one of a − 2r …, slabs r thick on it, quarters of cylinders, eighths of a sphere. An
    octahedron against points thrown at random, 4 standard deviations. Moved, the radius moves along, and is 0 in the end."""
    a, b, c, r = 4 - 1.6, 6 - 1.6, 8 - 1.6, 0.8
    brick = Convex.brick((4, 6, 8)).rounded(r)
    slabs, edges = 2 * (a * b + b * c + c * a), a + b + c
    volume = a * b * c + slabs * r + np.pi * r**2 * edges + 4 / 3 * np.pi * r**3
    area = slabs + 2 * np.pi * r * edges + 4 * np.pi * r**2
    assert (brick.volume, brick.area) == pytest.approx((volume, area), rel=1e-9)
    assert brick.curved_area == pytest.approx(area - slabs, rel=1e-9)
    octahedron = Convex.hull(OCTAHEDRON).rounded(1.0)
    points = np.random.default_rng(1).uniform(0, 5, (200_000, 3))  # an octant; what is inside lies within r of what is flat
    flat = points.sum(1) <= 5 - 3**0.5
    near = _distance_from_octahedron(points[~flat], 5 - 3**0.5) <= 1
    share = (flat.sum() + near.sum()) / len(points)
    assert octahedron.volume == pytest.approx(1000 * share, abs=4 * 1000 * (share * (1 - share) / len(points)) ** 0.5)
    radii = [brick.moved(t).radius for t in (1.5, -0.5, -0.9)]
    assert radii == pytest.approx([2.3, 0.3, 0.0]) and Convex.brick((4, 6, 8)).moved(1).radius == 0


def _distance_from_octahedron(points, corner):
    """Of points of the positive octant outside of x + y + z ≤ corner: from their projection onto a simplex (Duchi 2008)."""
    u = -np.sort(-points, axis=1)
    excess = (np.cumsum(u, axis=1) - corner) / np.arange(1, 4)
    last = (u > excess).sum(1) - 1
    shift = excess[np.arange(len(points)), last]
    return np.linalg.norm(points - np.maximum(points - shift[:, None], 0), axis=1)


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Convex.brick((4, 6, 8)).moved(-2), "nothing is inside"),
        (lambda: Convex.hull([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]), "the points lie in one plane"),
        (lambda: Convex.hull([(0, 0, 0), (1, 0, 0), (0, 1, 0)]), "3 points have no volume"),
        (lambda: Convex.voronoi(bcc(4.0)[:6]), "it is not closed"),
        (lambda: Convex.voronoi([(0, 0, 0), (0, 0, 1)]), "it is not closed"),
        (lambda: Convex.brick((4, 6, 8)).rounded(2.1), "nothing is inside"),
        (lambda: Convex.hull([*OCTAHEDRON[:4], *TIP, (0, 0, -5)]).rounded(1), "edges of radius 1 leave nothing flat of a face"),
        (lambda: Convex.voronoi([(0, 0, 0), (0, 0, 0)]), "the first seed needs others around it, all elsewhere"),
    ],
)
def test_what_is_no_body(make, line):
    with pytest.raises(ValueError, match=line):
        make()
