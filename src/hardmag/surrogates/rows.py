"""Table → checked rows for training, and their split by geometry."""

from dataclasses import dataclass, replace

import numpy as np

from hardmag.errors import UserError
from hardmag.nanostructures import KINDS
from hardmag.surrogates.variables import Variables, variables_of

MIN_ROWS = 20
MIN_GEOMETRIES = 5
TEST_SHARE = 0.2  # of the geometries
VALIDATION_SHARE = 0.15  # of the geometries that are not for the test


@dataclass(frozen=True)
class Rows:
    """Rows with a coercivity: row (n,) indices into the table, x (n, f) features, y (n, t) targets, geometry (n,) numbers that
    rows of one nanostructure share; variables: their names, and what a design sets: of that values (n, k) the numbers and
    level (n,) the text, '' without one; counts: how many rows the table had and lost."""

    row: np.ndarray
    x: np.ndarray
    y: np.ndarray
    geometry: np.ndarray
    values: np.ndarray
    level: np.ndarray
    variables: Variables
    counts: dict

    @property
    def features(self):
        """Names of the columns of x."""
        return self.variables.features

    @property
    def targets(self):
        """Names of the columns of y."""
        return self.variables.targets

    @property
    def angle(self):
        """What intervals are told apart by: angle of field, or of a grain, in degrees (n,)."""
        return self.variables.column(self.x, self.variables.angle)

    def part(self, chosen):
        """The same of some rows; chosen: indices or (n,) bool."""
        arrays = ("row", "x", "y", "geometry", "values", "level")
        return replace(self, **{name: getattr(self, name)[chosen] for name in arrays})


def within_range(value, low, high):
    """Whether low <= value <= high, for a value that may have gone through text or fp32."""
    slack = 1e-6 * max(abs(low), abs(high))
    return bool(low - slack <= value <= high + slack)


def rows_of(table, kind):
    """Rows of a table that are accepted, have a coercivity, and are of those that count (kind.Learned.only).

    table: dict of arrays of one length by column name; kind: name of its nanostructures' kind. Targets that are NaN, all of
    them, mean a structure without hysteresis, α near 90°: such rows are left out and counted. Raises UserError for a kind of
    which nothing is learned, a missing or unequal column, text for a number, a feature that is not finite, one target without
    the others, constant targets, fewer than 20 rows or 5 nanostructures.
    """
    learned = KINDS[kind].learned()
    if learned is None:
        raise UserError(f"table: nothing is learned of {kind}")
    # A column that structures may lack may be lacking altogether: of a dataset from before there was such a parameter.
    lacked = [name for name in learned.features if KINDS[kind].may_lack(name) and name not in table]
    table = table | {name: np.full(len(table.get("status", ())), np.nan) for name in lacked}
    _check_columns(table, learned)
    numbers = {name: _numbers(table, name) for name in dict.fromkeys((*learned.features, *learned.structure, *learned.targets))}
    accepted = np.asarray(table["status"]) == "accepted"
    counting = np.logical_and.reduce([accepted, *(np.asarray(table[name]) == text for name, text in learned.only.items())])
    lacking = [name for name in learned.features if KINDS[kind].may_lack(name) and np.isnan(numbers[name][counting]).all()]
    given = [name for name in learned.features if name not in lacking]
    for name in given:
        _refuse(name, counting & ~np.isfinite(numbers[name]), "must be a finite number")
    first, *others = learned.targets
    hysteresis = ~np.isnan(numbers[first])
    for name in learned.targets:
        _refuse(name, counting & np.isinf(numbers[name]), "must be finite, or NaN without hysteresis")
    for name in others:
        _refuse(name, counting & (np.isnan(numbers[name]) == hysteresis), f"must be NaN exactly where {first} is NaN")

    row = np.flatnonzero(counting & hysteresis)
    if len(row) < MIN_ROWS:
        raise UserError(f"table: {len(row)} accepted rows with a coercivity, at least {MIN_ROWS} are needed to train")
    geometry = alike([numbers[name][row] for name in learned.structure if name not in lacking])
    if geometry.max() + 1 < MIN_GEOMETRIES:
        raise UserError(f"table: {geometry.max() + 1} nanostructures, at least {MIN_GEOMETRIES} are needed")
    for name in learned.targets:
        if np.ptp(numbers[name][row]) == 0:
            raise UserError(f"column {name}: {numbers[name][row[0]]:g} in every usable row, nothing to learn from")
    columns = _with_what_follows(table, row, {name: values[row] for name, values in numbers.items()}, KINDS[kind])
    further = [name for name in learned.follows if name not in table]
    features = [name for name in (*given, *further) if _tells(name, columns[name], learned)]
    variables = variables_of(kind, features, columns)
    counts = {
        "rows_in_table": len(accepted),
        "rows_not_accepted": int((~accepted).sum()),
        **({"rows_left_out": int((accepted & ~counting).sum())} if learned.only else {}),
        "rows_without_hysteresis": int((counting & ~hysteresis).sum()),
        "rows_used": len(row),
    }
    x, y, values = (
        np.stack([columns[name] for name in names], axis=1) for names in (features, learned.targets, variables.numbers)
    )
    level = columns[learned.level] if learned.level else np.full(len(row), "")
    return Rows(row, x, y, geometry, values, level, variables, counts)


def _with_what_follows(table, row, columns, kind):
    """Columns of the rows, with those that features may follow from, where the table has them, and what follows."""
    learned, found = kind.learned(), dict(columns)
    for name in (name for rule in learned.follows.values() for name in rule.names):
        if name in table and name not in found:
            is_text = name in kind.columns() and not kind.columns()[name].unit
            found[name] = (_text if is_text else _numbers)(table, name)[row]
    if learned.level:
        _refuse_unknown(kind, learned.level, found[learned.level])
    for name, rule in learned.follows.items():
        if name not in found:
            found[name] = rule.function(found)
    return found


def _refuse_unknown(kind, level, texts):
    unknown = sorted({*texts.tolist()} - {*kind.levels(level)})
    if unknown:
        raise UserError(f"column {level}: {unknown[0]!r} is not one of {', '.join(kind.levels(level))}")


def _tells(name, values, learned):
    """Whether a feature is one: where only what varies is, the angle is in any case."""
    return not learned.varied or name == learned.angle or np.ptp(values) > 0


def alike(columns):
    """(n,) numbers that rows equal in all columns share. Rounded to a femtometre, so that a value that went through text or
    fp32 stays in its group."""
    return np.unique(np.stack(columns, axis=1).round(6), axis=0, return_inverse=True)[1].ravel()


def split_by_geometry(rows, seed):
    """(n,) array of 'train', 'validation', 'test'. All rows of one nanostructure are on one side: it recurs over angles
    and levels, and a split by row would test on structures that the network has seen."""
    from sklearn.model_selection import GroupShuffleSplit  # a second to import, for those who only want rows

    split = np.full(len(rows.row), "train", dtype="U10")
    for name, share in (("test", TEST_SHARE), ("validation", VALIDATION_SHARE)):
        left = np.flatnonzero(split == "train")
        shuffle = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        _, taken = next(shuffle.split(left, groups=rows.geometry[left]))
        split[left[taken]] = name
    return split


def _check_columns(table, learned):
    texts = [*learned.only, *([learned.level] if learned.level else [])]
    needed = list(dict.fromkeys([*learned.features, *learned.structure, *learned.targets, "status", *texts]))
    missing = [name for name in needed if name not in table]
    if missing:
        raise UserError(f"table: no column {', '.join(missing)}; needed are {', '.join(needed)}")
    for name in needed:
        if len(table[name]) != len(table["status"]):
            raise UserError(f"column {name}: {len(table[name])} rows, but column status has {len(table['status'])}")


def _text(table, name):
    return np.asarray(table[name]).astype(str)


def _numbers(table, name):
    try:
        return np.asarray(table[name], dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError(f"column {name}: must be numbers, got {np.asarray(table[name]).dtype}") from None


def _refuse(name, bad, allowed):
    if bad.any():
        raise UserError(f"column {name}: row {np.flatnonzero(bad)[0]} of {len(bad)}: {allowed}")
