"""Pictures of polycrystals: by the direction of the easy axes, as grains reverse, and the second quadrant."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import yaml
from legible import faults
from matplotlib.figure import Figure

from hardmag.campaign.ledger import plan_campaign
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_curves, read_table
from hardmag.dataset.replay import domain_states
from hardmag.dataset.section import section_of
from hardmag.figures import grains as pictures
from hardmag.figures.demagnetisation import draw_demagnetisation, second_quadrant
from hardmag.figures.domain_state import draw_domain_state
from hardmag.figures.structures import STEP_DEG, draw_structures, tilt_deg, tilt_scale
from hardmag.grains import Grains
from hardmag.jobs.worker import run_batch
from hardmag.loops import analyse, best_working_point, max_energy_product, mean_Ms_of
from hardmag.materials import MU0, ND2FE14B
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.polyhedron import Polyhedron

MAGNET = {"kind": "polycrystal", "grains": 12, "grain_size_nm": 60.0, "boundary_nm": 3.0, "structure_seed": 3}
SMALL = MAGNET | {"grains": 5, "grain_size_nm": 16.0, "boundary_nm": 1.5}
FIELDS = {"from_T": 1.0, "to_T": -8.0, "step_T": 0.25, "realisations": 2}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A campaign of two textures, with pores and without, solved as grains."""
    folder = tmp_path_factory.mktemp("magnets")
    design = {"kind": "grid", "parameters": {"misalignment_deg": [10.0, 30.0], "pore_percent": [0.0, 20.0]}}
    content = {"name": "magnets", "nanostructure": MAGNET, "design": design, "half_cycle": FIELDS}
    config = folder / "campaign.yaml"
    config.write_text(yaml.safe_dump(content))
    results = folder / "results"
    files = [results / "rounds" / "0" / f"{batch}.h5" for batch in plan_campaign(config, results)["batches"]]
    for path in files:
        run_batch(results / "batches" / f"{path.stem}.json", path, results / "journal" / path.stem, threads=1)
    build_dataset(results, files, config, folder / "dataset.h5", folder / "dataset.parquet")
    return folder / "dataset.h5"


@pytest.fixture
def drawn(monkeypatch):
    """List of the figures that were saved, kept open."""
    kept, close = [], plt.close
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: Path(path).touch())
    monkeypatch.setattr(plt, "close", kept.append)
    yield kept
    for figure in kept:
        close(figure)


# ---- sections


def test_sections_of_grains_elements_and_cells_show_one_structure():
    """Phases and easy axes in the middle: alike but where a cell's edge or an element's grid rounds, < 6 % of the pixels."""
    bodies = [Polycrystal.model_validate(SMALL | how).build(None) for how in ({}, {"edge_nm": 3.0}, {"cell_nm": (0.25,) * 3})]
    grains, elements, cells = (section_of(body, "z") for body in bodies)
    assert grains.index.shape == elements.index.shape == (400, 400)
    assert np.array_equal(np.isnan(grains.axis[..., 0]), grains.index < 0)
    assert ((grains.index < 0) == (elements.index < 0)).mean() > 0.99  # one is the phase `grain`, the other one of a grain
    both = (grains.index >= 0) & (elements.index >= 0)
    assert (np.abs(grains.axis - elements.axis)[both] < 1e-9).all()
    # A cell at the same place: the section of grains lacks half of the boundary on the outside.
    box = np.array(Polycrystal.model_validate(SMALL).extension_nm)[0]
    at = (0.75 + (np.arange(400) + 0.5) / 400 * (box - 1.5)) / cells.cell_nm[0]
    at = at.astype(int)
    index, axes = cells.index[np.ix_(at, at)], cells.axis[np.ix_(at, at)]
    assert ((index == 0) == (grains.index >= 0)).mean() > 0.94
    both = (index == 0) & (grains.index >= 0)
    assert (np.abs(axes - grains.axis)[both] < 1e-9).all(1).mean() > 0.99


def test_a_field_on_nodes_is_cut_exactly_in_each_part():
    """Linear in each grain, with a jump from one to the next; NaN between them."""
    mesh = Polycrystal.model_validate(SMALL | {"edge_nm": 3.0}).build(None)
    of_node = np.zeros(len(mesh.nodes), dtype=int)
    of_node[mesh.tetrahedra.ravel()] = np.repeat(mesh.phase, 4)
    section = section_of(mesh, "z")
    found = section.cut(100.0 * of_node + mesh.nodes @ [1e9, 0, 2e9])
    low = mesh.nodes.min(0) * 1e9
    x, z = ((low[k] + (np.arange(400) + 0.5) * section.cell_nm[0]) for k in (0, 2))
    expected = np.where(section.index < 0, np.nan, 100.0 * section.index + x[:, None] + 2 * z)
    assert np.nanmax(np.abs(found - expected)) < 1e-6 and np.array_equal(np.isnan(found), np.isnan(expected))


def test_tilts():
    axes = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [0, 3**0.5 / 2, -0.5]])
    assert tilt_deg(axes, (0, 0, 1)) == pytest.approx([0, 0, 90, 60])
    assert [tilt_scale([np.array(t)]).vmax for t in ([0.0], [STEP_DEG], [12.0, np.nan])] == [STEP_DEG, STEP_DEG, 15]


def test_structures_by_direction_are_legible(dataset, drawn, tmp_path):
    """Four of them, a scale in degrees, and what the dark pixels are."""
    draw_structures(dataset, tmp_path / "a.png")
    (figure,) = drawn
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == 4 and faults(figure) == []
    assert [t.get_text() for t in figure.legends[0].texts] == ["boundary or pore"]
    assert len({tuple(colour) for colour in panels[0].images[0].get_array().reshape(-1, 4).round(6)}) > 4
    assert figure.axes[-1].get_ylabel().endswith("(°)") and figure.axes[-1].get_ylim()[1] == 30


# ---- as grains reverse


def test_grains_that_have_reversed(dataset, drawn, tmp_path, monkeypatch):
    """More and more of them at falling fields, the first a grain or few; the moment that they leave is that of the curve."""
    domain_states(dataset, tmp_path / "states.npz")
    with np.load(tmp_path / "states.npz") as data:
        data = {key: data[key] for key in data.files}
    count = data["reversed"].sum(1)
    assert 2 <= len(count) <= 3 and (np.diff(count) > 0).all() and (np.diff(data["fields_T"]) < 0).all() and 1 <= count[0] < 6
    bodies = []
    draw = pictures.draw_bodies
    monkeypatch.setattr(pictures, "draw_bodies", lambda *given: bodies.append(given[1:]) or draw(*given))
    draw_domain_state(tmp_path / "states.npz", tmp_path / "a.png")
    (figure,) = drawn
    assert faults(figure) == []
    assert [shown.sum() for _, _, shown in bodies] == [len(bodies[0][0].bodies), *count]
    for grains, _, shown in bodies[1:]:
        moment = np.where(shown, -1, 1) @ grains.volumes / grains.volumes.sum()
        field_T = data["fields_T"][[own.sum() for own in data["reversed"]].index(shown.sum())]
        on_curve = np.interp(field_T, data["curve_T"][::-1], data["curve_m"][::-1])
        assert moment == pytest.approx(on_curve, abs=0.25)  # easy axes within 30° of the field, and moments turned


def test_faces_that_are_seen_and_no_others():
    """Of a cube three; the frame is that of all grains."""
    cubes = tuple(Polyhedron.box(np.array([x, 0, 0]) * 2e-8, np.array([x + 1, 1, 1]) * 2e-8) for x in (0.0, 2.0))
    axes = np.array([[0, 0, 1.0]] * 2)
    grains = Grains(cubes, np.zeros(2, dtype=int), (ND2FE14B,), axis=axes)
    figure = plt.figure()
    axis = figure.add_subplot(projection="3d")
    pictures.draw_bodies(axis, grains, np.array([[1, 0, 0], [0, 0, 1.0]]), np.array([True, False]))
    figure.canvas.draw()
    frame, faces = axis.collections
    assert len(frame.get_segments()) == 12 and len(faces.get_facecolor()) == 3
    assert axis.get_xlim() == pytest.approx((0, 60)) and axis.get_zlim() == pytest.approx((0, 20))
    plt.close(figure)


# ---- the second quadrant


def test_the_moment_follows_from_the_energy_product():
    H, m = np.array([1.0, 0.0, -0.5, -0.6, -2.0]), np.array([1.0, 0.95, 0.9, 0.4, -0.8])
    for Ms in (2e5, 1.3e6, 4e6):
        assert mean_Ms_of(H, m, max_energy_product(H, m, Ms)) == pytest.approx(Ms, rel=1e-9)


def test_the_best_working_point_of_a_square_loop():
    """B = Br + µ0H: half of Br, −Br/2, and Br²/4µ0."""
    H, m, Ms = np.array([1.0, -3.0, -3.01]), np.array([1.0, 1.0, -1.0]), 1.28e6
    Br = MU0 * Ms
    assert best_working_point(H, m, Ms) == pytest.approx((-Br / 2, Br**2 / 4 / MU0 / 1e3))


def test_what_the_second_quadrant_shows(dataset, drawn, tmp_path):
    """The sample with the largest energy product, whose moment follows; B meets M at H = 0, the knee lies on M at 0.9 Mr."""
    draw_demagnetisation(dataset, tmp_path / "a.png")
    (figure,) = drawn
    assert faults(figure) == []
    table = read_table(dataset)
    row = int(np.argmax(table["BHmax_kJ_per_m3"]))
    H, m = read_curves(dataset)[0][row]
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    J, B = (lines[name].get_ydata() for name in ("$\\mu_0M$", "$B$"))
    assert pytest.approx(H) == B - J
    assert pytest.approx(table["grain_mu0_Ms_T"][row] * table["fraction_grain"][row] * m, rel=1e-6) == J
    (knee,) = (line for name, line in lines.items() if name.startswith("knee"))
    loop = analyse(H, m, 1.0)
    assert knee.get_xdata() == pytest.approx([-loop.squareness * loop.mu0_Hc_T])
    assert np.interp(knee.get_xdata(), H[::-1], J[::-1]) == pytest.approx(knee.get_ydata(), rel=0.02)
    words = [text.get_text() for text in figure.axes[0].get_legend().texts]
    assert any(f"{table['BHmax_kJ_per_m3'][row]:.0f} kJ/m³" in line for line in words)


def test_a_curve_without_hysteresis_has_no_knee(drawn):
    """It is drawn all the same."""
    figure, axis = plt.subplots()
    drawn.append(figure)
    second_quadrant(axis, [1.0, 0.0, -1.0], [1.0, 0.5, 0.1], 1e6)
    assert not any(line.get_label().startswith("knee") for line in axis.lines)
