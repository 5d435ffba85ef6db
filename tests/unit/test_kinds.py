"""Every kind of nanostructure, and the one of the docs, keeps to the contract from plan to figures."""

import re
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from hardmag.conformance import check_kind
from hardmag.dataset.read import describe, read_kind
from hardmag.dataset.schema import columns_of
from hardmag.errors import UserError
from hardmag.figures.half_cycles import _sizes
from hardmag.files import read_json
from hardmag.materials import Phase
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import NOTHING, Kind
from hardmag.voxels import Voxels

DOCS = Path(__file__).parents[2] / "docs"
PHASES = [
    {"name": "hard", "A_J_per_m": 8e-12, "Ku_J_per_m3": 4e6, "Ms_A_per_m": 1.2e6},
    {"name": "soft", "A_J_per_m": 1e-11, "Ku_J_per_m3": 0.0, "Ms_A_per_m": 1.5e6},
]
# Of each kind: what all samples share, and levels of a grid.
CASES = {
    "smco17": (
        {"d_nm": 10, "wS_nm": 3, "wZ_nm": 2, "size_nm": [16, 16, 2], "cell_nm": [1.0, 1.0, 2.0]},
        {"L_nm": [8, 10, 12, 14, 16], "alpha_deg": [0, 20, 40, 60]},
    ),
    "coreshell": (
        {"b_nm": 8, "c_nm": 8, "cell_nm": [1, 1, 1], "shell_nm": 2, "layer_nm": 1, "core_composition": "Ce0.75La0.25"},
        {"a_nm": [6, 7, 8, 9, 10], "misorientation_deg": [0, 10, 20, 30], "core_Nd": [0.5], "magnetostatics": ["with"]},
    ),
    "polycrystal": (
        {"grains": 2, "points_per_edge": 3, "texture": "fisher", "grain_composition": "Nd"},
        {"grain_size_nm": [50, 60, 80, 120, 200], "boundary_percent": [2, 5], "misalignment_deg": [10, 25]},
    ),
    "from_file": ({"voxels": "own.npy", "cell_nm": [1, 1, 1], "phases": PHASES}, {"alpha_deg": [0, 40]}),
    "lamellae": ({"size_nm": [12, 4, 1]}, {"hard_nm": [2, 3, 4, 5, 6], "soft_nm": [2], "alpha_deg": [0, 10, 20, 30]}),
}


def lamellae():
    """The kind of docs/nanostructures.md."""
    code = re.search(r"```python\n(.*?class Lamellae.*?)```", (DOCS / "nanostructures.md").read_text(), re.S)[1]
    namespace = {"__name__": "lamellae"}
    exec(code, namespace)
    return namespace["Lamellae"]


@pytest.fixture(scope="module")
def of_lamellae(tmp_path_factory):
    """Folder of what check_kind makes of the docs' kind, called as the docs call it."""
    folder = tmp_path_factory.mktemp("lamellae")
    (call,) = re.findall(r"```python\n(from hardmag.conformance.*?)```", (DOCS / "nanostructures.md").read_text(), re.S)
    exec(call.replace('"build/lamellae"', "folder"), {"Lamellae": lamellae(), "folder": folder})
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_kind_keeps_to_the_contract(name, tmp_path, request):
    index = np.zeros((4, 4, 4), dtype=np.uint8)
    index[:2] = 1
    np.save(tmp_path / "own.npy", index)
    nanostructure, levels = CASES[name]
    kind, folder = lamellae() if name == "lamellae" else KINDS[name], tmp_path
    if name == "lamellae":
        folder = request.getfixturevalue("of_lamellae")
    else:
        check_kind(kind, nanostructure, {"kind": "grid", "parameters": levels}, folder)
    assert {"half_cycles.png", "structures.png", "parameters.png"} <= {path.name for path in folder.glob("*.png")}
    assert (folder / "models.png").exists() == (kind.learned() is not None)
    assert name == "lamellae" or KINDS[name] is kind


def test_a_kind_may_have_targets_of_its_own(tmp_path, monkeypatch):
    """Remanence beside the coercivity: in the table of models its noise is unknown, not that of another target."""
    kind = lamellae()
    learned = replace(kind.learned(), targets=("mu0_Hc_T", "m_r"))
    monkeypatch.setattr(kind, "learned", classmethod(lambda cls: learned))
    nanostructure, levels = CASES["lamellae"]
    check_kind(kind, nanostructure, {"kind": "grid", "parameters": levels}, tmp_path)
    noise = read_json(tmp_path / "models.json")["noise"]
    assert list(noise) == ["mu0_Hc_T", "m_r"] and noise["m_r"] == {"rms": None, "R2_ceiling": None, "rows": 0}
    assert "## m_r" in (tmp_path / "models.md").read_text()


NUMBERS = count()  # of what `_another` has drawn


def _another(self, rng):
    phases = (Phase("hard", 1e-11, 4e6, 1e6), Phase("soft", 1e-11, 0.0, 1e6))
    return Voxels(np.full(self.shape, next(NUMBERS) % 2, dtype=np.uint8), phases, (1e-9, 1e-9, 1e-9))


BROKEN = {
    "build: a kind must have it": {"__abstractmethods__": frozenset({"build"})},
    "descriptors: gives columns": {"descriptors": lambda self: {"strain": 0.1}},
    "c_axis, tilt_axis: must be": {"tilt_axis": (0.0, 1.0, 1.0)},
    "two structures of one seed differ": {"build": _another, "shape": property(lambda self: (12, 4, 1))},
    "shape: is": {"shape": property(lambda self: (1, 2, 3))},
    "refined: is no finer": {"refined": lambda self: self},
}


@pytest.mark.parametrize("says", BROKEN)
def test_a_breach_is_said(says, tmp_path, monkeypatch):
    kind = lamellae()
    for name, value in BROKEN[says].items():
        monkeypatch.setattr(kind, name, value)
    nanostructure, levels = CASES["lamellae"]
    with pytest.raises(AssertionError, match=says):
        check_kind(kind, nanostructure, {"kind": "grid", "parameters": levels}, tmp_path)
    assert "lamellae" not in KINDS


def test_every_kind_is_tried():
    assert CASES.keys() == KINDS.keys() | {"lamellae"}


def test_a_structure_is_named_by_all_its_lengths(monkeypatch):
    """In pictures, by symbol, label or name; nothing is said of what models do not learn of."""
    kind = lamellae()
    monkeypatch.setitem(KINDS, "lamellae", kind)
    table = {"hard_nm": np.array([2.0]), "soft_nm": np.array([3.0])}
    assert _sizes(table, 0, columns_of("lamellae"), kind.learned()) == ["hard 2 nm", "soft 3 nm"]
    assert _sizes(table, 0, columns_of("from_file"), NOTHING) == []


def test_an_edge_of_cells_is_no_edge_of_a_mesh():
    """A finer drawing of a pillar whose edge is a parameter has smaller cells, not a thinner pillar."""

    class Pillar(Kind):
        kind: Literal["pillar"] = "pillar"
        edge_nm: float = 10.0
        cell_nm: tuple[float, float, float] = (1.0, 1.0, 1.0)

        build = _another

    finer = Pillar().refined()
    assert (finer.edge_nm, finer.cell_nm) == (10.0, (0.5, 0.5, 0.5)) and Pillar().remeshed() is None
    assert Pillar().title() == "edge 10"


def test_a_kind_that_is_not_known_here_is_one_line(of_lamellae):
    dataset = of_lamellae / "dataset.h5"
    assert "nanostructures of kind lamellae" in describe(dataset)
    with pytest.raises(UserError, match="dataset.h5: nanostructures of kind 'lamellae', which is not one of smco17, "):
        read_kind(dataset)
