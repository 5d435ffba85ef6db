"""Verdict on a sample from its raw half-cycles. The solver's own word is where it begins, not where it ends."""

from dataclasses import dataclass

import numpy as np

from hardmag.campaign.failures import Failure, of_status
from hardmag.loops import Loop, analyse, average_curve


@dataclass(frozen=True)
class Verdict:
    """failure: None when accepted; detail: what was seen; loop, curve (mu0_H_T, m_parallel): of the averaged half-cycle,
    None where there is none to average."""

    failure: Failure | None
    detail: str
    loop: Loop | None = None
    curve: tuple | None = None
    Hc_std_T: float = float("nan")


def judge(runs, quality):
    """Verdict on one sample. runs: its half-cycles (records of a batch file); quality: dict of config.Quality."""
    failures = [of_status(r["status"]) for r in runs]
    for run, failure in zip(runs, failures, strict=True):
        if failure is not None:
            where = f", last at rest at µ0H = {run['mu0_H_T'][-1]:.3f} T" if len(run["mu0_H_T"]) else ""
            return Verdict(failure, f"realisation {run['realisation']}{where}")
    for run in runs:
        if not np.all(np.isfinite(run["m_parallel"])):
            return Verdict(Failure.NOT_A_NUMBER, f"realisation {run['realisation']}: m_parallel")
    ratio = max(r["cell_over_delta0"] for r in runs)
    if ratio > quality["max_cell_over_delta0"]:
        return Verdict(Failure.UNDER_RESOLVED_WALL, f"cell / δ0 = {ratio:.2f} > {quality['max_cell_over_delta0']:g}")
    largest = max(np.abs(r["m_parallel"]).max() for r in runs)
    if largest > 1 + 1e-5:
        return Verdict(Failure.MOMENT_EXCEEDED, f"|m_parallel| = {largest:.6f}")
    mean_Ms = float(np.mean([r["mean_Ms_A_per_m"] for r in runs]))
    H, m = average_curve([(r["mu0_H_T"], r["m_parallel"]) for r in runs])
    loop = analyse(H, m, mean_Ms)
    single = [analyse(r["mu0_H_T"], r["m_parallel"], r["mean_Ms_A_per_m"]).mu0_Hc_T for r in runs]
    spread = float(np.std(single)) if np.all(np.isfinite(single)) else float("nan")
    if spread > quality["max_spread_T"]:
        detail = f"standard deviation of Hc = {spread:.3f} T > {quality['max_spread_T']:g} T"
        return Verdict(Failure.REALISATIONS_DISAGREE, detail, loop, (H, m), spread)
    return Verdict(None, "", loop, (H, m), spread)
