"""Curves of samples, such as X-ray diffractograms, from files of two columns; and a map of the samples by their curves."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardmag.errors import UserError, reason
from hardmag.images.sample_map import COMPONENTS

COLUMN = "curve"  # of a table of samples (images.folders): a path relative to the table
GRID = 1024  # points of the common grid
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Curve:
    """x: (n,), rising; y: (n,)."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True)
class CurveMap:
    """x: (n,) grid; mean: (n,) of the samples' normalised curves; components: (c, n), rows of length 1; explained: (c,) shares
    of the variance; names: of the samples; scores: (samples, c)."""

    x: np.ndarray
    mean: np.ndarray
    components: np.ndarray
    explained: np.ndarray
    names: tuple
    scores: np.ndarray

    def place(self, curve):
        """Scores (c,) of a further Curve. UserError where it does not cover the map's x."""
        return (normalised(curve, self.x) - self.mean) @ self.components.T

    def scores_of(self, name):
        """Scores (c,) of a sample of the map."""
        return self.scores[self.names.index(name)]


def read_curve(path):
    """Curve of a CSV file of two columns of numbers, x rising or falling throughout.

    Between them stands a comma or blanks; or a semicolon or tab, and numbers may then have a decimal comma. One line of words
    may stand above; empty lines and those that begin with # are left out. UserError in one line names file and line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not a readable curve ({reason(error)})") from None
    rows, header = [], True
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        numbers = _numbers(line.strip())
        if header and np.isnan(numbers).all():
            header = False
        elif len(numbers) != 2 or np.isnan(numbers).any():
            raise UserError(f"{path}: line {number} is not two columns of numbers")
        else:
            header = False
            rows.append(numbers)
    if len(rows) < 2:
        raise UserError(f"{path}: not two columns of numbers; two lines of them are needed at least")
    x, y = np.transpose(rows)
    if x[0] > x[-1]:
        x, y = x[::-1], y[::-1]
    if (np.diff(x) <= 0).any():
        raise UserError(f"{path}: the first column must rise, or fall, throughout")
    return Curve(x, y)


def _numbers(line):
    """Numbers of a line, NaN for what is none."""
    decimal_comma = re.search("[;\t]", line)
    cells = re.split("[;\t]", line) if decimal_comma else re.split(r"\s*,\s*|\s+", line)
    cells = [cell.replace(",", ".", 1) if decimal_comma else cell for cell in cells]
    return [float(cell) if NUMBER.fullmatch(cell) else np.nan for cell in cells]


def curves_of(table_csv):
    """{sample: Curve} of the column `curve` of a table of samples, where it has one; {} where it has none.

    The path stands in one row of a sample at least. UserError for two different ones.
    """
    path = Path(table_csv)
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = [(row["sample"].strip(), (row.get(COLUMN) or "").strip()) for row in csv.DictReader(file)]
    found = {}
    for sample, curve in rows:
        if curve and found.setdefault(sample, curve) != curve:
            raise UserError(f"{path}: {COLUMN} = {curve}, but {found[sample]} in another row of sample {sample}")
    return {sample: read_curve(path.parent / curve) for sample, curve in found.items()}


def normalised(curve, x):
    """Values (n,) of a curve on a grid x (n,), divided by the mean of their absolute values (trapezoidal rule): curves of equal
    shape become equal. UserError where the curve does not cover the grid, or is zero in all of it."""
    slack = 1e-9 * (x[-1] - x[0])
    if x[0] < curve.x[0] - slack or x[-1] > curve.x[-1] + slack:
        raise UserError(f"curve: covers x = {curve.x[0]:.4g} to {curve.x[-1]:.4g}, not {x[0]:.4g} to {x[-1]:.4g}")
    y = np.interp(x, curve.x, curve.y)
    area = np.trapezoid(abs(y), x)
    if area == 0:
        raise UserError(f"curve: all values are zero from x = {x[0]:.4g} to {x[-1]:.4g}")
    return y / area * (x[-1] - x[0])


def fit_curves(curves):
    """(CurveMap of {sample: Curve}, their normalised values (samples, n)) on a grid that all cover, at most 10 components.

    UserError for less than three curves, and where they have no common x.
    """
    from sklearn.decomposition import PCA

    if len(curves) < 3:
        raise UserError(f"map of curves: {len(curves)} curves; three are needed at least")
    low, high = max(c.x[0] for c in curves.values()), min(c.x[-1] for c in curves.values())
    if high <= low:
        raise UserError(f"map of curves: no common x; one begins at {low:.4g}, one ends at {high:.4g}")
    x = np.linspace(low, high, GRID)
    values = np.stack([normalised(curve, x) for curve in curves.values()])
    pca = PCA(min(COMPONENTS, len(values) - 1), svd_solver="full")
    scores = pca.fit_transform(values)
    return CurveMap(x, pca.mean_, pca.components_, pca.explained_variance_ratio_, tuple(curves), scores), values
