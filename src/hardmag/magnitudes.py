"""Plausible magnitudes of what a user types, by the unit that stands in a key's name: what lies outside is in another unit.

One table for case files, campaign files and tables of points. Zero always passes here, for it is zero in every unit.
"""

from dataclasses import dataclass
from math import degrees, pi, radians

from hardmag.materials import MU0

EMU = 1e3  # A/m in an emu/cm³
GAUSS = 1e-4 / MU0  # A/m in a gauss of 4πM


@dataclass(frozen=True)
class Magnitudes:
    """least, largest: of the absolute value, in `unit`; usual: (from, to), what magnets have; others: {unit: its size in
    `unit`}, in which the value may have been meant."""

    unit: str
    least: float
    largest: float
    usual: tuple[float, float]
    others: dict[str, float]

    @property
    def allowed(self):
        """The range in words."""
        return f"{self.least:g} to {self.largest:g} {self.unit}"

    def complaint(self, value):
        """What is wrong with a number, or None."""
        if value == 0 or self.least <= abs(value) <= self.largest:
            return None
        meant = self._within(value, *self.usual) or self._within(value, self.least, self.largest)
        return f"must be within {self.allowed}" + (f"; was it meant in {' or '.join(meant)}?" if meant else "")

    def _within(self, value, least, largest):
        return [unit for unit, size in self.others.items() if least <= abs(value) * size <= largest]


# The end of a key's name: its magnitudes. Of several ends the longest counts. Anisotropy: from permalloy's to ten times
# SmCo5's. Ms: above the 2.15e4 that iron would have in gauss of 4πM, to a fifth more than Fe65Co35 has. A: an order of
# magnitude around what is published. Fields: anisotropy fields end at some 50 T. Lengths: from below an atom's to a tenth of
# a millimetre, where nothing micromagnetic is resolved.
MAGNITUDES = {
    "_J_per_m2": Magnitudes("J/m²", 1e-6, 0.2, (1e-4, 5e-2), {"mJ/m²": 1e-3}),
    "_J_per_m3": Magnitudes("J/m³", 100, 2e8, (5e4, 3e7), {"MJ/m³": 1e6, "kJ/m³": 1e3}),
    "_MJ_per_m3": Magnitudes("MJ/m³", 1e-4, 200, (0.05, 30), {"J/m³": 1e-6, "kJ/m³": 1e-3}),
    "_A_per_m": Magnitudes("A/m", 2.5e4, 2.4e6, (2e5, 2.1e6), {"T (µ0·Ms)": 1 / MU0, "kA/m or emu/cm³": EMU, "G": GAUSS}),
    "Ms_T": Magnitudes("T", 0.03, 3, (0.1, 2.6), {"A/m": MU0, "kA/m or emu/cm³": EMU * MU0, "G": 1e-4}),
    "_J_per_m": Magnitudes("J/m", 1e-13, 1e-10, (5e-13, 5e-11), {"pJ/m": 1e-12, "erg/cm": 1e-5}),
    "_pJ_per_m": Magnitudes("pJ/m", 0.1, 100, (0.5, 50), {"J/m": 1e12, "erg/cm": 1e7}),
    "_nm": Magnitudes("nm", 0.05, 1e5, (0.1, 5e3), {"m": 1e9, "µm": 1e3, "Å": 0.1}),
    "_T": Magnitudes("T", 1e-9, 100, (0.5, 50), {"A/m": MU0, "kA/m": 1e3 * MU0, "Oe": 1e-4, "mT": 1e-3}),
}
ANGLE = "_deg"
BOUNDS = ("min", "max", "below")  # of a parameter: keys without a unit of their own
RADIANS = "looks like {:.4g}° in radians; angles are in degrees"
SWITCH = "any_magnitude: true takes it as it is"


def implausible(data, place=""):
    """The first number of a mapping, lists and mappings inside it included, that its key's unit makes no sense of, on one line;
    None if there is none.

    place: what stands before the key in the message. A list counts as a whole: points by their largest coordinate.
    """
    for where, key, values in _quantities(data, place, ""):
        magnitudes = _of(key)
        for value in values if magnitudes else ():
            wrong = magnitudes.complaint(value)
            if wrong:
                return f"{where} = {value:g} {wrong} ({SWITCH})"
        if key.endswith(ANGLE) and values and _in_radians(values):
            largest = max(values, key=abs)
            return f"{where} = {largest:g} {RADIANS.format(degrees(largest))} ({SWITCH})"
    return None


def _of(key):
    """The magnitudes of a key, by the longest end of its name."""
    return max(((len(end), m) for end, m in MAGNITUDES.items() if key.endswith(end)), default=(0, None), key=lambda f: f[0])[1]


def _quantities(data, place, key):
    """(place, key, numbers) of each quantity in mappings and lists; bounds of a quantity count as one."""
    if isinstance(data, dict):
        if data and all(name in BOUNDS for name in data):
            yield from _quantities([v for v in data.values() if v is not None], place, key)
            return
        for name, value in data.items():
            yield from _quantities(value, f"{place}.{name}" if place else str(name), str(name))
    elif isinstance(data, (list, tuple)):
        if any(isinstance(value, dict) for value in data):
            for number, value in enumerate(data):
                yield from _quantities(value, f"{place}.{number}", key)
        elif any(isinstance(value, (list, tuple)) for value in data):
            numbers = [n for point in data if isinstance(point, (list, tuple)) for n in map(_number, point) if n is not None]
            yield place, key, [max(numbers, key=abs)] if numbers else []
        else:
            yield place, key, [n for n in map(_number, data) if n is not None]
    elif (number := _number(data)) is not None:
        yield place, key, [number]


def _number(value):
    """A finite number, or a text that is read as one (YAML takes 4.9e6 for a text); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def _in_radians(values):
    """Whether angles are no larger than 2π and one is, to three decimals at least, a multiple of 15° in radians."""
    if max(map(abs, values)) > 2 * pi:
        return False
    return any(v != round(v, 2) and abs(v / radians(15) - round(v / radians(15))) < 1e-3 for v in values)
