"""Powder patterns of R2T14B with Cu Kα radiation, computed from its crystal; patterns made comparable.

Kinematic, as in textbooks (Warren 1969, X-ray Diffraction): a line's intensity is the product of its multiplicity, |F|², the
Lorentz and polarisation factors and the preferred orientation; absorption and thermal motion are left out.
"""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import InvalidValue, UserError

K_ALPHA_nm = (0.15405929, 0.15444274)  # Kα1, Kα2 of Cu: Hölzer et al. 1997, Phys. Rev. A 56, 4554
K_ALPHA_2 = 0.5  # intensity of Kα2 over that of Kα1
LARGEST_DEG = 90.0  # form factors are known up to there
NO_LINE = 1e-8  # of the strongest |F|²: extinct


@dataclass(frozen=True)
class Lines:
    """Reflections by rising angle. hkl: (n, 3), h >= k >= 0, l >= 0; two_theta_deg: (n,) for Kα1; intensity: (n,)
    integrated, of Kα1, the largest being 100; s_per_nm: (n,) sin θ/λ."""

    hkl: np.ndarray
    two_theta_deg: np.ndarray
    intensity: np.ndarray
    s_per_nm: np.ndarray


def lines(crystal, from_deg, to_deg, march=1.0):
    """Lines of a Crystal between two angles 2θ.

    march: r of March and Dollase (Dollase 1986, J. Appl. Cryst. 19, 267) for c axes along the normal of the sample: 1 of a
    powder at random, below 1 of a textured one.
    """
    if not 0 < from_deg < to_deg <= LARGEST_DEG:
        raise InvalidValue(
            f"angles 2θ from {from_deg:g}° to {to_deg:g}° must rise and lie above 0° and at most at {LARGEST_DEG:g}°"
        )
    if not march > 0:
        raise InvalidValue(f"march = {march:g} must be above 0")
    s_limit = np.sin(np.radians(to_deg / 2)) / K_ALPHA_nm[0]
    most = int(2 * s_limit * max(crystal.a_nm, crystal.c_nm)) + 1
    hkl = np.array([(h, k, l) for h in range(most + 1) for k in range(h + 1) for l in range(most + 1) if h + l])  # noqa: E741
    in_plane, along = np.hypot(hkl[:, 0], hkl[:, 1]) / crystal.a_nm, hkl[:, 2] / crystal.c_nm
    s = np.hypot(in_plane, along) / 2
    kept = (s <= s_limit) & (s >= np.sin(np.radians(from_deg / 2)) / K_ALPHA_nm[0])
    hkl, s, cosine = hkl[kept], s[kept], (along / (2 * s))[kept]
    theta = np.arcsin(s * K_ALPHA_nm[0])
    squared = np.abs(crystal.structure_factors(hkl, s)) ** 2
    polarised = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    oriented = (march**2 * cosine**2 + (1 - cosine**2) / march) ** -1.5
    intensity = _multiplicity(hkl) * squared * polarised * oriented
    order = np.argsort(theta, kind="stable")
    order = order[squared[order] > NO_LINE * squared.max(initial=0.0)]
    strongest = intensity.max(initial=1e-300)
    return Lines(hkl[order], np.degrees(2 * theta[order]), 100 * intensity[order] / strongest, s[order])


def _multiplicity(hkl):
    """(n,) how many reflections are equal by the symmetry 4/mmm."""
    h, k, l = hkl.T  # noqa: E741
    return np.where(h == 0, 1, np.where((k == 0) | (h == k), 4, 8)) * np.where(l == 0, 1, 2)


def pattern(two_theta_deg, crystal, fwhm_deg=0.3, lorentzian=0.5, march=1.0):
    """(n,) intensities at angles 2θ (n,): lines of Kα1 and Kα2 with pseudo-Voigt profiles, unit area of the strongest Kα1 line.

    fwhm_deg: full width at half maximum; lorentzian: share of the Lorentzian in the profile, 0 to 1.
    """
    if not (fwhm_deg > 0 and 0 <= lorentzian <= 1):
        raise InvalidValue(f"fwhm_deg = {fwhm_deg:g} must be above 0 and lorentzian = {lorentzian:g} within 0 to 1")
    angles = np.asarray(two_theta_deg, dtype=float)
    margin = 20 * fwhm_deg  # lines from outside reach in with their tails
    found = lines(crystal, max(1.0, angles.min() - margin), min(LARGEST_DEG, angles.max() + margin), march)
    total = np.zeros(len(angles))
    for wavelength, share in zip(K_ALPHA_nm, (1.0, K_ALPHA_2), strict=True):
        centres = np.degrees(2 * np.arcsin(found.s_per_nm * wavelength))
        off = (angles[:, None] - centres) / (fwhm_deg / 2)
        gauss = np.sqrt(np.log(2) / np.pi) * np.exp(-np.log(2) * off**2)
        profile = (lorentzian / (np.pi * (1 + off**2)) + (1 - lorentzian) * gauss) / (fwhm_deg / 2)
        total += share * profile @ (found.intensity / 100)
    return total


def by_area(intensities):
    """Patterns (m, n) over their mean: an area of 1 per channel."""
    mean = np.mean(intensities, axis=1, keepdims=True)
    if not np.all(mean > 0):
        raise UserError(
            f"pattern {int(np.argmin(mean))}: counts sum to {len(intensities[0]) * mean.min():g}; they must be above 0"
        )
    return intensities / mean


def standard_normal(intensities):
    """Patterns (m, n) less their mean, over their standard deviation (SNV: Barnes et al. 1989, Appl. Spectrosc. 43, 772)."""
    spread = np.std(intensities, axis=1, keepdims=True)
    if not np.all(spread > 0):
        raise UserError(f"pattern {int(np.argmin(spread))}: all channels are equal")
    return (intensities - np.mean(intensities, axis=1, keepdims=True)) / spread
