"""What is known of one composition at a temperature, as values; their text is what the command line prints."""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import InvalidValue, UserError
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import CONFIDENCE, IntrinsicModel
from hardmag.materials.phase import MU0
from hardmag.materials.price import Cost, PriceTable, cost_per_cm3

COLDEST_K = 4.0  # of the laws of temperature, and of the values of pure compounds
NOTATION = {  # {property: (symbol, unit, digits behind the point)}
    "K1_MJ_per_m3": ("K1", "MJ/m³", 2),
    "mu0_Ms_T": ("µ0Ms", "T", 3),
    "mu0_Ha_T": ("µ0Ha", "T", 1),
    "A_pJ_per_m": ("A", "pJ/m", 2),
    "Tc_K": ("Tc", "K", 0),
}
LEGEND = (
    "interval: 95 %, of a measurement in another laboratory; that of µ0Ha = 2 K1/Ms",
    "  follows from those of K1 and Ms; A is scaled from Nd2Fe14B and has none",
    "spread: 95 % of 100 fits to bootstrap samples of the data; no interval",
)


@dataclass(frozen=True)
class Value:
    """A predicted property. interval: 95 % (low, high) of a measurement in another laboratory, or None; spread: (low, high) of
    95 % of the fits to bootstrap samples."""

    value: float
    interval: tuple[float, float] | None
    spread: tuple[float, float]

    def holds(self, wanted) -> bool:
        """Whether a wanted value lies in the interval."""
        return self.interval[0] <= wanted <= self.interval[1]


@dataclass(frozen=True)
class Described:
    """A composition at a temperature.

    properties: {name of NOTATION: Value}; distance: to `nearest`, the nearest measured composition, as the share of atoms of R
    plus that of T to be replaced; family: whether one of the same elements was measured; measured_once: its elements that
    stand in one measured composition only; usual: within that, 95 % of the measured compositions have another; cost: of 1 cm³,
    and `dates`, (first, last) of its prices that have a source; unpriced: why there is no cost, or no density either, or None.
    """

    composition: Composition
    temperature_K: float
    properties: dict[str, Value]
    distance: float
    nearest: Composition
    family: bool
    measured_once: tuple[str, ...]
    usual: float
    density_g_per_cm3: float | None
    cost: Cost | None
    dates: tuple[str, str] | None
    unpriced: str | None

    @property
    def far(self) -> bool:
        """Whether it is farther from the data than measured compositions are from each other."""
        return self.distance > self.usual

    def to_dict(self) -> dict:
        """As JSON has it; the composition as a formula."""
        cost = self.cost
        return {
            "composition": str(self.composition),
            "temperature_K": self.temperature_K,
            "properties": {
                name: {"value": v.value, "interval": v.interval and list(v.interval), "spread": list(v.spread)}
                for name, v in self.properties.items()
            },
            "distance_to_data": self.distance,
            "nearest_measured": str(self.nearest),
            "far_from_data": self.far,
            "same_elements_measured": self.family,
            "elements_measured_once": list(self.measured_once),
            "density_g_per_cm3": self.density_g_per_cm3,
            "cost_per_cm3": cost and {"value": cost.value, "currency": cost.currency, "assumed_share": cost.assumed_share},
        }

    def __str__(self) -> str:
        lines = [f"{self.composition} at {self.temperature_K:g} K", f"{'':26s}{'interval':20s}spread of the fit"]
        for name, value in self.properties.items():
            symbol, unit, digits = NOTATION[name]
            row = f"{symbol:6s}{value.value:9.{digits}f} {unit:8s}"
            lines.append(f"{row:26s}{_range(value.interval, digits):20s}{_range(value.spread, digits)}")
        return "\n".join([*lines, *LEGEND, *self._place(), *self._price()])

    def _place(self):
        if self.distance < 1e-4:  # shares of the data are rounded
            return ["measured: yes, at some temperature"]
        lines = [f"nearest measured: {self.nearest}, at a distance of {self.distance:.2f}"]
        if not self.family:
            lines.append("none of the same elements was measured: the intervals are wider for that")
        if self.measured_once:
            lines.append(
                f"{', '.join(self.measured_once)}: measured in one composition only, on which all rests that is said of it"
            )
        if self.far:
            lines.append(f"far from the data: 95 % of the measured compositions have another within {self.usual:.2f}")
        return lines

    def _price(self):
        lines = [] if self.density_g_per_cm3 is None else [f"density: {self.density_g_per_cm3:.2f} g/cm³ at room temperature"]
        if self.cost is None:
            return [*lines, f"cost: unknown: {self.unpriced}"]
        return [*lines, f"cost: {self.cost}; prices of {' to '.join(dict.fromkeys(self.dates))}"]


def _range(pair, digits):
    return "" if pair is None else f"{pair[0]:.{digits}f} to {pair[1]:.{digits}f}"


def checked_temperature(T_K) -> float:
    """T_K as a number. UserError below COLDEST_K, and for what is no number."""
    if not COLDEST_K <= T_K < np.inf:
        raise UserError(f"temperature: T = {T_K:g} K must be at least {COLDEST_K:g} K, and finite")
    return float(T_K)


def describe(model: IntrinsicModel, composition: Composition, T_K, prices: PriceTable) -> Described:
    """What a model says of a composition at a temperature. InvalidValue in one line where it is no magnet of the model: from Tc
    on, an element without data, no easy axis."""
    T_K = checked_temperature(T_K)
    model.phase("composition", composition, T_K)  # refuses
    density, cost, dates, unpriced = _priced(composition, prices)
    return Described(
        composition,
        T_K,
        _properties(model, composition, T_K),
        float(model.distance(composition)[0]),
        model.nearest(composition),
        bool(model.has_family(composition)[0]),
        model.measured_once(composition),
        model.usual_distance,
        density,
        cost,
        dates,
        unpriced,
    )


def _properties(model, composition, T_K):
    at, interval = model.at(composition, T_K), model.interval(composition, T_K)
    fits = model.bootstrap.at(model.physics, np.array([composition.shares]), np.array([T_K]))
    at, fits = ({**found, "mu0_Ha_T": anisotropy_field_T(found)} for found in (at, fits))
    intervals = {name: tuple(float(edge[0]) for edge in pair) for name, pair in interval.items()}
    K1, Ms = intervals["K1_MJ_per_m3"], intervals["mu0_Ms_T"]
    corners = [anisotropy_field_T({"K1_MJ_per_m3": k, "mu0_Ms_T": m}) for k in K1 for m in Ms]
    intervals["mu0_Ha_T"] = (float(min(corners)), float(max(corners)))
    ends = {name: spread_of(fits[name]) for name in NOTATION}
    return {
        name: Value(float(at[name][0]), intervals.get(name), tuple(float(end[0]) for end in ends[name])) for name in NOTATION
    }


def anisotropy_field_T(found):
    """µ0·Ha = 2 K1/Ms of {K1_MJ_per_m3, mu0_Ms_T}; infinite where Ms is 0."""
    with np.errstate(divide="ignore"):
        return 2e6 * MU0 * np.divide(found["K1_MJ_per_m3"], found["mu0_Ms_T"])


def spread_of(members):
    """(low (n,), high (n,)) between which 95 % of the members (k, n) lie."""
    return np.quantile(members, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def _priced(composition, prices):
    """(density, cost, dates of the prices, why not)."""
    try:
        density = composition.density_g_per_cm3
    except InvalidValue as error:
        return None, None, None, str(error)
    try:
        cost = cost_per_cm3(composition, prices)
    except InvalidValue as error:
        return density, None, None, str(error)
    rows = [row for element in composition.mass_fractions for row in prices.rests_on(element)]
    dates = [row.date for row in rows if not row.assumed] or [row.date for row in rows]
    return density, cost, (min(dates), max(dates)), None
