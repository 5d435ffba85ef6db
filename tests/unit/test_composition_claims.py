"""Claims on composition on made-up models and rows whose truth is known, both ways."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hardmag.intrinsic.explain import TEMPERATURE
from hardmag.intrinsic.tables import MEASURED, Measured, read_measured
from hardmag.materials.composition import ELEMENTS, Composition
from hardmag.materials.intrinsic import SHIPPED, IntrinsicModel
from hardmag.papers.kovacs2023 import composition_numbers as n
from hardmag.papers.kovacs2023.composition_claims import CLAIMS
from hardmag.papers.kovacs2023.composition_findings import find_composition, judged, page, write_findings
from hardmag.papers.kovacs2023.compositions import HOT_K, ROOM_K
from hardmag.papers.kovacs2023.evidence import Evidence
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES

DOCS = Path(__file__).parents[2] / "docs"
K1, MS = n.K1, n.MS
LA, CO = ELEMENTS.index("La"), ELEMENTS.index("Co")
OFFSETS = np.linspace(-0.02, 0.02, 41)[:, None]


def score(bootstrap=0.3):
    part = {"cv_plus": 0.96, "bootstrap": bootstrap}
    return {
        "scores": {"composition": {t: {"R2": 0.8, "RMSE": 0.1} for t in (K1, MS)}},
        "coverage": {"composition": {t: part for t in (K1, MS)}},
    }


def made_up(fall=0.25, per_K=-0.002, by_Co=0.1, half=0.05, **scores):
    """Evidence of a model that is linear: 1.6 T − fall · La + by_Co · Co + per_K · (T − 300 K), K1 ten times that; its members
    are off by OFFSETS in the fall and in what Co does. The rows are on it, at 300 K."""

    def value(shares, T_K, more=0.0):
        shares = np.atleast_2d(shares.shares if isinstance(shares, Composition) else shares)
        Ms = 1.6 - (fall + more) * shares[:, LA] + (by_Co + more) * shares[:, CO] + per_K * (np.asarray(T_K) - ROOM_K)
        return {MS: Ms, K1: 10 * Ms}

    def interval(composition, T_K):
        return {name: (at - half, at + half) for name, at in value(composition, T_K).items()}

    model = SimpleNamespace(at=value, spread=lambda s, T_K: value(s, T_K, OFFSETS), interval=interval, covered=ELEMENTS)
    model.distance = lambda shares: np.abs(shares[:, CO] - shares[:, LA])
    shares = np.array([Composition.parse(f"Nd{1 - x:.1f}La{x:.1f}").shares for x in np.arange(0, 1, 0.1)])
    at, nothing = value(shares, ROOM_K), np.full(len(shares), np.nan)
    rows = Measured(shares, np.full(len(shares), ROOM_K), at[MS], at[K1], nothing, np.full(len(shares), "made up"), {})
    return Evidence(model, rows, score(**scores))


@pytest.mark.parametrize("T_K", [ROOM_K, HOT_K])
def test_fall_with_lanthanum(T_K):
    assert n.falls_with_lanthanum(MS, T_K)(made_up()) == pytest.approx((0.025, 0.0231, 0.0269), abs=1e-4)
    assert n.falls_with_lanthanum(K1, T_K)(made_up(fall=-0.25))[2] < 0


def test_fall_of_the_rows_is_the_slope():
    assert n.measured_fall(MS)(made_up(fall=0.3)) == pytest.approx((0.3, 0.3, 0.3), abs=1e-6)
    assert n.measured_fall(K1)(made_up(fall=-0.3))[0] == pytest.approx(-3.0)


def test_value_at_60_percent_has_the_interval_of_a_measurement():
    found = n.at_60_percent(made_up(fall=0.5, half=0.1))
    Ms = 1.6 - 0.3 - 0.002 * 133
    assert found == pytest.approx((Ms, Ms - 0.1, Ms + 0.1))


def test_temperature_against_the_mean_and_between_two():
    """The background is from 300 to 453 K, 376.5 K on average: the Shapley value of a linear law is that distance."""
    evidence = made_up(per_K=-0.001)
    assert n.contribution(TEMPERATURE)(evidence)[0] == pytest.approx(-0.001 * (433 - 376.5))
    assert n.of_groups(TEMPERATURE)(evidence)[0] == pytest.approx(-0.001 * (433 - 376.5))
    assert n.cools(evidence)[0] == pytest.approx(-0.133)


def test_cobalt_and_lanthanum():
    """No row has Co: with metals as one input all of what 0.4 of it do is theirs, else Fe has a part."""
    evidence = made_up(by_Co=0.2, per_K=0.0)
    assert n.of_groups("metals")(evidence)[0] == pytest.approx(0.4 * 0.2)
    alone, with_Fe = n.contribution("Co")(evidence)[0], n.contribution("Co", "Fe")(evidence)[0]
    assert with_Fe == pytest.approx(0.4 * 0.2) and 0 < alone < with_Fe
    # 60 % La take 0.15 T, and 95 % Co, the most that is tried, bring 0.19 T.
    assert n.cobalt_restores(evidence)[0] == pytest.approx(0.95 * 0.2 - 0.6 * 0.25)


def test_coverage_has_wilsons_interval():
    share, low, high = n.coverage(MS)(made_up(bootstrap=0.5))
    assert (share, low, high) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)  # 5 of 10


def test_spread_that_grows_with_the_distance():
    """Members differ by OFFSETS · (Co − La), and the distance is made to be that."""
    assert n.spread_by_distance(MS)(made_up()) == pytest.approx((1, 1, 1))


def test_line_through_the_rows():
    value, low, high = n.line_through_measured("shell")(made_up())
    assert (value, low, high) == pytest.approx((14.5, 14.5, 14.5))  # K1 is ten times µ0Ms


def verdicts(evidence):
    return {
        (entry["says"], entry["statistic"]): entry for entries in judged(evidence)["findings"].values() for entry in entries
    }


def test_verdicts_both_ways():
    near = verdicts(made_up(fall=0.55, per_K=-0.002, bootstrap=0.99))
    far = verdicts(made_up(fall=-0.55, per_K=0.0, bootstrap=0.3))
    by_La = ("µ0Ms falls with La, 300 K", "least fall over a tenth of La (T)")
    near_1T = ("µ0Ms is close to 1 T with 60 % La at 433 K", "µ0Ms (T) of (Nd0.4La0.6)2Fe14B, 0.9 … 1.1")
    assert near[by_La]["verdict"] == near[near_1T]["verdict"] == AGREES
    assert far[by_La]["verdict"] == far[near_1T]["verdict"] == DISAGREES
    assert far[near_1T]["beyond"] and not near[near_1T]["beyond"]
    held = ("100 bootstrap fits give the 95 % confidence interval", "share of measured K1 within, > 0.9")
    assert (near[held]["verdict"], far[held]["verdict"]) == (CANNOT_TELL, DISAGREES)  # 10 rows are few
    untold = [entry for entry in near.values() if entry["low"] is None]
    assert len(untold) == 5 and all(entry["verdict"] == CANNOT_TELL and entry["note"] for entry in untold)


def test_findings_are_written_and_read(tmp_path):
    (tmp_path / "scores.json").write_text(json.dumps(score()))
    (tmp_path / "data.json").write_text(json.dumps({"noise_floor": {K1: {"SD": 0.41}, MS: {"SD": 0.058}}}))
    found, markdown, table = (tmp_path / name for name in ("findings.json", "page.md", "page.csv"))
    find_composition([MEASURED], tmp_path / "scores.json", tmp_path / "data.json", found, SHIPPED)
    write_findings(found, markdown, table)
    text = markdown.read_text()
    assert "scatter by 0.41 MJ/m³" in text and "it holds 30 % of measured K1" in text
    assert len(table.read_text().splitlines()) == 1 + sum(map(len, CLAIMS.values())) == 1 + text.count("\n|") - 3 * 2


def test_page_of_the_docs_is_made_of_its_numbers():
    stored = json.loads((DOCS / "composition-findings.json").read_text())
    assert (DOCS / "composition-findings.md").read_text() == page(stored)
    scores = {"coverage": {"composition": stored["coverage"]}, "scores": {"composition": {K1: {}, MS: {}}}}
    evidence = Evidence(IntrinsicModel.read(), read_measured(MEASURED), scores)
    claims = [claim for section in CLAIMS.values() for claim in section]
    entries = [entry for entries in stored["findings"].values() for entry in entries]
    assert [claim.says for claim in claims] == [entry["says"] for entry in entries]
    for claim, entry in zip(claims, entries, strict=True):
        if claim.interval in ("CV+", "rows"):  # the others take their time
            assert [entry["value"], entry["low"], entry["high"]] == pytest.approx(claim.of(evidence), rel=1e-3)
