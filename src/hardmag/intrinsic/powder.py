"""Magnetisation curves of a powder of single crystals, aligned with a texture: along its easy and its hard direction.

Each grain turns its moment as one body (Stoner and Wohlfarth 1948, Phil. Trans. R. Soc. A 240, 599) with K1 and K2. The
energy of a moment at φ from the easy axis, in a field H at θ from it, is K1 sin²φ + K2 sin⁴φ − µ0·Ms·H cos(θ − φ). Its
minimum obeys

    sin φ cos φ (1 + 2 r sin²φ) / (1 + 2 r) = u sin(θ − φ),   r = K2/K1,   u = H/Hs,   µ0·Hs = (2 K1 + 4 K2)/Ms,

which gives u for each φ, so that the curve needs no root finder. Only fields after saturation, before any grain has reversed,
are described: those of the first quadrant.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from hardmag.materials import MU0

RATIOS = (-0.15, 1.0)  # of K2/K1: below −1/6 a moment jumps on its way to the hard direction
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(96)
ANGLES = np.pi / 4 * (_NODES + 1)  # rad, between the field and an easy axis
_SOLID = np.pi / 4 * _WEIGHTS * np.sin(ANGLES)  # share of a half-sphere at each angle
# θ − φ over θ, falling: densest where the moment is nearly along the field. Interpolation between errs by 5e-6 of Ms.
_LEFT = np.concatenate([np.geomspace(1e-6, 0.05, 400, endpoint=False), np.linspace(0.05, 1.0, 400)])[::-1]
# The grains are a sum of cones about the direction of alignment: in each the density of easy axes is even up to one of these
# angles and falls to 0 at the next; in the last it is even over all of the half-sphere. So the density may have any shape that
# falls from the direction of alignment on. With a Gaussian in place of the true shape Hs would err by up to 3 %.
CONES_DEG = (0, 3, 6, 9, 12, 16, 20, 25, 30, 35, 42, 60, 90)


def turned(u, ratio):
    """(angles, n) moment along the field, over Ms, of grains whose easy axes lie at ANGLES from it; u: (n,) H/Hs > 0."""
    delta = ANGLES[:, None] * _LEFT
    sine = np.sin(ANGLES[:, None] - delta)
    held = sine * np.cos(ANGLES[:, None] - delta) * (1 + 2 * ratio * sine**2) / (1 + 2 * ratio)
    fields, along = held / np.sin(delta), np.cos(delta)
    return np.array([np.interp(u, *of_angle) for of_angle in zip(fields, along, strict=True)])


@cache
def textures():
    """(easy, hard): (cones, angles) each; shares of the grains of a cone that lie at ANGLES from the direction of alignment,
    and from one perpendicular to it. Rows sum to 1."""
    beta = np.arccos(np.sin(ANGLES)[:, None] * np.cos(ANGLES))  # of an axis at ANGLES[:, None], at ANGLES around the hard one
    easy, hard = [], []
    for density in np.tri(len(CONES_DEG)):
        easy.append(_SOLID * np.interp(np.degrees(ANGLES), CONES_DEG, density))
        hard.append(_SOLID * (np.interp(np.degrees(beta), CONES_DEG, density) @ _WEIGHTS))
    return tuple(np.array(rows) / np.sum(rows, axis=1, keepdims=True) for rows in (easy, hard))


@dataclass(frozen=True, eq=False)
class Powder:
    """What a powder's curves follow from.

    Js_T: µ0·Ms; mu0_Hs_T: (2 K1 + 4 K2)/Ms, at which the hard direction saturates; ratio: K2/K1; texture: shares of the
    grains by their cone (CONES_DEG), which sum to 1, the last of them at random; slope: of what is para- or diamagnetic, in T
    per T.
    """

    Js_T: float
    mu0_Hs_T: float
    ratio: float
    texture: np.ndarray
    slope: float

    @property
    def K1_MJ_per_m3(self):
        """The first anisotropy constant, Js·Hs / (2 + 4 K2/K1)."""
        return self.Js_T * self.mu0_Hs_T / (2 + 4 * self.ratio) / MU0 / 1e6

    @property
    def K2_MJ_per_m3(self):
        """The second anisotropy constant."""
        return self.ratio * self.K1_MJ_per_m3

    @property
    def alignment(self):
        """Mean cosine between easy axes and the direction of alignment: 1 of perfect alignment, 1/2 of none."""
        return float(self.texture @ textures()[0] @ np.cos(ANGLES))

    @property
    def misoriented(self):
        """Share of the grains that lie at random."""
        return float(self.texture[-1])

    def easy(self, mu0_H_T):
        """(n,) polarisation (T) along the direction of alignment, at internal fields (n,) in T."""
        return self._curve(mu0_H_T, textures()[0])

    def hard(self, mu0_H_T):
        """(n,) polarisation (T) perpendicular to the direction of alignment."""
        return self._curve(mu0_H_T, textures()[1])

    def _curve(self, mu0_H_T, of_angles):
        H = np.asarray(mu0_H_T, dtype=float)
        return self.Js_T * (self.texture @ of_angles @ turned(H / self.mu0_Hs_T, self.ratio)) + self.slope * H
