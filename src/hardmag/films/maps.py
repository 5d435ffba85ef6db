"""Maps of a wafer: a quantity with its unit at positions, NaN with a reason where there is none; read from one long table."""

import re
from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError
from hardmag.intrinsic.columns import read_table
from hardmag.magnitudes import MAGNITUDES

X, Y = ("x", "x_mm", "x_pos", "x_position"), ("y", "y_mm", "y_pos", "y_position")
LENGTHS_mm = {"mm": 1.0, "cm": 10.0, "µm": 1e-3}
WHOLE = {"at%": 100.0, "%": 100.0, "1": 1.0}  # what elements sum to, by their unit
SUM_TOLERANCE = 0.015  # of the whole: tables round
SAME_mm = 1e-3  # positions no further apart are one
NOTHING = ("", "nan", "na", "n/a", "-")
# Units that a quantity may have, with their size in the unit of the map.
UNITS = {
    "T": ("T", 1.0),
    "mT": ("T", 1e-3),
    "Oe": ("T", 1e-4),
    "kOe": ("T", 0.1),
    "nm": ("nm", 1.0),
    "Å": ("nm", 0.1),
    "µm": ("µm", 1.0),
    "K": ("K", 1.0),
    "V": ("V", 1.0),
    "A/m": ("A/m", 1.0),
    "MJ/m3": ("MJ/m3", 1.0),
    "deg": ("deg", 1.0),
    "at%": ("at%", 1.0),
    "%": ("at%", 1.0),
    "1": ("1", 1.0),
}
ELEMENT = re.compile("[A-Z][a-z]?")


@dataclass(frozen=True, eq=False)
class WaferMap:
    """name, unit; x_mm, y_mm: (n,); values: (n,), or (n, channels) of patterns; reasons: (n,) texts, why a value is NaN, or
    ''."""

    name: str
    unit: str
    x_mm: np.ndarray
    y_mm: np.ndarray
    values: np.ndarray
    reasons: tuple[str, ...]

    def at(self, x_mm, y_mm):
        """The map at other positions (m,): NaN with a reason where nothing was measured."""
        there = np.hypot(np.subtract.outer(x_mm, self.x_mm), np.subtract.outer(y_mm, self.y_mm)) <= SAME_mm
        found, first = there.any(axis=1), there.argmax(axis=1)
        values = np.where(found.reshape(-1, *[1] * (self.values.ndim - 1)), self.values[first], np.nan)
        reasons = tuple(self.reasons[n] if ok else "not measured here" for ok, n in zip(found, first, strict=True))
        return WaferMap(self.name, self.unit, np.asarray(x_mm, float), np.asarray(y_mm, float), values, reasons)


def wafer_map(path, name, unit, x_mm, y_mm, values, reasons):
    """WaferMap of lists; UserError, which names the file, for a position that stands twice."""
    x, y = np.asarray(x_mm, dtype=float), np.asarray(y_mm, dtype=float)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise UserError(f"{path}: a row has no position; each needs x and y in mm")
    same = np.triu(np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y)) <= SAME_mm, 1)
    if same.any():
        first = np.argwhere(same)[0][0]
        raise UserError(f"{path}: position x = {x[first]:g} mm, y = {y[first]:g} mm stands twice")
    return WaferMap(name, unit, x, y, np.asarray(values, dtype=float), tuple(reasons))


def read_maps(path):
    """{name: WaferMap} of a table with a row per position: x and y with their unit, and quantities with theirs, as Hc (T).

    Fields become T, lattice constants nm. An empty cell is NaN, "not measured"; one such as >4 is NaN too, "beyond 4 T", as of
    a loop that did not reverse. Columns named by elements, Nd (at%) say, must sum to 100 at%, or to 1 as shares; an element
    that has no column, as B, is left out of the sum. UserError names what is wrong with the file, its line and column.
    """
    table = read_table(path)
    names = [column.name for column in table.columns]
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise UserError(f"{path}: column {twice} stands twice")
    x, y = (_position(table, axis, known) for axis, known in (("x", X), ("y", Y)))
    found, elements = {}, {}
    for index, column in enumerate(table.columns):
        if column.name.lower() in X + Y:
            continue
        if column.unit not in UNITS:
            given = f"unknown unit ({column.unit})" if column.unit else "no unit"
            raise UserError(f"{path}: column {column.name}: {given}; allowed are {', '.join(UNITS)}, 1 for a share")
        unit, size = UNITS[column.unit]
        values, reasons = zip(*[_cell(table, row, index) for row in range(len(table.cells))], strict=True)
        values = size * np.array(values)
        if unit == "T" and np.isfinite(values).any():
            complaint = MAGNITUDES["_T"].complaint(np.nanmax(np.abs(values)))
            if complaint:
                largest = np.nanmax(np.abs(values))
                raise UserError(f"{path}: column {column.name} ({column.unit}): values up to {largest:g} T: {complaint}")
        found[column.name] = wafer_map(path, column.name, unit, x, y, values, reasons)
        if ELEMENT.fullmatch(column.name) and column.unit in WHOLE:
            elements[column.name] = values / WHOLE[column.unit]
    if elements:
        _check_sum(table, elements)
    return found


def _position(table, axis, known):
    index = next((n for n, column in enumerate(table.columns) if column.name.lower() in known), None)
    if index is None:
        raise UserError(f"{table.path}: no column {axis}; positions are x and y, in mm")
    unit = table.columns[index].unit
    if unit not in LENGTHS_mm:
        raise UserError(f"{table.path}: column {table.columns[index].name}: unit must be one of {', '.join(LENGTHS_mm)}")
    return LENGTHS_mm[unit] * table.numbers(index)


def _cell(table, row, index):
    """(value, reason) of one cell."""
    text = table.cells[row][index].strip()
    if text.lower() in NOTHING:
        return np.nan, "not measured"
    try:
        if text.startswith(">"):
            return np.nan, f"beyond {float(text[1:]):g} {table.columns[index].unit}"
        return float(text), ""
    except ValueError:
        column = table.columns[index].name
        raise UserError(f"{table.path}: line {table.lines[row]}: {column}: {text!r} is not a number") from None


def _check_sum(table, elements):
    total = sum(elements.values())  # NaN where an element is missing: nothing to sum
    off = np.flatnonzero(np.abs(total - 1) > SUM_TOLERANCE)
    if len(off):
        what = " + ".join(elements)
        raise UserError(f"{table.path}: line {table.lines[off[0]]}: {what} sum to {100 * total[off[0]]:.4g} %; must be 100 %")
