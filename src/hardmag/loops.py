"""A demagnetisation curve → coercivity, depinning field, Φp, remanence, squareness, (BH)max.

A curve is a pair of arrays: mu0_H_T (T, strictly decreasing) and m_parallel (M·h over total Ms·V). It is linear between its
points, so points that lie on a straight line between their neighbours change nothing.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

from hardmag.discontinuity import JUMP, beyond_forecast
from hardmag.materials import MU0

STRAIGHT = 1e-12  # of Ms: a point no further from the line between its neighbours lies on it
NO_REMANENCE = 0.05  # below it there is no hysteresis to speak of: rotation through the hard axis, α ≈ 90°


@dataclass(frozen=True)
class Loop:
    """Figures of one curve; a field that the curve does not have is NaN.

    mu0_Hc_T: coercivity as a positive number; mu0_Hp_T: depinning field, the first discontinuity, negative if that comes
    before H = 0; phi_p: (Hc − Hp)/Hc, 1 for a negative Hp; m_r: remanence over Ms; squareness: Hk/Hc with m(−Hk) = 0.9 m_r;
    BHmax_kJ_per_m3.
    """

    mu0_Hc_T: float
    mu0_Hp_T: float
    phi_p: float
    m_r: float
    squareness: float
    BHmax_kJ_per_m3: float


def average_curve(curves):
    """Mean of curves on one field axis: (mu0_H_T, m_parallel).

    curves: list of (mu0_H_T, m_parallel) that begin at the same field. The axis holds the fields of all, but for those
    inside a discontinuity of one of them: there the curve has no value, and the step must stay one step. (Beyond Hc jumps
    are not located, nor kept whole.) Between its own fields a curve is linear; one that ended earlier, because it had
    reversed, goes on with its last value.
    """
    for H, m in curves:
        if len(H) == 0 or len(H) != len(m) or abs(H[0] - curves[0][0][0]) > 1e-9:
            raise ValueError("curves do not begin at the same field")
    axis = np.unique(np.concatenate([H for H, _ in curves]))
    axis = axis[np.diff(axis, prepend=-np.inf) > 1e-9]
    for H, m in curves:
        bends = corners(H, m)
        for i in (i for i in discontinuities(H, m) if m[i] > 0):
            axis = axis[(axis > H[i] - 1e-9) | (axis < H[bends[bends > i][0]] + 1e-9)]
    mean = np.mean([np.interp(axis, H[::-1], m[::-1]) for H, m in curves], axis=0)
    return axis[::-1], mean[::-1]


def corners(mu0_H_T, m_parallel):
    """Indices of the points that the curve needs: without those on a straight line between their neighbours."""
    H, m = np.asarray(mu0_H_T, dtype=float), np.asarray(m_parallel, dtype=float)
    between = m[:-2] + (m[2:] - m[:-2]) * (H[:-2] - H[1:-1]) / (H[:-2] - H[2:])
    return np.flatnonzero(np.concatenate([[True], abs(m[1:-1] - between) > STRAIGHT, [True]]))


def discontinuities(mu0_H_T, m_parallel, least=JUMP):
    """Indices i of the points from which on a step between corners holds a discontinuity.

    Criterion: the step drops by more than `least` beyond twice what the two steps before it foretell (see discontinuity.py).
    The first step, which has none before it, is held against the one after; one that follows a jump, against 0.
    """
    bends = corners(mu0_H_T, m_parallel)
    H, m = np.asarray(mu0_H_T)[bends], np.asarray(m_parallel)[bends]
    drop, step = (-np.diff(m)).tolist(), (-np.diff(H)).tolist()  # plain numbers: a campaign has many curves
    slope, bend, width = (drop[1] / step[1] if len(drop) > 1 else 0.0), 0.0, 0.0
    found = []
    for i in range(len(drop)):
        if beyond_forecast(drop[i], step[i], slope, bend, width) > least:
            found.append(int(bends[i]))
            slope = bend = width = 0.0
        else:
            here = drop[i] / step[i]
            bend = (here - slope) / ((step[i] + width) / 2) if width else 0.0
            slope, width = here, step[i]
    return found


def first_discontinuity(mu0_H_T, m_parallel, least=JUMP):
    """Index of the point from which on the first discontinuity follows, or None."""
    return next(iter(discontinuities(mu0_H_T, m_parallel, least)), None)


def switch(mu0_H_T, m_parallel):
    """Index of the step in which reversal begins: the first discontinuity, or else where m crosses zero; None without."""
    jump = first_discontinuity(mu0_H_T, m_parallel)
    return jump if jump is not None else _field_at(np.asarray(mu0_H_T), np.asarray(m_parallel), 0.0)[1]


def analyse(mu0_H_T, m_parallel, mean_Ms_A_per_m, least=JUMP):
    """Loop of one curve. mean_Ms_A_per_m: total moment over the volume, for (BH)max; least: see discontinuities.

    Hc: linear interpolation of the first zero of m. Hp: where the first discontinuity holds the zero itself, Hp = Hc;
    otherwise the middle of its step. If m crosses zero by rotation before any discontinuity, nothing depins before Hc:
    Φp = 0, and Hp is the later discontinuity, if there is one. If it jumps before H = 0, all of the second quadrant lies
    behind the first discontinuity: Φp = 1, and Hp is negative. Without remanence (α near 90°) there is no Hc, Hp, Φp.
    """
    H, m = np.asarray(mu0_H_T, dtype=float), np.asarray(m_parallel, dtype=float)
    if H.ndim != 1 or H.shape != m.shape or len(H) < 2:
        raise ValueError(f"a curve needs two equal arrays of at least 2 points, got {H.shape} and {m.shape}")
    if not np.all(np.diff(H) < 0):
        raise ValueError("mu0_H_T must decrease strictly")
    if not np.all(np.isfinite(m)):
        raise ValueError("m_parallel holds values that are not finite")
    needed = corners(H, m)
    H, m = H[needed], m[needed]
    m_r = float(np.interp(0.0, H[::-1], m[::-1])) if H[-1] <= 0 <= H[0] else float("nan")
    BHmax = max_energy_product(H, m, mean_Ms_A_per_m)
    Hc, crossing = _field_at(H, m, 0.0)
    if np.isnan(Hc) or m_r < NO_REMANENCE:
        return Loop(float("nan"), float("nan"), float("nan"), m_r, float("nan"), BHmax)
    jump = first_discontinuity(H, m, least)
    if jump is None:
        Hp, phi_p = float("nan"), 0.0
    elif jump == crossing:
        Hp, phi_p = -Hc, 0.0
    else:
        Hp = -(H[jump] + H[jump + 1]) / 2
        phi_p = min(1.0, (-Hc - Hp) / -Hc) if jump < crossing else 0.0
    Hk, _ = _field_at(H, m, 0.9 * m_r)
    return Loop(float(-Hc), float(Hp), float(phi_p), m_r, float(Hk / Hc), BHmax)


def _field_at(H, m, level):
    """Field of the first crossing of m from above to `level`, and the index of its step; (NaN, None) if there is none."""
    below = np.flatnonzero(m <= level)
    if len(below) == 0 or below[0] == 0:
        return float("nan"), None
    i = int(below[0]) - 1
    return float(H[i] + (H[i + 1] - H[i]) * (m[i] - level) / (m[i] - m[i + 1])), i


def max_energy_product(mu0_H_T, m_parallel, mean_Ms_A_per_m):
    """(BH)max in kJ/m³ over the second quadrant, B = µ0(H + M); 0 if B·H never is < 0."""
    return best_working_point(mu0_H_T, m_parallel, mean_Ms_A_per_m)[1]


def best_working_point(mu0_H_T, m_parallel, mean_Ms_A_per_m):
    """(µ0·H in T of the largest energy product, (BH)max in kJ/m³).

    Exact: on a step, where B is linear, B·H is a parabola. It is largest at its vertex or at an end of the step.
    """
    H = np.asarray(mu0_H_T, dtype=float)
    B = H + MU0 * mean_Ms_A_per_m * np.asarray(m_parallel, dtype=float)
    slope = np.diff(B) / np.diff(H)
    at_zero = B[:-1] - slope * H[:-1]  # B = at_zero + slope·H
    first, last = np.minimum(H[:-1], 0), np.minimum(H[1:], 0)  # the part of each step that lies in H ≤ 0
    vertex = np.divide(-at_zero, 2 * slope, out=first.copy(), where=slope > 0).clip(last, first)
    fields = np.array([first, vertex, last])
    product = -fields * (at_zero + slope * fields)  # > 0 only where H < 0 and B > 0
    best = np.unravel_index(np.argmax(product), product.shape)
    return float(fields[best]), float(max(0.0, product[best]) / MU0 / 1e3)


def mean_Ms_of(mu0_H_T, m_parallel, BHmax_kJ_per_m3):
    """The total moment over the volume (A/m) with which a curve has this energy product, which is > 0 and grows with it."""
    lacking = lambda Ms: max_energy_product(mu0_H_T, m_parallel, Ms) - BHmax_kJ_per_m3  # noqa: E731
    most = 1e6
    while lacking(most) < 0:
        most *= 2
    return float(scipy.optimize.brentq(lacking, 0.0, most, xtol=1e-6))
