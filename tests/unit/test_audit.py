"""Verdicts: every failure code from made-up half-cycles, and what an accepted sample is told."""

from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from hardmag.campaign.audit import judge
from hardmag.campaign.config import Quality
from hardmag.campaign.failures import Failure, of_status
from hardmag.micromagnetics.half_cycle import Status

QUALITY = Quality().model_dump()  # spread of at most 1 T, cell / δ0 of at most 1.1


@pytest.fixture
def runs(record):
    """Function: half-cycles at the given coercivities, as a batch file gives them back."""

    def make(*coercivities, **changes):
        made = []
        for n, Hc in enumerate(coercivities):
            r = record("key", n, mu0_Hc_T=Hc, **changes)
            made.append(replace(r, mu0_H_T=np.array(r.mu0_H_T), m_parallel=np.array(r.m_parallel)))
        return made

    return make


def test_accepted(runs):
    verdict = judge(runs(3.05, 3.05, 4.05), QUALITY)
    assert verdict.failure is None and verdict.detail == ""
    # Of the averaged curve: 1 at −3.0 T, (−1 − 1 + 1)/3 at −3.1 T; of the single ones: √(2/9) T around 3.383 T.
    assert verdict.loop.mu0_Hc_T == pytest.approx(3 + 0.1 / (1 + 1 / 3), abs=1e-12)
    assert verdict.Hc_std_T == pytest.approx(np.sqrt(2) / 3, abs=1e-12)
    H, m = verdict.curve
    assert H[-1] == pytest.approx(-4.1) and m[-1] == -1
    assert len(H) == len(m) == 52


def test_energy_product_of_the_averaged_curve_takes_the_mean_moment(runs):
    loops = runs(3.05, 3.05)
    loops = [replace(loop, mean_Ms_A_per_m=Ms) for loop, Ms in zip(loops, (0.7e6, 0.9e6), strict=True)]
    # µ0 Ms²/4 at the mean of 0.8 MA/m: 201.06 kJ/m³; Hc = 3.05 T > µ0 Ms/2. Exact to the 5 J/m³ of the refined axis.
    assert judge(loops, QUALITY).loop.BHmax_kJ_per_m3 == pytest.approx(np.pi * 1e-7 * 0.8e6**2 / 1e3, abs=0.005)


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.OK, Status.RUNNING)])
def test_the_solvers_word_is_taken_when_it_is_bad(runs, status):
    loops = runs(3.05, 3.05)
    loops[1] = replace(loops[1], status=status.name)
    verdict = judge(loops, QUALITY)
    assert verdict.failure == Failure(status.name.lower())
    assert "realisation 1" in verdict.detail and "-3.1" in verdict.detail
    assert verdict.loop is None and verdict.curve is None and isnan(verdict.Hc_std_T)


def test_every_status_has_its_failure():
    assert of_status("OK") is None
    named = {of_status(s.name) for s in Status if s not in (Status.OK, Status.RUNNING)}
    found_by_audit = {"moment_exceeded", "moment_rose", "malformed_curve", "realisations_disagree", "under_resolved_wall"}
    found_by_audit |= {"outlier", "device_error", "unfit_mesh", "unfit_structure"}
    assert named | {Failure(code) for code in found_by_audit} == set(Failure)


def test_device_error(runs):
    loops = runs(3.05, 3.05)
    loops[1] = replace(loops[1], status="DEVICE_ERROR", mu0_H_T=np.empty(0), m_parallel=np.empty(0))
    verdict = judge(loops, QUALITY)
    assert (verdict.failure, verdict.detail) == (Failure.DEVICE_ERROR, "realisation 1")


@pytest.mark.parametrize(("ratio", "failure"), [(1.1, None), (1.11, Failure.UNDER_RESOLVED_WALL)])
def test_under_resolved_wall(runs, ratio, failure):
    loops = runs(3.05, 3.05)
    loops[0] = replace(loops[0], cell_over_delta0=ratio)
    verdict = judge(loops, QUALITY)
    assert verdict.failure == failure
    assert failure is None or ("1.11" in verdict.detail and "1.1" in verdict.detail)


@pytest.mark.parametrize(("m", "failure"), [(1.000005, None), (-1.001, Failure.MOMENT_EXCEEDED)])
def test_moment_exceeded(runs, m, failure):
    loops = runs(3.05, 3.05)
    loops[1].m_parallel[-1 if m < 0 else 0] = m
    verdict = judge(loops, QUALITY)
    assert verdict.failure == failure
    assert failure is None or "1.001" in verdict.detail


@pytest.mark.parametrize(("second", "failure"), [(4.95, None), (5.25, Failure.REALISATIONS_DISAGREE)])
def test_realisations_disagree(runs, second, failure):
    # Two values have a standard deviation of half their difference: 0.95 T and 1.1 T.
    verdict = judge(runs(3.05, second), QUALITY)
    assert verdict.failure == failure
    assert verdict.Hc_std_T == pytest.approx((second - 3.05) / 2, abs=1e-12)
    assert verdict.loop is not None and verdict.curve is not None  # it can be looked at in either case
    assert failure is None or "1.100 T > 1 T" in verdict.detail


def test_a_curve_with_a_hole_is_not_a_number(runs):
    # The solver called it OK; the curve says otherwise.
    loops = runs(3.05, 3.05)
    loops[1].m_parallel[5] = nan
    assert judge(loops, QUALITY).failure == Failure.NOT_A_NUMBER


@pytest.fixture
def curves(runs):
    """Function: verdict on two half-cycles, one sound (or as given), the other with this curve."""

    def verdict(H, m, other=None):
        pair = zip(runs(3.05, 3.05), [other or (H, m), (H, m)], strict=True)
        arrays = [(r, np.array(fields, dtype=float), np.array(values, dtype=float)) for r, (fields, values) in pair]
        return judge([replace(r, mu0_H_T=H, m_parallel=m) for r, H, m in arrays], QUALITY)

    return verdict


SOUND = ([1.0, 0.0, -1.0, -2.0], [1.0, 0.95, 0.9, -0.9])


@pytest.mark.parametrize(
    ("H", "m", "seen"),
    [
        ([], [], "0 fields, 0 values"),
        ([1.0], [1.0], "1 fields, 1 values"),
        ([1.0, 0.0, -1.0, -2.0], [1.0, 0.9, -0.9], "4 fields, 3 values"),
        ([1.0, 0.0, 0.0, -2.0], [1.0, 0.95, 0.9, -0.9], "does not fall"),
        ([1.0, 0.0, nan, -2.0], [1.0, 0.95, 0.9, -0.9], "does not fall"),
        ([1.0, -1.0, 0.0, -2.0], [1.0, 0.95, 0.9, -0.9], "does not fall"),
        ([2.0, 0.0, -1.0, -2.0], [1.0, 0.95, 0.9, -0.9], "begin at one field"),
    ],
)
def test_malformed_curve(curves, H, m, seen):
    verdict = curves(H, m, other=SOUND)
    assert verdict.failure == Failure.MALFORMED_CURVE and seen in verdict.detail
    assert curves(*SOUND).failure is None


@pytest.mark.parametrize(
    ("H", "m", "failure"),
    [
        ([1.0, 0.0, -1.0], [0.0, -0.1, -0.2], Failure.NOT_SATURATED),
        ([1.0, 0.0, -1.0], [-0.5, -0.7, -0.9], Failure.NOT_SATURATED),
        # The reversed moment of 0.9 at −3 T: 0.3 at 1 T if in proportion (a hard axis), and half of that is let pass.
        ([1.0, 0.0, -1.0, -3.0], [0.16, 0.1, 0.05, -0.9], None),
        ([1.0, 0.0, -1.0, -3.0], [0.14, 0.1, 0.05, -0.9], Failure.NOT_SATURATED),
        # Not beyond the first field: the same moment at least, and half of it is let pass.
        ([4.0, 0.0, -1.0, -3.0], [0.46, 0.4, 0.4, -0.9], None),
        ([4.0, 0.0, -1.0, -3.0], [0.44, 0.4, 0.4, -0.9], Failure.NOT_SATURATED),
    ],
)
def test_not_saturated_by_its_curve(curves, H, m, failure):
    assert curves(H, m).failure == failure


def test_right_angles_are_saturated_in_proportion(curves):
    # cos 89.5° plus a rotation in proportion to the field: 0.134 at first, −0.8 × that at last.
    H = np.arange(1.0, -1.05, -0.1)
    assert curves(H, 0.0087 + H / 8).failure is None
    assert curves(H, 0.0 + H / 8).failure is None


@pytest.mark.parametrize(("last", "failure"), [(-0.72, None), (-0.71, Failure.NOT_REVERSED), (0.3, Failure.NOT_REVERSED)])
def test_not_reversed_by_its_curve(curves, last, failure):
    verdict = curves([1.0, 0.0, -1.0, -2.0], [0.9, 0.9, 0.8, last])  # −0.8 × 0.9 = −0.72
    assert verdict.failure == failure
    assert failure is None or f"{last:.3f} at last" in verdict.detail


@pytest.mark.parametrize(
    ("m", "failure"),
    [
        ([0.9, 0.909, 0.9, -0.9], None),  # as much as states at rest to the tolerance may differ
        ([0.9, 0.92, 0.9, -0.9], Failure.MOMENT_ROSE),
        ([0.9, 0.89, 0.905, -0.9], Failure.MOMENT_ROSE),
        ([0.9, 0.2, 0.3, -0.9], None),  # after a jump a part may turn back …
        ([0.8, 0.2, 0.9, -0.9], Failure.MOMENT_ROSE),  # … but never beyond saturation
    ],
)
def test_moment_rose(curves, m, failure):
    assert curves([1.0, 0.0, -1.0, -2.0], m).failure == failure


def test_limits_are_those_of_the_campaign(runs):
    strict = QUALITY | {"max_spread_T": 0.1, "max_cell_over_delta0": 0.7}
    assert judge(runs(3.05, 3.05), strict).failure == Failure.UNDER_RESOLVED_WALL  # 0.75
    strict["max_cell_over_delta0"] = 0.8
    assert judge(runs(3.05, 3.45), strict).failure == Failure.REALISATIONS_DISAGREE  # 0.2 T
    assert judge(runs(3.05, 3.15), strict).failure is None  # 0.05 T


def test_no_hysteresis_is_no_failure(runs):
    hard_axis = [replace(r, m_parallel=r.mu0_H_T / 8) for r in runs(3.05, 3.05)]
    verdict = judge(hard_axis, QUALITY)
    assert verdict.failure is None
    assert isnan(verdict.loop.mu0_Hc_T) and isnan(verdict.Hc_std_T)


def test_the_graver_reason_goes_first(runs):
    # What was not computed to its end is not measured: status before resolution before spread.
    loops = runs(3.05, 6.05, cell_over_delta0=2.0)
    assert judge(loops, QUALITY).failure == Failure.UNDER_RESOLVED_WALL
    loops[1] = replace(loops[1], status="NOT_CONVERGED")
    assert judge(loops, QUALITY).failure == Failure.NOT_CONVERGED
