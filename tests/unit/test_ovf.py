"""OVF files as voxels: both versions, text and binary, written here by the letter of their formats."""

import numpy as np
import pytest
import yaml

from hardmag.errors import UserError
from hardmag.files import validated
from hardmag.nanostructures.from_file import FromFile
from hardmag.simulate import load_case

HARD = {"name": "hard", "A_J_per_m": 1e-11, "Ku_J_per_m3": 4e6, "Ms_A_per_m": 1e6}
CHECK = {4: 1234567.0, 8: 123456789012345.0}
INDEX = np.arange(24).reshape(2, 3, 4) % 2
FORMS = [(version, form) for version in (1, 2) for form in ("Text", "Binary 4", "Binary 8")]


def ovf(index=INDEX, version=2, form="Text", changes=(), components=None):
    """Bytes of a file with cells of 1 × 2 × 0.5 nm; the first of the components is index, the others are 0."""
    components = components or (3 if version == 1 else 1)
    lines = ["# OOMMF OVF 2.0" if version == 2 else "# OOMMF: rectangular mesh v1.0", "# Segment count: 1"]
    lines += ["# Begin: Segment", "# Begin: Header", "# Title: a: b", "# meshtype: rectangular", "# meshunit: m"]
    lines += [f"# {x}nodes: {n}" for x, n in zip("xyz", index.shape, strict=True)]
    lines += ["# xstepsize: 1e-09", "# ystepsize: 2e-09 ## a comment", "# zstepsize: 5e-10"]
    lines += [f"# valuedim: {components}"] if version == 2 else ["# valuemultiplier: 1"]
    header = "\n".join([*lines, "# End: Header", f"# Begin: Data {form}", ""])
    for old, new in changes:
        assert old in header
        header = header.replace(old, new)
    values = np.zeros((index.size, components))
    values[:, 0] = index.transpose(2, 1, 0).ravel()  # x runs fastest
    if form == "Text":
        data = "\n".join(" ".join(f"{v:g}" for v in row) for row in values).encode() + b"\n"
    else:
        dtype = ("<f" if version == 2 else ">f") + form[-1]
        data = np.array([CHECK[int(form[-1])], *values.ravel()]).astype(dtype).tobytes() + b"\n"
    return header.encode() + data + f"# End: Data {form}\n# End: Segment\n".encode()


@pytest.fixture
def build(tmp_path):
    """Function: voxels of an OVF file's bytes."""

    def make(content, name="regions.ovf", **more):
        (tmp_path / name).write_bytes(content)
        data = {"kind": "from_file", "voxels": str(tmp_path / name), "phases": [HARD, HARD | {"name": "other"}]} | more
        return validated(FromFile, data, "campaign.yaml").build(None)

    return make


@pytest.mark.parametrize(("version", "form"), FORMS)
@pytest.mark.parametrize("shape", [(2, 3, 4), (1, 1, 5), (3, 1, 1)])
def test_what_is_in_the_file_is_what_is_built(build, version, form, shape):
    index = np.arange(np.prod(shape)).reshape(shape) % 2
    voxels = build(ovf(index, version, form))
    assert np.array_equal(voxels.index, index)
    assert voxels.cell_m == pytest.approx((1e-9, 2e-9, 0.5e-9), rel=1e-12)


def test_line_ends_units_and_names(build):
    windows = ovf().replace(b"\n", b"\r\n")
    in_nm = ovf(changes=[("meshunit: m", "meshunit: nm"), ("1e-09", "1"), ("2e-09", "2"), ("5e-10", "0.5")])
    for content in (windows, in_nm):
        voxels = build(content)
        assert np.array_equal(voxels.index, INDEX) and voxels.cell_m == pytest.approx((1e-9, 2e-9, 0.5e-9), rel=1e-12)
    assert np.array_equal(build(ovf(), "regions.out", cell_nm=[1, 2, 0.5]).index, INDEX)  # told by its content


def test_cells_are_the_headers(build, tmp_path):
    """Left out or repeated: the same structure, of one id. Others are refused."""
    contents = []
    for more in ({}, {"cell_nm": [1, 2, 0.5]}):
        build(ovf(), **more)
        structure = FromFile(voxels=tmp_path / "regions.ovf", phases=[HARD, HARD], **more)
        contents.append(structure.content())
    assert contents[0] == contents[1] and contents[0]["cell_nm"] == [1, 2, 0.5]
    with pytest.raises(
        UserError, match=r"its cells are \[1\.0, 2\.0, 0\.5\] nm, cell_nm says \[1\.0, 1\.0, 1\.0\]: leave it out"
    ):
        build(ovf(), cell_nm=[1, 1, 1])
    np.save(tmp_path / "array.npy", INDEX)
    with pytest.raises(UserError, match="an array; cell_nm: required key is missing"):
        build((tmp_path / "array.npy").read_bytes())


def test_a_case_file(tmp_path):
    (tmp_path / "regions.ovf").write_bytes(ovf())
    field = {"direction": [0, 0, 1], "from_T": 1.0, "to_T": -12.0, "step_T": 0.64}
    (tmp_path / "case.yaml").write_text(yaml.safe_dump({"voxels": "regions.ovf", "phases": [HARD, HARD], "field": field}))
    assert np.array_equal(load_case(tmp_path / "case.yaml")[0].body.index, INDEX)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (ovf(INDEX + 0.5), r"voxels must be whole numbers, got 0\.5 in cell \[0, 0, 0\]"),
        (ovf(INDEX + 7), "voxels hold phase index 8, allowed are 0 to 1"),
        (ovf(components=3), "holds 3 numbers for each cell; one is taken"),
        (ovf()[:-40], "is cut short"),
        (ovf(form="Binary 4")[:-80], "is cut short"),
        (
            ovf(form="Binary 4").replace(np.float32(1234567).tobytes(), np.float32(7).tobytes()),
            "not with the check value 1234567",
        ),
        (ovf(changes=[("xnodes: 2", "xnodes: 3")]), "holds 24 numbers, its header promises 36"),
        (ovf(changes=[("xnodes: 2", "xnodes: many")]), "no whole number >= 1 for xnodes"),
        (ovf(form="Binary 8", changes=[("xnodes: 2", "xnodes: 99999999999")]), "is cut short"),
        (ovf(changes=[("# xstepsize: 1e-09\n", "")]), "no xstepsize, ystepsize and zstepsize"),
        (ovf(changes=[("1e-09", "1")]), r"its cells are \[1000000000\.0, .* nm, edges must be within 0\.05 to 100000 nm"),
        (ovf(changes=[("1e-09", "0")]), "edges must be > 0"),
        (ovf(changes=[("1e-09", "nan")]), "no xstepsize, ystepsize and zstepsize as numbers"),
        (ovf(changes=[("rectangular\n", "irregular\n")]), "its mesh is irregular; rectangular ones are read"),
        (ovf(changes=[("meshunit: m", "meshunit: inch")]), "meshunit is 'inch'; known are m, mm, um, nm"),
        (ovf(changes=[("OVF 2.0", "OVF 3.0")]), "begins with '# OOMMF OVF 3.0'; OVF 1.0 and 2.0"),
        (ovf(changes=[("count: 1", "count: 2")]), "has 2 segments"),
        (ovf(changes=[("Data Text", "Data Prose")]), "no section '# Begin: Data Text'"),
        (ovf().replace(b"\n1\n", b"\none\n"), "something that is no number"),
    ],
)
def test_mistakes(build, content, words):
    with pytest.raises(UserError, match=words) as error:
        build(content)
    assert "regions.ovf: " in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(("version", "form"), FORMS)
def test_damage_never_ends_in_a_traceback(build, version, form):
    """Cut, or with flipped bits: refused in one line, or by chance another valid file."""
    whole, rng, refused = ovf(version=version, form=form), np.random.default_rng(1), 0
    for _ in range(150):
        damaged = bytearray(whole)
        if rng.random() < 0.3:
            del damaged[rng.integers(len(damaged)) :]
        for at in rng.integers(max(len(damaged), 1), size=3) if damaged else ():
            damaged[at] ^= 1 << rng.integers(8)
        try:
            build(bytes(damaged))
        except UserError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 75
