"""Text tables whose header gives each column's unit, as instruments and people write them."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardmag.errors import UserError

HEADER = re.compile(r"\s*(?P<name>[^(\[]*?)\s*(?:[(\[]\s*(?P<unit>[^)\]]*?)\s*[)\]])?\s*$")
BLANKS = re.compile(r"[^\s(\[]+(?:\s*[(\[][^)\]]*[)\]])?")  # a column of a header that is separated by blanks
SPELLING = str.maketrans({"²": "2", "³": "3", "·": "", "⋅": "", "*": "", "^": "", " ": "", "μ": "µ", "\u212b": "Å"})
# Units at the end of a name, where no unit follows in brackets.
ENDS = {"_A_per_m": "A/m", "_MJ_per_m3": "MJ/m3", "_mm": "mm", "_um": "µm", "_nm": "nm", "_deg": "deg", "_K": "K", "_T": "T"}


@dataclass(frozen=True)
class Column:
    """name, as written; unit: as written, without ², · and blanks ("Am2/kg"), '' where there is none."""

    name: str
    unit: str

    @classmethod
    def of(cls, cell):
        """Of a header's cell: "Moment (emu)", "x [mm]" or mu0_Hc_T."""
        found = HEADER.match(cell)
        if not found:
            return cls(cell.strip(), "")
        end = next((end for end in ENDS if found["name"].endswith(end)), None)
        unit = found["unit"] if found["unit"] is not None else ENDS.get(end, "")
        return cls(found["name"], unit.translate(SPELLING))


@dataclass(frozen=True)
class Table:
    """columns: Column each; lines: numbers of the lines, from 1; cells: the texts of each line."""

    path: Path
    columns: tuple[Column, ...]
    lines: tuple[int, ...]
    cells: tuple[tuple[str, ...], ...]

    def numbers(self, index):
        """(rows,) of a column, NaN where it is empty; UserError names the line of what is no number."""
        return np.array([self._number(line, row[index]) for line, row in zip(self.lines, self.cells, strict=True)])

    def _number(self, line, cell):
        try:
            return float(cell) if cell.strip() else np.nan
        except ValueError:
            raise UserError(f"{self.path}: line {line}: {cell.strip()!r} is not a number") from None


def read_lines(path):
    """Lines of a text file in UTF-8, or else in Latin-1, which instruments write."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return data.decode("latin-1").splitlines()


def read_table(path, after=None):
    """Table of a text file, or of what follows the line `after`: a header, then a row each line; # begins a remark.

    Cells are separated by the header's tabs, semicolons or commas, or else by blanks. UserError for a line that is cut.
    """
    lines = read_lines(path)
    start = next((n for n, line in enumerate(lines, start=1) if line.strip() == after), 0)
    numbered = [(n, line) for n, line in enumerate(lines, start=1) if n > start and line.strip() and line.lstrip()[0] != "#"]
    if len(numbered) < 2:
        raise UserError(f"{path}: no rows under a header; the file may be cut")
    header = numbered[0][1]
    mark = next((mark for mark in "\t;," if mark in header), None)
    split = (lambda line: next(csv.reader([line], delimiter=mark))) if mark else str.split
    names = split(header) if mark else BLANKS.findall(header)
    rows = [(n, tuple(split(line))) for n, line in numbered[1:]]
    for n, row in rows:
        if len(row) != len(names):
            raise UserError(f"{path}: line {n}: {len(row)} cells under {len(names)} columns; the file may be cut")
    return Table(Path(path), tuple(map(Column.of, names)), *zip(*rows, strict=True))
