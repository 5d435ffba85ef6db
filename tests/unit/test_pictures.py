"""Every figure of one small made-up campaign, drawn and looked at by measure: see tests/legible.py."""

import json
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
import pytest
from explore_case import make_table
from legible import faults
from matplotlib.figure import Figure
from test_grains import grains
from test_temperatures import dataset as series

from hardmag.dataset.schema import SCHEMA_VERSION
from hardmag.figures.artefacts import make
from hardmag.figures.style import label_points, marks, quantity, whiskers
from hardmag.files import read_json, write_json
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.papers import artefacts_of
from hardmag.papers.yang2024 import SIX_MODELS
from hardmag.papers.yang2024.analyse import analyse
from hardmag.papers.yang2024.literature import PATH
from hardmag.sealed import written
from hardmag.surrogates.comparison import compare_models, score_model
from hardmag.surrogates.prediction import Prediction
from hardmag.surrogates.store import load_forward
from hardmag.surrogates.train import fit_forward

GRAINS, CELLS = artefacts_of("coreshell"), artefacts_of("smco17")
ARTEFACTS = GRAINS | CELLS
OF_GRAINS = GRAINS.keys() - CELLS.keys()
FIGURES = [name for name, a in ARTEFACTS.items() if a.form == "figure" and a.when not in ("learning", "front")]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """{name in Artefact.inputs: file} of seven nanostructures at three angles with two Z sets, networks of three epochs; with
    `grains`, those of eight grains; `series`, of two grains at five temperatures."""
    folder = tmp_path_factory.mktemp("drawn")
    files = {name: folder / f"{name}.json" for name in ("analysis", "models")}
    files |= {name: folder / f"{name}.h5" for name in ("dataset", "forward", "grains", "series")}
    table = _with_what_samples_have(make_table(7, sets=("dft", "modified")))
    _write(files["dataset"], table)
    _write(files["grains"], _grains())
    _write(files["series"], series(lambda x: 0.3, lambda x: 0.8 - 0.1 * x, ("Nd", "Ce0.75La0.25")), "coreshell")
    fit_forward(files["dataset"], files["forward"], seed=1, epochs=3)
    model = load_forward(files["forward"])
    unseen = model.parity["row"][model.parity["split"] == "test"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hardmag.papers.yang2024.analyse.convergence.TRIALS", 10)
        patch.setattr("hardmag.papers.yang2024.analyse.fit", lambda name, x, y, groups, **settings: _Mean(y))
        analyse(files["dataset"], model, unseen, files["analysis"], seed=1, epochs=1)
    score_model(files["dataset"], "k_nearest", folder / "k_nearest.json", seed=1, trials=1, epochs=1)
    compare_models(files["dataset"], [folder / "k_nearest.json"], files["models"], folder / "models.md")
    states = {"states": folder / "states.npz", "grain_states": folder / "grain.npz"}
    _write_states(states["states"], json.loads(table["specification"][0]), 2)
    grain = CoreShell(a_nm=12, b_nm=12, c_nm=12, shell_nm=2, layer_nm=2, cell_nm=(1, 1, 1)).content()
    _write_states(states["grain_states"], {"nanostructure": grain, "alpha_deg": 0.0}, 3)
    six = [folder / "k_nearest.json"] * len(SIX_MODELS)
    of_series = {"dataset": files.pop("series")}
    of_grains = {"dataset": files.pop("grains"), "states": states.pop("grain_states")}
    return (
        files
        | states
        | {
            "predictor": files["forward"],
            "predictor_scores": [],
            "samples": files["dataset"],
            "scores": six,
            "literature": PATH,
            "grains": of_grains,
            "series": of_series,
        }
    )


class _Mean:
    def __init__(self, y):
        self.mean = y.mean(axis=0)

    def predict(self, x):
        return Prediction(np.tile(self.mean, (len(x), 1)))


def _with_what_samples_have(table):
    rows, Hc = len(table["status"]), table["mu0_Hc_T"].round(1)
    shares = {"phi_S": table["wS_nm"] / table["L_nm"], "phi_Z": table["wZ_nm"] / table["d_nm"]}
    of_all = {"id": "0123456789abcdef", "failure": "", "mu0_Hc_std_T": 0.1, "BHmax_kJ_per_m3": 100.0}
    same = of_all | {"size_x_nm": 64.0, "size_y_nm": 64.0}
    table = table | shares | {name: np.full(rows, value) for name, value in same.items()} | {"mu0_Hc_T": Hc}
    return table | {"mu0_Hp_T": Hc * (1 - table["phi_p"])}


def _grains():
    table = {name: values for name, values in grains(8).items() if values.dtype.kind in "fUi"}
    rows = len(table["status"])
    return table | {name: np.full(rows, 1.0) for name in ("fraction_core", "fraction_shell", "fraction_layer")}


def _write(path, table, kind="smco17"):
    """A dataset: its samples, where they have Φp also their curves, two steps each, of two half-cycles."""
    with written(path, "dataset") as file:
        file.attrs.update(schema_version=SCHEMA_VERSION, kind=kind)
        for name, values in table.items():
            kind = h5py.string_dtype() if values.dtype.kind in "UO" else None
            file.create_dataset(f"samples/{name}", data=values.astype(object) if kind else values, dtype=kind)
        if "phi_p" not in table:
            return
        rows = len(table["status"])
        H = np.tile(np.arange(1.0, -10.05, -0.1), (2 * rows, 1))
        Hc, Hp = (np.repeat(table[name], 2)[:, None] for name in ("mu0_Hc_T", "mu0_Hp_T"))
        curves = {"mu0_H_T": H.ravel(), "m_parallel": ((H + Hp > 0) * 0.8 + (H + Hc > 0) * 1.2 - 1.0).ravel()}
        for group, count in (("curves", rows), ("half_cycles", 2 * rows)):
            for name, values in curves.items():
                file[f"{group}/{name}"] = values[: count * H.shape[1]]
            file[f"{group}/offset"] = np.arange(count + 1) * H.shape[1]
        file["half_cycles/sample"] = np.repeat(np.arange(rows), 2)


def _write_states(path, sample, count):
    """As dataset.replay.domain_states writes it, the wall of a half-cycle that was not computed."""
    from hardmag.campaign.samples import Sample
    from hardmag.dataset.section import section_of

    half_cycle = {"tilt_deg": 0.5, "realisations": 1, "precision": "fp64", "from_T": 1.0, "to_T": -10.0, "step_T": 0.5}
    sample = Sample("0123456789abcdef", 4, sample["nanostructure"], sample["alpha_deg"], half_cycle)
    structure = sample.structure
    body = structure.build(np.random.default_rng(0))
    section = section_of(body, structure.section_axis)
    m = np.linspace(-1, 1, count * body.index.size).reshape(count, *body.index.shape)
    with open(path, "wb") as file:
        np.savez(
            file,
            m=m,
            m_c=np.array([section.cut(state) for state in m]),
            fields_T=np.linspace(-1, -5, count),
            index=section.index,
            phases=np.array([p.name for p in body.phases]),
            cell_nm=np.array(section.cell_nm),
            across=section.across,
            id=sample.id,
            alpha_deg=sample.alpha_deg,
            specification=json.dumps(sample.to_dict()),
        )


@pytest.fixture
def drawn(monkeypatch):
    """List of the figures that were saved, kept open."""
    kept = []
    close = plt.close
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).touch())  # faults draws it
    monkeypatch.setattr(plt, "close", kept.append)
    yield kept
    for figure in kept:
        close(figure)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_legible(campaign, drawn, tmp_path, name):
    files = campaign["series" if name == "temperatures" else "grains"] if name in OF_GRAINS else campaign
    make(ARTEFACTS[name], files, {"output": tmp_path / "a.png"})
    (figure,) = drawn
    assert faults(figure) == []


@pytest.mark.parametrize("name", ["six_Hc", "models"])
def test_a_figure_of_one_model_and_four_angles_is_legible(drawn, tmp_path, monkeypatch, name):
    """As in the demo: one panel is narrower than a legend of all angles in a row."""
    monkeypatch.setattr("explore_case.ANGLES", (0.0, 30.0, 45.0, 60.0))
    files = {
        "samples": tmp_path / "dataset.h5",
        "models": tmp_path / "models.json",
        "scores": [tmp_path / "k_nearest.json"],
    }
    _write(files["samples"], _with_what_samples_have(make_table(7, sets=("dft",))))
    score_model(files["samples"], "k_nearest", *files["scores"], seed=1, trials=1, epochs=1)
    compare_models(files["samples"], files["scores"], files["models"], tmp_path / "models.md")
    make(ARTEFACTS[name], files, {"output": tmp_path / "a.png"})
    (figure,) = drawn
    assert faults(figure) == []


@pytest.mark.parametrize(("Hc", "Hp", "angle"), [(12.34, 0.1, 67.5), (12.34, -0.2, 67.5)])
def test_half_cycles_with_wide_numbers_are_legible(drawn, tmp_path, monkeypatch, Hc, Hp, angle):
    """Also of one that depins before the field is reversed, which takes more words."""
    monkeypatch.setattr("explore_case.ANGLES", (0.0, angle))
    table = make_table(7, sets=("dft",))
    here = table["alpha_deg"] == angle
    table["phi_p"] = np.where(here, min(1.0, (Hc - Hp) / Hc), 0.0)
    table["mu0_Hc_T"] = np.where(here, Hc, 9.0)
    table = _with_what_samples_have(table) | {"mu0_Hp_T": np.where(here, Hp, 9.0)}
    _write(tmp_path / "dataset.h5", table)
    make(ARTEFACTS["half_cycles"], {"dataset": tmp_path / "dataset.h5"}, {"output": tmp_path / "a.png"})
    (figure,) = drawn
    assert faults(figure) == []


@pytest.mark.parametrize("goals", [["coercivity"], ["coercivity", "minimise phi_p"], ["disagreement"]])
def test_the_loops_figures_are_legible(drawn, tmp_path, goals):
    error = {"RMSE": 0.5, "spread": 1.0}
    best = {goal: {"value": 5.0} for goal in goals}
    states = [
        {"samples": n, "error": {"mu0_Hc_T": error, "phi_p": error}, "best": best, "noise": 0.1, "progress": 0.2 * n}
        for n in (24, 27, 30)
    ]
    points = [{"origin": origin, "on_front": origin != "design"} for origin in ("design", "space_filling", "acquired")]
    points = [p | {"values": {"mu0_Hc_T": 3.0 + i, "phi_p": 0.1 + 0.1 * i}} for i, p in enumerate(points)]
    front = {"simulated": points, "promised": points, "half_width": {"mu0_Hc_T": 0.4, "phi_p": 0.1}}
    ended = "cycles: 3 of 3 are done"
    write_json(tmp_path / "learning.json", {"settings": {"goals": goals}, "states": states, "front": front, "ended": ended})
    for name in ("learning", "front")[: len(goals)]:
        make(ARTEFACTS[name], {"learning": tmp_path / "learning.json"}, {"output": tmp_path / f"{name}.png"})
    assert [faults(figure) for figure in drawn] == [[]] * len(drawn)


def test_scores_that_say_nothing_do_not_stretch_the_axis(campaign, drawn, tmp_path):
    """R² of −500, of nanostructures that are almost alike: an arrow at the edge, and words for it."""
    content = read_json(campaign["analysis"])
    for entry in content["convergence"]["learning_curve"]:
        entry["R2"] = np.full_like(entry["R2"], -500.0).tolist()
        entry["paper_R2"] = np.full_like(entry["paper_R2"], 700.0).tolist()
    write_json(tmp_path / "analysis.json", content)
    make(ARTEFACTS["learning_curve"], campaign | {"analysis": tmp_path / "analysis.json"}, {"output": tmp_path / "a.png"})
    (figure,) = drawn
    low, high = figure.axes[0].get_ylim()
    assert -3 < low < -1 and 2 < high < 4 and "arrows" in figure.get_suptitle()
    assert faults(figure) == []


# The measures themselves: each must see what it is for.


def _figure(label="coercivity (T)", **more):
    figure, axes = plt.subplots(figsize=(4, 3), layout="constrained")
    axes.scatter([0, 1], [0, 1], s=more.get("s", 20))
    axes.set_xlabel(label)
    axes.set_ylabel(label)
    return figure, axes


WRONG = {
    "cut by": lambda figure, axes: axes.set_title("much too long " * 10),
    "overlap": lambda figure, axes: [axes.text(0.5, 0.5, word) for word in ("one", "two")],
    "no unit": lambda figure, axes: axes.set_xlabel("coercivity"),
    "a field without": lambda figure, axes: axes.set_xlabel(r"$\Phi_p$ of $\mu_0H_\mathrm{c}$"),
    "no label": lambda figure, axes: axes.set_xlabel(""),
    "notation": lambda figure, axes: axes.set_title("µ0Hc"),
    "points of": lambda figure, axes: axes.plot([0, 1], [1, 0], "o", ms=1.6),
    "empty panel": lambda figure, axes: figure.add_subplot(3, 3, 5).set(xticks=[], yticks=[]),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_seen(drawn, what):
    figure, axes = _figure()
    drawn.append(figure)
    assert faults(figure) == []
    WRONG[what](figure, axes)
    assert any(line.startswith(what) for line in faults(figure))


def test_numbers_beside_points_do_not_overlap(drawn):
    """Twelve points in a heap: those that have room, each once where two of the same number touch."""
    figure, axes = _figure(s=10)
    drawn.append(figure)
    at = np.random.default_rng(0).uniform(0.3, 0.5, (12, 2))
    label_points(axes, at, [str(10 + i) for i in range(11)] + ["10"])
    assert 6 <= len(axes.texts) <= 12 and faults(figure) == []


def test_marks_and_signs():
    assert marks(7)["s"] > marks(300)["s"] > marks(5000)["s"] >= 6
    assert quantity(-0.123, ".2f", "mu0_Hc_T") == "−0.12 T" and quantity(-0.1, ".1g", "phi_p") == "−0.1"
    assert whiskers(np.array([1.0, 0.0]), np.array([0.5, 1e-17]), np.array([2.0, 0.1])).tolist() == [[0.5, 0], [1, 0.1]]
