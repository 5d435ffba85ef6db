"""Analyses against answers that are known: formulae, planted effects, constructed data."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from hardmag.analysis import clustering, convergence, correlation, importance
from hardmag.analysis.resampling import Groups
from hardmag.errors import UserError
from hardmag.materials import Z_PHASES
from hardmag.nanostructures.smco17 import SmCo17, composition_at_percent, z_properties
from hardmag.papers.yang2024 import angular, maps
from hardmag.papers.yang2024.analyse import analyse, numbers
from hardmag.papers.yang2024.columns import FEATURES, TARGETS
from hardmag.surrogates.prediction import Prediction


def random(seed=1):
    return np.random.default_rng(seed)


# Resampling


def test_groups_are_drawn_whole():
    labels = np.array([7, 3, 7, 9, 3, 7])
    groups = Groups(labels)
    assert len(groups) == 3
    for _ in range(20):
        drawn = groups.draw(random(_), 5)
        count = np.bincount(drawn, minlength=6)
        for label in (3, 7, 9):
            assert np.ptp(count[labels == label]) == 0
        assert sum(count[np.flatnonzero(labels == label)[0]] for label in (3, 7, 9)) == 5


def test_groups_are_drawn_equally_often():
    """Each of four groups a quarter of the time, whatever its size: 5 standard deviations."""
    labels = np.repeat([0, 1, 2, 3], [1, 2, 3, 10])
    drawn = Groups(labels).draw(random(), 40_000)
    share = np.bincount(labels[drawn]) / [1, 2, 3, 10] / 40_000
    assert share == pytest.approx([0.25] * 4, abs=5 * np.sqrt(0.25 * 0.75 / 40_000))


# Correlation


def test_correlations_are_scipys():
    x = random().integers(0, 6, size=(50, 3)).astype(float)  # with ties
    for i, j in ((0, 1), (1, 2)):
        assert correlation.pearson(x)[i, j] == pytest.approx(stats.pearsonr(x[:, i], x[:, j]).statistic, abs=1e-12)
        assert correlation.spearman(x)[i, j] == pytest.approx(stats.spearmanr(x[:, i], x[:, j]).statistic, abs=1e-12)


def test_rank_correlation_sees_what_is_monotonic():
    x = np.arange(1.0, 30.0)
    columns = np.column_stack([x, np.exp(x), -(x**3), np.full(29, 0.1)])
    assert correlation.spearman(columns)[0, :3] == pytest.approx([1, 1, -1])
    assert correlation.pearson(columns)[0, 1] < 0.6
    assert np.isnan(correlation.pearson(columns)[3]).all()


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_interval_of_independent_rows_is_fishers(rho):
    """tanh(artanh r ± 1.96/√(n − 3)), its width to 6 %."""
    n = 400
    a, b = random(3).normal(size=(2, n))
    x = np.column_stack([a, rho * a + np.sqrt(1 - rho**2) * b])
    value, low, high = (
        m[0, 1] for m in correlation.with_intervals(correlation.pearson, x, np.arange(n), resamples=2000, rng=random())
    )
    fisher = np.tanh(np.arctanh(value) + np.array([-1.96, 1.96]) / np.sqrt(n - 3))
    assert high - low == pytest.approx(np.ptp(fisher), rel=0.06)
    assert (low + high) / 2 == pytest.approx(fisher.mean(), abs=0.05 * np.ptp(fisher))


def test_interval_knows_that_copies_are_no_data():
    """Nine copies of each row: drawn by nanostructure the interval stays, drawn by row it would shrink to a third."""
    x = random(4).normal(size=(100, 2))
    widths = {}
    for name, rows, groups in (
        ("once", x, np.arange(100)),
        ("copies", np.repeat(x, 9, axis=0), np.repeat(np.arange(100), 9)),
        ("by row", np.repeat(x, 9, axis=0), np.arange(900)),
    ):
        _, low, high = correlation.with_intervals(correlation.pearson, rows, groups, resamples=1000, rng=random())
        widths[name] = (high - low)[0, 1]
    assert widths["copies"] == pytest.approx(widths["once"], rel=1e-9)
    assert widths["by row"] == pytest.approx(widths["once"] / 3, rel=0.15)


# Clustering


def test_clusters_that_were_planted():
    """a ~ −b (|ρ| 0.9), c ~ d (0.8), nothing across: two pairs at heights 0.1 and 0.2, which meet at 1."""
    rho = np.eye(4)
    rho[0, 2] = rho[2, 0] = -0.9
    rho[1, 3] = rho[3, 1] = 0.8
    tree, order = clustering.cluster(rho)
    assert [sorted(pair) for pair in tree[:2, :2].tolist()] == [[0, 2], [1, 3]]
    assert tree[:, 2] == pytest.approx([0.1, 0.2, 1.0])
    assert abs(order.tolist().index(0) - order.tolist().index(2)) == 1
    assert rho[0, 0] == 1  # the matrix is left as it was


def test_branches_meet_at_the_mean_distance():
    """A chain, |ρ| 0.9 and 0.5, and 0.1 between its ends: the third joins the pair at (0.5 + 0.9)/2."""
    tree, _ = clustering.cluster(np.array([[1, 0.9, 0.1], [0.9, 1, 0.5], [0.1, 0.5, 1]]))
    assert tree[:, 2] == pytest.approx([0.1, 0.7])


# Importance


class Formula:
    """y0 = 3 x0, y1 = x2 + x3; x1 plays no part."""

    def predict(self, x):
        return Prediction(np.column_stack([3 * x[:, 0], x[:, 2] + x[:, 3]]))


def test_planted_importance_is_found():
    """Shuffling a column of standard deviation s with slope b makes an RMSE of √2 b s out of none."""
    x = random().normal(size=(4000, 4))
    baseline, increase = importance.permutation_importance(
        Formula(), x, Formula().predict(x).mean, {"x0": [0], "x1": [1], "x2": [2]}, repeats=5, rng=random()
    )
    assert baseline.tolist() == [0, 0]
    assert increase["x0"].shape == (5, 2)
    assert increase["x0"].mean(axis=0) == pytest.approx([3 * np.sqrt(2) * x[:, 0].std(), 0], rel=0.03)
    assert (increase["x1"] == 0).all()
    assert increase["x2"].mean(axis=0) == pytest.approx([0, np.sqrt(2) * x[:, 2].std()], rel=0.03)


def test_a_group_is_shuffled_as_one():
    """x3 = −x2: together they cancel whatever row they come from, one by one each seems to matter."""
    x = random().normal(size=(500, 4))
    x[:, 3] = -x[:, 2]
    before = x.copy()
    _, increase = importance.permutation_importance(
        Formula(), x, Formula().predict(x).mean, {"x2": [2], "x3": [3], "set": [2, 3]}, repeats=3, rng=random()
    )
    assert (increase["x2"][:, 1] > 1).all() and (increase["x3"][:, 1] > 1).all()
    assert (increase["set"] == 0).all()
    assert np.array_equal(x, before)


# Angles


def test_models_of_reversal():
    assert angular.kondorsky(np.array([0.0, 60.0, 90.0])) == pytest.approx([1, 2, np.inf])
    assert angular.stoner_wohlfarth(np.array([0.0, 45.0, 75.0, 90.0])) == pytest.approx([1, 0.5, 0.25, 0], abs=1e-12)


@pytest.mark.parametrize("alpha", [20.0, 44.9, 45.1, 70.0])
def test_stoner_wohlfarth_is_where_the_moment_along_the_field_vanishes(alpha):
    """The energy sin²φ + 2h cos(φ + α) followed from the easy axis by small rotations, φ from the axis."""
    angle, rotation = np.radians(alpha), 0.0
    for h in np.arange(0, 1.2, 5e-4):
        for _ in range(300):
            slope = np.sin(2 * rotation) - 2 * h * np.sin(rotation + angle)
            rotation -= 0.3 * slope
            if abs(slope) < 1e-9:
                break
        if np.cos(rotation + angle) <= 0:
            break
    assert h == pytest.approx(angular.stoner_wohlfarth(alpha), abs=4e-3)


def angular_table():
    """Two nanostructures at 0, 60, 90°: Hc(60°) is twice and half Hc(0); none at 90°. One more without its 0°."""
    Hc = [2.0, 4.0, np.nan, 3.0, 1.5, np.nan, 9.0, 9.0]
    columns = {name: np.array([50.0] * 3 + [60.0] * 3 + [70.0, 50.0]) for name in ("L_nm", "d_nm", "wS_nm", "wZ_nm")}
    columns |= {"size_x_nm": np.full(8, 64.0), "size_y_nm": np.full(8, 64.0), "z_set": np.array(["dft"] * 8, dtype=object)}
    columns |= {"alpha_deg": np.array([0.0, 60, 90, 0, 60, 90, 60, 60]), "mu0_Hc_T": np.array(Hc)}
    status = np.array(["accepted"] * 7 + ["quarantined"], dtype=object)
    return columns | {"phi_p": np.where(np.isnan(Hc), np.nan, 0.25), "status": status}


def test_statistics_per_angle():
    zero, sixty, ninety = angular.per_angle(angular_table())
    assert [zero["accepted"], sixty["accepted"], ninety["accepted"]] == [2, 3, 2]
    assert [zero["without_hysteresis"], ninety["without_hysteresis"]] == [0, 1]
    assert zero["mu0_Hc_T"] == {"count": 2, "quantiles": pytest.approx([2.05, 2.25, 2.5, 2.75, 2.95])}
    assert ninety["mu0_Hc_T"] == {"count": 0, "quantiles": None}
    assert sixty["Hc_over_Hc0"] == {"count": 2, "quantiles": pytest.approx([0.575, 0.875, 1.25, 1.625, 1.925])}
    assert sixty["phi_p"]["quantiles"] == [0.25] * 5


# Maps


def test_spline_reproduces_a_plane_whatever_the_smoothing():
    points = random().uniform(0, 0.6, size=(40, 2))
    plane = lambda p: 2 - 3 * p[:, 0] + 5 * p[:, 1]  # noqa: E731
    for smoothing in (maps.SMOOTHING[0], maps.SMOOTHING[-1]):
        phi_S, phi_Z, z = maps.surface(points, plane(points), smoothing, cells=9)
        expected = 2 - 3 * phi_S[None, :] + 5 * phi_Z[:, None]
        inside = np.isfinite(z)
        assert z[inside] == pytest.approx(expected[inside], abs=1e-6)
        assert inside.any() and not inside.all()


def test_map_ends_at_the_hull():
    """A triangle: half of its square is masked."""
    points = np.array([[0, 0], [0.4, 0], [0, 0.8], [0.1, 0.2], [0.2, 0.1], [0.05, 0.5]])
    phi_S, phi_Z, z = maps.surface(points, np.arange(6.0), 1e-3, cells=21)
    inside = phi_S[None, :] / 0.4 + phi_Z[:, None] / 0.8 < 1 + 1e-6
    assert np.array_equal(np.isfinite(z), inside)


def test_smoothing_follows_the_noise():
    """A smooth surface: little smoothing, error far below its spread. The same with noise: more, error near the noise."""
    points = random(2).uniform(0, 0.6, size=(120, 2))
    values = np.sin(8 * points[:, 0]) * np.cos(6 * points[:, 1])
    noise = 0.3 * random(3).normal(size=120)
    little, error = maps.choose_smoothing(points, values, random())
    more, noisy_error = maps.choose_smoothing(points, values + noise, random())
    assert little < more
    assert error < 0.05 * values.std() and 0.25 < noisy_error < 0.4


def test_points_on_a_line_span_no_surface():
    s = np.linspace(0.1, 0.5, 12)
    assert not maps.spans_a_surface(np.column_stack([s, np.full(12, 0.2)]))
    assert not maps.spans_a_surface(np.column_stack([s, 0.3 * s]))
    assert maps.spans_a_surface(np.column_stack([s, s**2]))


def test_points_that_recur_are_averaged():
    points, values = maps.mean_per_point(np.array([[0.2, 0.3], [0.1, 0.3], [0.2, 0.3]]), np.array([1.0, 5.0, 3.0]))
    assert points.tolist() == [[0.1, 0.3], [0.2, 0.3]] and values.tolist() == [5.0, 2.0]


def test_zirconium_is_that_of_the_drawn_pattern():
    """Against the voxels of a large box without a boundary layer; and 32 % of Z give the paper's 5 at%."""
    structure = SmCo17(
        L_nm=40, d_nm=20, wS_nm=16, wZ_nm=5, size_nm=(900, 900, 1), cell_nm=(1, 1, 1), boundary_layer_nm=0, boundary_faces=()
    )
    drawn = composition_at_percent(structure.build(random()).fractions())["Zr"]
    assert maps.zr_at_percent(0.4, 0.25) == pytest.approx(drawn, rel=0.001)
    assert maps.zr_at_percent(0.3, 0.32) == pytest.approx(5, abs=0.1)


# Convergence


def test_mape_of_a_constructed_case():
    assert convergence.mape([90, 110, 100, 80], 100) == pytest.approx(0.10)
    assert convergence.mape([-90, -110], -100) == pytest.approx(0.10)


def test_characteristic_value_converges_as_it_must():
    """Standard normal + 10: MAPE √(2/π)/(10 √n), 95 % interval ± 1.96/√n; the paper's MAPE some √100 below."""
    values = 10 + random().normal(size=5000)
    for entry in convergence.characteristic_value(values, np.arange(5000), [10, 100, 1000], rng=random()):
        n = entry["groups"]
        assert entry["rows"] == n
        assert entry["mape"] == pytest.approx(np.sqrt(2 / np.pi) / 10 / np.sqrt(n), rel=0.25)
        assert entry["high"] - entry["low"] == pytest.approx(2 * 1.96 / np.sqrt(n), rel=0.25)
        assert entry["paper_mape"] < 0.4 * entry["mape"]


def test_copies_do_not_help_to_converge():
    values = 10 + random().normal(size=300)
    once, copies = (
        convergence.characteristic_value(np.repeat(values, k), np.repeat(np.arange(300), k), [50], rng=random())[0]
        for k in (1, 8)
    )
    assert copies["rows"] == 400 and copies["mape"] == pytest.approx(once["mape"])


def test_enough_is_where_it_stays_within_the_criterion():
    curve = [{"groups": n, "mape": m} for n, m in ((2, 0.2), (5, 0.009), (10, 0.02), (20, 0.01), (50, 0.004))]
    assert convergence.enough(curve) == 20
    assert convergence.enough(curve[:3]) is None
    assert convergence.enough(curve[3:]) == 20


def test_scores():
    """By hand: SSE 2, SST 8, SS_reg 6 about the mean 2 of the true values."""
    true, predicted = np.array([[0.0], [2], [2], [4]]), np.array([[1.0], [2], [2], [3]])
    found = convergence.scores(true, predicted)
    assert found["R2"] == pytest.approx([1 - 2 / 8]) and found["paper_R2"] == pytest.approx([2 / 8])
    assert found["MSE"] == pytest.approx([0.5])
    assert np.isnan(convergence.scores(np.ones((3, 1)), predicted[:3])["R2"]).all()


def test_learning_curve_never_trains_on_what_it_tests():
    """A model that knows by heart what it has seen finds nothing of it in the test; sizes are numbers of groups."""
    groups = np.repeat(np.arange(20), 3)
    x = groups[:, None].astype(float)
    seen = []

    class ByHeart:
        def __init__(self, x, y, groups):
            self.known = set(x[:, 0])
            assert set(groups) == self.known
            seen.append(len(self.known))

        def predict(self, x):
            assert not self.known & set(x[:, 0])
            return Prediction(np.zeros((len(x), 1)))

    curve = convergence.learning_curve(ByHeart, x, x, groups, [4, 16], trials=3, rng=random())
    assert [entry["groups"] for entry in curve] == [4, 16] and seen == [4, 16] * 3
    assert np.shape(curve[0]["R2"]) == (3, 1)


# A campaign


def truth(f):
    """Hc and Φp of a dict of features; no hysteresis at 90°."""
    Hc = (2 + 8 * f["phi_S"] - f["phi_Z"]) * (0.7 + 0.3 * np.cos(np.radians(2 * f["alpha_deg"])))
    hard = f["alpha_deg"] == 90
    return {"mu0_Hc_T": np.where(hard, np.nan, Hc), "phi_p": np.where(hard, np.nan, 0.1 + 0.5 * f["phi_Z"] + 0.1 * f["phi_S"])}


class Truth:
    def predict(self, x):
        f = dict(zip(FEATURES, x.T, strict=True))
        found = truth(f | {"phi_S": f["wS_nm"] / f["L_nm"], "phi_Z": f["wZ_nm"] / f["d_nm"]})
        return Prediction(np.stack([found[name] for name in TARGETS], axis=1))


def make_table(lengths, alphas=(0.0, 45.0, 90.0), sets=tuple(Z_PHASES)):
    records = [
        dict(zip(("L_nm", "d_nm", "wS_nm", "wZ_nm"), row, strict=True)) | {"alpha_deg": a, "z_set": z} | z_properties(z)
        for row in lengths
        for a in alphas
        for z in sets
    ]
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    table |= {"phi_S": table["wS_nm"] / table["L_nm"], "phi_Z": table["wZ_nm"] / table["d_nm"]}
    table |= {"size_x_nm": np.full(len(records), 64.0), "size_y_nm": np.full(len(records), 64.0)}
    return table | truth(table) | {"status": np.array(["accepted"] * len(records), dtype=object)}


LENGTHS = random(5).uniform((30, 20, 4, 2), (120, 60, 12, 10), size=(12, 4))
CAMPAIGNS = {
    "of all": make_table(LENGTHS),
    "one angle, one Z set": make_table(random(6).uniform((30, 20, 4, 2), (120, 60, 12, 10), (25, 4)), (45.0,), ("dft",)),
    "one φZ": make_table(np.column_stack([LENGTHS[:7, 0], np.full(7, 40), LENGTHS[:7, 2], np.full(7, 4)])),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Analysis of a table as a file."""
    monkeypatch.setattr("hardmag.papers.yang2024.analyse.convergence.TRIALS", 10)
    monkeypatch.setattr("hardmag.papers.yang2024.analyse.fit", lambda name, x, y, groups, **settings: _Mean(y))

    def write(table):
        monkeypatch.setattr("hardmag.papers.yang2024.analyse.read_table", lambda path: table)
        (tmp_path / "dataset.h5").write_bytes(b"table")
        usable = np.flatnonzero(np.isfinite(table["mu0_Hc_T"]))
        analyse(tmp_path / "dataset.h5", Truth(), usable[-36:], tmp_path / "analysis.json", seed=1, epochs=20)
        return tmp_path / "analysis.json"

    return write


class _Mean:
    def __init__(self, y):
        self.mean = y.mean(axis=0)

    def predict(self, x):
        return Prediction(np.tile(self.mean, (len(x), 1)))


def test_numbers_of_a_campaign(written):
    content = json.loads(written(CAMPAIGNS["of all"]).read_text())
    assert content["rows_used"] == 72 and content["rows_without_hysteresis"] == 36 and content["nanostructures"] == 12
    names = content["correlation"]["variables"]
    assert len(names) == 12
    with_phi_p = content["correlation"]["spearman"]["value"][names.index("phi_p")]
    assert names[np.argmax(with_phi_p[:-1])] == "phi_Z"
    increase = content["importance"]["rmse_increase"]
    assert content["importance"]["baseline_rmse"] == {"mu0_Hc_T": 0, "phi_p": 0}
    assert increase["wZ_nm"]["phi_p"]["mean"] > 0.02 and increase["z_set"]["phi_p"]["mean"] == 0
    assert [entry["alpha_deg"] for entry in content["maps"]] == [0, 0, 45, 45]
    assert content["maps"][0]["surface"]["cross_validated_rmse"] < 0.01  # Hc is linear in φS and φZ


def test_analysis_is_deterministic(written):
    first = written(CAMPAIGNS["one φZ"]).read_bytes()
    assert written(CAMPAIGNS["one φZ"]).read_bytes() == first


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_every_figure_of_every_campaign_is_drawn(written, tmp_path, name):
    from hardmag.figures.artefacts import make
    from hardmag.papers import artefacts_of

    path = written(CAMPAIGNS[name])
    of_analysis = [artefact for artefact in artefacts_of("smco17").values() if artefact.inputs == ("analysis",)]
    assert len(of_analysis) == 8
    for artefact in of_analysis:
        make(artefact, {"analysis": path}, {"output": tmp_path / f"{artefact.name}.png"})
        pixels = plt.imread(tmp_path / f"{artefact.name}.png")
        assert pixels.shape[0] > 300 and pixels.std() > 0.05


def test_small_tables_are_refused_in_one_line():
    with pytest.raises(UserError, match="nanostructures, at least 5 are needed") as caught:
        numbers(make_table(LENGTHS[:4]), Truth(), [], seed=1, epochs=1)
    assert "\n" not in str(caught.value)
