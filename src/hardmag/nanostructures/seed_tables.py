"""Tables of seeds: CSV with x_nm, y_nm, z_nm, and where wanted weights (or radii), easy axes, and which cells are pores."""

import csv
from pathlib import Path

import numpy as np

from hardmag.errors import UserError, meant

PLACE = ("x_nm", "y_nm", "z_nm")
AXIS = ("axis_x", "axis_y", "axis_z")
WEIGHT, RADIUS, PORE = "weight_nm2", "radius_nm", "pore"
COLUMNS = (*PLACE, WEIGHT, RADIUS, *AXIS, PORE)


def read_seeds(path):
    """(seeds (n, 3) in nm, weights (n,) in nm², easy axes (n, 3), pores (n,) bool) of a CSV file; None for what it lacks.

    radius_nm r is a weight of r²; pore is 1 where a cell is not magnetic, 0 elsewhere. Raises UserError with one line: file,
    line, column.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(cell.strip() for cell in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: is no table of text ({error})") from None
    if not rows:
        raise UserError(f"{path}: is empty; its first line must name the columns {', '.join(COLUMNS)}")
    (_, names), rows = rows[0], rows[1:]
    _check_columns(names, path)
    if not rows:
        raise UserError(f"{path}: holds no seeds")
    table = np.array([_row(row, names, line, path) for line, row in rows])
    column = {name: table[:, k] for k, name in enumerate(names)}
    lines = [line for line, _ in rows]
    seeds = np.column_stack([column[name] for name in PLACE])
    _, one, of_each = np.unique(seeds, axis=0, return_index=True, return_inverse=True)
    twice = np.flatnonzero(one[of_each.ravel()] != np.arange(len(seeds)))
    if len(twice):
        raise UserError(f"{path}: line {lines[twice[0]]}: stands in the place of line {lines[one[of_each.ravel()][twice[0]]]}")
    weights = column.get(WEIGHT)
    if RADIUS in names:
        negative = np.flatnonzero(column[RADIUS] < 0)
        if len(negative):
            raise UserError(f"{path}: line {lines[negative[0]]}: {RADIUS} must be >= 0, got {column[RADIUS][negative[0]]:g}")
        weights = column[RADIUS] ** 2
    axes = None
    if AXIS[0] in names:
        axes = np.column_stack([column[name] for name in AXIS])
        length = np.linalg.norm(axes, axis=1)
        if not length.all():
            raise UserError(f"{path}: line {lines[length.argmin()]}: {', '.join(AXIS)} must not all be 0")
        axes /= length[:, None]
    if PORE in names:
        other = np.flatnonzero(~np.isin(column[PORE], (0, 1)))
        if len(other):
            raise UserError(f"{path}: line {lines[other[0]]}: {PORE} must be 0 or 1, got {column[PORE][other[0]]:g}")
        if column[PORE].all():
            raise UserError(f"{path}: all of its cells are pores")
    return seeds, weights, axes, column[PORE] == 1 if PORE in names else None


def _check_columns(names, path):
    unknown = next((name for name in names if name not in COLUMNS), None)
    if unknown is not None:
        raise UserError(f"{path}: unknown column {unknown!r}; known are {', '.join(COLUMNS)}{meant(unknown, COLUMNS)}")
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise UserError(f"{path}: column {twice} stands twice")
    needed = [*PLACE, *(AXIS if set(AXIS) & set(names) else ())]
    missing = [name for name in needed if name not in names]
    if missing:
        raise UserError(f"{path}: column {missing[0]} is missing")
    if WEIGHT in names and RADIUS in names:
        raise UserError(f"{path}: takes {WEIGHT} or {RADIUS}, not both")


def _row(row, names, line, path):
    if len(row) != len(names):
        raise UserError(f"{path}: line {line}: has {len(row)} values of {len(names)}")
    values = []
    for name, word in zip(names, row, strict=True):
        try:
            values.append(float(word))
        except ValueError:
            raise UserError(f"{path}: line {line}: {name} must be a number, got {word!r}") from None
        if not np.isfinite(values[-1]):
            raise UserError(f"{path}: line {line}: {name} must be finite, got {word}")
    return values
