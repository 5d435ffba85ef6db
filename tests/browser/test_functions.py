"""The page's functions against the Python that they repeat, and its search against brute force."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from engines import Node
from explore_case import FORMULAS, make_magnets
from pydantic import ValidationError

from hardmag.figures.explore_tables import tables
from hardmag.inverse.feasible import feature_tensor, is_feasible, space_of
from hardmag.inverse.reach import reach
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.smco17 import SmCo17
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.variables import Variables

QUESTION = "search({ data, ...item, held: new Set(item.held) })"
LENGTHS = ("L_nm", "d_nm", "wS_nm", "wZ_nm")


@pytest.fixture(params=["smco17", "coreshell"])
def kind(request):
    """Name of a kind whose page is tried."""
    return request.param


@pytest.fixture
def its_case(request, kind):
    return request.getfixturevalue({"smco17": "case", "coreshell": "grain_case"}[kind])


@pytest.fixture
def its_node(request, kind):
    return request.getfixturevalue({"smco17": "node", "coreshell": "node_of_grains"}[kind])


def draw(case, n, beyond=0.0):
    """(n, k) random values of a design's numbers in the training range, and beyond it by this part of it; of structures that
    can exist."""
    numbers = case.designer.variables.numbers
    inputs = [one for one in case.data["inputs"] if one["name"] in numbers]
    low, high = np.array([one["training"] for one in inputs]).T
    rng = np.random.default_rng(n)
    values = rng.uniform(low - beyond * (high - low), high + beyond * (high - low), size=(4 * n, len(low)))
    return values[[possible(case, one) for one in values]][:n]


def possible(case, values):
    own = dict(zip(case.designer.variables.numbers, values.tolist(), strict=True))
    if case.kind is SmCo17:
        return own["wZ_nm"] < own["d_nm"] - 1 and own["wS_nm"] < own["L_nm"] - 1
    return min(own["a_nm"], own["c_nm"], 24) > 2 * own["shell_nm"] + 1


def designs(case, values, level="dft"):
    """Values (n, k) as the page has designs."""
    choice = case.data["level"] and case.data["level"]["choices"][level]
    return [
        {
            "values": dict(zip(case.designer.variables.numbers, one, strict=True)) | (choice["values"] if choice else {}),
            "level": level if choice else None,
        }
        for one in values.tolist()
    ]


def physical(case, values, level="dft"):
    variables = case.designer.variables
    return case.designer.ensemble.predict(variables.features_at(values, level)).physical(variables.targets).mean


def values_of(case, design):
    return [design["values"][name] for name in case.designer.variables.numbers]


def test_features_are_those_of_python(its_case, its_node):
    """To 1e-6 of them, a quarter of the range outside included, as far as the page's sliders go: those of the level, and those
    that tables and a kind's formulas give."""
    limits = {one["name"]: one["limits"] for one in its_case.data["inputs"]}
    ends = np.array([limits[name] for name in its_case.designer.variables.numbers]).T
    values = draw(its_case, 300, beyond=0.25).clip(*ends)
    values[:20, -2:] = 0  # along the easy axis
    for level in its_case.data["level"]["choices"] if its_case.data["level"] else [""]:
        found = its_node.call("featuresOf(data, item)", designs(its_case, values, level))
        expected = its_case.designer.variables.features_at(values, level)
        np.testing.assert_allclose(np.array(found), expected, rtol=1e-6, atol=1e-9)


def test_predictions_are_those_of_python(case, engine):
    """To 1e-5 of the targets' spread: 1000 inputs, also a quarter of the range outside."""
    values = draw(case, 1000, beyond=0.25)
    found = np.array(engine.call("predict(data, item)", designs(case, values, "modified")))
    assert len(values) == 1000
    assert np.abs((found - physical(case, values, "modified")) / case.designer.ensemble.target_scaler.std).max() < 1e-5


def test_predictions_of_grains_are_those_of_python(grain_case, node_of_grains):
    values = draw(grain_case, 300)
    found = np.array(node_of_grains.call("predict(data, item)", designs(grain_case, values)))
    assert found.shape == (300, 1)
    assert np.abs((found - physical(grain_case, values)) / grain_case.designer.ensemble.target_scaler.std).max() < 1e-5


def _slopes(case, predict, x):
    """Of the sum over rows, (n, t, k), by torch's backward pass."""
    networks = case.designer.ensemble

    def total(x):
        scaled = networks.feature_scaler.transform(predict(x))
        return networks.target_scaler.inverse(torch.stack([m(scaled) for m in networks.members]).mean(dim=0)).sum(dim=0)

    return torch.autograd.functional.jacobian(total, torch.from_numpy(x)).permute(1, 0, 2).numpy()


def test_slopes_are_those_of_torch(case, node):
    """Weights are stored in nine digits."""
    x = case.designer.variables.features_at(draw(case, 50), "dft")
    found = np.array(node.call("evaluate(data.model, item, true).slopes", x.tolist()))
    np.testing.assert_allclose(found, _slopes(case, lambda x: x, x), rtol=1e-6, atol=1e-8)


def test_slopes_through_what_follows(grain_case, node_of_grains):
    """Along the numbers that a design sets, over their range, in the spread of the target."""
    values, designer = draw(grain_case, 50), grain_case.designer
    looked = "((ask, axes) => [axes, look(ask, null, axes, wayOf(data, axes, item.values)).slopes])"
    ask = "{ data, wanted: [1], design: item, held: new Set() }"
    along = f"{looked}({ask}, freeAxes({ask}, null))"
    expected = _slopes(grain_case, lambda values: feature_tensor(designer.variables, values, ""), values)
    for (axes, found), one in zip(node_of_grains.call(along, designs(grain_case, values)), expected, strict=True):
        assert [axis["name"] for axis in axes] == list(designer.variables.numbers)
        width = np.array([axis["high"] - axis["low"] for axis in axes])
        np.testing.assert_allclose(found, one * width / designer.ensemble.target_scaler.std, rtol=1e-4, atol=1e-5)


def test_half_widths_between_angles(node):
    widths = [[0, 0.1], [30, 0.4], [60, 0.2]]
    found = node.call("halfWidth(item[0], item[1])", [[widths, a] for a in (0, 10, 30, 45, 60, 90)] + [[[[30, 0.7]], 50]])
    assert found == pytest.approx([0.1, 0.2, 0.4, 0.3, 0.2, 0.2, 0.7])


def test_intervals_stay_physical(its_case, its_node):
    items = designs(its_case, draw(its_case, 50))
    for one in its_node.call("predictWithIntervals(data, item)", items):
        assert all(0 <= q["low"] <= q["value"] <= q["high"] for q in one.values())
        if "phi_p" in one:
            assert one["phi_p"]["high"] <= 1
            assert one["mu0_Hp_T"]["value"] == pytest.approx(one["mu0_Hc_T"]["value"] * (1 - one["phi_p"]["value"]))


def test_voxels_are_those_of_the_solver(case, engine):
    """Each voxel of 60 structures: boxes that are not square, layers of 2.5 cells, and lengths that put edges of walls
    and platelets on the centres of cells."""
    boxes = [{}, {"size_nm": (50.0, 70.0, 2.0), "cell_nm": (0.8, 0.5, 2.0), "cell_angle_deg": 70.0}]
    boxes += [{"size_nm": (40.0, 40.0, 2.0), "cell_nm": (1.0, 1.0, 2.0), "boundary_faces": ("x-", "y+")}]
    structures = []
    for box in boxes:
        lengths = draw(case, 20)[:, :4]
        lengths[10:] = lengths[10:].round()
        structures += [SmCo17(**(case.data["shared"] | box), **dict(zip(LENGTHS, v, strict=True))) for v in lengths.tolist()]
    items = [s.model_dump(mode="json") | {"alpha_deg": 0} for s in structures]
    found = engine.call("((v) => [v.nx, v.ny, [...v.index], KIND.picture(item).shares])(KIND.build(item))", items)
    for structure, (nx, ny, index, shares) in zip(structures, found, strict=True):
        voxels = structure.build(np.random.default_rng(0))
        assert (nx, ny) == structure.shape[:2]
        assert np.array_equal(np.reshape(index, (nx, ny)), voxels.index[:, :, 0])
        assert shares == pytest.approx(voxels.fractions())


def test_the_section_of_a_grain(grain_case, node_of_grains):
    """Shares of the volume are the kind's; the outline is the brick, turned clockwise by the misorientation."""
    items = designs(grain_case, draw(grain_case, 20))
    pictures = node_of_grains.call("KIND.picture(columnsOf(data, item), {})", items)
    for item, picture in zip(items, pictures, strict=True):
        grain = CoreShell(b_nm=24, **FORMULAS, **item["values"])
        expected = {name.removeprefix("phi_"): v for name, v in grain.descriptors().items() if name.startswith("phi_")}
        assert picture["shares"] == pytest.approx(expected)
        assert [name for name, _ in picture["shapes"]] == ["layer", "shell", "core"]
        assert picture["remark"] == f"Nd in the grain: {grain.descriptors()['Nd_at_percent']:.2f} at%"
        corners = [np.array(c.split(","), dtype=float) for c in picture["shapes"][0][1].strip("MZ").split("L")]
        up = corners[3] - corners[0]
        assert np.linalg.norm(up) == pytest.approx(grain.c_nm + 2 * grain.layer_nm, abs=1e-2)
        assert np.degrees(np.arctan2(*up)) == pytest.approx(grain.misorientation_deg, abs=0.05)
        assert np.min(corners) >= 0 and np.max(corners) <= picture["size_nm"][0]
    grain = {"a_nm": 20, "b_nm": 30, "c_nm": 15, "shell_nm": 0, "layer_nm": 0, "misorientation_deg": 0, "alpha_deg": 0}
    wide = node_of_grains.call("KIND.picture({ ...item[0], azimuth_deg: item[1] }, {}).shapes", [[grain, 0], [grain, 90]])
    assert [[name for name, _ in shapes] for shapes in wide] == [["core"]] * 2
    edges = [[float(v) for v in shapes[0][1].strip("MZ").replace("L", ",").split(",")] for shapes in wide]
    assert [right - left for left, _, right, *_ in edges] == pytest.approx([20, 30], abs=1e-2)


def test_the_script_in_the_docs(case):
    """That of lamellae."""
    text = (Path(__file__).parents[2] / "docs" / "explore.md").read_text(encoding="utf-8")
    (code,) = re.findall("```js\n(.*?)```", text, re.DOTALL)
    columns = {"hard_nm": 6, "soft_nm": 2, "size_nm": [20, 16, 1]}
    asked = "[KIND.follows.share_soft(item), KIND.impossible(item), KIND.picture(item)]"
    ((share, why, picture),) = Node(case, code).call(asked, [columns])
    assert share == 0.25 and why == {} and picture["shares"] == {"hard": 0.75, "soft": 0.25}
    drawn = Node(case, code + files("hardmag.figures").joinpath("explore_page/draw.js").read_text(encoding="utf-8"))
    phases = [{"name": "hard", "colour": "#DDDDDD"}, {"name": "soft", "colour": "#0072B2"}]
    svg = f"((escaped) => pictureSvg(KIND.picture(item), {phases}, 200))(globalThis.escaped = String)"
    assert "#0072B2" in drawn.call(svg, [columns])[0]


def test_a_table_of_three_numbers(grain_case):
    """Shares of two elements and a temperature: the page has the constants of grains to 1e-3, where K1 has a kink (300 K)."""
    kind = grain_case.kind
    rng, names = np.random.default_rng(8), ("core_Nd", "core_Co", "temperature_K")
    values = rng.uniform([0, 0, 300], [1, 0.3, 420], size=(40, 3)).round(6)
    features = tuple(f"core_{constant}" for constant in CONSTANTS)
    fixed = {"core_composition": "Ce0.75La0.25"}
    variables = Variables("coreshell", (*names, "misorientation_deg"), "", fixed, features, ("mu0_Hc_T",), "misorientation_deg")
    limits = {"core_Nd": [0, 1], "core_Co": [0, 0.375], "temperature_K": [270, 450]}
    case = replace(grain_case, data={"tables": tables(variables, [0.5, 0.1, 300, 0], limits, kind.script()), "shared": {}})
    items = [dict(zip(names, one, strict=True)) for one in values.tolist()]
    found = Node(case).call("columnsOf(data, { values: { misorientation_deg: 0, ...item } })", items)
    for one, item in zip(found, items, strict=True):
        try:
            grain = kind(**fixed, **item)
        except ValidationError:  # above its Curie temperature
            continue
        for feature in features:
            assert one[feature] == pytest.approx(getattr(grain, feature), rel=1e-3), (feature, item)


def test_compositions_that_are_no_grain(node_of_grains):
    """Above the Curie temperature, with an easy plane, of shares that exceed 1: each is said beside what is to be changed."""
    size = {"a_nm": 20, "b_nm": 20, "c_nm": 20, "shell_nm": 2, "layer_nm": 1}
    magnets = [{"core_mu0_Ms_T": 0}, {"shell_mu0_Ms_T": 1, "shell_K1_MJ_per_m3": -1}, {"core_Nd": 0.6, "core_Pr": 0.6}]
    magnets.append({"core_Nd": 0.4, "core_Pr": 0.6, "core_mu0_Ms_T": 1, "core_K1_MJ_per_m3": 1})
    found = node_of_grains.call("Object.keys(KIND.impossible(item))", [size | one for one in magnets])
    assert found == [["temperature_K"], ["temperature_K"], ["core_Pr", "core_Nd"], []]


def test_impossible_grains_are_those_of_python(node_of_grains):
    rng, names = np.random.default_rng(3), ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm")
    draws = rng.uniform([8, 8, 8, -1, -1], [20, 20, 20, 7, 3], size=(300, 5)).round(1).clip(0)
    items = [dict(zip(names, one, strict=True)) | {"cell_nm": [1, 2, 1]} for one in draws.tolist()]
    found = [bool(n) for n in node_of_grains.call("Object.keys(KIND.impossible(item)).length", items)]
    grains = [CoreShell.model_construct(**item) for item in items]
    assert found == [grain.impossible() is not None for grain in grains]
    assert 50 < sum(found) < 250


@pytest.fixture(scope="session")
def node_of_magnets(magnets):
    return Node(SimpleNamespace(kind=Polycrystal, data=magnets[0]))


def test_features_of_magnets_are_those_of_python(node_of_magnets):
    """The boundary by its formula, but for Python's rounding to a femtometre; constants of a composition by tables."""
    data, rng = node_of_magnets.data, np.random.default_rng(9)
    variables = rows_of(make_magnets(), "polycrystal").variables
    assert "boundary_nm" in variables.features and "boundary_nm" not in data["tables"]
    limits = {one["name"]: one["limits"] for one in data["inputs"]}
    low, high = np.array([limits[name] for name in variables.numbers]).T
    values = rng.uniform(low, high, size=(200, len(low)))
    temperature = variables.numbers.index("temperature_K")
    values[:, temperature] = values[:, temperature].clip(320)  # beyond the kink of K1 at 300 K
    items = [{"values": dict(zip(variables.numbers, one, strict=True)), "level": None} for one in values.tolist()]
    found = np.array(node_of_magnets.call("featuresOf(data, item)", items))
    np.testing.assert_allclose(found, variables.features_at(values), rtol=1e-6, atol=5.1e-7)


def test_impossible_magnets_are_those_of_python(node_of_magnets):
    """Boundaries in nm and in per cent; compositions that are no magnet."""
    rng, rules = np.random.default_rng(10), Polycrystal.constants_follow()
    lengths = [{"grain_size_nm": s, "boundary_nm": t} for s, t in rng.uniform(1, 30, (40, 2)).round(1).tolist()]
    lengths += [{"grain_size_nm": 7.0, "boundary_nm": 7.0}, {"grain_size_nm": 7.0, "boundary_percent": 99.9}]
    phases = [
        {"grain_composition": "Ce", "grain_Nd": Nd, "grain_Pr": Pr, "temperature_K": T, "boundary_nm": 3.0}
        for Nd, Pr, T in rng.uniform([0, 0, 100], [0.8, 0.8, 700], (40, 3)).round(3).tolist()
    ]
    items = [{"grain_size_nm": 100.0} | one for one in lengths + phases]
    expected = [not _exists(one) for one in items]
    for one in items[len(lengths) :]:
        columns = {name: np.array([value]) for name, value in one.items()}
        one |= {name: float(rules[name].function(columns)[0]) for name in rules if name.startswith("grain_")}
    found = node_of_magnets.call("Object.keys(KIND.impossible(columnsOf({}, { values: item })))", items)
    assert [bool(names) for names in found] == expected
    assert {name for names in found for name in names} == {"boundary_nm", "grain_Nd", "grain_Pr", "temperature_K"}
    all_of_it = {"boundary_percent": 100, "grain_size_nm": 5}
    assert node_of_magnets.call("Object.keys(impossible({}, { values: item }))", [all_of_it]) == [["boundary_percent"]]


def _exists(parameters):
    try:
        return bool(Polycrystal(**parameters))
    except ValidationError:
        return False


def test_shares_of_a_magnet(node_of_magnets):
    """Those of drawn ones: to 1.5 % of the magnet, and pores where all grains are alike."""
    changes = [
        {"boundary_percent": 2.0},
        {"boundary_percent": 12.0},
        {"size_spread": 0.3},
        {"aspect": 3.0, "boundary_percent": 3.0},
    ]
    magnets = [Polycrystal(**({"grains": 40, "boundary_percent": 5.0, "pore_percent": 10.0} | change)) for change in changes]
    found = node_of_magnets.call("KIND.shares(item)", [magnet.content() for magnet in magnets])
    for magnet, shares in zip(magnets, found, strict=True):
        drawn = magnet.build(np.random.default_rng(1)).fractions()
        alike = ["boundary"] if magnet.size_spread else [*shares]
        assert [shares[name] for name in alike] == pytest.approx([drawn[name] for name in alike], abs=0.015)
        assert sum(shares.values()) == pytest.approx(1)
        assert shares["pore"] / (1 - shares["boundary"]) == pytest.approx(0.1)


def test_the_sketch_of_a_magnet(node_of_magnets):
    """Its cells fill the box but for the boundary, and move little where inputs do; axes are tilted as the texture is."""
    magnet = {"grains": 40, "grain_size_nm": 10, "misalignment_deg": 20, "pore_percent": 8, "alpha_deg": 0}
    shapes = [(0, 1, 0), (0.4, 0.1, 0), (1, 1, 0), (0.4, 20, 0), (0.2, 3, 0.2)]
    items = [magnet | {"size_spread": s, "aspect": a, "boundary_nm": t} for s, a, t in shapes]
    drawn = node_of_magnets.call("KIND.grains(item, 30)", items)
    again = node_of_magnets.call("KIND.grains(item, 30)", [item | {"aspect": 1.001 * item["aspect"]} for item in items])
    for (*_, thickness), grains, moved in zip(shapes, drawn, again, strict=True):
        area = sum(_area(one["corners"]) for one in grains)
        assert area == pytest.approx(60**2, rel=1e-9) if thickness == 0 else 0.7 * 60**2 < area < 0.99 * 60**2
        before, after = ({(g["column"], g["row"]): _area(g["corners"]) for g in some} for some in (grains, moved))
        assert max(abs(before.get(g, 0) - after.get(g, 0)) for g in before | after) < 0.01 * 60**2
        assert 0.02 < np.mean([one["pore"] for one in grains]) < 0.14
    textures = [("cap", 0, 1e-6), ("cap", 25, 25), ("fisher", 0, 1e-6), ("fisher", 10, 45)]
    items = [items[0] | {"texture": texture, "misalignment_deg": degrees} for texture, degrees, _ in textures]
    lines = node_of_magnets.call("KIND.grains(item, 30).map((one) => KIND.line(item, one))", items)
    for (_, degrees, most), ends in zip(textures, np.array(lines), strict=True):
        right, up = (ends[:, 1] - ends[:, 0]).T
        tilt = np.degrees(np.arctan2(np.abs(right), up))
        assert tilt.max() <= most + 1e-9 and tilt.std() >= degrees / 8
    files = [magnet | {name: "grains.x"} for name in ("tessellation", "seeds")]
    assert node_of_magnets.call("KIND.picture(item)", files) == [None, None]


def _area(corners):
    (x, z), (next_x, next_z) = np.transpose(corners), np.transpose(np.roll(corners, -1, axis=0))
    return float(np.sum(x * next_z - next_x * z)) / 2


def test_impossible_lengths_are_those_of_python(node):
    x = np.random.default_rng(0).uniform(1, [40, 40, 30, 30], size=(200, 4)).round(1)
    x[:40, 2:] = x[:40, 2:] / 15
    items = [dict(zip(LENGTHS, one, strict=True)) | {"cell_nm": [0.8, 1, 2]} for one in x.tolist()]
    found = [bool(n) for n in node.call("Object.keys(KIND.impossible(item)).length", items)]
    whole = {"size_nm": (64.0, 64.0, 2.0), "boundary_layer_nm": 2.0}
    assert found == [SmCo17.model_construct(**item, **whole).impossible() is not None for item in items]
    assert 20 < sum(found) < 180


def test_rounding_is_pythons(node):
    numbers = [0.5, 1.5, 2.5, 2.4999, 2.5001, 3.0, 79.5, 80.5]
    assert node.call("KIND.round(item)", numbers) == [round(v) for v in numbers]


def test_designs_are_what_was_asked_for(its_case, its_node):
    """Targets that some structure has: each is met, by structures that can exist, lie in the training range, differ from
    each other and keep what is held; asked twice, the answer is the same."""
    designer, angle = its_case.designer, its_case.data["angle"]
    numbers = designer.variables.numbers
    inputs = [one for one in its_case.data["inputs"] if one["name"] in numbers]
    low, high = np.array([one["training"] for one in inputs]).T
    values = draw(its_case, 6)
    values = values[is_feasible(designer.bounds, values)]
    held = [one["key"] for one in inputs if one["name"] in (angle, numbers[0])]
    kept = [numbers.index(name) for name in (angle, numbers[0])]
    wanted, levels = physical(its_case, values), ["dft"] if its_case.data["level"] else [None]
    items = [
        {"wanted": w.tolist(), "design": d, "held": held, "levels": levels}
        for w, d in zip(wanted, designs(its_case, values), strict=True)
    ]
    assert len(items) >= 4
    for item, answer in zip(items * 2, its_node.call(QUESTION, items * 2), strict=True):
        found = np.array([values_of(its_case, one) for one in answer["designs"]])
        met = [one["met"] + 1e-6 for one in its_case.data["targets"]]
        assert answer["met"] and 1 <= len(found) <= 5
        assert (np.abs(physical(its_case, found) - item["wanted"]) <= met).all()
        assert (found[:, kept] == np.array(values_of(its_case, item["design"]))[kept]).all()
        assert (found >= low - 1e-9).all() and (found <= high + 1e-9).all()
        grid = [one["grid"] for one in inputs if one["key"] not in held]
        steps = found[:, [k for k in range(len(numbers)) if k not in kept]] / grid
        np.testing.assert_allclose(steps, steps.round(), atol=1e-6)
        names, level = designer.variables.numbers, {"z_set": "dft"} if its_case.data["level"] else {}
        assert all(designer.impossible(dict(zip(names, one, strict=True)) | level) is None for one in found.tolist())
        apart = (np.abs(found[:, None] - found[None]) / (high - low)).max(axis=2)
        assert (apart[~np.eye(len(found), dtype=bool)] >= 0.1).all()
    answers = its_node.call(QUESTION, items[:1] * 2)
    assert answers[0] == answers[1]


def test_nearest_of_what_is_out_of_reach(case, node):
    """As near as the best of 20,000 random structures of any Z set, or nearer."""
    wanted, levels = np.array([9.0, 0.05]), list(case.data["level"]["choices"])
    (design,) = designs(case, draw(case, 1))
    (answer,) = node.call(QUESTION, [{"wanted": wanted.tolist(), "design": design, "held": [], "levels": levels}])
    spread = np.array(case.designer.ensemble.target_scaler.std)
    tried = draw(case, 20000)
    tried = tried[is_feasible(case.designer.bounds, tried)]
    best = min(np.linalg.norm((physical(case, tried, level) - wanted) / spread, axis=1).min() for level in levels)
    assert not answer["met"] and answer["designs"]
    assert np.linalg.norm((np.array(answer["nearest"]) - wanted) / spread) <= best + 1e-3


def test_what_the_data_support_is_that_of_python(case, engine):
    """200 queries around the edge of the data: the same verdict and nearest target as `hardmag design` goes by, at angles of
    the data, between them, with any angle, for one Z set and for all. Targets are in six digits."""
    designer, rng = case.designer, np.random.default_rng(2)
    low, high = designer.y.min(axis=0), designer.y.max(axis=0)
    items = []
    for wanted in rng.uniform(low - 0.2 * (high - low), high + 0.2 * (high - low), size=(200, 2)).clip(0.05, [np.inf, 1]):
        alpha, levels = rng.choice([0.0, 30.0, 47.0, None]), [["dft"], list(case.data["level"]["choices"])][rng.integers(2)]
        items.append({"wanted": wanted.tolist(), "alpha": alpha, "levels": levels})
    found = engine.call("support(data, item.wanted, item.alpha, item.levels)", items)
    for item, one in zip(items, found, strict=True):
        prescribed = {} if item["alpha"] is None else {"alpha_deg": item["alpha"]}
        prescribed |= {"z_set": "dft"} if item["levels"] == ["dft"] else {}
        expected = reach(designer, space_of(designer.bounds, prescribed), np.array(item["wanted"]))
        assert one["within"] == expected.reachable
        assert one["nearest"] == pytest.approx(list(expected.nearest.values()), rel=1e-5)
    assert 0.2 < np.mean([one["within"] for one in found]) < 0.8


def test_support_where_angles_were_sampled(grain_case, node_of_grains):
    """Grains near the wanted angle count."""
    designer, rng = grain_case.designer, np.random.default_rng(4)
    angles = rng.uniform(1, 29, 60)
    items = [{"wanted": [w], "angle": a} for w, a in zip(rng.uniform(0.05, 5, 60).tolist(), angles.tolist(), strict=True)]
    found = node_of_grains.call("support(data, item.wanted, item.angle, [null])", items)
    for item, one in zip(items, found, strict=True):
        space = space_of(designer.bounds, {"misorientation_deg": item["angle"]})
        expected = reach(designer, space, np.array(item["wanted"]))
        assert one["within"] == expected.reachable
        assert one["nearest"] == pytest.approx(list(expected.nearest.values()), rel=1e-5)
    assert 0.2 < np.mean([one["within"] for one in found]) < 0.8


def test_where_the_data_do_not_tell(case, node):
    """A Z phase of one's own, and fewer rows than the rule needs."""
    three = "[{ level: 'dft', angle: 0, values: [[2, 0.3], [2, 0.2], [3, 0.2]] }]"
    few = f"support({{ ...data, simulated: {three} }}, [2, 0.3], 0, ['dft'])"
    assert node.call(f"[support(data, [2, 0.3], 30, ['free']), {few}]", [0]) == [[None, None]]


def test_held_inputs_that_leave_no_structure(case, node):
    (design,) = designs(case, draw(case, 1))
    design["values"] |= {"d_nm": 10, "wZ_nm": 11}
    (answer,) = node.call(QUESTION, [{"wanted": [2, 0.3], "design": design, "held": ["d", "wZ"], "levels": ["dft"]}])
    assert answer == {"met": False, "designs": [], "nearest": None}


def test_address_holds_the_state(case, node):
    """There and back; what cannot be read is said and left out."""
    round_trip = "(({ state }) => toHash(data, state))(fromHash(data, item))"
    addresses = [
        "#L=40&d=30&wS=7&wZ=5&alpha=30&z=modified&hold=alpha.z&Hc=2.1&phi_p=0.3",
        "#L=40.25&d=30&wS=7&wZ=5&alpha=30&Ms=300&sigma=5&l=3&z=free&hold=",
    ]
    assert node.call(round_trip, addresses) == addresses
    start = node.call(round_trip, [""])
    bad = [
        "#L=abc",
        "#L=1e9",
        "#z=none",
        "#L=",
        "#L=NaN",
        "#L=Infinity",
        "#L=0x20",
        "#L=4,0,0",
        "#alpha=-1",
        "#Ms=300",
        "#foo=1",
    ]
    bad += ["#Hc=-1&phi_p=0.2", "#Hc=NaN&phi_p=0.2", "#Hc=2&phi_p=20", "#Hc=2", "#hold=alpha.z.foo"]
    assert node.call(round_trip, bad) == start * len(bad)
    assert all(len(complaints) == 1 for complaints in node.call("fromHash(data, item).complaints", bad))


def test_address_of_a_grain(node_of_grains):
    """Keys are the columns' names without units."""
    round_trip = "(({ state }) => toHash(data, state))(fromHash(data, item))"
    address = "#a=20&c=15&shell=2&layer=1&misorientation=12&azimuth=90&core_Nd=0.25&shell_Nd=0.75&hold=core_Nd&Hc=1.5"
    assert node_of_grains.call(round_trip, [address]) == [address]
    assert node_of_grains.call("fromHash(data, item).complaints.length", ["#z=dft", "#phi_p=0.1", "#b=24"]) == [1, 1, 1]


def test_numbers_are_read_as_people_write_them(node):
    numbers = {"25.5": 25.5, "25,5": 25.5, " 7 ": 7, "+.5": 0.5, "1e-2": 0.01, "-3": -3, "3.": 3}
    assert node.call("readNumber(item)", list(numbers)) == list(numbers.values())
    others = ["", " ", "abc", "1,2,3", "1.2,3", "1 2", "0x20", "NaN", "Infinity", "1e", "--1", "5 nm", "1/2"]
    assert node.call("Number.isNaN(readNumber(item))", others) == [True] * len(others)
    address = "fromHash(data, item).state.values.d_nm"
    assert node.call(address, ["#d=25,5"]) == [25.5]
