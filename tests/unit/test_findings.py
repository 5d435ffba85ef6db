"""Verdicts on made-up data whose truth is known, both ways."""

import math

import numpy as np
import pytest

from hardmag.analysis.importance import permutation_importance, shuffled_errors
from hardmag.materials import Z_PHASES
from hardmag.nanostructures.smco17 import z_properties
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES, verdict
from hardmag.papers.yang2024 import findings, quantities
from hardmag.papers.yang2024.claims import CLAIMS
from hardmag.papers.yang2024.columns import FEATURES, TARGETS
from hardmag.papers.yang2024.evidence import Evidence
from hardmag.surrogates.prediction import Prediction

INF = math.inf


@pytest.mark.parametrize(
    ("low", "high", "claimed", "expected"),
    [
        (0.1, 0.4, (0, INF), AGREES),
        (-0.4, -0.1, (0, INF), DISAGREES),
        (-0.1, 0.4, (0, INF), CANNOT_TELL),
        (0.0, 0.0, (0, INF), DISAGREES),  # nothing is not more than nothing
        (0.33, 0.41, (0.32, 0.42), AGREES),
        (0.30, 0.41, (0.32, 0.42), CANNOT_TELL),
        (0.1, 0.9, (0.32, 0.42), CANNOT_TELL),
        (0.43, 0.60, (0.32, 0.42), DISAGREES),
        (0.10, 0.32, (0.32, 0.42), DISAGREES),
        (0.01, 0.04, (-INF, 0.05), AGREES),
        (math.nan, math.nan, (0, INF), CANNOT_TELL),
    ],
)
def test_verdict_is_where_the_interval_lies(low, high, claimed, expected):
    assert verdict(low, high, claimed) == expected


def make_table(truth, nanostructures=60, lengths=None, seed=3):
    """Columns of a campaign; truth(columns, rng) → (Hc, Φp). Without hysteresis at 90° unless truth says otherwise."""
    rng = np.random.default_rng(seed)
    if lengths is None:
        lengths = rng.uniform((24, 15, 3, 1), (72, 50, 12, 11), (nanostructures, 4))
    records = [
        dict(zip(("L_nm", "d_nm", "wS_nm", "wZ_nm"), row, strict=True)) | {"alpha_deg": a, "z_set": z} | z_properties(z)
        for row in lengths
        for a in (0.0, 30.0, 60.0, 90.0)
        for z in Z_PHASES
    ]
    table = {key: np.array([record[key] for record in records]) for key in records[0]}
    table |= {"phi_S": table["wS_nm"] / table["L_nm"], "phi_Z": table["wZ_nm"] / table["d_nm"]}
    table |= {"Zr_at_percent": 15 * table["phi_Z"], "status": np.full(len(records), "accepted", dtype=object)}
    Hc, phi_p = truth(table, rng)
    across = table["alpha_deg"] == 90
    return table | {"mu0_Hc_T": np.where(across, np.nan, Hc), "phi_p": np.where(across, np.nan, phi_p)}


def as_the_paper_says(t, rng):
    """α rules Hc, then L and wZ; Φp is largest at 60°, at φZ = 0.35 and at large φS."""
    Hc = 9 - 0.08 * t["alpha_deg"] - 0.04 * t["L_nm"] + 0.03 * t["d_nm"] + 0.02 * t["wS_nm"] - 0.05 * t["wZ_nm"]
    ridge = np.exp(-(((t["phi_Z"] - 0.35) / 0.12) ** 2)) + 3 * t["phi_S"]
    return Hc + 0.05 * rng.normal(size=len(Hc)), ridge * (0.2 + 0.004 * t["alpha_deg"])


def the_other_way(t, rng):
    """L and d raise and lower Hc, wS rules it, and α hardly matters; Φp is largest along the axis and at small φZ."""
    Hc = 1 + 0.5 * t["wS_nm"] + 0.04 * t["L_nm"] - 0.03 * t["d_nm"] - 0.0002 * t["alpha_deg"]
    phi_p = (1 - t["phi_Z"]) * (1 - t["phi_S"]) * (0.9 - 0.008 * t["alpha_deg"])
    return Hc + 0.05 * rng.normal(size=len(Hc)), phi_p


def noise(t, rng):
    """Nothing but the nanostructure's own luck."""
    own = rng.normal(size=len(t["L_nm"]) // 12)
    return 4 + np.repeat(own, 12), 0.4 + 0.1 * np.repeat(rng.normal(size=len(own)), 12)


class Blind:
    def predict(self, x):
        return Prediction(np.tile([4.0, 0.4], (len(x), 1)))


def verdicts(table, predictor=None):
    """{says: verdict} with 60 resamples."""
    rng = np.random.default_rng(1)
    held_out = np.flatnonzero(np.isfinite(table["mu0_Hc_T"]))
    predicted = {target: table[target] for target in TARGETS}
    errors = findings._errors(table, predictor or Blind(), held_out, rng)
    evidence = Evidence.of(table, predicted, errors, rng)
    return {e["says"]: e["verdict"] for section in findings.judged(evidence, rng).values() for e in section}


# 6 × 20 nanostructures that fill a rectangle of φS and φZ.
SHARES = [(50.0, 30.0, 50.0 * s, 30.0 * z) for s in np.linspace(0.05, 0.5, 6) for z in np.linspace(0.05, 0.75, 20)]


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findings, "RESAMPLES", 60)
        result = {f.__name__: verdicts(make_table(f)) for f in (as_the_paper_says, the_other_way, noise)}
        for f in (as_the_paper_says, the_other_way):
            result["shares", f.__name__] = verdicts(make_table(f, lengths=SHARES))
        return result


BOTH_WAYS = (
    "α has the strongest effect on Hc",
    "the mean Φp is largest at 60°",
    "grains at 30 to 60° gain most from pinning",
    "L lowers Hc",
    "of the lengths, L matters most to Hc",
    "wS has the weakest correlation with Hc",
    "a larger d raises Hc",
    "a smaller L raises Hc",
)
PEAKS = ("Φp is largest at φZ = 32 to 42 %", "that is around 5 at% Zr", "Φp is largest at the largest φS (0.5)")


@pytest.mark.parametrize("says", BOTH_WAYS)
def test_planted_truths_are_found_both_ways(found, says):
    weakest = says.startswith("wS has")  # of two that are weak, which is weaker is not in the data
    assert found["as_the_paper_says"][says] in ((AGREES, CANNOT_TELL) if weakest else (AGREES,))
    assert found["the_other_way"][says] == DISAGREES


@pytest.mark.parametrize("says", PEAKS)
def test_planted_peaks_are_found_both_ways(found, says):
    """The ridge at φZ = 0.35, some 5.5 at%, rises with φS; the other way the peak is at the least shares."""
    assert found["shares", "as_the_paper_says"][says] == AGREES
    assert found["shares", "the_other_way"][says] == DISAGREES


def test_of_noise_nothing_is_told(found):
    """Of the lengths' effects on Hc at most one in ten is told from noise, the share that 95 % intervals allow among few."""
    says = [s for s in BOTH_WAYS if s.startswith(("L lowers", "a larger d", "a smaller L", "of the lengths, L"))]
    assert [found["noise"][s] for s in says] == [CANNOT_TELL] * len(says)


def test_exact_findings_need_no_data(found):
    for verdicts_of in found.values():
        assert verdicts_of["1:5 has the highest anisotropy field"] == AGREES
        assert verdicts_of["the Z phase's is comparably low, and so lowers Hc"] == DISAGREES


def test_hysteresis_at_90_degrees():
    """10 of 100 nanostructures are 10 %. None among 100 is less than 5 %, none among 60 may be: 3/60."""
    table = make_table(as_the_paper_says, 100)
    table["mu0_Hc_T"] = np.where(table["alpha_deg"] == 90, np.nan, 3.0 + table["L_nm"])

    def share(table):
        empty = dict.fromkeys(TARGETS, np.zeros(len(table["status"])))
        return quantities.hysteresis_at_90(Evidence.of(table, empty, {}, np.random.default_rng(1)))

    assert share(table) == 0
    for n, expected in ((100, AGREES), (60, CANNOT_TELL)):
        (claim,) = (c for c in CLAIMS["Angle"] if c.rare)
        assert findings.entry(claim, 0.0, np.zeros(9), n)["verdict"] == expected
    for n in range(10):
        table["mu0_Hc_T"][12 * n + 9] = table["phi_p"][12 * n + 9] = 0.1  # the first of three Z sets at 90°
    assert share(table) == pytest.approx(0.10)


def test_partial_correlation_takes_away_what_is_held_fixed():
    """a → b → c: nothing is left of a and c with b fixed; a and b keep theirs."""
    rng = np.random.default_rng(5)
    a = rng.normal(size=3000)
    b = a + rng.normal(size=3000)
    c = b + rng.normal(size=3000)
    e = Evidence({"a": a, "b": b, "c": c}, np.arange(3000), None)
    assert abs(e.partial("a", "c", ["b"])) < 0.05  # 2.7 standard deviations of 1/√3000
    assert e.partial("a", "b", ["c"]) > 0.3
    assert math.isnan(e.where(np.arange(4)).partial("a", "c", ["b"]))


def test_rows_for_one_percent_is_the_law_of_large_numbers():
    """Exponential values, σ = µ: 2/π · 100² = 6366 rows; drawn anew, their means are off by 1 % on average."""
    rng = np.random.default_rng(2)
    values = rng.exponential(3.0, 200_000)
    found = Evidence({"mu0_Hc_T": values}, np.arange(len(values)), None)
    n = quantities.rows_for_one_percent("mu0_Hc_T")(found)
    assert n == pytest.approx(2e4 / np.pi, rel=0.02)
    means = rng.exponential(3.0, (2000, round(n))).mean(axis=1)
    assert np.abs(means / 3 - 1).mean() == pytest.approx(0.01, rel=0.06)


def test_gain_is_within_its_part():
    """At α = 0 and small wZ: 0.5 at L = 100, 0.2 in the mean elsewhere; other angles and thicker platelets do not count."""
    columns = {"alpha_deg": [0, 0, 0, 30, 0], "L_nm": [100, 50, 60, 100, 100], "wZ_nm": [3, 3, 3, 3, 9]}
    columns |= {"phi_p": [0.5, 0.1, 0.3, 0.9, 0.9], "mu0_Hc_T": [1.0] * 5}
    e = Evidence({name: np.array(values) for name, values in columns.items()}, np.arange(5), None)
    gain = quantities.phi_p_gain(lambda e: e["wZ_nm"] < 7, lambda e: e["L_nm"] >= 75)
    assert gain(e) == pytest.approx(0.3)


def test_pure_Z_is_known_by_its_thickness():
    columns = {"d_nm": [10.0, 10.0, 20.0], "wZ_nm": [9.6, 9.9, 10.0], "phi_p": [0.01, 0.015, 0.8], "mu0_Hc_T": [1.0] * 3}
    e = Evidence({name: np.array(values) for name, values in columns.items()}, np.arange(3), None)
    assert quantities.phi_p_of_pure_Z(e) == 0.015
    assert math.isnan(quantities.phi_p_of_pure_Z(e.where(np.array([2]))))


def test_ranks_are_stronger_where_the_law_is_bent():
    """Hc = exp(10 u) of one feature u is its rank exactly, and far from a line; the others are noise."""
    rng = np.random.default_rng(4)
    columns = {name: rng.random(4000) for name in (*FEATURES, *TARGETS)} | {"alpha_deg": np.zeros(4000)}
    columns["mu0_Hc_T"] = np.exp(10 * columns["L_nm"])
    e = Evidence(columns, np.arange(4000), None)
    assert e.spearman["L_nm", "mu0_Hc_T"] == pytest.approx(1) and e.pearson["L_nm", "mu0_Hc_T"] < 0.8
    only = {name: columns["L_nm"] if name != "alpha_deg" else columns[name] for name in FEATURES}
    assert quantities.spearman_over_pearson(Evidence(columns | only, np.arange(4000), None)) == 1


def test_mse_known_values():
    columns = {"mu0_Hc_T": np.array([1.0, np.nan]), "phi_p": np.array([0.2, np.nan]), "predicted phi_p": np.array([0.5, 9.0])}
    assert quantities.MSE("phi_p")(Evidence(columns, np.arange(2), None)) == pytest.approx(0.09)


def test_shuffled_errors_are_those_of_the_importance():
    class Formula:
        def predict(self, x):
            return Prediction(np.stack([3 * x[:, 0], x[:, 2]], axis=1))

    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 3))
    y = Formula().predict(x).mean + 0.1 * rng.normal(size=(400, 2))
    errors = shuffled_errors(Formula(), x, y, {"a": [0], "b": [1]}, rng=rng)
    baseline, increase = permutation_importance(Formula(), x, y, {"a": [0], "b": [1]}, rng=rng)
    assert np.sqrt(errors[None].mean(axis=0)) == pytest.approx(baseline)
    assert errors["b"] == pytest.approx(errors[None])
    rise = np.sqrt(errors["a"].mean(axis=0)) - baseline
    assert rise == pytest.approx(increase["a"].mean(axis=0), rel=0.03)  # other shuffles


def test_increase_is_of_unseen_rows_only():
    table = make_table(as_the_paper_says, 20)
    held_out = np.flatnonzero(np.isfinite(table["mu0_Hc_T"]))[:30]
    errors = findings._errors(table, Blind(), held_out, np.random.default_rng(1))
    assert set(errors) == {(f, t) for f in (None, *FEATURES, "z_set") for t in TARGETS}
    assert np.isfinite(errors[None, "phi_p"]).sum() == 30


def test_designs_are_judged_by_their_share():
    def of(share, low, high):
        success = {"share": share, "low": low, "high": high}
        return findings._of_designs({"methods": {"i_nn": {"first": {"success": success}}}})["verdict"]

    assert [of(0.9, 0.8, 0.95), of(0.2, 0.1, 0.3), of(0.5, 0.3, 0.7)] == [AGREES, DISAGREES, CANNOT_TELL]
    assert findings._of_designs(None)["verdict"] == CANNOT_TELL


def test_every_claim_says_where_it_stands():
    claims = [claim for section in CLAIMS.values() for claim in section]
    assert len({claim.says for claim in claims}) == len(claims) > 30
    assert all(claim.where and claim.statistic and claim.claimed[0] < claim.claimed[1] for claim in claims)
