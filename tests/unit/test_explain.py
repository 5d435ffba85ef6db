"""Importance of inputs by known answers: VIP, Shapley values."""

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression

from hardmag.intrinsic.explain import EACH, GROUPS, Background, explain, mixed, shapley, vip, vip_shares
from hardmag.intrinsic.models import Given
from hardmag.intrinsic.pls import choose_pls, regressions
from hardmag.intrinsic.tables import CURIE, MEASURED, read_measured
from hardmag.materials.composition import ELEMENTS, Composition
from hardmag.materials.intrinsic import IntrinsicModel

ND, LA, CE = (ELEMENTS.index(element) for element in ("Nd", "La", "Ce"))
NEODYMIUM, CERIUM = Composition.parse("Nd"), Composition.parse("Ce")


def test_vip_finds_the_one_column_that_counts():
    X = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)  # orthogonal
    found = vip(PLSRegression(1, scale=False).fit(X, 2 * X[:, 1]))
    assert found == pytest.approx([0, np.sqrt(3), 0], abs=1e-12)


def test_mean_square_of_vip_is_one():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(40, 9))
    found = vip(PLSRegression(4).fit(X, X @ rng.normal(size=9) + rng.normal(size=40)))
    assert np.mean(found**2) == pytest.approx(1, abs=1e-12)


def test_vip_of_products_goes_to_their_factors_by_power():
    shares = vip_shares(("Nd^2 Co", "Nd", "mu0_M0_T m"), np.sqrt([3.0, 1.0, 2.0]))
    assert shares == pytest.approx({"Nd": 3 / 6, "Co": 1 / 6, "mu0_M0_T": 1 / 6, "m": 1 / 6})


def test_vip_of_the_papers_regression():
    """Composition alone: K1 hangs on Ce and La, which have no 4f moment, more than on the mean input."""
    measured, curie = read_measured(MEASURED), read_measured(CURIE)
    physics = IntrinsicModel.read().physics
    columns, model = regressions(physics, measured, curie, None, choose_pls(physics, measured, curie))["K1_MJ_per_m3"]
    found = vip(model)
    assert np.mean(found**2) == pytest.approx(1, abs=1e-9)
    shares = vip_shares(columns, found)
    assert sum(shares.values()) == pytest.approx(1) and shares["Ce"] > 1 / 7 > shares["Ni"]


def test_vip_of_the_augmented_regression():
    """µ0·Ms: what Kuz'min's law makes of the first regression counts more than the mean input."""
    measured, curie = read_measured(MEASURED), read_measured(CURIE)
    physics = IntrinsicModel.read().physics
    first = Given.of(physics).first(curie)
    chosen = choose_pls(physics, measured, curie, first)
    columns, model = regressions(physics, measured, curie, first, chosen)["mu0_Ms_T"]
    shares = vip_shares(columns, vip(model))
    assert shares["mu0_M0_T"] + shares["m"] > 2 / len(shares)


def test_game_of_two_by_hand():
    worth = {(): 1.0, ("a",): 3.0, ("b",): 2.0, ("a", "b"): 10.0}
    assert shapley(worth.get, ("a", "b")) == {"a": ((3 - 1) + (10 - 2)) / 2, "b": ((2 - 1) + (10 - 3)) / 2}


def test_glove_game():
    """Two left gloves and a right one, a pair is worth 1: 1/6, 1/6, 2/3."""
    found = shapley(lambda s: float("right" in s and len(s) > 1), ("left", "left too", "right"))
    assert found == pytest.approx({"left": 1 / 6, "left too": 1 / 6, "right": 2 / 3})


def test_linear_model_by_hand():
    """Of x_Nd and T with a product: the product's part is halved between the two."""
    background = Background(np.array([CERIUM.shares, CERIUM.shares, NEODYMIUM.shares, CERIUM.shares]), (300.0, 500.0))
    found = explain(lambda shares, T_K: shares[:, ND] * T_K, NEODYMIUM, 433.0, background, GROUPS)
    # v of nothing, of R, of the temperature, and of both: a quarter of the rows is Nd, their mean temperature is 400 K.
    none, R, T, both = 0.25 * 400, 400.0, 0.25 * 433, 433.0
    assert (found.base, found.value) == pytest.approx((none, both))
    assert found.contributions == pytest.approx(
        {"rare earths": ((R - none) + (both - T)) / 2, "metals": 0.0, "temperature": ((T - none) + (both - R)) / 2}
    )


def test_elements_are_taken_over_and_sums_restored():
    x = np.array(Composition.parse("Nd0.4La0.6").shares)
    rows = np.array([Composition.parse(formula).shares for formula in ("Nd0.5Ce0.5", "Nd", "La")])
    taken = np.isin(ELEMENTS, ["Nd"])
    found = mixed(x, rows, taken)
    assert found[:, [ND, CE, LA]] == pytest.approx(np.array([[0.4 / 0.9, 0.5 / 0.9, 0], [1, 0, 0], [0.4 / 1.4, 0, 1 / 1.4]]))
    # Ce from a composition without it, and the row has nothing else: the composition's own rare earths.
    emptied = mixed(x, np.array([CERIUM.shares]), np.isin(ELEMENTS, ["Ce"]))
    assert emptied[0] == pytest.approx(x)


@pytest.mark.parametrize("players", [GROUPS, EACH])
@pytest.mark.parametrize("target", ["mu0_Ms_T", "K1_MJ_per_m3"])
def test_contributions_sum_to_the_prediction(players, target):
    model = IntrinsicModel.read()
    background = Background(model.data, (300.0, 433.0))
    composition = Composition.parse("(Nd0.4La0.6)2(Fe0.6Co0.4)14B")
    found = explain(lambda shares, T_K: model.at(shares, T_K)[target], composition, 433.0, background, players)
    assert found.value == model.at(composition, 433.0)[target][0]
    assert abs(found.base + sum(found.contributions.values()) - found.value) < 1e-9
    assert "Y" not in found.contributions


def test_members_of_a_model_are_explained_at_once():
    model, composition = IntrinsicModel.read(), Composition.parse("Nd0.4La0.6")
    background = Background(model.data[:5], (300.0, 433.0))
    found = explain(lambda s, T_K: model.spread(s, T_K)["mu0_Ms_T"], composition, 433.0, background, GROUPS)
    assert found.contributions["temperature"].shape == (100,) and np.all(found.contributions["temperature"] < 0)
    assert np.abs(found.base + sum(found.contributions.values()) - found.value).max() < 1e-9
