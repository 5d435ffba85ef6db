"""Js, anisotropy field and K1 from measured curves M(H) of an aligned powder.

The joint fit describes the easy and the hard curve together. Beside it stand the estimators of Kovacs et al. 2023 (section
2.1.1): the law of approach to saturation, their equations 1 to 3, and the detection of the singular point (Cabassi 2020,
Measurement 160, 107830). Both err even without noise; what they make of the fitted curves, where the answer is known, says
by how much.
"""

from dataclasses import dataclass

import numpy as np
import scipy

from hardmag.errors import UserError
from hardmag.intrinsic.powder import CONES_DEG, RATIOS, Powder, textures, turned

FROM_T = 1.0  # below it grains are not yet saturated by a falling field, or hold domains
LEAST = 40  # points of a curve from FROM_T on
STARTS_T = np.geomspace(1.0, 20.0, 14)  # of Hs
CLEAR = 5.0  # times the scatter of d²J/dH²: what counts as a singular point
AROUND = 0.25  # of Hs: how far from it the singular point is sought


@dataclass(frozen=True)
class JointFit:
    """powder: the fitted Powder; errors: {Js_T, mu0_Hs_T, K1_MJ_per_m3, ratio: standard error, from the noise}; noise_T:
    standard deviation of the curves about the fit."""

    powder: Powder
    errors: dict
    noise_T: float


@dataclass(frozen=True)
class Approach:
    """Of a law of approach to saturation. Js_T; b_T2: of 1 − b/H²; slope: of χ0·H, 0 by equation 1; bias: Js over the true one,
    less 1, on the fitted curve of the powder in place of the measured one."""

    Js_T: float
    b_T2: float
    slope: float
    bias: float


@dataclass(frozen=True)
class SingularPoint:
    """mu0_Hs_T: (2 K1 + 4 K2)/Ms, calibrated, or NaN for a reason; raw_T: where d²J/dH² is least, before the calibration."""

    mu0_Hs_T: float
    raw_T: float
    reason: str


def fit_powder(easy, hard, from_T=FROM_T):
    """JointFit of two curves (mu0_H_T, J_T), (n,) each, along the easy and the hard direction of one powder.

    Fields are internal fields in T, from saturation down to from_T; J is that of the main phase. Least squares over Hs and
    K2/K1; at each of them the shares of the texture, none below 0, and the slope follow by linear least squares (variable
    projection, Golub and Pereyra 1973, SIAM J. Numer. Anal. 10, 413). UserError names a curve that cannot be used.
    """
    curves = [_usable(name, curve, from_T) for name, curve in (("easy", easy), ("hard", hard))]
    measured = np.concatenate([J for _, J in curves])

    def columns(Hs, ratio):
        of_grains = [of @ turned(H / Hs, ratio) for of, (H, _) in zip(textures(), curves, strict=True)]
        fields = np.concatenate([H for H, _ in curves])
        return np.vstack([np.concatenate(of_grains, axis=1), fields, -fields]).T  # a slope of either sign

    def off(parameters):
        A = columns(*parameters)
        return A @ scipy.optimize.nnls(A, measured)[0] - measured

    start = min(((Hs, ratio) for Hs in STARTS_T for ratio in (0.0, 0.2)), key=lambda p: np.sum(off(p) ** 2))
    low, high = zip((0.1, 100.0), RATIOS, strict=True)
    found = scipy.optimize.least_squares(off, start, bounds=(low, high), diff_step=1e-3, x_scale=(1.0, 0.1)).x
    A = columns(*found)
    linear = scipy.optimize.nnls(A, measured)[0]
    shares, (up, down) = np.split(linear, [len(CONES_DEG)])
    powder = Powder(float(shares.sum()), *map(float, found), shares / shares.sum(), float(up - down))
    return _with_errors(powder, A, linear, columns, A @ linear - measured)


def _with_errors(powder, A, linear, columns, off):
    """JointFit: standard errors by the curvature at the best fit; shares that are 0 count as known."""
    Hs, ratio = powder.mu0_Hs_T, powder.ratio
    by_Hs = (columns(Hs * 1.001, ratio) - columns(Hs * 0.999, ratio)) @ linear / (0.002 * Hs)
    by_ratio = (columns(Hs, ratio + 1e-3) - columns(Hs, ratio - 1e-3)) @ linear / 2e-3
    free = np.flatnonzero(linear > 0)
    J = np.column_stack([by_Hs, by_ratio, A[:, free]])
    variance = off @ off / (len(off) - J.shape[1])
    scale = np.linalg.norm(J, axis=0)
    covariance = variance * np.linalg.pinv((J / scale).T @ (J / scale)) / np.outer(scale, scale)
    of_Js = np.concatenate([[0, 0], free < len(CONES_DEG)]).astype(float)
    of_Hs, of_ratio = np.eye(len(of_Js))[:2]
    of_K1 = powder.K1_MJ_per_m3 * (of_Js / powder.Js_T + of_Hs / Hs - 2 * of_ratio / (1 + 2 * ratio))
    gradients = {"Js_T": of_Js, "mu0_Hs_T": of_Hs, "ratio": of_ratio, "K1_MJ_per_m3": of_K1}
    errors = {name: float(np.sqrt(g @ covariance @ g)) for name, g in gradients.items()}
    return JointFit(powder, errors, float(np.sqrt(variance)))


def approach(mu0_H_T, J_T, equation, from_T, powder):
    """Approach by equation 1, 2 or 3 of Kovacs et al. 2023, of an easy curve (n,) from from_T on.

    Equation 1: J = Js (1 − b/H²); 2: the same + χ0·H; 3: dJ/dH = 2 b Js/H³ + χ0, whose Js is the mean of what 2 then leaves.
    powder: the fitted Powder, for the bias.
    """
    if equation not in (1, 2, 3):
        raise UserError(f"law of approach: equation {equation} must be 1, 2 or 3")
    H, J = _usable("easy", (mu0_H_T, J_T), from_T)
    of_curve, of_fit = (_law(H, curve, equation) for curve in (J, powder.easy(H)))
    return Approach(*of_curve, float(of_fit[0] / powder.Js_T - 1))


def _law(H, J, equation):
    """(Js, b, slope)"""
    if equation == 3:
        rate, slope = np.linalg.lstsq(np.stack([2 / H**3, np.ones_like(H)], axis=1), np.gradient(J, H))[0]
        Js = np.mean(J - slope * H + rate / H**2)
    else:
        columns = [np.ones_like(H), -1 / H**2, H][: equation + 1]
        Js, rate, slope = (*np.linalg.lstsq(np.stack(columns, axis=1), J)[0], 0.0)[:3]
    return float(Js), float(rate / Js), float(slope)


def singular_point(mu0_H_T, J_T, powder, window_T=0.8):
    """SingularPoint of a hard curve (n,) of internal fields and polarisations; powder: the fitted Powder.

    d²J/dH² by a cubic fitted to each window (Savitzky and Golay 1964, Anal. Chem. 36, 1627). It is least near Hs; the window
    moves it upwards, on the fitted curve as much as on the measured one, which calibrates it. Refused, as NaN with a reason:
    within a window of the largest field, of grains that are hardly aligned, and where the dip is not CLEAR times the scatter.
    """
    H, J = _usable("hard", (mu0_H_T, J_T), FROM_T)
    step = float(np.median(np.abs(np.diff(H))))
    points = 2 * round(window_T / step / 2) + 1
    if points < 7:
        raise UserError(f"hard curve: steps of {step:.3g} T are too wide for a window of {window_T:g} T; it needs 7 points")
    even = np.arange(H.min(), H.max(), step)
    too_near = f"lies within a window of {window_T:g} T of the largest field, {H.max():.3g} T"
    if powder.mu0_Hs_T > H.max() - window_T or len(even) < 2 * points:
        return SingularPoint(np.nan, np.nan, too_near)
    bend = lambda curve: scipy.signal.savgol_filter(curve, points, 3, deriv=2, delta=step)  # noqa: E731
    of_curve, of_fit = bend(np.interp(even, H[::-1], J[::-1])), bend(powder.hard(even))
    inner = slice(points // 2, len(even) - points // 2)  # whole windows
    sought = np.flatnonzero(np.abs(even / powder.mu0_Hs_T - 1) < AROUND)
    sought = sought[(sought >= inner.start) & (sought < inner.stop)]
    if len(sought) < 3:
        return SingularPoint(np.nan, np.nan, f"lies within a window of {window_T:g} T of the least field, {H.min():.3g} T")
    scatter = 1.4826 * np.median(np.abs(of_curve - of_fit)[inner])
    raw, calibration = _lowest(even[sought], of_curve[sought]), _lowest(even[sought], of_fit[sought])
    if raw > H.max() - window_T:
        return SingularPoint(np.nan, raw, too_near)
    if np.argmin(of_fit[sought]) in (0, len(sought) - 1):
        return SingularPoint(np.nan, raw, "the grains are too little aligned: d²J/dH² has no dip near Hs")
    if -of_curve[sought].min() < CLEAR * scatter:
        return SingularPoint(np.nan, raw, f"the dip of d²J/dH² is less than {CLEAR:g} times its scatter")
    return SingularPoint(raw * powder.mu0_Hs_T / calibration, raw, "")


def _lowest(H, bend):
    """Where a curve is least: the vertex of the parabola through its least point and that one's neighbours."""
    i = int(np.clip(np.argmin(bend), 1, len(H) - 2))
    left, middle, right = bend[i - 1 : i + 2]
    return float(H[i] + (H[1] - H[0]) / 2 * (left - right) / (left - 2 * middle + right))


def _usable(name, curve, from_T):
    """(mu0_H_T, J_T) of the points from from_T on, by falling field."""
    H, J = (np.asarray(column, dtype=float) for column in curve)
    if H.ndim != 1 or H.shape != J.shape:
        raise UserError(f"{name} curve: fields and polarisations must be as many, got {H.shape} and {J.shape}")
    kept = np.isfinite(H) & np.isfinite(J) & (from_T <= H)
    order = np.argsort(-H[kept], kind="stable")
    H, J = H[kept][order], J[kept][order]
    if len(H) < LEAST:
        raise UserError(f"{name} curve: {len(H)} points from {from_T:g} T on; {LEAST} at least are needed")
    if np.max(J) <= 0:
        raise UserError(f"{name} curve: the polarisation is nowhere above 0; it must be that of the first quadrant")
    return H, J
