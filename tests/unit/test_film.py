"""Graded films: one that is made comes out again through the readers, and regressions find the law that it was made by."""

import numpy as np
import pytest
from sklearn.cross_decomposition import PLSRegression

from hardmag.films import synthetic
from hardmag.films.film import angles_of, read_film
from hardmag.films.intervals import coverage
from hardmag.films.moke import coercivity
from hardmag.films.regression import MODELS, Data, choose_components, fit_pls, pls
from hardmag.films.report import nearest_channels
from hardmag.films.settings import Made, Source
from hardmag.films.splits import blocks_of, folds_of, groups_of, predicted, score
from hardmag.intrinsic.explain import vip

NOISE_T = 0.05


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """(Film, what the law says (n,) T) of one that is made."""
    folder = tmp_path_factory.mktemp("film")
    synthetic.write_film(folder, NOISE_T, np.random.default_rng((1, 0)))
    found = read_film(Source(made=Made()).in_folder(folder, synthetic.PEAK_T))
    return found, synthetic.read_truth(folder / "truth.csv", found.data.x_mm, found.data.y_mm)


def test_film_is_as_large_as_the_papers(film):
    """209 positions; 76 and 126 channels and 4 elements are 206 features."""
    data = film[0].data
    assert len(data) == 209 and data.X.shape == (209, 206) and data.names[-4:] == ("Nd", "Ce", "La", "Fe")
    angles = angles_of(Source(made=Made()))
    assert len(angles) == 202 and set(angles.round(2)) >= {28.0, 31.0, 40.5, 45.5}


def test_channels_know_neither_background_nor_counting_time(film):
    channels = film[0].data.X[:, film[0].data.block == 0]
    assert channels.mean(axis=1) == pytest.approx(0, abs=1e-9) and channels.std(axis=1) == pytest.approx(1)


def test_what_is_made_comes_out_of_the_readers(film):
    """Coercivities within the error of a loop with 5 % noise, at% within EDX's noise, by the law's own scatter."""
    data, truth = film[0].data, synthetic.truth(NOISE_T, np.random.default_rng((1, 0)))
    order = np.lexsort((data.y_mm, data.x_mm)), np.lexsort((truth.y_mm, truth.x_mm))
    # benchmarks/estimators.json: mean absolute error of 0.0017 T of such loops.
    assert np.mean(np.abs(data.y[order[0]] - truth.mu0_Hc_T[order[1]])) < 0.003
    off = film[0].at_percent["Nd"][order[0]] - truth.at_percent["Nd"][order[1]]
    assert off.std() == pytest.approx(synthetic.EDX_NOISE_at, rel=0.2)  # 4 standard errors of a standard deviation of 209
    assert (data.y - film[1]).std() == pytest.approx(NOISE_T, rel=0.2)


@pytest.mark.parametrize("mu0_Hc_T", [0.3, 1.0, 2.5])
def test_a_loop_has_the_coercivity_that_it_was_made_by(mu0_Hc_T):
    H, signal = synthetic.loop(mu0_Hc_T, np.random.default_rng(3))
    assert coercivity(H, signal.mean(axis=1)).mu0_Hc_T == pytest.approx(mu0_Hc_T, abs=0.01)  # 3 times its standard error


def test_planted_signs_are_those_of_the_law():
    """Nd raises and La lowers it; by differences, at a fixed sum of the rare earths and against Fe."""
    rng = np.random.default_rng(0)
    middle = {"Nd": np.array([6.0]), "Ce": np.array([7.0]), "La": np.array([4.0])}
    law = lambda **more: synthetic.law_T(middle | {k: middle[k] + v for k, v in more.items()})[0]  # noqa: E731
    assert law(Nd=1.0, La=-1.0) > law() > law(Nd=-1.0, Ce=1.0)
    assert synthetic.planted_signs(synthetic.truth(0.0, rng)) == {"Nd": 1, "Ce": -1, "La": -1, "Fe": -1}


@pytest.mark.parametrize("scheme", ["random", "blocks"])
def test_partial_least_squares_finds_the_law(film, scheme):
    """The least possible error is 0.8 times the film's scatter; 1.3 times that, and R² of 0.93, are reached in both schemes."""
    data = film[0].data
    found = predicted(data, pls, groups_of(data, scheme), np.random.default_rng(1))
    reached = score(data.y, found)
    assert reached["R2"] >= 0.93 and reached["MAE"] <= 1.3 * 0.8 * NOISE_T


def test_planted_lines_and_elements_are_found(film):
    data = film[0].data
    fitted = fit_pls(data, choose_components(data, folds_of(np.arange(len(data)), np.random.default_rng(1))))
    importance = vip(fitted.model)
    assert np.mean(importance**2) == pytest.approx(1.0, abs=1e-9)
    found = {"features": list(data.names), "channels": int(np.sum(data.block == 0))}
    planted = synthetic.PLANTED_LINES_deg
    for k, sign in zip(nearest_channels(found, planted), planted.values(), strict=True):
        assert np.sign(fitted.coefficients[k]) == sign and importance[k] > 1, data.names[k]
    for element, sign in synthetic.planted_signs(synthetic.truth(NOISE_T, np.random.default_rng((1, 0)))).items():
        assert np.sign(fitted.coefficients[data.names.index(element)]) == sign, element


def test_a_film_without_a_law_has_none(film):
    """Coercivities shuffled over the positions cannot be predicted: nothing leaks from the tested rows."""
    data = film[0].data
    rng = np.random.default_rng(4)
    shuffled = Data(data.names, data.X, data.block, rng.permutation(data.y), data.x_mm, data.y_mm)
    assert score(shuffled.y, predicted(shuffled, pls, np.arange(len(data)), rng))["R2"] < 0.05


@pytest.mark.parametrize("scheme", ["random", "blocks"])
def test_intervals_hold_what_they_say(film, scheme):
    """CV+ holds 90 to 99 % of left-out measurements, which the spread of the fit does not."""
    data, law_T = film[0].data, film[1]
    held, bounds = coverage(data, groups_of(data, scheme), law_T, np.random.default_rng(2))
    assert 0.90 <= held["cv_plus"]["measured"] <= 0.99
    assert held["bagging"]["measured"] < 0.7
    low, high = bounds["cv_plus"]
    assert np.mean((low <= data.y) & (data.y <= high)) == held["cv_plus"]["measured"]


def _small(rng, n=60):
    X = rng.normal(size=(n, 6))
    y = X @ [1.0, -0.5, 0, 0, 0, 0.2] + 0.1 * rng.normal(size=n)
    return Data(tuple("abcdef"), X, np.ones(6, dtype=int), y, rng.uniform(0, 90, n), rng.uniform(0, 90, n))


def test_fit_is_that_of_scikit_learn():
    """To rounding, for features that each have a scale of their own."""
    data = _small(np.random.default_rng(0))
    theirs = PLSRegression(3, scale=True).fit(data.X, data.y)
    assert fit_pls(data, 3)(data) == pytest.approx(theirs.predict(data.X).ravel(), abs=1e-9)


def test_as_many_components_as_the_rank_are_least_squares():
    """A sum of shares takes a rank away; partial least squares with all that remain is least squares."""
    data = _small(np.random.default_rng(1))
    X = data.X / data.X.sum(axis=1, keepdims=True)
    data = Data(data.names, X, data.block, data.y, data.x_mm, data.y_mm)
    fitted = fit_pls(data, 15)
    assert fitted.components == 5
    A = np.column_stack([X, np.ones(len(X))])
    assert fitted(data) == pytest.approx(A @ np.linalg.lstsq(A, data.y)[0], abs=1e-6)


def test_groups_are_never_parted():
    rng = np.random.default_rng(2)
    x, y = rng.uniform(-40, 40, (2, 200))
    blocks = blocks_of(x, y)
    folds = folds_of(blocks, rng)
    assert all(len(set(folds[blocks == one])) == 1 for one in set(blocks))
    assert len(set(blocks)) == 16 and set(folds) == set(range(5))
    seen = []

    def fit(data, inner):
        seen.append((set(np.round(data.x_mm, 9)), len(set(inner))))
        return lambda out: np.array([float(not set(np.round(out.x_mm, 9)) & seen[-1][0])] * len(out))

    data = Data(("a",), x[:, None], np.ones(1, dtype=int), x, x, y)
    assert predicted(data, fit, blocks, rng).all() and {inner for _, inner in seen} == {5}


@pytest.mark.parametrize("name", MODELS)
def test_every_model_predicts_what_is_simple(name):
    """A line in x, which is a feature too: all but the mean follow it, within five times its noise of 0.01."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-40, 40, (2, 120))
    line = 1.0 + 0.01 * x + 0.01 * rng.normal(size=120)
    data = Data(("x", "y"), np.column_stack([x, y]), np.ones(2, dtype=int), line, x, y)
    found = MODELS[name].fit(data, folds_of(np.arange(120), rng))(data)
    assert found == pytest.approx(np.full(120, data.y.mean()) if name == "mean" else data.y, abs=0.05)
