"""`hardmag export`: what it writes, read back by the libraries that others read it with, and what it refuses."""

import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import h5py
import meshio
import mlcroissant
import numpy as np
import pandas as pd
import pytest
import vtk
import xarray
import yaml
from refusals import complaint
from rocrate.rocrate import ROCrate
from tiny_campaign import CAMPAIGN, TERMS, campaign_that_ran
from vtk.util.numpy_support import vtk_to_numpy

from hardmag import cli
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.cli import main
from hardmag.dataset.loaded import load
from hardmag.files import sha256
from hardmag.materials import MU0, Phase
from hardmag.nanostructures.ovf import write_ovf
from hardmag.voxels import Voxels

HARD = {"name": "hard", "A_J_per_m": 8e-12, "Ku_J_per_m3": 4.9e6, "Ms_A_per_m": 1.281e6, "axis": [0, 0, 1]}
AIR = HARD | {"name": "air", "A_J_per_m": 0, "Ku_J_per_m3": 0, "Ms_A_per_m": 0}
FIELD = {"direction": [0.1, 0, 1], "from_T": 2.0, "to_T": -8.0, "step_T": 0.5}
GRAINS = {
    "kind": "polycrystal",
    "grains": 6,
    "grain_size_nm": 40.0,
    "size_spread": 0.2,
    "boundary_nm": 2.0,
    "structure_seed": 3,
}
PAGE = Path(__file__).parents[2] / "docs" / "export.md"


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """results/tiny of a campaign of two samples that has run."""
    return campaign_that_ran(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def data(campaign):
    return load(campaign / "dataset.h5")


@pytest.fixture
def case(tmp_path):
    """Function: write a case file of a hard cube beside a layer that is not magnetic, its keys changed; returns its path."""

    def write(**changes):
        index = np.zeros((4, 5, 6), dtype=int)
        index[:, :, 5] = 1
        np.save(tmp_path / "phases.npy", index)
        content = {"voxels": "phases.npy", "cell_nm": [1.0, 1.5, 2.0], "phases": [HARD, AIR], "field": FIELD}
        path = tmp_path / "case.yaml"
        path.write_text(yaml.safe_dump({k: v for k, v in (content | changes).items() if v is not None}))
        return path

    return write


def exported(capsys, *words):
    """What a command says that does what it should."""
    assert main(["export", *map(str, words)]) == 0
    return capsys.readouterr().out


def simulated(path, output):
    """(mu0_H_T, m_parallel, attributes) of a case file."""
    assert main(["simulate", str(path), "-o", str(output)]) == 0
    with h5py.File(output) as file:
        return *(file["loop"][name][()] for name in ("mu0_H_T", "m_parallel")), dict(file.attrs)


# ---- states


def test_ovf_holds_the_magnetisation_of_each_cell(tmp_path):
    """Read by the words of its header and in its order, x fastest, in single precision (relative 6e-8)."""
    rng = np.random.default_rng(0)
    phases = (Phase(**HARD), Phase(**AIR), Phase(**HARD | {"name": "soft", "Ms_A_per_m": 7e5}))
    body = Voxels(rng.integers(0, 3, size=(2, 3, 4)), phases, (1e-9, 1.5e-9, 2e-9))
    m = rng.normal(size=(3, 2, 3, 4))
    write_ovf(tmp_path / "m.ovf", body, m, {"sample": "a"})
    head, _, rest = (tmp_path / "m.ovf").read_bytes().partition(b"# Begin: Data Binary 4\n")
    header = dict(re.findall(r"# (\w+): (.*)\n", head.decode()))
    assert [int(header[f"{x}nodes"]) for x in "xyz"] == [2, 3, 4]
    assert [float(header[f"{x}stepsize"]) for x in "xyz"] == [1e-9, 1.5e-9, 2e-9]
    assert [float(header[f"{x}max"]) - float(header[f"{x}min"]) for x in "xyz"] == pytest.approx([2e-9, 4.5e-9, 8e-9])
    assert (header["meshunit"], header["valueunits"], header["Desc"]) == ("m", "A/m A/m A/m", "sample: a")
    check, *values = np.frombuffer(rest, "<f4", 1 + 3 * 24)
    assert check == 1234567.0 and rest[4 * 73 :] == b"\n# End: Data Binary 4\n# End: Segment\n"
    Ms = np.array([1.281e6, 0.0, 7e5])[body.index]
    for number, (k, j, i) in enumerate(np.ndindex(4, 3, 2)):
        assert values[3 * number : 3 * number + 3] == pytest.approx(m[:, i, j, k] * Ms[i, j, k], rel=1e-6)


def test_state_is_that_of_the_curve(case, tmp_path, capsys):
    """At fields that the half-cycle has recorded, before its end, the moment of the file is that of the curve."""
    H, m, _ = simulated(case(), tmp_path / "out.h5")
    capsys.readouterr()
    h = np.array([0.1, 0, 1]) / np.hypot(0.1, 1)
    for row in (0, 2, np.flatnonzero(m > 0)[-1]):
        said = exported(capsys, "state", case(), "--at-field", H[row], "-o", tmp_path / "m.vtu")
        assert float(said.split()[2]) == pytest.approx(m[row], abs=1e-4)
        file = meshio.read(tmp_path / "m.vtu")
        Ms, found = file.cell_data["Ms_A_per_m"][0], file.cell_data["m"][0]
        assert Ms @ (found @ h) / Ms.sum() == pytest.approx(m[row], abs=1e-5)
        assert set(file.cell_data["mu0_H_T"][0].tolist()) == {np.float32(H[row])}


def test_vtk_reads_the_state(case, tmp_path, capsys):
    """The same cells and moments as by the OVF file of the same state; VTK's points are in nm."""
    for name in ("m.vtu", "m.ovf"):
        exported(capsys, "state", case(), "--at-field", "-1", "-o", tmp_path / name)
    reader = vtk.vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(tmp_path / "m.vtu"))
    reader.Update()
    grid = reader.GetOutput()
    assert grid.GetBounds() == pytest.approx((0, 4, 0, 7.5, 0, 12))
    volumes = [np.prod(np.diff(np.reshape(grid.GetCell(k).GetBounds(), (3, 2)))) for k in range(grid.GetNumberOfCells())]
    assert volumes == pytest.approx([3.0] * 120)
    m, Ms = (vtk_to_numpy(grid.GetCellData().GetArray(name)) for name in ("m", "Ms_A_per_m"))
    content = (tmp_path / "m.ovf").read_bytes().partition(b"Data Binary 4\n")[2]
    M = np.frombuffer(content, "<f4", 360, offset=4).reshape(6, 5, 4, 3).transpose(2, 1, 0, 3).reshape(-1, 3)
    assert m * Ms[:, None] == pytest.approx(M, abs=1.0)  # A/m of 1.3e6, both in single precision
    assert not M[Ms == 0].any() and (Ms == 0).sum() == 20


@pytest.mark.parametrize("at_T", [1.0, -1.5])
def test_rotation_by_its_formula(at_T, case, tmp_path, capsys):
    """Across the easy axis, without a demagnetising field, m·h = H/HA with µ0·HA = 2K/Ms; at rest to 1 mT of torque."""
    np.save(tmp_path / "one.npy", np.zeros((1, 1, 1), dtype=int))
    whole = {"voxels": "one.npy", "cell_nm": [1, 1, 1], "periodic": [True] * 3, "phases": [HARD]}
    path = case(**whole, field=FIELD | {"direction": [1, 0, 0]})
    said = exported(capsys, "state", path, "--at-field", at_T, "-o", tmp_path / "m.ovf")
    assert float(said.split()[2]) == pytest.approx(at_T / (2 * 4.9e6 / 1.281e6), abs=1e-3)


def test_states_beyond_the_end_of_the_half_cycle(case, tmp_path, capsys):
    """It ends when the sample has reversed; states further down are to be had too, nearer to saturation."""
    _, m, _ = simulated(case(), tmp_path / "out.h5")
    capsys.readouterr()
    said = [exported(capsys, "state", case(), "--at-field", T, "-o", tmp_path / "m.ovf") for T in (-7, -8)]
    near, far = (float(text.split()[2]) for text in said)
    assert -1 <= far < near < -0.99


def test_state_of_grains(tmp_path, capsys):
    case = tmp_path / "case.yaml"
    case.write_text(yaml.safe_dump({"nanostructure": GRAINS, "field": FIELD | {"direction": [0.02, 0, 1]}}))
    H, m, _ = simulated(case, tmp_path / "out.h5")
    capsys.readouterr()
    row = np.flatnonzero(m < 0.9)[0]
    exported(capsys, "state", case, "--at-field", H[row], "-o", tmp_path / "m.vtu")
    file = meshio.read(tmp_path / "m.vtu")
    corners = file.points[file.cells[0].data]
    volumes = np.linalg.det(corners[:, 1:] - corners[:, :1])
    h = np.array([0.02, 0, 1]) / np.hypot(0.02, 1)
    assert volumes @ (file.cell_data["m"][0] @ h) / volumes.sum() == pytest.approx(m[row], abs=1e-4)
    said = complaint(capsys, "export", "state", str(case), "--at-field", "0", "-o", str(tmp_path / "m.ovf"))
    assert said == f"{tmp_path}/m.ovf: an OVF file holds cells of a grid; this structure has none, write .vtu"


def test_state_of_a_sample(campaign, data, tmp_path, capsys):
    """That of the stored half-cycle, of each realisation."""
    for row, sample in enumerate(data.columns["id"]):
        for number, (H, m) in enumerate(data.half_cycles[row]):
            of = ("--campaign", campaign, "--realisation", number, "--at-field", H[2], "-o", tmp_path / "m.ovf")
            assert float(exported(capsys, "state", sample[:8], *of).split()[2]) == pytest.approx(m[2], abs=1e-4)
            text = (tmp_path / "m.ovf").read_bytes()
            assert f"# Desc: sample: {sample}\n# Desc: realisation: {number}\n".encode() in text
            assert b"# Desc: periodic: z\n" in text


def test_states_that_are_refused(case, campaign, data, tmp_path, capsys):
    def said(*words):
        return complaint(capsys, "export", "state", *map(str, words))

    ovf, dataset, (a, *_) = tmp_path / "m.ovf", campaign / "dataset.h5", data.columns["id"]
    assert (
        said(case(), "--at-field", "-9", "-o", ovf) == "--at-field -9: must be within -8 to 2 T, the fields of the half-cycle"
    )
    assert said(case(), "--at-field", "nan", "-o", ovf) == "--at-field nan: must be a finite number"
    assert said(case(), "--at-field", "0", "-o", tmp_path / "m.vtk") == f"{tmp_path}/m.vtk: must end in .ovf or .vtu"
    of_campaign = ("--campaign", campaign, "--at-field", "0", "-o", ovf)
    assert said("nothing", *of_campaign) == f"{dataset}: of its samples none begins with 'nothing'"
    assert said(a, *of_campaign, "--realisation", 2) == f"sample {a} has realisations 0 to 1, not 2"
    assert not ovf.exists()
    assert said(case(), "--at-field", "0", "-o", "/proc/m.ovf").startswith("/proc/m.ovf: cannot be written (")


def test_states_of_another_physics_are_refused(campaign, data, monkeypatch, capsys):
    monkeypatch.setattr("hardmag.export.state.PHYSICS_VERSION", 99)
    said = complaint(
        capsys, "export", "state", data.columns["id"][0], "--campaign", str(campaign), "--at-field=0", "-o", "m.ovf"
    )
    assert said.endswith("is of physics version 4, this version of hardmag has 99: it would have other states")


def test_a_half_cycle_that_fails(case, tmp_path, capsys):
    path = case(solver={"max_iterations": 1})
    assert main(["export", "state", str(path), "--at-field", "0", "-o", str(tmp_path / "m.ovf")]) == 1
    assert capsys.readouterr().err == "error: simulation failed: not_converged, before it came to 0 T\n"
    assert not (tmp_path / "m.ovf").exists()


# ---- curves and datasets


def test_curves_as_a_table(campaign, data, tmp_path, capsys):
    said = exported(capsys, "curves", campaign, "-o", tmp_path / "curves.csv")
    table = pd.read_csv(tmp_path / "curves.csv")
    assert list(table) == ["sample", "realisation", "mu0_H_T", "m_parallel"] and f"fields: {len(table)};" in said
    for row, sample in enumerate(data.columns["id"]):
        own = table[table["sample"] == sample]
        for realisation, (H, m) in enumerate([data.curves[row], *data.half_cycles[row]], start=-1):
            one = own[own["realisation"].isna() if realisation < 0 else own["realisation"] == realisation]
            assert one["mu0_H_T"].tolist() == H.tolist() and one["m_parallel"].tolist() == m.tolist()


def test_curve_of_one_simulation(case, tmp_path, capsys):
    H, m, _ = simulated(case(), tmp_path / "out.h5")
    exported(capsys, "curves", tmp_path / "out.h5", "-o", tmp_path / "curve.csv")
    table = pd.read_csv(tmp_path / "curve.csv")
    assert table["mu0_H_T"].tolist() == H.tolist() and table["m_parallel"].tolist() == m.tolist()
    assert set(table["status"]) == {"ok"}


def test_netcdf_is_read_by_xarray(campaign, data, tmp_path, capsys):
    exported(capsys, "dataset", campaign, "-o", tmp_path / "data.nc")
    with xarray.open_dataset(tmp_path / "data.nc", engine="h5netcdf") as found:
        assert found.sizes["sample"] == 2 and found.sizes["realisation"] == 2
        assert found["sample"].values.tolist() == data.columns["id"].tolist()
        for name, values in data.columns.items():
            if name != "id":
                np.testing.assert_array_equal(found[name].values, values)
                assert (found[name].attrs["units"], found[name].attrs["long_name"]) == (data.units[name], data.meanings[name])
        for row in range(2):
            mean, singles = found.isel(sample=row), data.half_cycles[row]
            for number, name in enumerate(("mu0_H_T", "m_parallel")):
                stored = [data.curves[row], *singles]
                read = [mean[name], *(mean[f"half_cycle_{name}"].isel(realisation=k) for k in range(2))]
                assert [x.dropna("step").values.tolist() for x in read] == [curve[number].tolist() for curve in stored]
        assert found["mu0_H_T"].attrs == {"units": "T", "long_name": "applied field"}
        assert found.attrs["dataset_sha256"] == sha256(campaign / "dataset.h5")
        assert found.attrs["campaign"] == "tiny" and found.attrs["kind"] == "smco17"
        assert yaml.safe_load(found.attrs["configuration"]) == CAMPAIGN


# ---- descriptions for archives and for libraries


def test_croissant_is_read_by_its_library(campaign, data, tmp_path, capsys):
    """All columns of all rows by way of the description, whose table lies in another folder."""
    exported(capsys, "croissant", campaign, "-o", tmp_path / "croissant.json", *TERMS)
    found = mlcroissant.Dataset(str(tmp_path / "croissant.json"))
    assert not found.metadata.issues.errors
    records = list(found.records("samples"))
    for name, values in data.columns.items():
        if name in ("specification", "history"):  # which the table does not have
            continue
        read = [record[f"samples/{name}"] for record in records]
        assert [x.decode() if isinstance(x, bytes) else x for x in read] == pytest.approx(values.tolist(), nan_ok=True)
    description = json.loads((tmp_path / "croissant.json").read_text())
    fields = {field["name"]: field for field in description["recordSet"][0]["field"]}
    assert fields["mu0_Hc_T"]["dataType"] == "sc:Float" and fields["mu0_Hc_T"]["description"].endswith("; in T")
    assert description["license"] == TERMS[1] and description["creator"]["name"] == "A. Physicist"


def test_crate_is_read_by_its_library(campaign, tmp_path, capsys):
    """With all files but those of the campaign's work, each with its checksum; as a folder and as .zip the same."""
    campaign = shutil.copytree(campaign, tmp_path / "tiny")
    for name in ("figures/parameters.png", "logs/draw/parameters.log", ".snakemake/lock"):
        (campaign / name).parent.mkdir(parents=True)
        (campaign / name).write_bytes(b"a file")
    for name in ("crate", "crate.zip"):
        assert "files: 5;" in exported(capsys, "crate", campaign, "-o", tmp_path / name, *TERMS)
        crate = ROCrate(tmp_path / name)
        assert crate.root_dataset["license"].id == TERMS[1] and crate.root_dataset["creator"]["name"] == "A. Physicist"
        files = {entity.id: entity for entity in crate.data_entities}
        assert set(files) == {"campaign.yaml", "dataset.h5", "dataset.parquet", "figures/parameters.png", "plan.json"}
        for path in ("dataset.h5", "dataset.parquet", "plan.json"):
            assert files[path]["sha256"] == sha256(campaign / path)
        (action,) = [entity for entity in crate.contextual_entities if entity.type == "CreateAction"]
        assert (action["object"].id, action["result"].id) == ("campaign.yaml", "dataset.h5")
    assert sha256(tmp_path / "crate" / "dataset.h5") == sha256(campaign / "dataset.h5")
    assert yaml.safe_load((tmp_path / "crate" / "campaign.yaml").read_text()) == CAMPAIGN
    said = complaint(capsys, "export", "crate", str(campaign), "-o", str(tmp_path / "crate"), *TERMS)
    assert said == f"{tmp_path}/crate: is there already; a crate is written as a new folder, or as a .zip"
    said = complaint(capsys, "export", "crate", str(campaign), "-o", str(campaign / "crate.zip"), *TERMS)
    assert said == f"{campaign}/crate.zip: must lie outside of {campaign}, which the crate holds"


def test_terms_are_checked(campaign, tmp_path, capsys):
    said = complaint(capsys, "export", "croissant", str(campaign), "-o", "c.json", "--license", "MIT", "--creator", "A")
    assert said == "--license MIT: must be the address of a licence, as https://creativecommons.org/licenses/by/4.0/"
    said = complaint(capsys, "export", "croissant", str(campaign), "-o", "c.json", *TERMS[:3], " ")
    assert said == "--creator: must be a name"


# ---- MaMMoS


def test_mammos_analysis_finds_the_same_figures(case, tmp_path, capsys):
    """From H and M of the file it makes the Hc and Mr that stand beside them, by its own interpolation; and those of OUT.h5."""
    import mammos_entity  # whose ontology takes seconds to load
    from mammos_analysis.hysteresis import extrinsic_properties

    *_, figures = simulated(case(), tmp_path / "out.h5")
    exported(capsys, "mammos", tmp_path / "out.h5", "-o", tmp_path / "out.yaml")
    found = mammos_entity.from_yaml(tmp_path / "out.yaml")
    own = extrinsic_properties(found.H, found.M)
    assert found.Hc.value == pytest.approx(own.Hc.value, rel=1e-9) and found.Mr.value == pytest.approx(own.Mr.value, rel=1e-9)
    assert found.Hc.q.to_value("A/m") * MU0 == pytest.approx(figures["mu0_Hc_T"], rel=1e-9)
    assert found.BHmax.q.to_value("kJ/m3") == pytest.approx(figures["BHmax_kJ_per_m3"], rel=1e-9)
    # The energy product gives the moment to 1e-6 A/m; that of a body is its phase's, over the magnet's volume.
    assert found.Mr.value / figures["m_r"] == pytest.approx(1.281e6, rel=1e-9)
    said = complaint(capsys, "export", "mammos", str(tmp_path / "out.h5"), "-o", str(tmp_path / "out.csv"))
    assert said == f"{tmp_path}/out.csv: of one simulation, its curve included, must end in .yaml"


@pytest.mark.parametrize("name", ["table.csv", "table.yaml"])
def test_mammos_table_of_a_dataset(name, campaign, data, tmp_path, capsys):
    import mammos_entity

    exported(capsys, "mammos", campaign, "-o", tmp_path / name)
    found = (mammos_entity.from_csv if name.endswith("csv") else mammos_entity.from_yaml)(tmp_path / name)
    assert list(found["sample"]) == data.columns["id"].tolist()
    assert found.Hc.q.to_value("A/m") * MU0 == pytest.approx(data.columns["mu0_Hc_T"], rel=1e-9)
    assert found.BHmax.q.to_value("kJ/m3") == pytest.approx(data.columns["BHmax_kJ_per_m3"], rel=1e-9)
    samples = [Sample.from_dict(json.loads(text)) for text in data.columns["specification"]]
    Ms = [np.mean([half_cycle_of(sample, k).body.mean_Ms_A_per_m() for k in range(2)]) for sample in samples]
    assert found.Mr.value == pytest.approx(data.columns["m_r"] * Ms, rel=1e-6)


@pytest.mark.parametrize(
    ("what", "library", "words"),
    [
        ("dataset", "xarray", ("-o", "d.nc")),
        ("dataset", "h5netcdf", ("-o", "d.nc")),
        ("crate", "rocrate.rocrate", ("-o", "c.zip", *TERMS)),
        ("mammos", "mammos_entity", ("-o", "m.csv")),
    ],
)
def test_a_library_that_is_missing(what, library, words, campaign, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, library, None)
    extra = "mammos" if what == "mammos" else "export"
    said = complaint(capsys, "export", what, str(campaign), *words)
    assert said == f"this export needs {library}, which is not installed: pip install 'hardmag[{extra}]'"
    assert not list(tmp_path.iterdir())


# ---- what the page says


def test_commands_of_the_page_are_understood():
    commands = re.findall(r"`hardmag (export [^`…]*)`", PAGE.read_text())
    assert {command.split()[1] for command in commands} == {"state", "curves", "dataset", "mammos", "crate", "croissant"}
    for command in commands:
        cli._parse([*shlex.split(command), *(TERMS if command.split()[1] in ("crate", "croissant") else ())])


def test_examples_of_the_page_work(campaign, tmp_path, monkeypatch, capsys):
    """On the dataset that comes with the project; and on a description that stands in the folder."""
    as_xarray, as_rows = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    monkeypatch.chdir(PAGE.parents[1])
    exec(as_xarray, {})
    Hc, unit, fields = capsys.readouterr().out.split()
    assert float(Hc) == np.nanmax(load("data/smco17-workstation.h5").columns["mu0_Hc_T"]) and unit == "T" and int(fields) > 10
    monkeypatch.chdir(tmp_path)
    exported(capsys, "croissant", campaign, "-o", "croissant.json", *TERMS)
    scope = {}
    exec(as_rows, scope)
    assert len(list(scope["rows"])) == 2
