"""Limits of a composition that is searched for: elements, shares, Tc, spread of the fit, cost, distance to the data."""

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from hardmag.errors import InvalidValue, UserError, meant
from hardmag.intrinsic.answer import NOTATION, spread_of
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.materials.price import PriceTable, costs_per_cm3

TARGETS = ("K1_MJ_per_m3", "mu0_Ms_T")
STEPS = 100  # of a share, from 0 to 1: compositions are whole numbers of them


@dataclass(frozen=True)
class Limits:
    """What is allowed.

    only: elements, all of the model by default; without a metal among them Fe is the only one. largest: {element: largest
    share}; of an element that is not in it, the largest share in the data. spread: {target: largest half-width of the spread of
    the fit}; Tc_margin_K: least Tc − T; cost_per_cm3: largest, in JPY; distance: largest, to the data.
    """

    only: tuple[str, ...] | None = None
    largest: dict[str, float] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)
    Tc_margin_K: float = 50.0
    cost_per_cm3: float | None = None
    distance: float | None = None

    def __post_init__(self):
        for what, names, known in (
            ("allowed elements", self.only or (), ELEMENTS),
            ("largest share", self.largest, ELEMENTS),
            ("largest spread", self.spread, TARGETS),
        ):
            for name in names:
                if name not in known:
                    raise UserError(f"{what}: {name!r} is not one of {', '.join(known)}{meant(name, known)}")
        for element, share in self.largest.items():
            if isinstance(share, str) or not 0 <= share <= 1:
                raise UserError(f"largest share: {element} = {share} must be a number between 0 and 1")
        numbers = {f"largest spread: {name}": value for name, value in self.spread.items()}
        numbers |= {"largest cost": self.cost_per_cm3, "largest distance": self.distance, "margin of Tc": self.Tc_margin_K}
        for name, value in numbers.items():
            if value is not None and not 0 <= value < np.inf:
                raise UserError(f"{name} = {value:g} must be a finite number >= 0")


@dataclass(frozen=True)
class Space:
    """Compositions (n, 8) in whole steps that a model may be asked for at a temperature, and which limits they break. prices:
    what cost is by."""

    model: IntrinsicModel
    T_K: float
    limits: Limits
    prices: PriceTable

    def __post_init__(self):
        """UserError where no composition is left, and where there is no price of an element whose cost has a limit."""
        limits, covered = self.limits, self.model.covered
        for element in (*limits.largest, *(limits.only or ())):
            if element not in covered:
                raise UserError(f"{element} is not in the model's data ({', '.join(covered)})")
        only = limits.only or covered
        only = only if set(only) & set(METALS) else (*only, "Fe")
        in_data = dict(zip(ELEMENTS, self.model.data.max(axis=0).tolist(), strict=True))
        most = {element: limits.largest.get(element, in_data[element]) if element in only else 0.0 for element in ELEMENTS}
        whole = np.array([np.floor(share * STEPS + 1e-6) for share in most.values()], dtype=int)
        object.__setattr__(self, "most", whole)
        for what, group in (("rare earths", RARE_EARTHS), ("metals", METALS)):
            total = sum(whole[_columns(group)]) / STEPS
            if total < 1:
                raise UserError(f"the largest shares of the {what} sum to {total:g}; they must make at least 1")
        if limits.cost_per_cm3 is not None:
            for element in (*self.elements, "B"):
                self.prices.per_kg(element)

    @property
    def elements(self):
        """Those that there may be something of."""
        return tuple(element for element, most in zip(ELEMENTS, self.most, strict=True) if most)

    def values(self, steps):
        """{property: (n,)} of the model."""
        return self.model.at(steps / STEPS, self.T_K)

    @property
    def rules(self):
        """[(a limit in words, function of steps and values → by how much of it (n,) it is broken; <= 0 where it is kept)]."""
        limits, least = self.limits, self.T_K + self.limits.Tc_margin_K
        found = [
            (f"Tc >= {least:g} K", lambda steps, values: 1 - values["Tc_K"] / least),
            ("K1 >= 0", lambda steps, values: np.where(values["mu0_Ms_T"] > 0, -values["K1_MJ_per_m3"], 1.0)),
        ]
        for target, most in limits.spread.items():
            symbol, unit, _ = NOTATION[target]
            found.append((f"spread of {symbol} <= ± {most:g} {unit}", partial(self._over_spread, target, most)))
        if (most := limits.cost_per_cm3) is not None:
            found.append((f"cost <= {most:g} JPY/cm³", lambda steps, values, most=most: _over(self.costs(steps), most)))
        if (most := limits.distance) is not None:
            distance = lambda steps, values, most=most: _over(self.model.distance(steps / STEPS), most)  # noqa: E731
            found.append((f"distance to the data <= {most:g}", distance))
        return found

    def _over_spread(self, target, most, steps, values):
        low, high = spread_of(self.model.spread(steps / STEPS, self.T_K)[target])
        return _over((high - low) / 2, most)

    def excess(self, steps, values):
        """(n, limits) by how much of it each of the rules is broken. values: those of the steps."""
        return np.stack([rule(steps, values) for _, rule in self.rules], axis=1)

    def costs(self, steps):
        """(n,) JPY/cm³, infinite where an element has no price."""
        found = np.full(len(steps), np.inf)
        if _has_price("B", self.prices):
            lacking = [column for column, element in enumerate(ELEMENTS) if not _has_price(element, self.prices)]
            known = ~steps[:, lacking].any(axis=1)
            found[known] = costs_per_cm3(steps[known] / STEPS, self.prices)
        return found

    def broken(self, steps):
        """The limits, in words, that a composition (8,) breaks."""
        over = [(element, most) for element, n, most in zip(ELEMENTS, steps, self.most, strict=True) if n > most]
        found = [f"{element} <= {most / STEPS:g}" for element, most in over if most]
        excess = self.excess(steps[None], self.values(steps[None]))[0]
        found += [name for (name, _), over in zip(self.rules, excess, strict=True) if over > 0]
        return found + ([f"only {', '.join(self.elements)}"] if any(not most for _, most in over) else [])

    def breach(self, steps, excess):
        """(n,) by how much compositions break the limits, all together. excess: that of the steps."""
        return np.maximum(excess, 0).sum(axis=1) + np.maximum(steps - self.most, 0).sum(axis=1) / STEPS

    def widest(self):
        """The same with all elements of the model, and no limits but that of Tc and an easy axis."""
        in_data = self.model.data.max(axis=0)
        wider = {e: share for e, share in self.limits.largest.items() if share > in_data[ELEMENTS.index(e)]}
        return replace(self, limits=Limits(largest=wider, Tc_margin_K=self.limits.Tc_margin_K))


def composition(steps):
    """Composition of steps (8,)."""
    return Composition(tuple((steps / STEPS).tolist()))


def simplex(weights, most):
    """(n, 8) whole steps that sum to STEPS over the rare earths and over the metals, none above `most` (8,), as nearly in
    proportion to the weights (n, 8) >= 0 as that allows. Shares of less than a step become 0, and the others grow."""
    found = np.zeros(weights.shape, dtype=int)
    for columns in (_columns(RARE_EARTHS), _columns(METALS)):
        found[:, columns] = _whole(_proportional(weights[:, columns], most[columns]), most[columns])
    return found


def _proportional(weights, most):
    """(n, k) weights scaled to the sum STEPS; what would exceed `most` is held there, and the others take the rest."""
    weights = np.where(most > 0, weights + 1e-9, 0.0)
    held = np.zeros(weights.shape, dtype=bool)
    for _ in most:
        left = STEPS - np.where(held, most, 0).sum(axis=1, keepdims=True)
        free = np.where(held, 0.0, weights)
        share = np.where(held, most, free * left / np.maximum(free.sum(axis=1, keepdims=True), 1e-12))
        held |= share > most
    return np.minimum(share, most)


def _whole(share, most):
    """(n, k) whole numbers with the sum STEPS, by the largest remainders; what is below 1 grows only where nothing else may."""
    whole = np.floor(share + 1e-6).astype(int)
    while (short := np.flatnonzero(whole.sum(axis=1) < STEPS)).size:
        remainder = np.where(whole < most, share - whole - 10.0 * (whole == 0), -np.inf)
        whole[short, remainder[short].argmax(axis=1)] += 1
    return whole


def _columns(group):
    return [ELEMENTS.index(element) for element in group]


def _over(value, most):
    return value / max(most, 1e-9) - 1


def _has_price(element, prices):
    try:
        prices.per_kg(element)
    except InvalidValue:
        return False
    return True
