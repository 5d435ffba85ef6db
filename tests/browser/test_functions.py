"""The page's functions against the Python that they repeat, and its search against brute force."""

import numpy as np
import pytest
import torch

from hardmag.inverse.feasible import space_of
from hardmag.inverse.i_nn import impossible
from hardmag.inverse.reach import reach
from hardmag.nanostructures.smco17 import SmCo17
from hardmag.papers.yang2024.columns import FEATURES

QUESTION = (
    "search({ model: data.model, wanted: item.wanted, values: item.values, set: 'dft', gap: 0.8,"
    " inputs: data.inputs.map((input, i) => ({ ...input, held: item.held.includes(i) })),"
    " sets: item.sets.map((name) => ({ name, values: data.z_sets[name].values })) })"
)


def ranges(case):
    return np.array([one["training"] for one in case.data["inputs"]]).T


def draw(case, n, beyond=0.0):
    """(n, 8) random inputs in the training range, and beyond it by this part of it; lengths that can exist."""
    low, high = ranges(case)
    rng = np.random.default_rng(n)
    x = rng.uniform(low - beyond * (high - low), high + beyond * (high - low), size=(4 * n, 8))
    return x[(x[:, 3] < x[:, 1] - 1) & (x[:, 2] < x[:, 0] - 1)][:n]


def physical(case, x):
    return case.designer.ensemble.predict(x).physical().mean


def test_predictions_are_those_of_python(case, engine):
    """To 1e-5 of the targets' spread: 1000 inputs, also a quarter of the range outside."""
    x = draw(case, 1000, beyond=0.25)
    found = np.array(engine.call("predict(data.model, item)", x.tolist()))
    assert len(x) == 1000
    assert np.abs((found - physical(case, x)) / case.designer.ensemble.target_scaler.std).max() < 1e-5


def test_slopes_are_those_of_torch(case, node):
    """By torch's backward pass; weights are stored in nine digits."""
    x = draw(case, 50)
    networks = case.designer.ensemble

    def predict(features):
        scaled = networks.feature_scaler.transform(features)
        return networks.target_scaler.inverse(torch.stack([m(scaled) for m in networks.members]).mean(dim=0)).sum(dim=0)

    expected = torch.autograd.functional.jacobian(predict, torch.from_numpy(x)).permute(1, 0, 2).numpy()
    found = np.array(node.call("evaluate(data.model, item, true).slopes", x.tolist()))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_half_widths_between_angles(node):
    widths = [[0, 0.1], [30, 0.4], [60, 0.2]]
    found = node.call("halfWidth(item[0], item[1])", [[widths, a] for a in (0, 10, 30, 45, 60, 90)] + [[[[30, 0.7]], 50]])
    assert found == pytest.approx([0.1, 0.2, 0.4, 0.3, 0.2, 0.2, 0.7])


def test_intervals_stay_physical(case, node):
    for one in node.call("predictWithIntervals(data.model, data.half_widths, item)", draw(case, 50).tolist()):
        assert all(0 <= q["low"] <= q["value"] <= q["high"] for q in one.values())
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
        structures += [SmCo17(**(case.data["box"] | box), **dict(zip(FEATURES[:4], v, strict=True))) for v in lengths.tolist()]
    items = [{"box": s.model_dump(mode="json"), "lengths": [s.L_nm, s.d_nm, s.wS_nm, s.wZ_nm]} for s in structures]
    found = engine.call("((v) => [v.nx, v.ny, [...v.index], fractions(v)])(build(item.box, item.lengths))", items)
    for structure, (nx, ny, index, shares) in zip(structures, found, strict=True):
        voxels = structure.build(np.random.default_rng(0))
        assert (nx, ny) == structure.shape[:2]
        assert np.array_equal(np.reshape(index, (nx, ny)), voxels.index[:, :, 0])
        assert dict(zip([p.name for p in voxels.phases], shares, strict=True)) == pytest.approx(voxels.fractions())


def test_impossible_lengths_are_those_of_python(node):
    x = np.random.default_rng(0).uniform(1, [40, 40, 30, 30], size=(200, 4)).tolist()
    found = [bool(why) for why in node.call("Object.keys(impossible(item)).length", x)]
    assert found == [impossible(*values) is not None for values in x]
    assert 20 < sum(found) < 180


def test_rounding_is_pythons(node):
    numbers = [0.5, 1.5, 2.5, 2.4999, 2.5001, 3.0, 79.5, 80.5]
    assert node.call("roundHalfEven(item)", numbers) == [round(v) for v in numbers]


def test_designs_are_what_was_asked_for(case, node):
    """Targets that some structure has: each is met, by structures that can exist, lie in the training range, differ from
    each other and keep what is held; asked twice, the answer is the same."""
    low, high = ranges(case)
    x = draw(case, 6)
    z = case.data["z_sets"]["dft"]["values"]
    x[:, 5:] = z
    wanted = physical(case, x)
    items = [
        {"wanted": w.tolist(), "values": v.tolist(), "held": [0, 4], "sets": ["dft"]} for w, v in zip(wanted, x, strict=True)
    ]
    for item, answer in zip(items * 2, node.call(QUESTION, items * 2), strict=True):
        designs = np.array([one["values"] for one in answer["designs"]])
        assert answer["met"] and 1 <= len(designs) <= 5
        assert (np.abs(physical(case, designs) - item["wanted"]) <= [0.01 + 1e-6, 0.005 + 1e-6]).all()
        assert (designs[:, [0, 4]] == np.array(item["values"])[[0, 4]]).all() and (designs[:, 5:] == z).all()
        assert (designs[:, 1:4] >= low[1:4] - 1e-9).all() and (designs[:, 1:4] <= high[1:4] + 1e-9).all()
        assert (designs[:, 1:4] == designs[:, 1:4].round(2)).all()
        assert all(impossible(*values[:4]) is None for values in designs)
        apart = np.abs(designs[:, None] - designs[None])[..., :5] / (high - low)[:5]
        assert (apart.max(axis=2)[~np.eye(len(designs), dtype=bool)] >= 0.1).all()
    answers = node.call(QUESTION, items[:1] * 2)
    assert answers[0] == answers[1]


def test_nearest_of_what_is_out_of_reach(case, node):
    """As near as the best of 20,000 random structures of any Z set, or nearer."""
    wanted = np.array([9.0, 0.05])
    x = draw(case, 1)
    answer = node.call(
        QUESTION, [{"wanted": wanted.tolist(), "values": x[0].tolist(), "held": [], "sets": list(case.data["z_sets"])}]
    )[0]
    spread = np.array(case.designer.ensemble.target_scaler.std)
    best = np.inf
    for one in case.data["z_sets"].values():
        tried = draw(case, 20000)
        tried[:, 5:] = one["values"]
        best = min(best, np.linalg.norm((physical(case, tried) - wanted) / spread, axis=1).min())
    assert not answer["met"] and answer["designs"]
    assert np.linalg.norm((np.array(answer["nearest"]) - wanted) / spread) <= best + 1e-3


def test_what_the_data_support_is_that_of_python(case, engine):
    """200 queries around the edge of the data: the same verdict and nearest target as `hardmag design` goes by, at angles of
    the data, between them, with any angle, for one Z set and for all. Targets are in six digits."""
    designer, rng = case.designer, np.random.default_rng(2)
    low, high = designer.y.min(axis=0), designer.y.max(axis=0)
    items = []
    for wanted in rng.uniform(low - 0.2 * (high - low), high + 0.2 * (high - low), size=(200, 2)).clip(0.05, [np.inf, 1]):
        alpha, sets = rng.choice([0.0, 30.0, 47.0, None]), [["dft"], list(case.data["z_sets"])][rng.integers(2)]
        items.append({"wanted": wanted.tolist(), "alpha": alpha, "sets": sets})
    found = engine.call("support(data, item.wanted, item.alpha, item.sets)", items)
    for item, one in zip(items, found, strict=True):
        prescribed = {} if item["alpha"] is None else {"alpha_deg": item["alpha"]}
        prescribed |= {"z_set": "dft"} if item["sets"] == ["dft"] else {}
        expected = reach(designer, space_of(designer.bounds, prescribed), np.array(item["wanted"]))
        assert one["within"] == expected.reachable
        assert one["nearest"] == pytest.approx(list(expected.nearest.values()), rel=1e-5)
    assert 0.2 < np.mean([one["within"] for one in found]) < 0.8


def test_where_the_data_do_not_tell(case, node):
    """A Z phase of one's own, and fewer rows than the rule needs."""
    three = "[{ set: 'dft', alpha: 0, values: [[2, 0.3], [2, 0.2], [3, 0.2]] }]"
    few = f"support({{ ...data, targets: {three} }}, [2, 0.3], 0, ['dft'])"
    assert node.call(f"[support(data, [2, 0.3], 30, [null]), {few}]", [0]) == [[None, None]]


def test_held_inputs_that_leave_no_structure(case, node):
    values = draw(case, 1)[0]
    values[[1, 3]] = 10, 11
    (answer,) = node.call(QUESTION, [{"wanted": [2, 0.3], "values": values.tolist(), "held": [1, 3], "sets": ["dft"]}])
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


def test_numbers_are_read_as_people_write_them(node):
    numbers = {"25.5": 25.5, "25,5": 25.5, " 7 ": 7, "+.5": 0.5, "1e-2": 0.01, "-3": -3, "3.": 3}
    assert node.call("readNumber(item)", list(numbers)) == list(numbers.values())
    others = ["", " ", "abc", "1,2,3", "1.2,3", "1 2", "0x20", "NaN", "Infinity", "1e", "--1", "5 nm", "1/2"]
    assert node.call("Number.isNaN(readNumber(item))", others) == [True] * len(others)
    address = "fromHash(data, item).state.values[1]"
    assert node.call(address, ["#d=25,5"]) == [25.5]
