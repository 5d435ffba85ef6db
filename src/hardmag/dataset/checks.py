"""What a dataset must be before anything is made of it: complete, and in the units of the schema."""

import numpy as np

from hardmag.dataset.schema import ADDED, COLUMNS, CURVES, JOINED, PLAUSIBLE
from hardmag.errors import UserError

ATTRIBUTES = ("campaign", "hardmag_version", "physics_version", "git_commit", "settings")
TEXTS = ("specification", "history")


def check_units(path, file):
    """Raise UserError for a column whose unit is not the schema's, or with a value that cannot be in that unit."""
    for name, column in file.get("samples", {}).items():
        _check_unit(path, f"column {name}", column, (COLUMNS | ADDED | JOINED).get(name))
        if name in PLAUSIBLE:
            _check_values(path, f"column {name}", column, *PLAUSIBLE[name])
    for group in ("curves", "half_cycles"):
        for name, (unit, text) in CURVES.items():
            if f"{group}/{name}" in file:
                _check_unit(path, f"{group}/{name}", file[group][name], (unit, text))


def check_complete(path, file):
    """Raise UserError where an attribute, a column of the schema or a curve is missing, or columns differ in length."""
    missing = [name for name in ATTRIBUTES if name not in file.attrs]
    if missing:
        raise UserError(f"{path}: no attribute {', '.join(missing)}")
    samples = file.get("samples", {})
    missing = [name for name in (*COLUMNS, *TEXTS) if name not in samples]
    if missing:
        raise UserError(f"{path}: no column {', '.join(missing)}")
    for name, column in samples.items():
        if len(column) != len(samples["id"]):
            raise UserError(f"{path}: column {name}: {len(column)} rows, but column id has {len(samples['id'])}")
        if "unit" not in column.attrs or "description" not in column.attrs:
            raise UserError(f"{path}: column {name}: has no unit or no description")
    needed = [f"{group}/{name}" for group in ("curves", "half_cycles") for name in CURVES] + ["half_cycles/sample"]
    missing = [name for name in needed if name not in file]
    if missing:
        raise UserError(f"{path}: no {', '.join(missing)}")


def _check_unit(path, what, column, known):
    found = column.attrs.get("unit")
    if known and found is not None and found != known[0]:
        raise UserError(f"{path}: {what}: unit is {found!r}, must be {known[0]!r}: {known[1]}")


def _check_values(path, what, column, least, largest):
    if column.dtype.kind not in "fiu":
        raise UserError(f"{path}: {what}: must be numbers, got {column.dtype}")
    values = column[()]
    bad = np.flatnonzero(~np.isnan(values) & ~((values >= least) & (values <= largest)))
    if len(bad):
        unit = COLUMNS[what.removeprefix("column ")][0]
        allowed = f"{least:g} to {largest:g}" + (f" {unit}" if unit != "1" else "")
        raise UserError(f"{path}: {what}: {values[bad[0]]:g} in row {bad[0]} of {len(values)}, must be within {allowed}")
