"""Tables of measured intrinsic properties of R2T14B: the project's own, and users' with the same columns."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardmag.errors import UserError, meant, reason
from hardmag.materials import MU0
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS

HOME = Path(__file__).parent
MEASURED = HOME / "measured.csv"
CURIE = HOME / "curie_temperatures.csv"
END_MEMBERS = HOME / "end_members.csv"
HA_DEFINITIONS = ("2K1/Ms", "(2K1+4K2)/Ms", "not stated")
NUMBERS = {"T_K": (0, 2000), "mu0_Ms_T": (0, 3), "mu0_Ha_T": (0, 100), "K1_MJ_per_m3": (-50, 50), "Tc_K": (1, 2000)}
TEXTS = ("Ha_definition", "source", "excluded", "note")
MIN_COMPUTED = 20  # rows of an ab-initio table
SUM_TOLERANCE = 0.015  # papers round shares to two digits


@dataclass(frozen=True)
class Measured:
    """Rows of a table that are not excluded. shares: (n, 8) in the order of ELEMENTS; T_K, mu0_Ms_T, K1_MJ_per_m3, Tc_K: (n,),
    NaN where not measured; source: (n,) texts; left_out: {reason: rows}."""

    shares: np.ndarray
    T_K: np.ndarray
    mu0_Ms_T: np.ndarray
    K1_MJ_per_m3: np.ndarray
    Tc_K: np.ndarray
    source: np.ndarray
    left_out: dict

    def __len__(self):
        return len(self.source)

    def of(self, rows):
        """Some of the rows, by index or mask."""
        columns = (self.shares, self.T_K, self.mu0_Ms_T, self.K1_MJ_per_m3, self.Tc_K, self.source)
        return Measured(*(column[rows] for column in columns), self.left_out)

    def known(self, name):
        """Rows in which a property is known."""
        return self.of(np.isfinite(getattr(self, name)))


@dataclass(frozen=True)
class Properties:
    """A table of computed properties. shares: (n, 8) in the order of ELEMENTS; values: {name: (n,)}: Tc_K, mu0_M0_T (µ0·M at 0
    K), and what else the table has."""

    shares: np.ndarray
    values: dict


def read_ab_initio(path):
    """Properties of a CSV file: a column per element, Tc_K, mu0_M0_T and further numbers, exchange integrals say, of any name.
    UserError for a bad row names file, line and column."""
    path, rows = Path(path), []
    names, lines = _table(path)
    further = [name for name in names if name not in ELEMENTS]
    for name in ("Fe", "Tc_K", "mu0_M0_T"):
        if name not in names:
            raise UserError(f"{path}: no column {name}; an ab-initio table has the elements, Tc_K and mu0_M0_T at least")
    for line, row in enumerate(lines, start=2):
        where = f"{path}: line {line}"
        values = [_number(where, name, row[name]) for name in further]
        for name, value in zip(further, values, strict=True):
            if not np.isfinite(value):
                raise UserError(f"{where}: {name}: empty; each row of an ab-initio table has all its properties")
        rows.append((_shares(where, row), values))
    if len(rows) < MIN_COMPUTED:
        raise UserError(f"{path}: {len(rows)} rows; a first regression needs {MIN_COMPUTED} at least")
    shares, values = (np.array(column) for column in zip(*rows, strict=True))
    return Properties(shares, dict(zip(further, values.T, strict=True)))


def read_measured(*paths):
    """Measured of CSV files together. Columns: an element each (atoms per formula unit, or shares), T_K, mu0_Ms_T, mu0_Ha_T and
    Ha_definition, K1_MJ_per_m3, Tc_K, source, excluded, note; all but source and the elements may be missing or empty.

    K1 is µ0Ha·Ms/2 where the table has Ha and no K1, whatever Ha's definition: with K2 the two definitions differ, and most
    sources do not state theirs. A row with `excluded`, the reason, does not count. UserError for a bad row names file, line
    and column.
    """
    rows, left_out = [], {}
    for path in paths:
        for row in _rows_of(Path(path)):
            if row["excluded"]:
                left_out[row["excluded"]] = left_out.get(row["excluded"], 0) + 1
            else:
                rows.append(row)
    if not rows:
        raise UserError(f"{', '.join(map(str, paths))}: no row that counts")
    column = lambda name: np.array([row[name] for row in rows])  # noqa: E731
    Ms, Ha, K1 = column("mu0_Ms_T"), column("mu0_Ha_T"), column("K1_MJ_per_m3")
    K1 = np.where(np.isfinite(K1), K1, Ha * Ms / (2 * MU0) / 1e6)
    shares = np.stack([row["shares"] for row in rows])
    return Measured(shares, column("T_K"), Ms, K1, column("Tc_K"), column("source"), left_out)


def _table(path):
    """(names of the columns, rows) of a CSV file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            return reader.fieldnames or [], list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a readable table: {reason(error)}") from None


def _rows_of(path):
    names, rows = _table(path)
    known = (*ELEMENTS, *NUMBERS, *TEXTS)
    for name in names:
        if name not in known:
            raise UserError(f"{path}: column {name}: not known{meant(name or '', known)}; columns are {', '.join(known)}")
    for name in ("Fe", "source"):
        if name not in names:
            raise UserError(f"{path}: no column {name}; columns are {', '.join(known)}")
    for line, row in enumerate(rows, start=2):
        yield _row(f"{path}: line {line}", row)


def _row(where, row):
    found = {name: (row.get(name) or "").strip() for name in TEXTS}
    if not found["source"]:
        raise UserError(f"{where}: source: empty; each row names where it was published")
    for name, (least, most) in NUMBERS.items():
        value = _number(where, name, row.get(name))
        if np.isfinite(value) and not least <= value <= most:
            raise UserError(f"{where}: {name} = {value:g} must be within {least} to {most}")
        found[name] = value
    if np.isfinite(found["mu0_Ha_T"]) and found["Ha_definition"] not in HA_DEFINITIONS:
        raise UserError(f"{where}: Ha_definition = {found['Ha_definition']!r} must be one of {', '.join(HA_DEFINITIONS)}")
    if not np.isfinite(found["T_K"]) and np.isfinite([found["mu0_Ms_T"], found["mu0_Ha_T"], found["K1_MJ_per_m3"]]).any():
        raise UserError(f"{where}: T_K: empty; a magnetisation or an anisotropy is measured at a temperature")
    return found | {"shares": None if found["excluded"] else _shares(where, row)}


def _shares(where, row):
    """(8,) in the order of ELEMENTS."""
    atoms = {element: _number(where, element, row.get(element) or "0") for element in ELEMENTS}
    shares = []
    for group, per_unit in ((RARE_EARTHS, 2), (METALS, 14)):
        total = sum(atoms[element] for element in group)
        near = [count for count in (1, per_unit) if abs(total - count) <= SUM_TOLERANCE * count]
        if not near or min(atoms[element] for element in group) < 0:
            raise UserError(f"{where}: {' + '.join(group)} = {total:g} must be {per_unit}, or 1 as shares, and none below 0")
        shares += [atoms[element] / total for element in group]
    return np.array(shares)


def _number(where, name, text):
    text = (text or "").strip()
    try:
        value = float(text) if text else np.nan
    except ValueError:
        raise UserError(f"{where}: {name} = {text!r} is not a number") from None
    if text and not np.isfinite(value):
        raise UserError(f"{where}: {name} = {text!r} is not a number")
    return value
