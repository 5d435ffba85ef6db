"""What the paper says of micrographs: on made-up benchmarks that agree, or do not."""

from copy import deepcopy
from math import exp
from pathlib import Path

import numpy as np
import pytest

from hardmag.papers.kovacs2023 import micrograph_claims as claims
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES

ROOT = Path(__file__).parents[2]
MACHINE = {"gpu": None, "processor": "a", "threads": 1, "torch": "b", "numba": "c", "physics_version": 4}
TRUE_UM = (5.5, 7.4, 6.1, 8.1, 7.3, 5.9)


def about(middle, scatter, count):
    """Numbers with this mean and this standard deviation."""
    values = np.arange(count) - (count - 1) / 2
    return (middle + scatter * values / values.std(ddof=1)).tolist()


def made_up_drawn(r=0.92, scatter=0.01, draws=3):
    of = {"r_PC1_ln_D": about(-r, scatter, draws), "R_PC1_PC2_ln_D": about(r, scatter, draws), "chance_r": [0.293] * draws}
    return {"magnets": 90, "maps": {name: of for name in ("grey, one setting", "grey, a setting per magnet")}}


def made_up_segmented(r=0.95, scatter=0.005, apart=0.05, share=1.03):
    rs = about(r, scatter, 6)
    ways = [f"{source}, {phase}" for source in ("true", "segmented") for phase in ("main phase", "boundary", "three levels")]
    keys = ("r_PC1_ln_D", "r_PC1_ln_D_placed", "R_PC1_PC2_ln_D")
    pair = {"S_apart": about(apart, 0.01, 30), "share": about(share, 0.02, 30)}
    draws = [
        {"maps": {way: dict.fromkeys(keys, one) for way in ways}, "segmented_over_true": {"boundary": pair, "inclusion": pair}}
        for one in rs
    ]
    ranges = {"D_V_um": [4, 9], "spread": [0.2, 0.45], "boundary_um": [0.4, 0.85], "inclusion_share": [0.03, 0.11]}
    described = {"magnets": 30, "images_of_a_magnet": 8, "field_um": 25.6, "pixel_um": 0.2, "network": {"mean_iou": 0.91}}
    return MACHINE | described | {"cases": {case: {"ranges": ranges, "draws": draws} for case in ("any", "one make")}}


def made_up_networks(iou=0.93, f1=0.97):
    scores = {"mean_iou_of_magnets": about(iou, 0.03, 12), "baseline_mean_iou": 0.69}
    steel = {"parts": [{"f1": value} for value in about(f1, 0.02, 9)]}
    found = {"bright": {"scores": scores}, "both": {"scores": scores}, "steel": steel}
    return found | {"micrographs": {"steel_baseline": {"f1": 0.933}}}


def made_up_matching(error=0.01, f=0.6):
    """Errors of D_V by turns too large and too small."""
    found = [D * (1 + error * (-1) ** n) for n, D in enumerate(TRUE_UM)]
    published = [
        {
            "trials": [{}] * 40,
            "best": {"parameters": {"D_V_um": D}, "f": f * part},
            "smooth": {"D_V_um": D},
            "f_at_the_truth": [1, 1],
        }
        for D, part in zip(found[:4], (0.99, 1.0, 1.01, 1.0), strict=True)
    ]
    return {"unknowns": [{"truth": {"D_V_um": D}} for D in TRUE_UM], "published": published}


def made_up_sections(mean=1.0, scatter=0.01):
    of = {"3 images": {"magnets": 8, "Saltykov mean": [mean, scatter]}}
    return {f"polycrystals, spread {spread:g}": of for spread in claims.SPREADS}


def verdicts(rows):
    return [row["verdict"] for row in rows]


def test_maps_in_which_the_size_leads_agree():
    rows = claims.map_findings(made_up_drawn(), made_up_segmented())
    assert verdicts(rows) == [AGREES] * 9
    assert rows[0]["value"] == pytest.approx(0.92, abs=1e-3)  # whatever the sign of the score
    assert rows[4]["value"] == pytest.approx(0.95, abs=1e-3)


def test_maps_that_follow_something_else_disagree():
    rows = claims.map_findings(made_up_drawn(r=0.1), made_up_segmented(r=0.7))
    assert verdicts(rows) == [DISAGREES] * 9
    rows = claims.map_findings(made_up_drawn(r=0.5, scatter=0.3), made_up_segmented(r=0.89, scatter=0.05))
    assert verdicts(rows) == [CANNOT_TELL] * 9 and min(row["low"] for row in rows) >= 0


def test_chance_is_what_unrelated_properties_reach():
    """In 20,000 maps of 30 samples with two unrelated scores: 5 % ± three standard errors of a binomial share."""
    rng = np.random.default_rng(1)
    scores, wanted = rng.normal(size=(20_000, 30, 2)), rng.normal(size=(20_000, 30))
    scores, wanted = scores - scores.mean(axis=1, keepdims=True), wanted - wanted.mean(axis=1, keepdims=True)
    basis = np.linalg.qr(scores)[0]
    R2 = ((basis.transpose(0, 2, 1) @ wanted[..., None]) ** 2).sum(axis=(1, 2)) / (wanted**2).sum(axis=1)
    share = (np.sqrt(R2) > claims.chance_R(30, 2)).mean()
    assert share == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 20_000))


def test_networks_that_find_the_phases_agree():
    rows = claims.segmentation_findings(made_up_networks(), made_up_segmented())
    assert verdicts(rows) == [AGREES] * 7
    assert rows[0]["value"] == pytest.approx(0.93) and rows[2]["value"] == pytest.approx(0.97)
    assert "two thresholds: 0.69" in rows[0]["statistic"] and "one threshold: 0.93" in rows[2]["statistic"]
    assert rows[3]["value"] == pytest.approx(0.05) and "180 magnets" in rows[3]["statistic"]


def test_networks_that_do_not_disagree():
    bad = made_up_segmented(apart=0.3, share=0.7)
    rows = claims.segmentation_findings(made_up_networks(0.8, 0.85), bad)
    assert verdicts(rows) == [DISAGREES] * 7
    assert rows[4]["value"] == pytest.approx(0.3)
    assert verdicts(claims.segmentation_findings(made_up_networks(0.91, 0.905), bad))[:3] == [CANNOT_TELL] * 3


def test_matching_that_finds_the_size_agrees():
    rows = claims.matching_findings(made_up_matching())
    assert verdicts(rows) == [AGREES] * 3
    assert [row["value"] for row in rows] == pytest.approx([0.6, 0.01, 0.01])
    rows = claims.matching_findings(made_up_matching(error=0.2, f=1.5))
    assert verdicts(rows) == [DISAGREES] * 3


def test_sizes_are_close_only_where_both_are_the_same_mean():
    """A method without error has the number mean, D_V is larger by exp(σ²): close at 0.2, no more at 0.3 and 0.43."""
    rows = claims.size_findings(made_up_sections())
    assert verdicts(rows[0:6:2]) == [AGREES] * 3 and verdicts(rows[1:6:2]) == [AGREES, DISAGREES, DISAGREES]
    assert [row["value"] for row in rows[1:6:2]] == pytest.approx([exp(s**2) for s in claims.SPREADS])
    # Student's t of eight numbers, from a table: 2.365.
    assert rows[0]["high"] - 1 == pytest.approx(2.365 * 0.01 / np.sqrt(8), rel=1e-3)


def test_sizes_that_are_biased_disagree():
    rows = claims.size_findings(made_up_sections(mean=0.85))
    assert verdicts(rows) == [DISAGREES] * 6
    assert claims.size_findings(made_up_sections(scatter=0.2))[0]["verdict"] == CANNOT_TELL


def test_page_says_what_was_found(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import report_microstructure as report

    held = made_up_drawn(), made_up_segmented(), made_up_networks(0.8), made_up_matching(), made_up_sections()
    files = dict(zip(report.FILES, held, strict=True))
    monkeypatch.setattr(report, "stored", lambda name: deepcopy(files[name]))
    page, rows = report.microstructure_findings(), claims.findings(*held)
    for row in rows:
        assert f"| {row['says']} | {row['images']} | {row['statistic']} |" in page
    assert f"Of {len(rows)} numbers" in page and "**disagrees**" in page
    assert page.count("| segmented, main phase | 0.94 0.95 0.95 0.95 0.95 0.96 |") == 2
    assert {line.count("|") for line in page.splitlines() if line.startswith(("| Fig", "| sec", "| not"))} == {8}
