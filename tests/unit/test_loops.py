"""Figures of curves with known answers."""

from itertools import pairwise
from math import nan

import numpy as np
import pytest

from hardmag.loops import analyse, average_curve, first_discontinuity, max_energy_product, switch

MU0 = 4e-7 * np.pi
MS = 1e6  # A/m


def axis(from_T, to_T, step_T=0.1):
    return from_T - step_T * np.arange(round((from_T - to_T) / step_T) + 1)


def stoner_wohlfarth(H, H_ani, psi_deg):
    """m along the field of a single domain, its easy axis at psi to the field: the local minimum of its energy
    −cos²φ/2 − h cos(φ − ψ), followed from saturation by Newton's method in small steps, downhill where it is unstable."""
    psi, phi, m = np.radians(psi_deg), 0.0, []
    for h in H / H_ani:
        for _ in range(2000):
            slope = np.sin(phi) * np.cos(phi) + h * np.sin(phi - psi)
            curvature = np.cos(2 * phi) + h * np.cos(phi - psi)
            step = -slope / curvature if curvature > 1e-6 else -np.sign(slope)
            phi += np.clip(step, -0.02, 0.02)
            if abs(slope) < 1e-13 and curvature > 0:
                break
        m.append(np.cos(phi - psi))
    return np.array(m)


def switching_field(H_ani, psi_deg):
    psi = np.radians(psi_deg)
    return H_ani * (np.cos(psi) ** (2 / 3) + np.sin(psi) ** (2 / 3)) ** -1.5


def test_one_jump(square_loop):
    loop = analyse(*square_loop(3.05), MS)
    # The jump from +1 at −3.0 T to −1 at −3.1 T crosses zero in its middle; nothing depins before it. Exact arithmetic.
    assert loop.mu0_Hc_T == pytest.approx(3.05, abs=1e-12)
    assert loop.mu0_Hp_T == loop.mu0_Hc_T
    assert loop.phi_p == 0
    assert loop.m_r == 1
    # m falls to 0.9 after 5 % of the step that holds the zero at 50 %.
    assert loop.squareness == pytest.approx(3.005 / 3.05, rel=1e-12)


def test_zero_between_unequal_values_is_interpolated():
    H = axis(1, -2)
    m = np.where(H > -1.55, 0.6, -0.2)  # between −1.5 and −1.6 T; zero after 0.6/0.8 of the step
    assert analyse(H, m, MS).mu0_Hc_T == pytest.approx(1.575, abs=1e-12)


def test_two_stages():
    H = axis(1, -6)
    m = np.where(H > -2.05, 1.0, np.where(H > -4.95, 0.4, -1.0))
    loop = analyse(H, m, MS)
    Hc = 4.9 + 0.1 * 0.4 / 1.4  # the second jump, from 0.4 at −4.9 T to −1 at −5.0 T
    assert loop.mu0_Hp_T == pytest.approx(2.05, abs=1e-12)  # the middle of the first
    assert loop.mu0_Hc_T == pytest.approx(Hc, abs=1e-12)
    assert loop.phi_p == pytest.approx((Hc - 2.05) / Hc, abs=1e-12)


def test_first_of_several_jumps_counts():
    H = axis(1, -6)
    m = np.select([H > -1.05, H > -2.05, H > -3.05], [1.0, 0.8, 0.3], -1.0)
    assert H[first_discontinuity(H, m)] == pytest.approx(-1.0)
    assert analyse(H, m, MS).mu0_Hp_T == pytest.approx(1.05, abs=1e-12)


@pytest.mark.parametrize("psi", [10, 30, 45])
@pytest.mark.parametrize("step", [0.1, 0.05])
def test_stoner_wohlfarth_switches_where_it_should(psi, step):
    H = axis(2, -8, step)
    loop = analyse(H, stoner_wohlfarth(H, 8.0, psi), MS)
    # Up to 45° a single domain has Hc = the switching field, and nothing depins before: both good to one step.
    assert loop.mu0_Hc_T == pytest.approx(switching_field(8.0, psi), abs=step)
    assert loop.mu0_Hp_T == pytest.approx(switching_field(8.0, psi), abs=step)
    assert loop.phi_p <= 1.5 * step / loop.mu0_Hc_T
    assert loop.m_r == pytest.approx(np.cos(np.radians(psi)), abs=1e-9)


@pytest.mark.parametrize("psi", [60, 70])
def test_stoner_wohlfarth_beyond_45_degrees_crosses_zero_by_rotation(psi):
    H = axis(2, -8, 0.05)
    loop = analyse(H, stoner_wohlfarth(H, 8.0, psi), MS)
    # Reversible zero: m ⊥ h, φ = ψ − 90°, where the slope sinφ cosφ − h vanishes: h = −sin ψ cos ψ.
    assert loop.mu0_Hc_T == pytest.approx(8 * np.sin(np.radians(psi)) * np.cos(np.radians(psi)), abs=1e-3)
    assert loop.mu0_Hp_T == pytest.approx(switching_field(8.0, psi), abs=0.05)  # later, one step
    assert loop.phi_p == 0


def test_hard_axis_has_no_coercivity():
    H = axis(2, -2)
    loop = analyse(H, H / 8, MS)
    assert all(np.isnan([loop.mu0_Hc_T, loop.mu0_Hp_T, loop.phi_p, loop.squareness]))
    assert loop.m_r == pytest.approx(0, abs=1e-12)
    assert loop.BHmax_kJ_per_m3 == 0


def test_a_curve_that_never_reverses_has_no_coercivity():
    H = axis(1, -2)
    loop = analyse(H, np.full(len(H), 0.9), MS)
    assert np.isnan(loop.mu0_Hc_T) and loop.m_r == pytest.approx(0.9, rel=1e-12)


def test_reversal_without_a_jump_has_no_depinning_field():
    H = axis(1, -3, 0.01)
    loop = analyse(H, np.tanh(H + 1), MS)  # falls by at most 0.01 a step
    assert loop.mu0_Hc_T == pytest.approx(1, abs=1e-9)
    assert np.isnan(loop.mu0_Hp_T) and loop.phi_p == 0


@pytest.mark.parametrize("slope", [0.05, 0.15, 0.4])
def test_a_straight_branch_holds_no_discontinuity(slope):
    # m falls by 0.1·slope a step: by 0.04 at the steepest, and by the same from the first step on.
    H = axis(1, -4)
    m = np.where(H > -1.05, 0.95 + slope * (H - 1), -1.0)
    assert H[first_discontinuity(H, m)] == pytest.approx(-1.0)
    loop = analyse(H, m, MS)
    assert loop.mu0_Hp_T == loop.mu0_Hc_T and loop.phi_p == 0


@pytest.mark.parametrize("step", [0.1, 0.25, 0.5])
def test_coarse_steps_do_not_make_a_reversible_branch_discontinuous(step):
    # A single domain at 60° rotates by 0.03 of Ms in the first step of 0.5 T: more than JUMP, but no jump. The branch
    # steepens like a square root before it switches, which coarse steps may take for the jump one step early.
    H = axis(2, -8, step)
    loop = analyse(H, stoner_wohlfarth(H, 8.0, 60), MS)
    assert loop.phi_p == 0
    assert loop.mu0_Hp_T == pytest.approx(switching_field(8.0, 60), abs=2 * step)


@pytest.mark.parametrize(("drop", "found"), [(0.019, False), (0.021, True)])
def test_what_counts_as_a_discontinuity(drop, found):
    H = axis(1, -2)
    m = np.where(H > -0.55, 1.0, 1.0 - drop)  # JUMP is 0.02 of Ms
    assert (first_discontinuity(H, m) is not None) == found


@pytest.mark.parametrize("Br", [0.8, 1.2566, 1.6])
def test_energy_product_of_a_square_loop(Br, square_loop):
    # Hc = 3.05 T > Br/2: −B·H is largest at µ0H = −Br/2, wherever the points lie. Exact.
    H, m = square_loop(3.05)
    assert max_energy_product(H, m, Br / MU0) == pytest.approx(Br**2 / (4 * MU0) / 1e3, rel=1e-12)
    assert analyse(H, m, Br / MU0).BHmax_kJ_per_m3 == pytest.approx(Br**2 / (4 * MU0) / 1e3, rel=1e-12)


def test_energy_product_of_a_loop_that_ends_before_half_the_remanence(square_loop):
    # Hc = 0.25 T < Br/2 = 0.6 T: largest at the knee, µ0H = −0.2 T, where m still is 1: 0.2·(1.2 − 0.2)/µ0 = 159.15 kJ/m³.
    # Beyond it, on the jump of slope −12 T/T − 1, B·H is smaller. Exact.
    H, m = square_loop(0.25)
    assert max_energy_product(H, m, 1.2 / MU0) == pytest.approx(0.2 / MU0 / 1e3, rel=1e-12)


def test_energy_product_of_a_straight_loop():
    # B = Br + µr·µ0H down to B = 0: (BH)max = Br²/4µ0µr, here on the single step from 0.5 T to −3 T, whose ends are no part
    # of the second quadrant. m = (Br + (µr − 1)H)/µ0Ms with µ0Ms = 2 T.
    Br, mu_r = 1.1, 1.08
    H = np.array([0.5, -3.0])
    assert max_energy_product(H, (Br + (mu_r - 1) * H) / 2, 2 / MU0) == pytest.approx(Br**2 / (4 * MU0 * mu_r) / 1e3, rel=1e-12)


@pytest.mark.parametrize("m", [[-0.5, -0.6, -0.7], [0.0, 0.0, 0.0]])
def test_without_a_second_quadrant_there_is_no_energy_product(m):
    assert max_energy_product(np.array([1.0, -1.0, -2.0]), m, MS) == 0


def test_fields_after_the_reversal_do_not_matter():
    # Ms = 1e5 A/m, µ0Hc = 8 T: (BH)max = µ0Ms²/4 = 3.1416 kJ/m³ lies at µ0H = −63 mT, in a step of 8 T.
    square = np.array([1.0, 0.0, -8.0, -8.01]), np.array([1.0, 1.0, 1.0, -1.0])
    expected = analyse(*square, 1e5)
    assert expected.BHmax_kJ_per_m3 == pytest.approx(MU0 * 1e10 / 4 / 1e3, rel=1e-12)
    for last in (-9, -12, -40):
        assert analyse(np.append(square[0], last), np.append(square[1], -1), 1e5) == expected


CURVES = {
    "square": ([2, -3, -3.01], [1, 1, -1]),
    "one step": ([1, -3], [1, -1]),
    "jump in the first step": ([1, 0.99, -2, -2.01], [0.9, 0.6, 0.55, -0.9]),
    "two stages": ([2, 1, 0, -1, -1.01, -2, -3, -3.01, -4], [0.99, 0.98, 0.97, 0.95, 0.6, 0.55, 0.4, -0.8, -0.9]),
    "rotation": ([2, 1, 0, -1, -2, -3, -3.01], [0.9, 0.8, 0.6, 0.3, -0.1, -0.4, -0.9]),
    "no remanence": ([2, -2], [0.3, -0.3]),
}


@pytest.mark.parametrize("name", CURVES)
def test_points_on_a_straight_line_do_not_matter(name):
    """A point in the middle of every step, or of one: the same figures to rounding, and the same average of realisations."""
    H, m = (np.array(values, float) for values in CURVES[name])
    middles = (H[:-1] + H[1:]) / 2
    expected = list(vars(analyse(H, m, MS)).values())
    for added in (*middles, middles, np.linspace(H[0], H[-1], 50)):
        more = np.unique(np.append(H, added))[::-1]
        denser = np.interp(more, H[::-1], m[::-1])
        for curve in ((more, denser), average_curve([(H, m), (more, denser)])):
            assert list(vars(analyse(*curve, MS)).values()) == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)
        if first_discontinuity(H, m) is not None:
            assert more[first_discontinuity(more, denser)] == H[first_discontinuity(H, m)]


def test_saturation_before_the_curve_does_not_matter():
    """m = 1 at further fields above the first: nothing changes."""
    H, m = np.array([1, 0, -2, -2.01, -3, -3.01]), np.array([1, 1, 0.99, 0.6, 0.59, -0.9])
    expected = analyse(H, m, MS)
    for above in ([2], [5, 3], [1.01]):
        assert analyse(np.append(above, H), np.append(np.ones(len(above)), m), MS) == expected


@pytest.mark.parametrize(("at_T", "phi_p"), [(-0.5, 0.75), (-0.005, 0.9975), (0.005, 1.0), (0.5, 1.0)])
def test_a_jump_before_the_field_reverses(at_T, phi_p):
    """A soft part turns at at_T, the rest at −2 T. Φp is the share of the way from H = 0 to Hc that lies behind the first
    discontinuity: 1 from H = 0 on upwards, where Hp is negative. Steps of 2 µT: nothing depends on where in it the jump is."""
    H = np.array([3, at_T + 1e-6, at_T - 1e-6, -2 + 1e-6, -2 - 1e-6])
    loop = analyse(H, np.array([1, 1, 0.7, 0.7, -0.7]), MS)
    assert loop.mu0_Hc_T == pytest.approx(2, abs=1e-9)
    assert loop.mu0_Hp_T == pytest.approx(-at_T, abs=1e-9)
    assert loop.phi_p == pytest.approx(phi_p, abs=1e-9)


def test_switch_is_where_reversal_begins():
    jump = np.array([1, 0, -1, -1.01, -2]), np.array([1, 0.99, 0.98, 0.5, -0.9])
    rotation = 1 - np.arange(200) / 100, np.tanh(1 - np.arange(200) / 100 + 0.503)
    assert switch(*jump) == 2
    assert switch(*rotation) == 150  # m(−0.50 T) > 0 > m(−0.51 T)
    assert switch(np.array([1.0, 0.0]), np.array([0.9, 0.9])) is None


def test_average_of_curves_that_end_at_different_fields(square_loop):
    curves = [square_loop(3.05), square_loop(3.05), square_loop(4.05)]
    H, m = average_curve(curves)
    assert H[0] == 1 and H[-1] == pytest.approx(-4.1)
    # Each goes on with −1 once it has ended: (−1 − 1 + 1)/3 between.
    assert np.allclose(m, np.where(H > -3.05, 1, np.where(H > -4.05, -1 / 3, -1)), rtol=0, atol=1e-12)
    loop = analyse(H, m, MS)
    assert loop.mu0_Hc_T == pytest.approx(3 + 0.1 * 1 / (1 + 1 / 3), abs=1e-12)


def test_average_of_one_curve_is_the_curve(square_loop):
    H, m = square_loop(3.05)
    mean_H, mean_m = average_curve([(H, m)])
    assert np.array_equal(mean_H, H) and np.array_equal(mean_m, m)


def test_curves_on_axes_of_their_own_are_averaged_on_the_fields_of_all():
    """Straight branches, so that interpolation is exact; each jump stays one step, whatever fields the other curve has."""
    one = np.array([1, 0, -1, -2, -2.01, -3]), np.array([1.0, 0.99, 0.98, 0.97, -0.9, -0.91])
    other = np.array([1, -0.5, -2.004, -2.008, -2.5, -2.51, -3.0]), np.array([1, 0.985, 0.96996, 0.96992, 0.965, -1, -1])
    H, m = average_curve([one, other])
    assert H.tolist() == [1, 0, -0.5, -1, -2, -2.01, -2.5, -2.51, -3]  # not −2.004 and −2.008
    assert m[2] == pytest.approx(0.985, abs=1e-12)
    assert first_discontinuity(H, m) == 4
    loop = analyse(H, m, MS)
    assert loop.mu0_Hp_T == pytest.approx(2.005, abs=1e-12)
    assert 2.5 < loop.mu0_Hc_T < 2.51


def test_curves_that_begin_at_different_fields_have_no_average(square_loop):
    H = axis(0.9, -2, 0.1)
    with pytest.raises(ValueError, match="begin at the same field"):
        average_curve([square_loop(3.05), (H, np.ones(len(H)))])


def test_an_empty_curve_has_no_average(square_loop):
    with pytest.raises(ValueError, match="begin at the same field"):
        average_curve([square_loop(3.05), (np.empty(0), np.empty(0))])


@pytest.mark.parametrize(
    ("H", "m", "words"),
    [
        ([1, 0, -1], [1, 1], "two equal arrays"),
        ([1], [1], "at least 2"),
        ([[1, 0]], [[1, 1]], "two equal arrays"),
        ([-1, 0, 1], [1, 1, 1], "decrease strictly"),
        ([1, 0, 0], [1, 1, 1], "decrease strictly"),
        ([1, nan, -1], [1, 1, 1], "decrease strictly"),
        ([1, 0, -1], [1, nan, -1], "not finite"),
        ([1, 0, -1], [1, 1, -np.inf], "not finite"),
    ],
)
def test_what_is_no_curve_is_refused(H, m, words):
    with pytest.raises(ValueError, match=words):
        analyse(H, m, MS)


def test_the_reference_of_this_file_is_stationary_and_stable():
    # The single domain above is only as good as its minimum: compared with a fine search of the energy near it.
    H = axis(2, -3, 0.5)
    m = stoner_wohlfarth(H, 8.0, 45)
    for h, found in zip(H / 8, m, strict=True):
        phi = np.radians(45) - np.arccos(found)
        near = phi + np.linspace(-0.05, 0.05, 2001)
        energy = -(np.cos(near) ** 2) / 2 - h * np.cos(near - np.radians(45))
        assert abs(near[energy.argmin()] - phi) <= 1e-4  # two points of the search
    assert all(a > b for a, b in pairwise(m))


@pytest.mark.parametrize("past_T", [0.0, 1e-6, 0.05, 0.1, 0.2, 0.249])
def test_a_branch_that_steepens_to_its_end_has_its_jump_there(past_T):
    """m ∝ √(H + 3 T), the form of every branch near the field at which it ends, then reversed: the first discontinuity is
    the step that holds −3 T, wherever the steps of 0.25 T fall, even where the last one before it ends at −3 T itself."""
    H = 1.0 - 0.25 * np.arange(25) - past_T
    m = np.where(H >= -3.0, 0.2 + 0.4 * np.sqrt(np.maximum(H + 3.0, 0)), -0.9)
    i = first_discontinuity(H, m)
    assert H[i] >= -3.0 > H[i + 1]
