"""Why a model says what it says: importance of variables on projection (VIP), and Shapley values of the inputs.

Shares of R sum to 1, as do those of T, so that one cannot change alone. A coalition of inputs takes its elements' shares from
the composition that is explained and all others from a row of the background, and the shares of R, and of T, are then made to
sum to 1. Nothing may be left, where the background's elements are those that the composition has none of: R, or T, is then
that of the composition. Shapley values are additive whatever the game, so that they sum to the prediction less the background's
mean.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS

TEMPERATURE = "temperature"
GROUPS = {"rare earths": RARE_EARTHS, "metals": METALS, TEMPERATURE: ()}  # players, and the elements that each brings
EACH = {element: (element,) for element in ELEMENTS} | {TEMPERATURE: ()}
BLOCKS = tuple(np.array([ELEMENTS.index(element) for element in group]) for group in (RARE_EARTHS, METALS))


def vip(model):
    """(c,) importance of each column of a fitted PLSRegression of one target; the mean of its squares is 1.

    VIP_j² = c Σ_a s_a w_ja² / Σ_a s_a, with the weights w_a of length 1 and the sum of squares of the target that component a
    explains, s_a = q_a² |t_a|²: Wold, Sjöström and Eriksson, Chemom. Intell. Lab. Syst. 58, 109 (2001).
    """
    weights = model.x_weights_ / np.linalg.norm(model.x_weights_, axis=0)
    explained = model.y_loadings_[0] ** 2 * (model.x_scores_**2).sum(axis=0)
    return np.sqrt(len(weights) * (weights**2 @ explained) / explained.sum())


def vip_shares(columns, values):
    """{input: its share of Σ VIP²}, which sum to 1. A column that is a product, as 'Nd^2 Co', gives each factor a part by its
    power: two thirds to Nd. columns: names; values: VIP of each."""
    shares = {}
    for column, value in zip(columns, values, strict=True):
        factors = [word.partition("^") for word in column.split()]
        powers = [(name, int(power or 1)) for name, _, power in factors]
        for name, power in powers:
            shares[name] = shares.get(name, 0.0) + value**2 * power / sum(p for _, p in powers)
    total = sum(shares.values())
    return {name: float(share / total) for name, share in shares.items()}


@dataclass(frozen=True)
class Background:
    """What an explanation starts from: every composition of `shares` (n, 8) at each of the temperatures (t,), all alike."""

    shares: np.ndarray
    T_K: tuple

    def rows(self):
        """Shares (r, 8), temperatures (r,) and weights (r,), which sum to 1, of rows that differ."""
        shares, counts = np.unique(self.shares, axis=0, return_counts=True)
        weights = np.repeat(counts, len(self.T_K)) / (len(self.shares) * len(self.T_K))
        return np.repeat(shares, len(self.T_K), axis=0), np.tile(np.asarray(self.T_K, dtype=float), len(shares)), weights


@dataclass(frozen=True)
class Explanation:
    """A prediction as a sum. base: mean over the background; contributions: {player: Shapley value}; value: the prediction.
    Each is an array of what is predicted for one composition, or a number."""

    base: np.ndarray
    contributions: dict
    value: np.ndarray


def explain(predict, composition, T_K, background, players=EACH):
    """Explanation of the prediction for a composition at a temperature, by exact interventional Shapley values.

    predict: shares (n, 8), T_K (n,) → (..., n), as (n,) or (k, n) of k members of a model; players: GROUPS or EACH (the
    default), of which those count that the composition or the background has.
    """
    shares, temperatures, weights = background.rows()
    x = np.array(composition.shares)
    there = (shares > 0).any(axis=0) | (x > 0)
    present = {element for element, has in zip(ELEMENTS, there, strict=True) if has}
    chosen = {name: brings for name, brings in players.items() if not brings or present & set(brings)}

    def value(coalition):
        taken = np.array([any(element in chosen[name] for name in coalition) for element in ELEMENTS])
        at_K = np.full_like(temperatures, T_K) if TEMPERATURE in coalition else temperatures
        return predict(mixed(x, shares, taken), at_K) @ weights

    return Explanation(value(()), shapley(value, tuple(chosen)), predict(x[None], np.array([float(T_K)]))[..., 0])


def mixed(x, shares, taken):
    """(n, 8): rows of `shares` with the elements of a mask from x (8,), R and T each made to sum to 1."""
    found = np.where(taken, x, shares)
    for block in BLOCKS:
        total = found[:, block].sum(axis=1, keepdims=True)
        none = total < 1e-12
        found[:, block] = np.where(none, x[block], found[:, block] / np.where(none, 1.0, total))
    return found


def shapley(value, players):
    """{player: Shapley value} of a game: value(tuple of players) → number or array. 2^p values are asked for."""
    orders = range(len(players) + 1)
    worth = {coalition: value(coalition) for size in orders for coalition in combinations(players, size)}
    found = {}
    for player in players:
        others = tuple(other for other in players if other != player)
        found[player] = 0.0
        for coalition, without in worth.items():
            if player not in coalition:
                joined = tuple(p for p in players if p in coalition or p == player)
                found[player] = found[player] + (worth[joined] - without) / (len(players) * comb(len(others), len(coalition)))
    return found
