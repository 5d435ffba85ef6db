"""Convex polyhedra against formulas: volumes, faces, offsets, and what is none."""

import numpy as np
import pytest

from hardmag.nanostructures.convex import Convex

OCTAHEDRON = [(5, 0, 0), (-5, 0, 0), (0, 5, 0), (0, -5, 0), (0, 0, 5), (0, 0, -5)]


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
    assert Convex.brick((4, 6, 8)).shifted((1, 2, 3)).box[0].tolist() == [-1, -1, -1]


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Convex.brick((4, 6, 8)).moved(-2), "nothing is inside"),
        (lambda: Convex.hull([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)]), "the points lie in one plane"),
        (lambda: Convex.hull([(0, 0, 0), (1, 0, 0), (0, 1, 0)]), "3 points have no volume"),
        (lambda: Convex.voronoi(bcc(4.0)[:6]), "it is not closed"),
        (lambda: Convex.voronoi([(0, 0, 0), (0, 0, 1)]), "it is not closed"),
        (lambda: Convex.voronoi([(0, 0, 0), (0, 0, 0)]), "the first seed needs others around it, all elsewhere"),
    ],
)
def test_what_is_no_body(make, line):
    with pytest.raises(ValueError, match=line):
        make()
