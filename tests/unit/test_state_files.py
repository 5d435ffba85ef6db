"""States of grains as .vtu: one file, and the series of a half-cycle."""

import xml.etree.ElementTree as ElementTree

import h5py
import meshio
import numpy as np
import pytest
import yaml

from hardmag.cli import main
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.state_files import write_state
from hardmag.simulate import load_case

MAGNET = {
    "kind": "polycrystal",
    "grains": 6,
    "grain_size_nm": 40.0,
    "size_spread": 0.2,
    "boundary_nm": 2.0,
    "structure_seed": 3,
}
FIELD = {"direction": [0.02, 0, 1], "from_T": 1.0, "to_T": -8.0, "step_T": 0.5}


def volumes(file):
    corners = file.points[file.cells[0].data]
    return np.linalg.det(corners[:, 1:] - corners[:, :1]) / 6


def test_grains_are_filled_with_tetrahedra(tmp_path):
    """None is inverted, and those of a grain fill its volume; each has what its grain has."""
    grains = Polycrystal.model_validate(MAGNET).build(None)
    m = np.random.default_rng(0).normal(size=(3, 6))
    write_state(grains, tmp_path / "m.vtu", m, -2.5)
    file = meshio.read(tmp_path / "m.vtu")
    data = {name: values[0] for name, values in file.cell_data.items()}
    assert [block.type for block in file.cells] == ["tetra"] and volumes(file).min() > 0
    assert np.bincount(data["grain"], volumes(file)) == pytest.approx(grains.volumes * 1e27, rel=1e-9)
    assert data["m"] == pytest.approx(m.T[data["grain"]], rel=1e-6)
    assert data["easy_axis"] == pytest.approx(grains.axis[data["grain"]], rel=1e-6)
    assert not data["phase"].any() and set(data["mu0_H_T"].tolist()) == {-2.5}


def test_a_series_along_the_curve(tmp_path):
    """Of each field of the curve its state: the same moment; ParaView finds them by the .pvd, in the order of its time."""
    case, states = tmp_path / "case.yaml", tmp_path / "states"
    case.write_text(yaml.safe_dump({"nanostructure": MAGNET, "field": FIELD}))
    assert main(["simulate", str(case), "-o", str(tmp_path / "out.h5"), "--vtu", str(states)]) == 0
    with h5py.File(tmp_path / "out.h5") as file:
        H, moments = (file["loop"][name][()] for name in ("mu0_H_T", "m_parallel"))
    entries = ElementTree.parse(states / "states.pvd").findall("Collection/DataSet")
    assert [float(entry.get("timestep")) for entry in entries] == pytest.approx(-H)
    names = [entry.get("file") for entry in entries]
    assert sorted(p.name for p in states.iterdir()) == sorted([*names, "after.vtu", "before.vtu", "states.pvd"])
    h = load_case(case)[0].unit_direction
    for name, field_T, moment in zip(names, H, moments, strict=True):
        file = meshio.read(states / name)
        found = volumes(file) @ (file.cell_data["m"][0] @ h) / volumes(file).sum()
        assert found == pytest.approx(moment, abs=1e-5) and file.cell_data["mu0_H_T"][0][0] == pytest.approx(field_T)
    assert moments[-1] < 0 < moments[0]
