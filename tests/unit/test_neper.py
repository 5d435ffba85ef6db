"""Tessellations of Neper and tables of seeds: what is read, and what is refused in one line."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hardmag.errors import UserError
from hardmag.nanostructures.neper import read_tess
from hardmag.nanostructures.seed_tables import read_seeds
from hardmag.nanostructures.tessellation import power_diagram

TWO_CUBES = """***tess
 **format
   3.4
 **general
   3 standard
 **cell
  2
  *id
   1 2
  *crysym
   hexagonal
  *seed
   1 0.5 0.5 0.5 0
   2 1.5 0.5 0.5 0
  *ori
   rodrigues:active
   0 0 0
   1 0 0
 **vertex
 12
   1 0 0 0 0
   2 1 0 0 0
   3 1 1 0 0
   4 0 1 0 0
   5 0 0 1 0
   6 1 0 1 0
   7 1 1 1 0
   8 0 1 1 0
   9 2 0 0 0
  10 2 1 0 0
  11 2 0 1 0
  12 2 1 1 0
 **edge
 1
   1 1 2 0
 **face
 11
   1 4 1 2 3 4
     4 1 2 3 4
     0 0 0 1
     0 0 0 0 0
   2 4 5 6 7 8
     4 1 2 3 4
     1 0 0 1
     0 0 0 0 0
   3 4 1 2 6 5
     4 1 2 3 4
     0 0 1 0
     0 0 0 0 0
   4 4 2 3 7 6
     4 1 2 3 4
     1 1 0 0
     0 0 0 0 0
   5 4 3 4 8 7
     4 1 2 3 4
     1 0 1 0
     0 0 0 0 0
   6 4 4 1 5 8
     4 1 2 3 4
     0 1 0 0
     0 0 0 0 0
   7 4 2 9 10 3
     4 1 2 3 4
     0 0 0 1
     0 0 0 0 0
   8 4 6 11 12 7
     4 1 2 3 4
     1 0 0 1
     0 0 0 0 0
   9 4 2 9 11 6
     4 1 2 3 4
     0 0 1 0
     0 0 0 0 0
  10 4 9 10 12 11
     4 1 2 3 4
     2 1 0 0
     0 0 0 0 0
  11 4 10 3 7 12
     4 1 2 3 4
     1 0 1 0
     0 0 0 0 0
 **polyhedron
 2
   1 6 -1 2 -3 4 5 6
   2 6 -7 8 9 10 11 -4
 **domain
  *general
   cube
***end
"""
ROTATION = Rotation.from_euler("ZXZ", [20, 35, 70], degrees=True)  # Bunge's: of the sample's axes into the crystal's


@pytest.fixture
def written(tmp_path):
    def write(text, name="grains.tess"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_two_cubes(written):
    """Volumes, places, faces outwards; the second crystal is turned by 90° about x, which takes z to −y."""
    found = read_tess(written(TWO_CUBES))
    assert [cell.volume for cell in found.cells] == pytest.approx([1, 1])
    assert [cell.centroid[0] for cell in found.cells] == pytest.approx([0.5, 1.5])
    assert np.sort(found.cells[1].normals @ (1, 2, 4)) == pytest.approx([-4, -2, -1, 1, 2, 4])
    assert found.axes == pytest.approx(np.array([(0, 0, 1), (0, -1, 0)]), abs=1e-12)
    assert found.period.tolist() == [0, 0, 0]


def with_orientations(descriptor, values):
    rows = "\n".join(" ".join(f"{v:.12f}" for v in values) for _ in range(2))
    start, end = TWO_CUBES.index("   rodrigues"), TWO_CUBES.index(" **vertex")
    return TWO_CUBES[:start] + f"{descriptor}\n{rows}\n" + TWO_CUBES[end:]


@pytest.mark.parametrize("convention", ["", ":active", ":passive"])
@pytest.mark.parametrize(
    ("descriptor", "values"),
    [
        ("rodrigues", lambda r: r.as_mrp() * 2 / (1 - (r.as_mrp() ** 2).sum())),  # tan(θ/2) = 2t/(1 − t²), t = tan(θ/4)
        ("quaternion", lambda r: r.as_quat(scalar_first=True)),
        ("euler-bunge", lambda r: r.as_euler("ZXZ", degrees=True)),
        ("rotmat", lambda r: r.as_matrix().T.ravel()),  # the crystal's axes as rows
    ],
)
def test_orientations(written, descriptor, values, convention):
    """By another code: an active rotation takes z to the crystal's c-axis, and a passive one is written as its inverse."""
    rotation = ROTATION.inv() if convention == ":passive" else ROTATION
    found = read_tess(written(with_orientations(descriptor + convention, values(rotation))))
    assert found.axes[1] == pytest.approx(ROTATION.apply([0, 0, 1]), abs=1e-9)


def test_without_orientations(written):
    start, end = TWO_CUBES.index("  *ori"), TWO_CUBES.index(" **vertex")
    assert read_tess(written(TWO_CUBES[:start] + TWO_CUBES[end:])).axes is None


def as_tess(diagram, periodic):
    """A power diagram as Neper would write it, with each face's corners once for every cell."""
    corners = np.concatenate([cell.corners for cell in diagram.cells])
    lines = ["***tess", "**format", "3.5", "**general", "3 periodic", "**cell", str(len(diagram.cells)), "**vertex"]
    lines += [str(len(corners)), *(f"{k + 1} {x:.12f} {y:.12f} {z:.12f} 0" for k, (x, y, z) in enumerate(corners))]
    faces, own, first = [], [], 1
    for cell in diagram.cells:
        own.append(range(len(faces) + 1, len(faces) + len(cell.faces) + 1))
        faces += [[c + first for c in face] for face in cell.faces]
        first += len(cell.corners)
    lines += ["**edge", "0", "**face", str(len(faces))]
    for k, face in enumerate(faces):
        lines.append(f"{k + 1} {len(face)} {' '.join(map(str, face))} 3 1 2 3 0 0 0 1 0 0 0 0 0")
    lines += ["**polyhedron", str(len(own)), *(f"{k + 1} {len(f)} {' '.join(map(str, f))}" for k, f in enumerate(own))]
    if periodic:
        lines += ["**periodicity", "*general", "1 0 1", "1.5 2 1", "*seed", "0"]
    return "\n".join([*lines, "***end"])


@pytest.mark.parametrize("periodic", [False, True])
def test_a_diagram_comes_back(written, periodic):
    seeds = np.random.default_rng(1).random((20, 3)) * (1.5, 2, 1)
    diagram = power_diagram(seeds, np.zeros(20), (1.5, 2, 1), (periodic, False, periodic))
    found = read_tess(written(as_tess(diagram, periodic)))
    assert [cell.volume for cell in found.cells] == pytest.approx(diagram.volumes, rel=1e-9)
    assert found.period.tolist() == ([1.5, 0, 1] if periodic else [0, 0, 0])


@pytest.mark.parametrize("line", range(0, TWO_CUBES.count("\n"), 3))
def test_a_cut_file(written, line):
    """Wherever it was cut: one line, which names the file."""
    path = written("\n".join(TWO_CUBES.split("\n")[:line]))
    with pytest.raises(UserError, match="was it cut|does not begin") as error:
        read_tess(path)
    assert str(error.value).startswith(f"{path}: ") and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("***tess", "***tesr", "does not begin with ***tess"),
        ("   3.4", "   1.9", "line 3: format 1.9 is not read; known are 2, 3, 4"),
        ("   3 standard", "   2 standard", "line 5: its dimension must be 3"),
        ("   rodrigues:active", "   euler-roe", "line 16: orientations must be rodrigues, quaternion"),
        ("   1 0 0\n **vertex", "   1 x 0\n **vertex", "line 18: orientations must be numbers, got 'x'"),
        ("   3 1 1 0 0", "   3 1 nan 0 0", "line 23: coordinates must be finite, got 'nan'"),
        ("   3 1 1 0 0", "   4 1 1 0 0", "line 23: vertex 3 is due, got 4"),
        ("   5 4 3 4 8 7", "   5 4 3 4 8 13", "line 54: a vertex must be from 1 to 12, got 13"),
        (" 2\n   1 6 -1", " 3\n   1 6 -1", "line 83: 3 polyhedra of 2 cells"),
        ("   1 6 -1 2 -3 4 5 6", "   1 5 -1 2 -3 4 5", "line 84: cell 1 is not closed"),
        ("   1 6 -1 2 -3 4 5 6", "   1 6 -1 2 -3 4 5 0", "line 84: faces are numbered from 1"),
        ("   1 6 -1 2 -3 4 5 6", "   1 6 -1 2 -3 4 5 12", "line 84: a face must be from -11 to 11, got 12"),
        ("   2 6 -7 8 9 10 11 -4", "   2 6 -1 2 -3 4 5 6", "its cells overlap: they have 2 of the volume"),
        ("   1 0 0 0 0", "   1 0 0 0.2 0", "line 84: a face of cell 1 is not flat; regularised tessellations are not read"),
    ],
)
def test_a_damaged_file(written, old, new, what):
    assert TWO_CUBES.count(old) == 1
    path = written(TWO_CUBES.replace(old, new))
    with pytest.raises(UserError) as error:
        read_tess(path)
    assert str(error.value).startswith(f"{path}: {what}") and "\n" not in str(error.value)


def test_a_cell_that_is_not_convex(written):
    """A pyramid whose tip is pushed through its base's side: closed and flat, but no convex body."""
    tips = "1 0 0 0 0\n2 1 0 0 0\n3 1 1 0 0\n4 0.6 0.5 0 0\n5 0.9 0.5 1 0\n"
    faces = [(1, 2, 3, 4), (1, 2, 5), (2, 3, 5), (3, 4, 5), (4, 1, 5)]
    rows = "\n".join(f"{k + 1} {len(f)} {' '.join(map(str, f))} 3 1 2 3 0 0 0 1 0 0 0 0 0" for k, f in enumerate(faces))
    text = f"***tess **format 3.4 **general 3 standard **cell 1\n**vertex 5\n{tips}**face 5\n{rows}\n"
    with pytest.raises(UserError, match="line 15: cell 1 is not convex"):
        read_tess(written(text + "**polyhedron 1\n1 5 1 2 3 4 5\n***end"))


def test_files_that_are_none(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_tess(tmp_path / "none.tess")
    (tmp_path / "picture.tess").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(UserError, match="is no text"):
        read_tess(tmp_path / "picture.tess")


def test_seeds(written):
    """Weights as they stand, or as squares of radii; axes get the length 1; columns in any order."""
    seeds, weights, axes, pores = read_seeds(written("z_nm,x_nm,y_nm\n3,1,2\n6,4,5\n", "seeds.csv"))
    assert seeds.tolist() == [[1, 2, 3], [4, 5, 6]] and weights is None and axes is None and pores is None
    text = "x_nm,y_nm,z_nm,radius_nm,axis_x,axis_y,axis_z\n1,2,3,4,0,0,2\n\n4,5,6,0,3,0,4\n"
    _, weights, axes, _ = read_seeds(written(text, "seeds.csv"))
    assert weights.tolist() == [16, 0] and axes == pytest.approx(np.array([(0, 0, 1), (0.6, 0, 0.8)]))
    assert read_seeds(written("x_nm,y_nm,z_nm,weight_nm2\n1,2,3,-4\n", "seeds.csv"))[1].tolist() == [-4]
    assert read_seeds(written("x_nm,y_nm,z_nm,pore\n1,2,3,0\n4,5,6,1\n", "seeds.csv"))[3].tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "is empty"),
        ("x_nm,y_nm\n1,2\n", "column z_nm is missing"),
        ("x_nm,y_nm,z_nm,axis_x\n1,2,3,1\n", "column axis_y is missing"),
        ("x_nm,y_nm,z_nm,weigth_nm2\n1,2,3,4\n", "unknown column 'weigth_nm2'"),
        ("x_nm,y_nm,z_nm,x_nm\n1,2,3,4\n", "column x_nm stands twice"),
        ("x_nm,y_nm,z_nm,weight_nm2,radius_nm\n1,2,3,4,5\n", "takes weight_nm2 or radius_nm, not both"),
        ("x_nm,y_nm,z_nm\n", "holds no seeds"),
        ("x_nm,y_nm,z_nm\n1,2,3\n1,2\n", "line 3: has 2 values of 3"),
        ("x_nm,y_nm,z_nm\n1,two,3\n", "line 2: y_nm must be a number, got 'two'"),
        ("x_nm,y_nm,z_nm\n1,2,inf\n", "line 2: z_nm must be finite, got inf"),
        ("x_nm,y_nm,z_nm\n1,2,3\n4,5,6\n1,2,3\n", "line 4: stands in the place of line 2"),
        ("x_nm,y_nm,z_nm,radius_nm\n1,2,3,-1\n", "line 2: radius_nm must be >= 0, got -1"),
        ("x_nm,y_nm,z_nm,pore\n1,2,3,0.5\n", "line 2: pore must be 0 or 1, got 0.5"),
        ("x_nm,y_nm,z_nm,pore\n1,2,3,1\n", "all of its cells are pores"),
        ("x_nm,y_nm,z_nm,axis_x,axis_y,axis_z\n1,2,3,0,0,0\n", "line 2: axis_x, axis_y, axis_z must not all be 0"),
    ],
)
def test_bad_tables_of_seeds(written, text, what):
    path = written(text, "seeds.csv")
    with pytest.raises(UserError) as error:
        read_seeds(path)
    assert str(error.value).startswith(f"{path}: {what}") and "\n" not in str(error.value)
