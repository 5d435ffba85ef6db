"""From K1 and Ms to compositions: what is found has what was wanted, keeps the limits, and says where nothing does."""

import json
import re

import numpy as np
import pytest
from refusals import complaint

from hardmag.cli import main
from hardmag.errors import UserError
from hardmag.intrinsic import inverse
from hardmag.intrinsic.answer import describe
from hardmag.intrinsic.inverse import APART, find_compositions
from hardmag.intrinsic.limits import STEPS, TARGETS, Limits, Space, composition, simplex
from hardmag.materials.composition import ELEMENTS, Composition
from hardmag.materials.intrinsic import SHIPPED, IntrinsicModel, apart
from hardmag.materials.price import cost_per_cm3, read_prices

SHELL = {"K1_MJ_per_m3": 3.77, "mu0_Ms_T": 1.45}  # of the shell in Kovacs et al. 2023, at 300 K
CORE = {"K1_MJ_per_m3": 0.7, "mu0_Ms_T": 1.04}
MODEL, PRICES = IntrinsicModel.read(), read_prices()


def search(wanted, T_K=300.0, count=5, seed=1, **limits):
    return find_compositions(MODEL, T_K, wanted, Limits(**limits), PRICES, count, seed)


def quick(monkeypatch):
    """Fewer searches, for questions that one answers as well."""
    monkeypatch.setattr(inverse, "SEARCHES", 2)


def shares(found):
    return np.array([answer.described.composition.shares for answer in found.answers])


# ---- compositions in steps


def test_shares_by_hand():
    """Weights 1, 1, 2 of La, Ce and Nd; then with Nd held at 0.4; then one too small to be a step."""
    weights = np.zeros((1, len(ELEMENTS)))
    weights[0, [0, 1, 3, 5]] = [1, 1, 2, 7]
    most = np.full(len(ELEMENTS), STEPS)
    assert simplex(weights, most).tolist() == [[25, 25, 0, 50, 0, 100, 0, 0]]
    held = np.where(np.array(ELEMENTS) == "Nd", 40, most)
    assert simplex(weights, held).tolist() == [[30, 30, 0, 40, 0, 100, 0, 0]]
    weights[0, 0] = 0.02  # 0.66 % of 3.02, the others 33.1 and 66.2
    assert simplex(weights, most).tolist() == [[0, 33, 0, 67, 0, 100, 0, 0]]


def test_shares_sum_and_keep_their_largest():
    rng = np.random.default_rng(5)
    for _ in range(50):
        most = rng.integers(0, STEPS + 1, len(ELEMENTS))
        most[[2, 5]] = np.maximum(most[[2, 5]], STEPS - np.array([most[:5].sum() - most[2], most[6:].sum()]))
        weights = rng.random((40, len(ELEMENTS))) ** rng.choice([1, 8, 40], size=(40, 1))
        weights[:5] = 0  # as likely as anything
        steps = simplex(weights, most)
        assert (steps >= 0).all() and (steps <= most).all()
        assert (steps[:, :5].sum(axis=1) == STEPS).all() and (steps[:, 5:].sum(axis=1) == STEPS).all()


# ---- what is wanted is found


@pytest.fixture(scope="module")
def shell():
    return search(SHELL)


def test_several_distinct_compositions_have_what_the_shell_has(shell):
    """Each predicted anew from its formula."""
    assert len(shell.answers) == 5 and shell.refusal is None
    for answer in shell.answers:
        found = MODEL.at(Composition.parse(str(answer.described.composition)), 300.0)
        assert answer.met
        for target, wanted in SHELL.items():
            assert abs(found[target][0] - wanted) <= shell.tolerance[target] + 1e-9
            assert answer.misses[target] == pytest.approx(found[target][0] - wanted, abs=1e-9)
            low, high = answer.described.properties[target].interval
            assert low < wanted < high
    assert shell.tolerance["K1_MJ_per_m3"] < 0.1 and shell.tolerance["mu0_Ms_T"] < 0.01
    between = apart(shares(shell), shares(shell)) + np.eye(5)
    assert between.min() >= APART[-1] - 1e-9
    assert np.allclose(np.round(shares(shell), 2), shares(shell), atol=1e-12)


def test_the_cheapest_comes_first(shell):
    costs = [answer.described.cost.value for answer in shell.answers]
    assert costs == sorted(costs)


def test_same_seed_same_answers(monkeypatch):
    quick(monkeypatch)
    first, again, other = (search(SHELL, seed=seed).to_dict() for seed in (3, 3, 4))
    assert json.dumps(first) == json.dumps(again) != json.dumps(other)


def test_the_one_composition_of_two_rare_earths_is_found(monkeypatch):
    """Nd and La alone: K1 and Ms, of one share, tell which."""
    quick(monkeypatch)
    made = MODEL.at(Composition.parse("Nd0.62La0.38"), 350.0)
    wanted = {target: float(made[target][0]) for target in TARGETS}
    first = search(wanted, 350.0, only=("Nd", "La")).answers[0]
    assert first.met and abs(first.described.composition.share("Nd") - 0.62) < 0.025


def test_nearest_is_as_near_as_a_grid_of_all_comes(monkeypatch):
    """Ce, Nd and Co, all 101 × 101 of them, where none is what is wanted."""
    quick(monkeypatch)
    wanted = {"K1_MJ_per_m3": 4.5, "mu0_Ms_T": 1.2}
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(101), np.arange(101)))
    steps = np.zeros((x.size, len(ELEMENTS)))
    for element, n in (("Ce", 100 - x), ("Nd", x), ("Fe", 100 - y), ("Co", y)):
        steps[:, ELEMENTS.index(element)] = n
    found = search(wanted, only=("Ce", "Nd", "Fe", "Co"))
    unit = np.array([most / inverse.MET for most in found.tolerance.values()])
    miss = lambda values: np.linalg.norm([(values[t] - wanted[t]) / u for t, u in zip(TARGETS, unit, strict=True)], axis=0)  # noqa: E731
    values = MODEL.at(steps / STEPS, 300.0)
    allowed = values["Tc_K"] >= 350
    best = miss(values)[allowed].min()
    assert best > 1 and not found.answers[0].met
    assert miss(MODEL.at(found.answers[0].described.composition, 300.0))[0] <= 1.02 * best


# ---- limits


@pytest.mark.parametrize(
    ("limits", "keeps"),
    [
        (
            {"largest": {"Nd": 0.2, "Pr": 0.6, "Ni": 0}},
            lambda c: c.share("Nd") <= 0.2 and c.share("Pr") <= 0.6 and c.share("Ni") == 0,
        ),
        ({"only": ("Nd", "Pr", "Ce")}, lambda c: {e for e in ELEMENTS if c.share(e)} <= {"Nd", "Pr", "Ce", "Fe"}),
        ({"Tc_margin_K": 350}, lambda c: MODEL.at(c, 300.0)["Tc_K"] >= 650),
        ({"cost_per_cm3": 24}, lambda c: cost_per_cm3(c, PRICES).value <= 24),
        ({"distance": 0.15}, lambda c: MODEL.distance(c) <= 0.15 + 1e-9),
        (
            {"spread": {"K1_MJ_per_m3": 0.15}},
            lambda c: np.ptp(np.quantile(MODEL.spread(c, 300.0)["K1_MJ_per_m3"], [0.025, 0.975])) <= 0.3,
        ),
    ],
)
def test_each_limit_is_kept_and_would_not_be_without(monkeypatch, shell, limits, keeps):
    quick(monkeypatch)
    found = search(SHELL, **limits)
    assert found.answers
    for answer in found.answers:
        one = answer.described.composition
        assert keeps(one), str(one)
        # The limit that all keep by default is 50 K.
        assert MODEL.at(one, 300.0)["Tc_K"] >= 300 + limits.get("Tc_margin_K", 50)
    assert not all(keeps(answer.described.composition) for answer in shell.answers)


def test_out_of_reach_is_said(monkeypatch):
    """With little Nd and no Pr: how near it comes, and which limits keep it there."""
    quick(monkeypatch)
    found = search(SHELL, largest={"Nd": 0.4}, only=("Nd", "La", "Ce"))
    assert not any(answer.met for answer in found.answers)
    assert "(Nd0.4La0.6)2Fe14B, has K1 = 2.45 MJ/m³" in found.refusal and "\n" not in found.refusal
    assert "with what is wanted outside its 95 % intervals" in found.refusal
    assert found.refusal.endswith("would have it, but breaks: only La, Ce, Nd, Fe")
    little = search(SHELL, largest={"Nd": 0.1, "Pr": 0.1, "Ni": 0})
    assert re.search("would have it, but breaks: (Nd <= 0.1, )?Pr <= 0.1$|breaks: Pr <= 0.1, Nd <= 0.1$", little.refusal)


def test_out_of_reach_of_the_model(monkeypatch):
    """At 433 K, with limits and without."""
    quick(monkeypatch)
    assert search(SHELL, 433.0).refusal.endswith("the model reaches no nearer with Tc >= 483 K")
    limited = search(SHELL, 433.0, only=("Nd", "Fe", "Co"), distance=0.2).refusal
    assert limited.endswith("nor would any of the model's elements with Tc >= 483 K have it")


def test_core_is_reached_only_far_from_the_data(monkeypatch):
    """(0.7 MJ/m³, 1.04 T): with so much Co beside La and Ce that no row is near; the answers are marked, and within the
    distances of the data there is none."""
    found = search(CORE)
    assert found.answers[0].met and all(answer.described.far for answer in found.answers)
    assert "far" in str(found)
    quick(monkeypatch)
    near = search(CORE, distance=0.2)
    assert (
        not any(answer.met for answer in near.answers)
        and "would have it, but breaks: distance to the data <= 0.2" in near.refusal
    )


def test_nothing_within_the_limits_is_said(monkeypatch):
    quick(monkeypatch)
    found = search(SHELL, T_K=1200.0)
    assert not found.answers
    assert "no composition was found within the limits" in found.refusal and "breaks: Tc >= 1250 K" in found.refusal


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"largest": {"Nd": 1.2}}, "largest share: Nd = 1.2 must be a number between 0 and 1"),
        ({"largest": {"nd": 0.2}}, "largest share: 'nd' is not one of La, Ce, Pr, Nd, Y, Fe, Co, Ni"),
        ({"only": ("Nd", "Y")}, "Y is not in the model's data"),
        ({"only": ("Nd", "La"), "largest": {"Nd": 0.3, "La": 0.3}}, "rare earths sum to 0.6; they must make at least 1"),
        ({"spread": {"K1_MJ_per_m3": -1.0}}, "largest spread: K1_MJ_per_m3 = -1 must be a finite number >= 0"),
        ({"cost_per_cm3": float("nan")}, "largest cost = nan must be"),
    ],
)
def test_impossible_limits_are_refused(limits, said):
    with pytest.raises(UserError, match=said):
        Space(MODEL, 300.0, Limits(**limits), PRICES)


def test_a_limit_of_cost_needs_prices(tmp_path):
    without = tmp_path / "prices.csv"
    lines = SHIPPED.with_name("prices.csv").read_text().splitlines(keepends=True)
    without.write_text("".join(line for line in lines if not line.startswith("Pr,")))
    prices = read_prices(without)
    with pytest.raises(UserError, match="no price of Pr in .*prices.csv"):
        Space(MODEL, 300.0, Limits(cost_per_cm3=20.0), prices)
    Space(MODEL, 300.0, Limits(cost_per_cm3=20.0, only=("Nd", "La")), prices)
    space = Space(MODEL, 300.0, Limits(), prices)  # without the limit it orders answers, those without a cost last
    steps = np.array([Composition.parse(text).shares for text in ("Nd0.9Pr0.1", "Nd0.5La0.5")]) * STEPS
    assert space.costs(steps.astype(int)).tolist() == [
        np.inf,
        pytest.approx(cost_per_cm3(Composition.parse("Nd0.5La0.5"), prices).value),
    ]
    described = describe(MODEL, Composition.parse("Pr"), 300.0, prices)
    assert described.cost is None and "cost: unknown: Pr2Fe14B: no price of Pr" in str(described)


# ---- one composition


def test_anisotropy_field_and_its_range():
    """2 K1/Ms in T is 8π/10 · K1 (MJ/m³)/µ0Ms (T); its interval takes K1 and Ms at their ends, its spread fit by fit."""
    found = describe(MODEL, Composition.parse("Nd"), 300.0, PRICES).properties
    K1, Ms, Ha = (found[name] for name in ("K1_MJ_per_m3", "mu0_Ms_T", "mu0_Ha_T"))
    factor = 0.8 * np.pi
    assert Ha.value == pytest.approx(factor * K1.value / Ms.value, rel=1e-9)
    assert Ha.interval == pytest.approx(
        (factor * K1.interval[0] / Ms.interval[1], factor * K1.interval[1] / Ms.interval[0]), rel=1e-9
    )
    assert Ha.interval[0] < Ha.spread[0] < Ha.value < Ha.spread[1] < Ha.interval[1]
    assert found["A_pJ_per_m"].interval is None and found["A_pJ_per_m"].spread[0] < 8.1 < found["A_pJ_per_m"].spread[1]


def test_distance_to_the_data_by_hand():
    """Nd2Fe14B was measured. (Nd0.48La0.52)2(Fe0.95Co0.05)14B: 0.02 of R and 0.05 of T are to be
    replaced for (Nd0.5La0.5)2Fe14B."""
    assert MODEL.distance(Composition.parse("Nd"))[0] == pytest.approx(0, abs=1e-5)
    mixed = Composition.parse("(Nd0.48La0.52)2(Fe0.95Co0.05)14B")
    assert MODEL.distance(mixed)[0] == pytest.approx(0.07, abs=1e-5)
    assert str(MODEL.nearest(mixed)) == "(Nd0.5La0.5)2Fe14B"
    assert str(MODEL.nearest(Composition.parse("Nd2(Fe0.15Co0.85)14B"))) == "Nd2(Fe0.1429Co0.8571)14B"
    assert "far from the data" in str(describe(MODEL, Composition.parse("La2Fe7Co7B"), 300.0, PRICES))
    assert "far from the data" not in str(describe(MODEL, mixed, 300.0, PRICES))


def test_an_element_that_was_measured_once_is_marked(monkeypatch):
    """Ni, near the data as it may be: in one composition, and in answers of a search."""
    nickel = describe(MODEL, Composition.parse("Nd2(Fe0.95Ni0.05)14B"), 300.0, PRICES)
    assert nickel.measured_once == ("Ni",) and not nickel.far and "Ni: measured in one composition only" in str(nickel)
    assert nickel.to_dict()["elements_measured_once"] == ["Ni"]
    assert describe(MODEL, Composition.parse("Nd2(Fe0.95Co0.05)14B"), 300.0, PRICES).measured_once == ()
    quick(monkeypatch)
    found = search({"K1_MJ_per_m3": 2.0, "mu0_Ms_T": 1.3}, only=("Nd", "Ce", "La", "Fe", "Ni"))
    with_nickel = [answer.described.composition.share("Ni") > 0 for answer in found.answers]
    assert any(with_nickel) and str(found).count("Ni measured once") == sum(with_nickel)


# ---- the command line


def test_composition_at_a_temperature(capsys):
    assert main(["composition", "Nd0.4La0.6", "--T", "433"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("(Nd0.4La0.6)2Fe14B at 433 K\n") and max(map(len, text.splitlines())) <= 79
    assert main(["composition", "Nd0.4La0.6", "--T", "433", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    values = MODEL.at(Composition.parse("Nd0.4La0.6"), 433.0)
    assert all(told["properties"][name]["value"] == pytest.approx(value[0]) for name, value in values.items())
    assert f"µ0Ms  {values['mu0_Ms_T'][0]:9.3f} T" in text and told["cost_per_cm3"]["currency"] == "JPY"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("composition", "Nd0.4La0.5"), "composition 'Nd0.4La0.5': rare earths sum to 0.9; must be 1 or 2"),
        (("composition", "Dy"), "composition 'Dy': Dy is none of the known elements (La, Ce, Pr, Nd, Y, Fe, Co, Ni, B)"),
        (("composition", "Y"), "composition: Y2Fe14B: Y is not in the model's data (La, Ce, Pr, Nd, Fe, Co, Ni)"),
        (("composition", "Nd", "--T", "3"), "temperature: T = 3 K must be at least 4 K, and finite"),
        (("composition", "Nd", "--T", "nan"), "temperature: T = nan K must be at least 4 K, and finite"),
        (("composition", "Nd", "--T", "warm"), "argument --T: invalid float value: 'warm'"),
        (("composition", "Ce", "--T", "450"), "composition: Ce2Fe14B is not magnetic at 450 K, its Tc is 428 K"),
        (("composition", "Nd", "--T", "20"), "composition: Nd2Fe14B has K1 = -12.97 MJ/m³ at 20 K: no easy axis"),
        (("find-composition", "--Ms", "1.45"), "the following arguments are required: --K1"),
        (("find-composition", "--K1", "-1", "--Ms", "1"), "wanted: K1 = -1 MJ/m³ must be a finite number > 0"),
        (("find-composition", "--K1", "1", "--Ms", "1", "--max", "Nd"), "Nd: must be NAME=VALUE, as in Nd=0.4"),
        (
            ("find-composition", "--K1", "1", "--Ms", "1", "--max", "Nd=x"),
            "largest share: Nd = x must be a number between 0 and 1",
        ),
        (
            ("find-composition", "--K1", "1", "--Ms", "1", "--only", "Nd,lA"),
            "allowed elements: 'lA' is not one of La, Ce, Pr, Nd, Y, Fe, Co, Ni",
        ),
        (("find-composition", "--K1", "1", "--Ms", "1", "--T", "2"), "temperature: T = 2 K must be at least 4 K, and finite"),
        (
            ("find-composition", "--K1", "1", "--Ms", "1", "--answers", "0"),
            "argument --answers: 0 must be a whole number >= 1",
        ),
    ],
)
def test_what_is_wrong_is_one_line(capsys, words, said):
    assert complaint(capsys, *words) == said


@pytest.mark.parametrize("content", ["[]", '{"format": 1}', "not json"])
def test_no_model_in_the_file(tmp_path, capsys, content):
    (tmp_path / "model.json").write_text(content)
    assert "model" in complaint(capsys, "composition", "Nd", "--model", str(tmp_path / "model.json"))


def test_found_on_the_command_line(capsys, monkeypatch):
    quick(monkeypatch)
    words = ["find-composition", "--K1", "3.77", "--Ms", "1.45", "--max", "Nd=0.4", "Ni=0", "--answers", "2", "--seed", "7"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "2 of 2 have predictions within 0.063 MJ/m³ and 0.0062 T" in text and max(map(len, text.splitlines())) <= 79
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert all(answer["composition"] in text for answer in told["answers"]) and told["refusal"] is None
    assert all(Composition.parse(answer["composition"]).share("Nd") <= 0.4 for answer in told["answers"])
    assert main([*words, "--only", "Nd,La,Ce,Fe,Co,Ni"]) == 1
    out, err = capsys.readouterr()
    assert "(not met)" in out and err.startswith("error: no composition is predicted") and err.count("\n") == 1


def test_a_composition_of_steps():
    assert str(composition(np.array([60, 0, 0, 40, 0, 75, 25, 0]))) == "(Nd0.4La0.6)2(Fe0.75Co0.25)14B"
