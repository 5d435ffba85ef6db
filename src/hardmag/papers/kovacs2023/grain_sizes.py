"""Coercivity and N_eff of polycrystals over the size of their grains, at stated boundaries (Kovacs et al. 2023, Fig. 16).

Of a dataset whose samples are single structures: each in several sizes, with and without magnetostatics. A structure that
failed has no coercivity (NaN), but the curve up to there.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import f, t

from hardmag.errors import UserError
from hardmag.materials import MU0, ND2FE14B

READINGS = {"3 nm": lambda size, boundary: boundary == 3, "3 %": lambda size, boundary: np.isclose(boundary, 0.03 * size)}
MU0_MS_T, ANISOTROPY_T = MU0 * ND2FE14B.Ms_A_per_m, ND2FE14B.anisotropy_field_T
LEVEL = 0.5  # of M/Ms: the curve's middle part is that between ± this
FEWEST = 3  # structures that an interval of theirs needs
AVERAGE_STEP_T = 0.01
PLACES = 4  # of what is stored


@dataclass(frozen=True)
class Group:
    """n structures of one grain size and one boundary. mu0_Hc_T, mu0_Hc_star_T: with and without magnetostatics, (n,); curves:
    [(mu0_H_T, m_parallel)]; failures: codes, '' for none."""

    grain_size_nm: float
    boundary_nm: float
    structure_seed: tuple
    mu0_Hc_T: np.ndarray
    mu0_Hc_star_T: np.ndarray
    failures: tuple
    curves: tuple

    @property
    def N_eff(self):
        """Of each structure: (n,)."""
        return (self.mu0_Hc_star_T - self.mu0_Hc_T) / MU0_MS_T

    @property
    def alpha(self):
        """Of each structure: (n,)."""
        return self.mu0_Hc_star_T / ANISOTROPY_T

    @property
    def width_T(self):
        """Field between m = LEVEL and −LEVEL: (n,), small where the curve is steep; NaN where there is no coercivity."""
        there = np.isfinite(self.mu0_Hc_T)
        return np.array([_width_T(*curve) if ok else np.nan for curve, ok in zip(self.curves, there, strict=True)])

    @property
    def whole_curves(self):
        """Of structures that have a coercivity."""
        return [curve for curve, Hc in zip(self.curves, self.mu0_Hc_T, strict=True) if np.isfinite(Hc)]

    def to_dict(self):
        """As JSON holds it."""
        number = lambda values: [None if np.isnan(v) else round(float(v), PLACES) for v in values]  # noqa: E731
        curves = [{"mu0_H_T": number(H), "m_parallel": number(m)} for H, m in (_thinned(*curve) for curve in self.curves)]
        arrays = {key: number(getattr(self, key)) for key in ("mu0_Hc_T", "mu0_Hc_star_T")}
        return vars(self) | arrays | {"curves": curves}

    @classmethod
    def from_dict(cls, held):
        """What to_dict has described."""
        arrays = {key: np.array(held[key], dtype=float) for key in ("mu0_Hc_T", "mu0_Hc_star_T")}
        curves = tuple((np.array(c["mu0_H_T"]), np.array(c["m_parallel"])) for c in held["curves"])
        return cls(**held | arrays | {"curves": curves})


def groups_of(table, half_cycles):
    """Groups with magnetostatics of a dataset of kind polycrystal, by size and boundary. half_cycles: as of read_curves.

    Without magnetostatics the boundary does not matter: any of the same structure and size will do.
    """
    size, boundary, seed = (table[key].astype(float) for key in ("grain_size_nm", "boundary_nm", "structure_seed"))
    field = np.where(table["status"] == "accepted", table["mu0_Hc_T"].astype(float), np.nan)
    with_it = table["magnetostatics"] == "with"
    star = {(size[k], seed[k]): field[k] for k in np.flatnonzero(~with_it)}
    groups = []
    for own_size, own_boundary in sorted(set(zip(size[with_it], boundary[with_it], strict=True))):
        rows = np.flatnonzero(with_it & (size == own_size) & (boundary == own_boundary))
        rows = rows[np.argsort(seed[rows])]
        if any((own_size, seed[k]) not in star for k in rows):
            raise UserError(f"dataset: of grains of {own_size:g} nm not every structure was simulated without magnetostatics")
        groups.append(
            Group(
                float(own_size),
                float(own_boundary),
                tuple(int(seed[k]) for k in rows),
                field[rows],
                np.array([star[own_size, seed[k]] for k in rows]),
                tuple(str(table["failure"][k]) for k in rows),
                tuple(half_cycles[k][0] for k in rows),
            )
        )
    if len({group.structure_seed for group in groups}) > 1:
        raise UserError("dataset: not every size and boundary has the same structures")
    return groups


def of_reading(groups, reading):
    """Those whose boundary is '3 nm' or '3 %', the smallest grains first."""
    return sorted((g for g in groups if READINGS[reading](g.grain_size_nm, g.boundary_nm)), key=lambda g: g.grain_size_nm)


def average(curves):
    """Mean of curves that begin at the same field: (mu0_H_T, m_parallel). One that has ended stays at its last value."""
    fields = np.arange(min(H[-1] for H, _ in curves), max(H[0] for H, _ in curves), AVERAGE_STEP_T)
    return fields, np.mean([np.interp(fields, H[::-1], m[::-1]) for H, m in curves], axis=0)


def mean_interval(values):
    """(mean, low, high) of numbers, by Student's t at 95 %; NaN are left out, and of fewer than FEWEST nothing is said."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < FEWEST:
        return (np.nan,) * 3
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def weakest_step(groups, key, sign):
    """(value, low, high, from size, to size) of the mean change of a property from one size to the next, same structures.

    Of all steps that have an interval the one that speaks least for a change of this sign: lowest low if +1, highest high if
    −1. The sizes: the first and the last that such steps reach.
    """
    steps = []
    for smaller, larger in zip(groups, groups[1:], strict=False):
        found = mean_interval(getattr(larger, key) - getattr(smaller, key))
        if np.isfinite(found[0]):
            steps.append((*found, smaller.grain_size_nm, larger.grain_size_nm))
    if not steps:
        return (np.nan,) * 5
    weakest = min(steps, key=lambda step: step[1] if sign > 0 else -step[2])
    return *weakest[:3], steps[0][3], steps[-1][4]


def spread_ratio(groups):
    """(value, low, high, from size, to size): standard deviation of µ0Hc over structures at the largest size over that at the
    smallest, with 95 % by the F distribution; the largest that has a coercivity of FEWEST structures."""
    there = [(g.grain_size_nm, own) for g in groups if len(own := g.mu0_Hc_T[np.isfinite(g.mu0_Hc_T)]) >= FEWEST]
    if len(there) < 2:
        return (np.nan,) * 5
    (first, small), (last, large) = there[0], there[-1]
    ratio = float(large.std(ddof=1) / small.std(ddof=1))
    edges = f.ppf([0.975, 0.025], len(large) - 1, len(small) - 1)
    return ratio, *(ratio / np.sqrt(edges)).tolist(), first, last


def _width_T(H, m):
    upper, lower = (_crossing_T(H, m, level) for level in (LEVEL, -LEVEL))
    return upper - lower


def _crossing_T(H, m, level):
    below = np.flatnonzero(np.asarray(m) <= level)
    if len(below) == 0 or below[0] == 0:
        return np.nan
    i = below[0]
    return float(H[i - 1] + (H[i] - H[i - 1]) * (m[i - 1] - level) / (m[i - 1] - m[i]))


def _thinned(H, m):
    """The curve without points that lie on straight lines to what a picture shows."""
    keep = [0]
    for i in range(1, len(H) - 1):
        a, b = keep[-1], i + 1
        between = slice(a + 1, b)
        line = m[a] + (m[b] - m[a]) * (H[between] - H[a]) / (H[b] - H[a])
        if np.abs(m[between] - line).max() > 2e-3:
            keep.append(i)
    keep = [*keep, len(H) - 1] if len(H) > 1 else keep
    return np.asarray(H)[keep], np.asarray(m)[keep]
