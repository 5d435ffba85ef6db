"""Reader of Neper's tessellations (.tess): grains as convex polyhedra, and the crystal's c-axis of each.

Of the file's sections it takes **cell (its number and *ori), **vertex, **face, **polyhedron and **periodicity; the others add
nothing to the geometry. Lengths are in the file's unit, whatever that was.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

from hardmag.errors import UserError
from hardmag.polyhedron import Polyhedron

VERSIONS = ("2", "3", "4")  # of the format, before the point
NUMBERS = {"rodrigues": 3, "quaternion": 4, "euler-bunge": 3, "rotmat": 9}  # of an orientation, by its descriptor
ROUNDED = 1e-5  # of a cell's size: files are written in so many digits, and corners may lie so far from their face's plane
LARGEST = 2**31  # no number or count in a file is larger
FILLED = 1e-5  # of the volume of all: by more the cells may not overlap


@dataclass(frozen=True, eq=False)
class Tessellation:
    """cells: Polyhedra; axes: (n, 3) unit vectors, or None where the file holds no orientations; period: (3,), 0 along a
    direction that is not periodic."""

    cells: tuple[Polyhedron, ...]
    axes: np.ndarray | None
    period: np.ndarray


class _Words:
    """The words of a file one after another, each with its line."""

    def __init__(self, text):
        self.found = [(word, n) for n, line in enumerate(text.splitlines(), 1) for word in line.split()]
        self.at = 0

    def fail(self, what):
        """Raise ValueError at the last word that was read."""
        _, line = self.found[max(self.at - 1, 0)]
        raise ValueError(f"line {line}: {what}")

    def peek(self, what):
        """The next word, which stays the next."""
        if self.at == len(self.found):
            self.fail(f"the file ends where {what} should follow; was it cut?")
        return self.found[self.at][0]

    def next(self, what):
        word = self.peek(what)
        self.at += 1
        return word

    def expect(self, word):
        found = self.next(word)
        if found != word:
            self.fail(f"{word} is due, got {found!r}")

    def whole(self, what, least=-LARGEST, most=LARGEST):
        word = self.next(what)
        try:
            number = int(word)
        except ValueError:
            self.fail(f"{what} must be a whole number, got {word!r}")
        if not least <= number <= most:
            self.fail(f"{what} must be from {least} to {most}, got {word}")
        return number

    def numbers(self, count, what):
        """That many finite numbers."""
        values = []
        for _ in range(count):
            word = self.next(what)
            try:
                values.append(float(word))
            except ValueError:
                self.fail(f"{what} must be numbers, got {word!r}")
            if not np.isfinite(values[-1]):
                self.fail(f"{what} must be finite, got {word!r}")
        return values

    def skip_to(self, *heads):
        """On to one of these words, or to the next section."""
        while not (self.peek(heads[-1]) in heads or self.peek(heads[-1]).startswith("**")):
            self.at += 1


def read_tess(path):
    """Tessellation from a .tess file of Neper, formats 2 to 4. Raises UserError with one line: file, line, what is wrong."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        return _tessellation(_Words(path.read_text()))
    except UnicodeDecodeError:
        raise UserError(f"{path}: is no text; a .tess file of Neper is due") from None
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None


def _tessellation(words):
    if not words.found or words.found[0][0] != "***tess":
        raise ValueError("does not begin with ***tess, as a tessellation of Neper does")
    words.expect("***tess")
    words.expect("**format")
    version = words.next("the format")
    if version.split(".")[0] not in VERSIONS:
        words.fail(f"format {version} is not read; known are {', '.join(VERSIONS)}")
    words.expect("**general")
    if words.whole("the dimension") != 3:
        words.fail("its dimension must be 3")
    words.next("the type")
    count, axes = _cells(words)
    corners = _corners(words)
    words.skip_to("**face")  # over the edges, which the faces' corners tell
    words.at += words.peek("**face") == "**edge"
    words.skip_to("**face")
    faces = _faces(words, len(corners))
    polyhedra = _polyhedra(words, count, len(faces))
    period = _period(words)
    cells = tuple(_cell(corners, [faces[f] for f in own], k + 1, line) for k, (own, line) in enumerate(polyhedra))
    volume, hull = (
        sum(cell.volume for cell in cells),
        scipy.spatial.ConvexHull(np.concatenate([c.corners for c in cells])).volume,
    )
    if volume > hull * (1 + FILLED):
        raise ValueError(f"its cells overlap: they have {volume / hull:.6g} of the volume within which they lie")
    return Tessellation(cells, axes, period)


def _cells(words):
    """(number of cells, easy axes (n, 3) or None)."""
    words.expect("**cell")
    count, axes = words.whole("the number of cells", least=1), None
    words.skip_to("*ori")
    if words.peek("*ori") == "*ori":
        words.expect("*ori")
        descriptor, _, convention = words.next("the descriptor of orientations").partition(":")
        if descriptor not in NUMBERS or convention not in ("", "active", "passive"):
            words.fail(
                f"orientations must be {', '.join(NUMBERS)}, each active or passive; got {words.found[words.at - 1][0]!r}"
            )
        size = NUMBERS[descriptor]
        axes = np.array([_axis(descriptor, convention, words.numbers(size, "orientations"), words) for _ in range(count)])
        words.skip_to("**vertex")
    return count, axes


def _axis(descriptor, convention, values, words):
    """The crystal's c-axis. An active rotation takes the sample's axes to the crystal's, a passive one is its inverse; a matrix
    has the crystal's axes as rows, as Bunge's."""
    values = np.array(values)
    if descriptor == "rotmat":
        matrix = values.reshape(3, 3)
        if not np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-4):
            words.fail("rotmat must be a rotation")
        axis = matrix[:, 2] if convention == "passive" else matrix[2]
        return axis / np.linalg.norm(axis)
    if descriptor == "euler-bunge":
        first, tilt, second = np.radians(values) / 2
        quaternion = [
            np.cos(tilt) * np.cos(first + second),
            np.sin(tilt) * np.cos(first - second),
            np.sin(tilt) * np.sin(first - second),
            np.cos(tilt) * np.sin(first + second),
        ]
    else:
        quaternion = [1.0, *values] if descriptor == "rodrigues" else values
    if np.linalg.norm(quaternion) == 0:
        words.fail("a quaternion must not be 0")
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    w = -w if convention == "passive" else w
    return np.array([2 * (x * z + w * y), 2 * (y * z - w * x), w**2 - x**2 - y**2 + z**2])


def _corners(words):
    words.expect("**vertex")
    corners = []
    for k in range(words.whole("the number of vertices", least=4)):
        _numbered(words, k, "vertex")
        corners.append(words.numbers(3, "coordinates"))
        words.next("the vertex's state")
    return np.array(corners)


def _faces(words, vertices):
    """Corners around each face."""
    words.expect("**face")
    faces = []
    for k in range(words.whole("the number of faces", least=4)):
        _numbered(words, k, "face")
        count = words.whole("the face's number of vertices", least=3)
        faces.append([words.whole("a vertex", 1, vertices) - 1 for _ in range(count)])
        for _ in range(words.whole("the face's number of edges", least=3)):
            words.whole("an edge")
        words.numbers(4, "the face's plane")
        words.numbers(5, "the face's state and point")
    return faces


def _polyhedra(words, count, faces):
    """[(its faces, the line)]."""
    words.expect("**polyhedron")
    number = words.whole("the number of polyhedra")
    if number != count:
        words.fail(f"{number} polyhedra of {count} cells")
    found = []
    for k in range(count):
        _numbered(words, k, "polyhedron")
        line = words.found[words.at - 1][1]
        own = [words.whole("a face", -faces, faces) for _ in range(words.whole("the polyhedron's number of faces", least=4))]
        if 0 in own:
            words.fail("faces are numbered from 1")
        found.append(([abs(f) - 1 for f in own], line))
    return found


def _period(words):
    """(3,), of what follows the cells; the file must come to its end."""
    period = np.zeros(3)
    while words.peek("***end") != "***end":
        if words.next("***end") == "**periodicity":
            words.expect("*general")
            along = words.numbers(3, "periodic directions")
            period = np.array(words.numbers(3, "periods")) * (np.array(along) != 0)
    return period


def _numbered(words, k, what):
    number = words.whole(f"a {what}'s number")
    if number != k + 1:
        words.fail(f"{what} {k + 1} is due, got {number}")


def _cell(corners, faces, number, line):
    """Polyhedron, its faces turned outwards; refused where it is not closed, flat and convex."""
    used, index = np.unique(np.concatenate(faces), return_inverse=True)
    own = corners[used]
    parts = np.split(index, np.cumsum([len(face) for face in faces])[:-1])
    middle, size = own.mean(0), np.ptp(own, axis=0).max()
    outwards = []
    for face in parts:
        at = own[face] - own[face].mean(0)
        normal = np.cross(at, np.roll(at, -1, axis=0)).sum(0)
        outwards.append(tuple((face if normal @ (own[face].mean(0) - middle) > 0 else face[::-1]).tolist()))
    edges = {(i, j) for face in outwards for i, j in zip(face, (*face[1:], face[0]), strict=True)}
    if len(edges) < sum(len(face) for face in faces) or edges != {(j, i) for i, j in edges}:
        raise ValueError(f"line {line}: cell {number} is not closed")
    cell = Polyhedron(own, tuple(outwards))
    if not (cell.areas > 0).all():
        raise ValueError(f"line {line}: a face of cell {number} has no area")
    heights = own @ cell.normals.T - cell.offsets  # (corners, faces)
    flat = max(np.abs(heights[list(face), k]).max() for k, face in enumerate(outwards))
    if flat > ROUNDED * size:
        raise ValueError(f"line {line}: a face of cell {number} is not flat; regularised tessellations are not read")
    if heights.max() > ROUNDED * size or cell.volume <= 0:
        raise ValueError(f"line {line}: cell {number} is not convex")
    return cell
