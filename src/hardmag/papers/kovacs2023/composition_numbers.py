"""The numbers by which claims on composition are judged, each with its 95 % interval: (value, low, high)."""

import numpy as np
from scipy.stats import binomtest, linregress, spearmanr, t

from hardmag.intrinsic.explain import GROUPS
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.papers.kovacs2023.compositions import (
    EXPLAINED,
    FOUND,
    HOT_K,
    LA_60,
    NEAR_K,
    NEODYMIUM,
    ROOM_K,
    TARGETS,
    lanthanum,
)
from hardmag.papers.kovacs2023.evidence import explained

K1, MS = "K1_MJ_per_m3", "mu0_Ms_T"
INDEX = {MS: 0, K1: 1}  # in evidence.EXPLAINED_TARGETS
TAILS = (0.025, 0.975)
TENTHS = np.array([lanthanum(x).shares for x in np.linspace(0, 1, 11)])
CO_SHARES = np.linspace(0.05, 0.95, 19)
RESAMPLES = 500
RANDOM = 300  # compositions
UNTOLD = (np.nan, np.nan, np.nan)


def falls_with_lanthanum(target, T_K):
    """Least fall of the model over a tenth of La, from none to all; interval: spread of the fit."""
    return lambda e: _spread(e, lambda of: (-np.diff(of(TENTHS, T_K)[target], axis=-1)).min(axis=-1))


def measured_fall(target):
    """Fall from Nd2Fe14B to La2Fe14B of the line through the rows between them; interval: of its slope, by its residuals."""

    def number(e):
        rows = e.measured.known(target)
        here = np.isclose(rows.shares[:, [ELEMENTS.index(x) for x in ("Nd", "La")]].sum(axis=1), 1)
        rows = rows.of(here & (rows.shares[:, ELEMENTS.index("Fe")] == 1) & (np.abs(rows.T_K - ROOM_K) <= NEAR_K))
        if len(rows) < 3:
            return UNTOLD
        line = linregress(rows.shares[:, ELEMENTS.index("La")], getattr(rows, target))
        width = t.ppf(TAILS[1], len(rows) - 2) * line.stderr
        return -line.slope, -line.slope - width, -line.slope + width

    return number


def at_60_percent(e):
    """µ0·Ms (T) of (Nd0.4La0.6)2Fe14B when it is hot; interval: of a measurement."""
    return _measurement(e, LA_60, HOT_K, MS)


def contribution(*players, target=MS):
    """Sum of Shapley values in the paper's composition; interval: spread of the fit."""

    def number(e):
        return _sum(players, target, e.fitted, e.members)

    return number


def of_groups(*players, target=MS):
    """The same with the rare earths, and the metals, as one input."""

    def number(e):
        return _sum(players, target, *(explained(of, e.measured.shares, GROUPS) for of in (e.model.at, e.model.spread)))

    return number


def cools(e):
    """µ0·Ms (T) of the paper's composition, hot less at room temperature; interval: spread of the fit."""
    return _spread(e, lambda of: of(EXPLAINED, HOT_K)[MS][..., 0] - of(EXPLAINED, ROOM_K)[MS][..., 0])


def cobalt_restores(e):
    """Largest µ0·Ms (T) of (Nd0.4La0.6)2(Fe,Co)14B when it is hot, less that of Nd2Fe14B; interval: spread of the fit."""
    with_Co = np.array([EXPLAINED.with_shares({"Co": float(share)}).shares for share in CO_SHARES])
    return _spread(e, lambda of: of(with_Co, HOT_K)[MS].max(axis=-1) - of(NEODYMIUM, HOT_K)[MS][..., 0])


def without_interval(*names):
    """A score by composition, which has no interval. names: target and key."""
    return lambda e: (e.score(*names), np.nan, np.nan)


def coverage(target):
    """Share of measured values, of compositions left out, within the bootstrap's 95 %; interval: Wilson's over the rows."""

    def number(e):
        share = e.coverage(target, "bootstrap")
        rows = len(e.measured.known(target))
        found = binomtest(round(share * rows), rows).proportion_ci(method="wilson")
        return share, found.low, found.high

    return number


def spread_by_distance(target):
    """Spearman's ρ, of compositions at random, between the width of the spread of the fit and the distance to the data;
    interval: bootstrap over the compositions."""

    def number(e):
        rng = np.random.default_rng(0)
        blocks = [[ELEMENTS.index(x) for x in group if x in e.model.covered] for group in (RARE_EARTHS, METALS)]
        shares = np.zeros((RANDOM, len(ELEMENTS)))
        for block in blocks:
            shares[:, block] = rng.dirichlet(np.full(len(block), 0.5), RANDOM)
        width = np.ptp(np.quantile(e.model.spread(shares, ROOM_K)[target], TAILS, axis=0), axis=0)
        distance = e.model.distance(shares)
        drawn = [spearmanr(distance[i], width[i]).statistic for i in rng.integers(RANDOM, size=(RESAMPLES, RANDOM))]
        return float(spearmanr(distance, width).statistic), *map(float, np.quantile(drawn, TAILS))

    return number


def line_through_measured(role):
    """K1 (MJ/m³) at a target's µ0·Ms of the line through all rows at room temperature; interval: bootstrap over the rows."""

    def number(e):
        rows = e.measured.known(K1).known(MS)
        rows = rows.of(np.abs(rows.T_K - ROOM_K) <= NEAR_K)
        x, y, at, rng = rows.mu0_Ms_T, rows.K1_MJ_per_m3, TARGETS[role][1], np.random.default_rng(0)
        drawn = [np.polyval(np.polyfit(x[i], y[i], 1), at) for i in rng.integers(len(x), size=(RESAMPLES, len(x)))]
        return float(np.polyval(np.polyfit(x, y, 1), at)), *map(float, np.quantile(drawn, TAILS))

    return number


def of_found(role, T_K, target):
    """K1 or µ0·Ms of what the paper found for a target; interval: of a measurement."""
    return lambda e: _measurement(e, Composition.parse(FOUND[role, T_K]), T_K, target)


def _sum(players, target, fitted, members):
    """Of two Explanations; an element that is nowhere adds nothing."""
    total, drawn = (sum(x.contributions[p][INDEX[target]] for p in players if p in x.contributions) for x in (fitted, members))
    return float(total), *map(float, np.quantile(drawn, TAILS))


def _measurement(e, composition, T_K, target):
    low, high = e.model.interval(composition, T_K)[target]
    return float(e.model.at(composition, T_K)[target][0]), float(low[0]), float(high[0])


def _spread(e, number):
    """number: function of IntrinsicModel.at or .spread → number or (k,)."""
    return float(number(e.model.at)), *map(float, np.quantile(number(e.model.spread), TAILS))
