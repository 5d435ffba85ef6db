"""A demagnetisation curve → coercivity, depinning field, Φp, remanence, squareness, (BH)max.

A curve is a pair of arrays: mu0_H_T (T, strictly decreasing) and m_parallel (M·h over total Ms·V).
"""

from dataclasses import dataclass

import numpy as np

from hardmag.discontinuity import JUMP, beyond_forecast
from hardmag.materials import MU0

NO_REMANENCE = 0.05  # below it there is no hysteresis to speak of: rotation through the hard axis, α ≈ 90°


@dataclass(frozen=True)
class Loop:
    """Figures of one curve; a field that the curve does not have is NaN.

    mu0_Hc_T: coercivity as a positive number; mu0_Hp_T: depinning field, the first discontinuity; phi_p = (Hc − Hp)/Hc;
    m_r: remanence over Ms; squareness: Hk/Hc with m(−Hk) = 0.9 m_r; BHmax_kJ_per_m3.
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
        for i in (i for i in discontinuities(H, m) if m[i] > 0):
            axis = axis[(axis > H[i] - 1e-9) | (axis < H[i + 1] + 1e-9)]
    mean = np.mean([np.interp(axis, H[::-1], m[::-1]) for H, m in curves], axis=0)
    return axis[::-1], mean[::-1]


def discontinuities(mu0_H_T, m_parallel):
    """Indices i of the steps from field i to i+1 that hold a discontinuity.

    Criterion: the step drops by more than JUMP beyond twice what the two steps before it foretell (see discontinuity.py).
    The first step, which has none before it, is held against the one after; one that follows a jump, against 0.
    """
    drop, step = (-np.diff(m_parallel)).tolist(), (-np.diff(mu0_H_T)).tolist()  # plain numbers: a campaign has many curves
    slope, bend, width = (drop[1] / step[1] if len(drop) > 1 else 0.0), 0.0, 0.0
    found = []
    for i in range(len(drop)):
        if beyond_forecast(drop[i], step[i], slope, bend, width) > JUMP:
            found.append(i)
            slope = bend = width = 0.0
        else:
            here = drop[i] / step[i]
            bend = (here - slope) / ((step[i] + width) / 2) if width else 0.0
            slope, width = here, step[i]
    return found


def first_discontinuity(mu0_H_T, m_parallel):
    """Index of the step with the first discontinuity, or None."""
    return next(iter(discontinuities(mu0_H_T, m_parallel)), None)


def switch(mu0_H_T, m_parallel):
    """Index of the step in which reversal begins: the first discontinuity, or else where m crosses zero; None without."""
    jump = first_discontinuity(mu0_H_T, m_parallel)
    return jump if jump is not None else next((int(i) - 1 for i in np.flatnonzero(np.asarray(m_parallel) < 0)), None)


def analyse(mu0_H_T, m_parallel, mean_Ms_A_per_m):
    """Loop of one curve. mean_Ms_A_per_m: total moment over the volume, for (BH)max.

    Hc: linear interpolation of the first zero of m. Hp: where the first discontinuity holds the zero itself, Hp = Hc;
    otherwise the middle of its step. If m crosses zero by rotation before any discontinuity, nothing depins before Hc:
    Φp = 0, and Hp is the later discontinuity, if there is one. Without remanence (α near 90°) there is no Hc, Hp, Φp.
    """
    H, m = np.asarray(mu0_H_T, dtype=float), np.asarray(m_parallel, dtype=float)
    if H.ndim != 1 or H.shape != m.shape or len(H) < 2:
        raise ValueError(f"a curve needs two equal arrays of at least 2 points, got {H.shape} and {m.shape}")
    if not np.all(np.diff(H) < 0):
        raise ValueError("mu0_H_T must decrease strictly")
    if not np.all(np.isfinite(m)):
        raise ValueError("m_parallel holds values that are not finite")
    m_r = float(np.interp(0.0, H[::-1], m[::-1])) if H[-1] <= 0 <= H[0] else float("nan")
    BHmax = max_energy_product(H, m, mean_Ms_A_per_m)
    Hc, crossing = _field_at(H, m, 0.0)
    if np.isnan(Hc) or m_r < NO_REMANENCE:
        return Loop(float("nan"), float("nan"), float("nan"), m_r, float("nan"), BHmax)
    jump = first_discontinuity(H, m)
    if jump is None:
        Hp, phi_p = float("nan"), 0.0
    elif jump == crossing:
        Hp, phi_p = -Hc, 0.0
    else:
        Hp = -(H[jump] + H[jump + 1]) / 2
        phi_p = max(0.0, (-Hc - Hp) / -Hc) if jump < crossing else 0.0
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
    """(BH)max in kJ/m³ over the second quadrant, B = µ0(H + M), on the curve refined linearly; 0 if B·H never is < 0."""
    H = np.linspace(mu0_H_T[0], mu0_H_T[-1], 20 * len(mu0_H_T))
    B = H + MU0 * mean_Ms_A_per_m * np.interp(H, mu0_H_T[::-1], m_parallel[::-1])
    product = np.where((H < 0) & (B > 0), -B * H / MU0, 0.0)
    return float(product.max() / 1e3)
