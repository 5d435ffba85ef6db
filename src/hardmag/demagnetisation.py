"""What one simulated half-cycle gives: its curve, the figures of that, how it ended; as a table and as a picture."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from hardmag.figures.notation import curve_axes, curve_label
from hardmag.loops import Loop
from hardmag.micromagnetics.outcome import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


@dataclass(frozen=True, eq=False)
class DemagnetisationCurve:
    """A demagnetisation curve, simulated from saturation downwards.

    mu0_H_T: (n,) applied fields in T, strictly decreasing. m_parallel: (n,) moment along the field over the total moment; NaN
    at a field where no rest was found, which then is the last. codes: (n,) whole numbers, the Status of the minimisation at
    each field. status: Status of the whole; OK also where the range ends beyond the coercivity. loop: coercivity and the other
    figures of the curve, all NaN where status is not OK. evaluations: field evaluations spent.
    """

    mu0_H_T: np.ndarray
    m_parallel: np.ndarray
    codes: np.ndarray
    status: Status
    loop: Loop
    evaluations: int

    def table(self) -> DataFrame:
        """One row per field: mu0_H_T (T), m_parallel (1), status ('ok', or what went wrong there)."""
        import pandas as pd  # half a second, which those who want no table do without

        names = [Status(code).name.lower() for code in self.codes]
        return pd.DataFrame({"mu0_H_T": self.mu0_H_T, "m_parallel": self.m_parallel, "status": names})

    def plot(self, axis: Axes | None = None) -> Axes:
        """Draw the curve, with µ0Hc and Φp in the legend, and ▼ at the depinning field where that comes before Hc.

        axis: of matplotlib; without one, that of a new figure. Returns the axis.
        """
        import matplotlib.pyplot as plt

        if axis is None:
            _, axis = plt.subplots(figsize=(5.6, 4), layout="constrained")
        curve_axes(axis)
        Hc, Hp, phi_p = self.loop.mu0_Hc_T, self.loop.mu0_Hp_T, self.loop.phi_p
        ended = "no hysteresis" if self.status is Status.OK else self.status.name.lower().replace("_", " ")
        label = curve_label(Hc, phi_p) if isfinite(Hc) else ended
        (line,) = axis.plot(self.mu0_H_T, self.m_parallel, ".-", ms=3, lw=1.2, label=label)
        if phi_p > 0:
            height = np.interp(-Hp, self.mu0_H_T[::-1], self.m_parallel[::-1])
            axis.plot(-Hp, height, "v", color=line.get_color(), ms=6, mec="black")
        axis.legend(framealpha=1, edgecolor="white")
        return axis
