"""How the magnetisation and the anisotropy of R2T14B fall with temperature: Kuz'min's law, and a table for each rare earth."""

from dataclasses import dataclass

import numpy as np
import scipy  # whose parts are loaded when they are used: most commands need none

T0_K = 300.0  # the laws of K1 are 1 here


def kuzmin(T_K, Tc_K, s):
    """Magnetisation over that at 0 K: [1 − s t^3/2 − (1 − s) t^5/2]^1/3 with t = T/Tc, and 0 from Tc on. Broadcastable.

    Source: Kuz'min, Phys. Rev. Lett. 94, 107204 (2005), with p = 5/2.
    """
    t = np.clip(T_K / Tc_K, 0.0, 1.0)
    return np.clip(1 - s * t**1.5 - (1 - s) * t**2.5, 0.0, None) ** (1 / 3)


@dataclass(frozen=True)
class Law:
    """K1 of one rare earth over that at T0_K in its R2Fe14B. T_K (t,) and m (k,), the transition metals' magnetisation over
    that at 0 K, are the axes of `values` (t, k)."""

    T_K: tuple
    m: tuple
    values: tuple

    def __post_init__(self):
        spline = scipy.interpolate.RectBivariateSpline(self.T_K, self.m, np.asarray(self.values, dtype=float), kx=3, ky=3)
        object.__setattr__(self, "_spline", spline)

    def __call__(self, T_K, m):
        """Broadcastable; temperatures beyond the table are taken at its ends."""
        T_K, m = np.broadcast_arrays(np.clip(T_K, self.T_K[0], self.T_K[-1]), m)
        return self._spline.ev(T_K, m)
