"""Verdict on a sample from its raw half-cycles. The solver's own word is where it begins, not where it ends."""

from dataclasses import dataclass

import numpy as np

from hardmag.campaign.failures import Failure, of_status
from hardmag.loops import Loop, analyse, average_curve, first_discontinuity
from hardmag.micromagnetics.outcome import REVERSED_AT

RISE = 0.01  # of m_parallel: ten times what it is off by in states that are at rest to the tolerance


@dataclass(frozen=True)
class Verdict:
    """failure: None when accepted; detail: what was seen; loop, curve (mu0_H_T, m_parallel): of the averaged half-cycle,
    None where there is none to average."""

    failure: Failure | None
    detail: str
    loop: Loop | None = None
    curve: tuple | None = None
    Hc_std_T: float = float("nan")


def judge(records, quality):
    """Verdict on an attempt. records: of its half-cycles, their curves arrays; quality: dict of config.Quality."""
    for r in records:
        failure = of_status(r.status)
        if failure is not None:
            where = f", last at rest at µ0H = {r.mu0_H_T[-1]:.3f} T" if len(r.mu0_H_T) else ""
            return Verdict(failure, r.detail or f"realisation {r.realisation}{where}")
    for r in records:
        found = _wrong_with(r.mu0_H_T, r.m_parallel)
        if found is not None:
            return Verdict(found[0], f"realisation {r.realisation}: {found[1]}")
    if np.ptp([r.mu0_H_T[0] for r in records]) > 1e-9:
        return Verdict(Failure.MALFORMED_CURVE, "the realisations do not begin at one field")
    ratio = max(r.cell_over_delta0 for r in records)
    if ratio > quality["max_cell_over_delta0"]:
        return Verdict(Failure.UNDER_RESOLVED_WALL, f"cell / δ0 = {ratio:.2f} > {quality['max_cell_over_delta0']:g}")
    mean_Ms = float(np.mean([r.mean_Ms_A_per_m for r in records]))
    H, m = average_curve([(r.mu0_H_T, r.m_parallel) for r in records])
    loop = analyse(H, m, mean_Ms)
    single = [analyse(r.mu0_H_T, r.m_parallel, r.mean_Ms_A_per_m).mu0_Hc_T for r in records]
    spread = float(np.std(single)) if np.all(np.isfinite(single)) else float("nan")
    if spread > quality["max_spread_T"]:
        detail = f"standard deviation of Hc = {spread:.3f} T > {quality['max_spread_T']:g} T"
        return Verdict(Failure.REALISATIONS_DISAGREE, detail, loop, (H, m), spread)
    return Verdict(None, "", loop, (H, m), spread)


def _wrong_with(H, m):
    """(failure, detail) of what no half-cycle can look like, whatever the solver says of it, or None.

    Start: coming from saturation, moments lie on the field's side of their easy axes and turn towards it, so that m > 0
    even at right angles. The mirror image of that branch, m(H) → −m(−H), is the one on which the curve ends. Towards larger
    fields it grows, in proportion to them at most (and just so at right angles). A curve that ends with twice the moment
    that its first value allows did not begin saturated.

    Course: on a branch of energy minima dm/dH ≥ 0, and where it loses its stability m is falling. So m does not rise with
    falling field before the first discontinuity, and later it does not exceed its first value. It may rise a little after
    a discontinuity: the energy also drops when a part that has reversed lets its neighbour turn back. That the energy
    itself does not rise is for the solver to watch: curves do not tell.
    """
    if len(H) < 2 or len(H) != len(m):
        return Failure.MALFORMED_CURVE, f"{len(H)} fields, {len(m)} values of m_parallel"
    if not np.all(np.diff(H) < 0):
        return Failure.MALFORMED_CURVE, "the applied field does not fall strictly"
    if not np.all(np.isfinite(m)):
        return Failure.NOT_A_NUMBER, "m_parallel"
    largest = np.abs(m).max()
    if largest > 1 + 1e-5:
        return Failure.MOMENT_EXCEEDED, f"|m_parallel| = {largest:.6f}"
    ends = f"m_parallel = {m[0]:.3f} at first, {m[-1]:.3f} at last"
    if m[0] <= max(0.0, -m[-1] / 2 * H[0] / max(H[0], -H[-1])):
        return Failure.NOT_SATURATED, ends
    rises = np.flatnonzero((np.diff(m) > RISE) | (m[1:] > m[0] + RISE))
    if len(rises):
        jump = first_discontinuity(H, m)
        if jump is None or rises[0] < jump or m.max() > m[0] + RISE:
            return Failure.MOMENT_ROSE, f"m_parallel rises at µ0H = {H[rises[0] + 1]:.3f} T"
    if m[-1] > -REVERSED_AT * m[0] + 1e-9:
        return Failure.NOT_REVERSED, ends
    return None
