"""α and N_eff of a grain by both ways, from its coercivities at several temperatures.

Experiments have Hc(T) alone: they take α and N_eff from the straight line Hc/Ms = α · 2K1/(µ0Ms²) − N_eff through all
temperatures, as if neither changed with them. Simulations have both at each temperature, from Hc with and without
magnetostatics (kronmuller.py). Kovacs et al. 2023, section 2.3.4, tells of both. K1 and Ms are those of the hardest phase.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from hardmag.errors import UserError
from hardmag.papers.kovacs2023.kronmuller import PHASES, microstructural

FEWEST = 3  # temperatures: a line through two has no errors
ELEMENTS = ("La", "Ce", "Pr", "Nd", "Co", "Ni")
COMPOSED = PHASES[:2]
SHAPE = ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm", "misorientation_deg", "azimuth_deg", "alpha_deg")
COMPOSITION = tuple(f"{phase}_{key}" for phase in COMPOSED for key in ("composition", *ELEMENTS))
OF_GIVEN = tuple(f"{phase}_{key}" for phase in COMPOSED for key in ("K1_MJ_per_m3", "mu0_Ms_T", "A_pJ_per_m"))
OF_LAYER = ("layer_K1_MJ_per_m3", "layer_A_pJ_per_m", "layer_Ms_of_shell")


@dataclass(frozen=True)
class Line:
    """Least squares y = slope · x + intercept through (n,) points, with standard errors of n − 2 degrees of freedom."""

    slope: float
    intercept: float
    slope_error: float
    intercept_error: float
    R2: float

    @classmethod
    def through(cls, x, y):
        """The line of x, y (n,), n >= 3."""
        dx, dy = x - x.mean(), y - y.mean()
        slope = float(dx @ dy / (dx @ dx))
        intercept = float(y.mean() - slope * x.mean())
        rest = y - slope * x - intercept
        variance = float(rest @ rest / (len(x) - 2))
        errors = np.sqrt([variance / (dx @ dx), variance * (1 / len(x) + x.mean() ** 2 / (dx @ dx))])
        return cls(slope, intercept, *errors.tolist(), R2=float(1 - rest @ rest / (dy @ dy)))


@dataclass(frozen=True)
class Series:
    """A grain at n temperatures, the lowest first. name: what tells it from the others; x: 2K1/(µ0Ms²); y, y_star: Hc/Ms with
    and without magnetostatics; alpha, N_eff: the simulation's; all (n,). line: the experimenters' y against x."""

    name: str
    temperature_K: np.ndarray
    x: np.ndarray
    y: np.ndarray
    y_star: np.ndarray
    alpha: np.ndarray
    N_eff: np.ndarray
    line: Line

    @property
    def line_alpha(self):
        """α of the experimenters' line."""
        return self.line.slope

    @property
    def line_N_eff(self):
        """N_eff of the experimenters' line."""
        return -self.line.intercept

    @property
    def because(self):
        """(of α, of N_eff): the two parts of the line's α less the mean of the simulation's; of what changes with temperature
        in either. They add up, for y = α x − N_eff at each temperature, and a slope is linear in y."""
        of_alpha = Line.through(self.x, self.alpha * self.x).slope - self.alpha.mean()
        return float(of_alpha), -Line.through(self.x, self.N_eff).slope

    def difference(self):
        """How the two ways differ, in a sentence."""
        (of_alpha, of_N), more = self.because, self.line_alpha - self.alpha.mean()
        n, line = len(self.x), self.line
        return (
            f"{self.name}: the line through {n} temperatures ({self.temperature_K[0]:g}-{self.temperature_K[-1]:g} K) has "
            f"α = {_with_error(line.slope, line.slope_error)} and N_eff = {_with_error(self.line_N_eff, line.intercept_error)} "
            f"(R² = {line.R2:.4f}), the simulation at each of them α = {_with_range(self.alpha)} and "
            f"N_eff = {_with_range(self.N_eff)}; the line's α is {_signed(more)} off the mean, {_signed(of_alpha)} because α "
            f"and {_signed(of_N)} because N_eff changes with temperature."
        )


def temperature_series(table):
    """Series of the grains of a dataset of kind coreshell that have FEWEST temperatures, those with the most first.

    A grain is what has one geometry, one direction of the field and one composition. UserError where there is none.
    """
    found = microstructural(table)
    temperature = table.get("temperature_K", np.full(len(table["status"]), np.nan))[found["with"]].astype(float)
    grains = {}
    for place, row in enumerate(found["with"]):
        if isfinite(temperature[place]):
            grains.setdefault(tuple(_grain(table, row).items()), {})[temperature[place]] = place
    grains = {grain: places for grain, places in grains.items() if len(places) >= FEWEST}
    if not grains:
        raise UserError(f"dataset: no grain at {FEWEST} temperatures, both with and without magnetostatics")
    names = _names([dict(grain) for grain in grains])
    series = [_series(found, name, places) for name, places in zip(names, grains.values(), strict=True)]
    return sorted(series, key=lambda one: -len(one.x))


def _grain(table, row):
    """{column: value} of what is the same at all temperatures."""
    values = {name: _plain(table[name][row]) for name in (*SHAPE, *COMPOSITION, *OF_LAYER) if name in table}
    if values.get("layer_Ms_of_shell") is None:
        values["layer_mu0_Ms_T"] = _plain(table["layer_mu0_Ms_T"][row])
    given = [name for name in OF_GIVEN if not values.get(f"{name.split('_')[0]}_composition")]
    return values | {name: _plain(table[name][row]) for name in given}


def _plain(value):
    if isinstance(value, str):
        return value
    return round(float(value), 6) if isfinite(value) else None


def _names(grains):
    """What tells each grain from the others; of a single one its composition."""
    columns = [name for name in grains[0] if len({grain.get(name) for grain in grains}) > 1]
    columns = columns or [name for name in COMPOSITION if grains[0].get(name) not in (None, "")]
    return [", ".join(_words(name, grain[name]) for name in columns if grain.get(name) not in (None, "")) for grain in grains]


def _words(name, value):
    phase, _, key = name.partition("_")
    if key == "composition":
        return f"{phase} {value}"
    if name.endswith(("_nm", "_deg")):
        what, _, unit = name.rpartition("_")
        return f"{what.replace('_', ' ')} {value:g}" + {"nm": " nm", "deg": "°"}[unit]
    return f"{name.replace('_', ' ')} {value:g}"


def _series(found, name, places):
    temperatures = sorted(places)
    at = [places[temperature] for temperature in temperatures]
    Ms, x = found["mu0_Ms_T"][at], found["two_K1_over_mu0_Ms2"][at]
    y, y_star = found["mu0_Hc_T"][at] / Ms, found["mu0_Hc_star_T"][at] / Ms
    return Series(name, np.array(temperatures), x, y, y_star, found["alpha"][at], found["N_eff"][at], line=Line.through(x, y))


def _with_error(value, error):
    return f"{_signed(value, '')} ± {error:.3f}"


def _with_range(values):
    ends = f"{_signed(values.min(), '')} to {_signed(values.max(), '')}"
    return f"{_signed(values.mean(), '')} ± {values.std(ddof=1):.3f} ({ends})"


def _signed(value, sign="+"):
    return f"{round(value, 3) + 0.0:{sign}.3f}".replace("-", "−")  # no −0.000
