"""Damaged and unusual mesh files: one line that names the file, whatever its reader raises."""

import re
import warnings

import meshio
import numpy as np
import pytest
from meshes import brick

from hardmag.errors import UserError
from hardmag.materials import Phase
from hardmag.nanostructures.mesh_files import from_mesh, write_mesh

PHASES = tuple(Phase(name, 1e-11, 0.0, 1e6, (0, 0, 1)) for name in ("left", "right"))
TRIES = 40  # of each form: 320 files, a few seconds. Ten times as many, with other seeds, were tried when this was written.
NUMBERS = (b"0", b"-1", b"7", b"999999999999", b"1e400", b"nan", b"2147483648")


def whole():
    return brick((3, 2, 2), 1e-9, PHASES, lambda c: (c[:, 0] > 2e-9).astype(int))


def write(path, form):
    """A sound mesh in one of the forms that meshes come in."""
    mesh = whole()
    blocks = [("tetra", mesh.tetrahedra[mesh.phase == k]) for k in (0, 1)]
    if form.startswith("4.1"):
        volume = 1 + np.isin(np.arange(len(mesh.nodes)), blocks[1][1])
        tags = [np.full(len(block), k + 1, np.int32) for k, (_, block) in enumerate(blocks)]
        file = meshio.Mesh(
            mesh.nodes * 1e9,
            blocks,
            point_data={"gmsh:dim_tags": np.stack([np.full(len(volume), 3), volume], 1)},
            cell_data={"gmsh:physical": tags, "gmsh:geometrical": tags},
            field_data={name: np.array([k + 1, 3]) for k, name in enumerate(("left", "right"))},
            cell_sets={"left": [np.arange(len(tags[0])), None], "right": [None, np.arange(len(tags[1]))]},
        )
        file.write(path, "gmsh", binary=form.endswith("binary"))
    elif form.startswith("2.2"):
        write_mesh(mesh, path)
        if form.endswith("text"):
            meshio.gmsh.write(path, meshio.gmsh.read(path), fmt_version="2.2", binary=False)
    else:
        phase = [np.full(len(block), k, np.int32) for k, (_, block) in enumerate(blocks)]
        file = meshio.Mesh(mesh.nodes * 1e9, blocks, cell_data={"phase": phase})
        compression = form if form in ("zlib", "lzma") else None
        meshio.vtu.write(path, file, binary=form != "ascii", compression=compression)


FORMS = {
    "2.2 text": "msh",
    "2.2 binary": "msh",
    "4.1 text": "msh",
    "4.1 binary": "msh",
    "ascii": "vtu",
    "base64": "vtu",
    "zlib": "vtu",
    "lzma": "vtu",
}


@pytest.mark.parametrize("form", FORMS)
def test_sound_files_are_read(tmp_path, form):
    path = tmp_path / f"mesh.{FORMS[form]}"
    write(path, form)
    assert from_mesh(path, PHASES, 1.0).fractions() == pytest.approx({"left": 2 / 3, "right": 1 / 3})


@pytest.mark.parametrize("form", FORMS)
def test_damage_is_one_line(tmp_path, form, capfd):
    """Cut, bits flipped, bytes left out, other numbers in the header."""
    path, rng, refused = tmp_path / f"mesh.{FORMS[form]}", np.random.default_rng(14), 0
    write(path, form)
    content = path.read_bytes()
    capfd.readouterr()
    for number in range(TRIES):
        path.write_bytes(damaged(content, number % 4, rng))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what NumPy and the reader warn of stays inside, too
                warnings.filterwarnings("ignore", ".* nodes stand in the place of others")
                from_mesh(path, PHASES, 1.0)
        except UserError as error:
            refused += 1
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error) and len(str(error)) < 400
    assert refused > TRIES / 2
    assert capfd.readouterr() == ("", "")


def damaged(content, how, rng):
    data = bytearray(content)
    at = int(rng.integers(len(data)))
    if how == 0:
        del data[at:]
    elif how == 1:
        for place in rng.integers(len(data), size=rng.choice((1, 3, 10))):
            data[place] ^= 1 << rng.integers(8)
    elif how == 2:
        del data[at : at + int(rng.integers(1, 200))]
    else:
        numbers = list(re.finditer(rb"\d+", content[:1500]))
        found = numbers[rng.integers(len(numbers))]
        data[found.start() : found.end()] = NUMBERS[rng.integers(len(NUMBERS))]
    return bytes(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ([(b"$Nodes", b"$ParametricNodes"), (b"$EndNodes", b"$EndParametricNodes")], "its nodes have parametric coordinates"),
        (
            [(b"$Nodes\n", b"$PartitionedEntities\n2\n0\n$EndPartitionedEntities\n$Nodes\n9")],
            "it is partitioned; save it whole",
        ),
        ([(b"2.2 0 8", b"9.9 0 8")], "not a readable mesh"),
        ([(b'"left"', b'"west"')], "physical volume 'west' is not a phase; phases are left, right"),
    ],
)
def test_what_is_unusual_is_named(tmp_path, change, words):
    path = tmp_path / "mesh.msh"
    write(path, "2.2 text")
    content = path.read_bytes()
    for old, new in change:
        assert old in content
        content = content.replace(old, new)
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        from_mesh(path, PHASES, 1.0)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep"), KeyError(np.int32(3)), NotImplementedError("this")])
def test_whatever_the_reader_raises(tmp_path, monkeypatch, error):
    path = tmp_path / "mesh.msh"
    write(path, "2.2 text")

    def fail(_):
        print("a word\nand another")
        raise error

    monkeypatch.setattr(meshio.gmsh, "read", fail)
    with pytest.raises(UserError, match="not a readable mesh: damaged, or of another format") as caught:
        from_mesh(path, PHASES, 1.0)
    assert "np.int32" not in str(caught.value)


@pytest.mark.parametrize(("scale", "unit"), [(1e-9, "m"), (1e-3, "µm")])
def test_a_mesh_in_another_unit(tmp_path, scale, unit):
    path = tmp_path / "mesh.vtu"
    mesh = whole()
    meshio.Mesh(mesh.nodes * 1e9 * scale, [("tetra", mesh.tetrahedra)], cell_data={"phase": [mesh.phase]}).write(path)
    words = rf"mesh\.vtu: its elements are .* nm wide; the edges of a mesh must be within .*; was it meant in {unit}\?"
    with pytest.raises(UserError, match=words):
        from_mesh(path, PHASES, 1.0)


def test_names_of_other_cell_data_are_told(tmp_path):
    path, mesh = tmp_path / "mesh.vtu", whole()
    data = {name: [mesh.phase] for name in ("material", "region")}
    meshio.Mesh(mesh.nodes * 1e9, [("tetra", mesh.tetrahedra)], cell_data=data).write(path)
    with pytest.raises(UserError, match=r"has no cell data 'phase'; it has 'material', 'region'"):
        from_mesh(path, PHASES, 1.0)
