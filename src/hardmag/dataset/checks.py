"""What a dataset must be before anything is made of it: complete, and in the units of the schema."""

import json

import numpy as np

from hardmag.dataset.schema import ADDED, CURVES, JOINED, TEXTS, columns_of
from hardmag.errors import UserError

ATTRIBUTES = ("campaign", "hardmag_version", "physics_version", "git_commit", "settings")


def check_units(path, file):
    """Raise UserError for a column whose unit is not the schema's, or with a value that cannot be in that unit."""
    known = columns_of(kind_of(file)) | ADDED | JOINED
    for name, column in file.get("samples", {}).items():
        if name in known:
            if column.attrs.get("unit") or file.attrs.get("schema_version") != 1:
                _check_unit(path, f"column {name}", column, known[name])
            _check_values(path, f"column {name}", column, known[name])
    for group in ("curves", "half_cycles"):
        for name, quantity in CURVES.items():
            if f"{group}/{name}" in file:
                _check_unit(path, f"{group}/{name}", file[group][name], quantity)


def kind_of(file):
    """Kind of the nanostructures of an open dataset, '' where it does not say; files from before this attribute tell it in
    their specifications."""
    if "kind" in file.attrs:
        return str(file.attrs["kind"])
    try:
        return json.loads(file["samples/specification"][0])["nanostructure"]["kind"]
    except (KeyError, IndexError, ValueError, TypeError):
        return ""


def check_complete(path, file):
    """Raise UserError where an attribute, a column of the schema or a curve is missing, or columns differ in length."""
    missing = [name for name in ATTRIBUTES if name not in file.attrs]
    if missing:
        raise UserError(f"{path}: no attribute {', '.join(missing)}")
    samples = file.get("samples", {})
    needed = columns_of("" if file.attrs.get("schema_version") == 1 else kind_of(file))
    missing = [name for name in (*needed, *TEXTS) if name not in samples]
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
    if found is not None and found != known.unit:
        raise UserError(f"{path}: {what}: unit is {found!r}, must be {known.unit!r}: {known.meaning}")


def _check_values(path, what, column, known):
    if not known.bounded:
        return
    if column.dtype.kind not in "fiu":
        raise UserError(f"{path}: {what}: must be numbers, got {column.dtype}")
    values = column[()]
    bad = np.flatnonzero(~np.isnan(values) & ~((values >= known.least) & (values <= known.largest)))
    if len(bad):
        allowed = f"{known.least:g} to {known.largest:g}" + (f" {known.unit}" if known.unit != "1" else "")
        raise UserError(f"{path}: {what}: {values[bad[0]]:g} in row {bad[0]} of {len(values)}, must be within {allowed}")
