"""Js, anisotropy field and K1 from M(H), held against curves that were made in another way, and against formulas."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from hardmag.errors import UserError
from hardmag.intrinsic.estimators import approach, fit_powder, singular_point
from hardmag.intrinsic.measured_curve import (
    MeasuredCurve,
    demagnetisation_of_powder,
    falling,
    figures,
    internal,
    main_phase_mass_fraction,
    of_main_phase,
    saturated,
)
from hardmag.intrinsic.powder import ANGLES, CONES_DEG, Powder, textures, turned
from hardmag.materials import MU0

FIELDS_T = np.arange(9.0, 0.99, -0.02)


def moment(theta, u, ratio):
    """Reduced moment along the field by bisection of the torque: the code under test interpolates an inverse table."""
    low, high = np.zeros(np.broadcast(theta, u).shape), theta + np.zeros(np.broadcast(theta, u).shape)
    for _ in range(45):
        phi = (low + high) / 2
        torque = np.sin(phi) * np.cos(phi) * (1 + 2 * ratio * np.sin(phi) ** 2) / (1 + 2 * ratio) - u * np.sin(theta - phi)
        low, high = np.where(torque > 0, low, phi), np.where(torque > 0, phi, high)
    return np.cos(theta - (low + high) / 2)


def curves(Js, Hs, ratio, density, stray, slope, H=FIELDS_T):
    """(easy, hard) polarisation of a powder: mid-points of 400 angles × 200 azimuths, each grain's angle to the field put into
    361 equal steps. density: of easy axes per solid angle; stray: share of the grains at random."""
    steps = np.linspace(0, np.pi / 2, 361)
    table = moment(steps[:, None], H / Hs, ratio)
    beta, psi = (np.arange(400) + 0.5) / 400 * np.pi / 2, (np.arange(200) + 0.5) / 200 * np.pi / 2
    grains, at_random = density(beta) * np.sin(beta), np.sin(beta)
    grains = (1 - stray) * grains / grains.sum() + stray * at_random / at_random.sum()

    def curve(theta, weight):
        place = theta.ravel() / steps[1]
        left, weight = np.minimum(place.astype(int), 359), weight.ravel()
        share = np.bincount(left, weight * (left + 1 - place), 361) + np.bincount(left + 1, weight * (place - left), 361)
        return Js * share @ table + slope * H

    hard = np.arccos(np.sin(beta)[:, None] * np.cos(psi))
    return curve(beta, grains), curve(hard, np.repeat(grains[:, None] / 200, 200, axis=1))


def energy(phi, theta, u, ratio):
    """In units of µ0·Ms·Hs."""
    return (np.sin(phi) ** 2 + ratio * np.sin(phi) ** 4) / (2 + 4 * ratio) - u * np.cos(theta - phi)


def march_dollase(beta, r=0.3):
    """A texture that is not piecewise linear, with tails of its own (Dollase 1986, J. Appl. Cryst. 19, 267)."""
    return (r**2 * np.cos(beta) ** 2 + np.sin(beta) ** 2 / r) ** -1.5


def cosine(beta):
    return np.cos(beta) ** 8


def cap(beta):
    return 1.0 * (beta < np.radians(30))


def noisy(curve, level, rng):
    return FIELDS_T, curve + level * rng.normal(size=len(curve))


def measured_loop(curve, level, rng):
    """MeasuredCurve of a whole loop, from 9 T down and up again. Its grains reverse between −6 and −1 T, which belongs to no
    curve of this module; below 1 T a line stands for what is not simulated."""
    down = np.linspace(9.0, -9.0, 901).round(2)
    H, rises = np.concatenate([down, -down]), np.repeat([False, True], 901)
    along = np.where(rises, -H, H)  # of the direction from which the field came
    J = np.interp(np.abs(along), FIELDS_T[::-1], curve[::-1])
    J *= np.where(along > -1, 1.0, np.where(along < -6, -1.0, 0.3))
    return MeasuredCurve(H, np.where(rises, -J, J) + level * rng.normal(size=len(H)), np.full(len(H), 300.0))


def whole(curve, level, rng):
    """What the joint fit takes of a whole loop."""
    found = saturated(measured_loop(curve, level, rng))
    return found.mu0_H_T, found.J_T


def test_moment_is_least_in_energy():
    for ratio in (-0.1, 0.0, 0.4):
        for u in (0.3, 0.97, 4.0):
            for n in (5, 60, 95):
                theta = ANGLES[n]
                given = {"args": (theta, u, ratio), "bounds": (0, theta), "method": "bounded", "options": {"xatol": 1e-9}}
                phi = minimize_scalar(energy, **given).x
                # Interpolation of the table errs by 5e-6; the minimum of an energy is known to the root of its precision.
                assert turned(np.array([u]), ratio)[n, 0] == pytest.approx(np.cos(theta - phi), abs=1e-5)


def test_powder_at_random_looks_alike_from_everywhere():
    for of in textures():
        assert of.sum(axis=1) == pytest.approx(1)
    powder = Powder(1.6, 8.0, 0.1, np.eye(len(CONES_DEG))[-1], 0.0)
    # Exact: mean cosine 1/2, and one curve in all directions; the quadrature is exact for a density without kinks.
    assert powder.alignment == pytest.approx(0.5, abs=1e-9) and powder.misoriented == 1
    assert powder.easy(FIELDS_T) == pytest.approx(powder.hard(FIELDS_T), rel=1e-9)
    assert powder.K1_MJ_per_m3 == pytest.approx(1.6 * 8.0 / (2.4 * MU0) / 1e6)


@pytest.mark.parametrize("density", [march_dollase, cosine])
@pytest.mark.parametrize(("Js", "Hs", "ratio"), [(1.6, 8.8, 0.13), (1.2, 4.0, 0.05)])
def test_joint_fit_recovers_a_powder_that_was_made_otherwise(density, Js, Hs, ratio):
    """Noise 1e-3 of Js, 6 % of the grains at random. Bounds: Js 0.2 %, Hs 0.5 %, K1 1 %, of the median error of three."""
    easy, hard = curves(Js, Hs, ratio, density, 0.06, 0.003)
    K1 = Js * Hs / (2 + 4 * ratio) / MU0 / 1e6
    rng, found = np.random.default_rng(1), []
    for _ in range(3):
        fit = fit_powder(noisy(easy, 1e-3 * Js, rng), noisy(hard, 1e-3 * Js, rng))
        found.append([fit.powder.Js_T / Js - 1, fit.powder.mu0_Hs_T / Hs - 1, fit.powder.K1_MJ_per_m3 / K1 - 1])
        assert fit.noise_T == pytest.approx(1e-3 * Js, rel=0.15)  # 800 points: 2.5 % is one standard deviation
    assert np.all(np.median(np.abs(found), axis=0) < (0.002, 0.005, 0.01))


def test_whole_loops_are_one_curve_of_less_noise():
    """Both branches average to the curve that the loop was made of, and the fit says that noise is less by √2."""
    easy, hard = curves(1.6, 8.8, 0.13, march_dollase, 0.06, 0.003)
    H, J = whole(easy, 0.0, np.random.default_rng(1))
    kept = H > 1
    assert len(H) == 450 and np.all(np.diff(H) < 0)
    # Pairs of equal fields, but for the last ones: exact to the rounding of the fields.
    assert J[kept] == pytest.approx(np.interp(H[kept], FIELDS_T[::-1], easy[::-1]), abs=1e-6)
    rng = np.random.default_rng(2)
    fit = fit_powder(whole(easy, 1.6e-3, rng), whole(hard, 1.6e-3, rng))
    assert fit.noise_T == pytest.approx(1.6e-3 / np.sqrt(2), rel=0.15)  # 800 points, as above
    assert fit.powder.Js_T == pytest.approx(1.6, rel=0.004)  # three times the root mean square of benchmarks/estimators.json


def test_branches_of_loops_of_any_order():
    """Noise decides which of two ends of a loop is the largest field; a loop may begin at any of the four corners."""
    one = np.linspace(9, -9, 181).round(1)
    down, up = MeasuredCurve(one, one + 0.5, one), -one
    for first, second in ((one, up), (one, up + 1e-3), (one + 1e-3, up), (up, one), (up, one - 1e-3)):
        H = np.concatenate([first, second])
        width = 0.5 * (np.abs(H) < 8.95)  # a loop is closed at its ends
        J = H + np.repeat([1, -1] if first[0] > 0 else [-1, 1], 181) * width
        branch = falling(MeasuredCurve(H, J, H))
        assert len(branch.J_T) >= 181 and np.mean(branch.J_T - branch.mu0_H_T) == pytest.approx(0.5, abs=0.01)
        back = saturated(MeasuredCurve(H, J, H))
        assert back.mu0_H_T.min() > 0 and len(back.J_T) == 90
        assert (back.J_T - back.mu0_H_T)[2:] == pytest.approx(0.5)
    alone = saturated(down)
    assert np.array_equal(alone.mu0_H_T, one[one > 0]) and np.array_equal(alone.J_T, alone.mu0_H_T + 0.5)
    with pytest.raises(UserError, match="a branch of at least two falling fields above 0"):
        saturated(MeasuredCurve(up[up > 0], up[up > 0], up[up > 0]))


def test_joint_fit_without_noise_leaves_no_bias():
    for density, stray, slope in ((march_dollase, 0.06, 0.003), (cap, 0.0, -0.002), (cap, 0.3, 0.0)):
        powder = fit_powder(*((FIELDS_T, curve) for curve in curves(1.6, 8.8, 0.13, density, stray, slope))).powder
        # What is left is the shape of the texture: cones whose edges slope over 5° stand for one with a sharp edge at 30°.
        assert powder.Js_T == pytest.approx(1.6, rel=5e-4) and powder.mu0_Hs_T == pytest.approx(8.8, rel=2e-3)
        assert powder.ratio == pytest.approx(0.13, abs=2e-3) and powder.slope == pytest.approx(slope, abs=2e-4)
        if density is cap:
            assert powder.misoriented == pytest.approx(stray, abs=0.01)


def test_laws_of_approach_err_and_say_by_how_much():
    H, (easy, hard) = FIELDS_T, curves(1.6, 8.8, 0.13, march_dollase, 0.06, 0.004)
    powder = fit_powder((H, easy), (H, hard)).powder
    for equation in (1, 2, 3):
        law = approach(H, easy, equation, 5.0, powder)
        # The true bias, known here, is the one that the fitted curve foretells.
        assert law.bias == pytest.approx(law.Js_T / 1.6 - 1, abs=1e-3)
        assert abs(law.bias) > 0.005
    with pytest.raises(UserError, match="equation 4 must be 1, 2 or 3"):
        approach(H, easy, 4, 5.0, powder)
    exact = 1.6 * (1 - 0.5 / H**2)
    for equation, slope in ((1, 0.0), (2, 0.004), (3, 0.004)):
        law = approach(H, exact + slope * H, equation, 5.0, powder)
        # Equation 3 takes differences of the curve: their error is of second order in the step.
        assert law.Js_T == pytest.approx(1.6, rel=1e-4) and law.b_T2 == pytest.approx(0.5, rel=2e-2)
        assert law.slope == pytest.approx(slope, abs=1e-5)


def test_singular_point_after_calibration():
    """Noise 2e-4 of Js, a window of 0.8 T: within 2 %, of the median error of three."""
    easy, hard = curves(1.5, 6.0, 0.13, march_dollase, 0.06, 0.003)
    rng, found = np.random.default_rng(2), []
    for _ in range(3):
        easy_noisy, hard_noisy = noisy(easy, 3e-4, rng), noisy(hard, 3e-4, rng)
        point = singular_point(*hard_noisy, fit_powder(easy_noisy, hard_noisy).powder)
        assert point.reason == "" and point.raw_T > point.mu0_Hs_T  # the window moves it upwards
        found.append(point.mu0_Hs_T / 6.0 - 1)
    assert np.median(np.abs(found)) < 0.02


def test_singular_point_is_refused():
    rng = np.random.default_rng(3)
    easy, hard = curves(1.6, 8.8, 0.13, cap, 0.0, 0.003)
    powder = fit_powder((FIELDS_T, easy), (FIELDS_T, hard)).powder
    short = FIELDS_T < 2.0
    assert "within a window" in singular_point(FIELDS_T[short], hard[short], replace(powder, mu0_Hs_T=1.1)).reason
    near = singular_point(FIELDS_T, hard, powder)
    assert np.isnan(near.mu0_Hs_T) and "within a window of 0.8 T of the largest field, 9 T" in near.reason
    easy, hard = curves(1.6, 5.0, 0.13, cosine, 0.06, 0.003)
    powder = fit_powder((FIELDS_T, easy), (FIELDS_T, hard)).powder
    unclear = singular_point(*noisy(hard, 8e-3, rng), powder)
    assert np.isnan(unclear.mu0_Hs_T) and "less than 5 times its scatter" in unclear.reason
    at_random = Powder(1.2, 5.0, 0.13, np.eye(len(CONES_DEG))[-1], 0.003)
    elsewhere = singular_point(*noisy(at_random.hard(FIELDS_T), 1e-4, rng), at_random)
    assert np.isnan(elsewhere.mu0_Hs_T) and "too little aligned" in elsewhere.reason


@pytest.mark.parametrize(
    ("easy", "says"),
    [
        ((FIELDS_T[:-1], FIELDS_T), "easy curve: fields and polarisations must be as many"),
        ((FIELDS_T / 9, FIELDS_T), "easy curve: 1 points from 1 T on; 40 at least are needed"),
        ((FIELDS_T, -FIELDS_T), "easy curve: the polarisation is nowhere above 0"),
    ],
)
def test_unusable_curves_are_refused(easy, says):
    with pytest.raises(UserError, match=says):
        fit_powder(easy, (FIELDS_T, FIELDS_T))


def loop(Hc, Js, level=0.0):
    """A square magnet of relative permeability 1.05, measured up to saturation and down."""
    H = np.concatenate([np.linspace(0, 3, 301), np.linspace(3, -3, 601)])
    up = (np.arange(len(H)) < 301) | (-Hc < H)
    noise = level * np.random.default_rng(4).normal(size=len(H))
    return MeasuredCurve(H, 0.98 * Js * np.where(up, 1.0, -1.0) + 0.05 * H + noise, np.full(len(H), 300.0))


def test_measured_loop_has_the_figures_of_a_simulated_one():
    found, Hk = figures(loop(1.2, 1.3), 1.3)
    # The loop's steps are 0.01 T; (BH)max of B = Jr + 1.05 µ0·H is Jr² / (4 · 1.05 µ0).
    assert found.mu0_Hc_T == pytest.approx(1.2, abs=0.01) and found.m_r == pytest.approx(0.98, abs=1e-6)
    assert found.BHmax_kJ_per_m3 == pytest.approx((0.98 * 1.3) ** 2 / (4 * 1.05 * MU0) / 1e3, rel=1e-3)
    assert Hk == pytest.approx(1.2, abs=0.02)
    noisy, _ = figures(loop(1.2, 1.3, 2e-3), 1.3)
    assert noisy.BHmax_kJ_per_m3 == pytest.approx(found.BHmax_kJ_per_m3, rel=0.01)


def test_demagnetisation_is_taken_off():
    """The loop of an open sample, sheared by N = 1/3, has its internal field's figures again."""
    true = loop(1.2, 1.3, 1e-3)
    applied = MeasuredCurve(true.mu0_H_T + true.J_T / 3, true.J_T, true.T_K)
    assert internal(applied, 1 / 3).mu0_H_T == pytest.approx(true.mu0_H_T)
    of_true, of_open = figures(true, 1.3)[0], figures(applied, 1.3, 1 / 3)[0]
    assert of_open.mu0_Hc_T == pytest.approx(of_true.mu0_Hc_T, abs=0.01)
    assert of_open.BHmax_kJ_per_m3 == pytest.approx(of_true.BHmax_kJ_per_m3, rel=0.01)
    with pytest.raises(UserError, match="the internal field runs back by .* is N too large"):
        figures(true, 1.3, 0.5)
    with pytest.raises(UserError, match="demagnetisation factor 2 must be within 0 to 1"):
        internal(true, 2)


def test_field_that_turns_grains_in_a_pellet():
    # A sphere's own field does not turn its moment; a plate of half its volume across the field: 1/2 · (1 − 1/3).
    assert demagnetisation_of_powder(1 / 3, 1.0) == 0 and demagnetisation_of_powder(1.0, 0.5) == pytest.approx(1 / 3)
    with pytest.raises(UserError, match="filling = 0 above 0"):
        demagnetisation_of_powder(0.3, 0.0)


def test_main_phase_is_what_the_scarcest_part_allows():
    assert main_phase_mass_fraction({"Nd": 2, "Fe": 14, "B": 1}) == pytest.approx(1)
    # The alloys of Kovacs et al., section 2.1.1: Fe is scarcest, 80.54/14 = 5.753 formulas. By hand for R = Nd:
    # 5.753 · 1081.1 g of 13.55 · 144.24 + 80.54 · 55.845 + 5.91 · 10.81 g.
    found = main_phase_mass_fraction({"Nd": 13.55, "Fe": 80.54, "B": 5.91})
    assert found == pytest.approx(80.54 / 14 * 1081.12 / 6516.1, abs=1e-4)
    half = of_main_phase(loop(1.2, 1.3), 0.5).J_T
    assert half == pytest.approx(2 * loop(1.2, 1.3).J_T)
    for atoms, says in (({"Nd": 2, "Fe": 14}, "no B"), ({"Dy": 2, "Fe": 14, "B": 1}, "Dy is none of")):
        with pytest.raises(UserError, match=says):
            main_phase_mass_fraction(atoms)


def test_tables_of_the_page_are_those_of_the_benchmark(monkeypatch):
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    import estimators

    page = (root / "docs" / "measurements.md").read_text()
    assert estimators.fill(page, json.loads((root / "benchmarks" / "estimators.json").read_text())) == page
    assert page.count("\n|---") == 4
