"""Table → checked rows for training, and their split by geometry."""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError

GEOMETRY = ("L_nm", "d_nm", "wS_nm", "wZ_nm")
PRESCRIBED = ("alpha_deg", "Ms_Z_kA_per_m", "sigma_Z_mJ_per_m2", "l_Z_nm")
FEATURES = GEOMETRY + PRESCRIBED
TARGETS = ("mu0_Hc_T", "phi_p")

MIN_ROWS = 20
MIN_GEOMETRIES = 5
TEST_SHARE = 0.2  # of the geometries
VALIDATION_SHARE = 0.15  # of the geometries that are not for the test


@dataclass(frozen=True)
class Rows:
    """Rows with a coercivity: row (n,) indices into the table, x (n, f) features, y (n, t) targets, geometry (n,)
    numbers that rows of one nanostructure share, z_set (n,) names; counts: how many rows the table had and lost."""

    row: np.ndarray
    x: np.ndarray
    y: np.ndarray
    geometry: np.ndarray
    z_set: np.ndarray
    counts: dict
    features: tuple = FEATURES
    targets: tuple = TARGETS

    @property
    def angle(self):
        """What intervals are told apart by: angle of field, or of a grain, in degrees (n,)."""
        return self.x[:, self.features.index("alpha_deg" if self.features == FEATURES else "misorientation_deg")]


def within_range(value, low, high):
    """Whether low <= value <= high, for a value that may have gone through text or fp32."""
    slack = 1e-6 * max(abs(low), abs(high))
    return bool(low - slack <= value <= high + slack)


def usable_rows(table):
    """Rows of the table that are accepted and have a coercivity.

    table: dict of arrays of one length by column name: FEATURES, TARGETS, status, z_set. Targets that are NaN (both)
    mean a structure without hysteresis, α near 90°: such rows are left out and counted. Raises UserError for a missing
    or unequal column, text for a number, a feature that is not finite, one target without the other, constant targets,
    fewer than 20 rows or 5 geometries.
    """
    _check_columns(table)
    numbers = {name: _numbers(table, name) for name in FEATURES + TARGETS}
    status, z_set = (np.asarray(table[name]) for name in ("status", "z_set"))
    accepted = status == "accepted"
    x, y = (np.stack([numbers[name] for name in names], axis=1) for names in (FEATURES, TARGETS))
    for name in FEATURES:
        _refuse(name, accepted & ~np.isfinite(numbers[name]), "must be a finite number")
    hysteresis = ~np.isnan(y[:, 0])
    for name in TARGETS:
        _refuse(name, accepted & np.isinf(numbers[name]), "must be finite, or NaN without hysteresis")
    _refuse("phi_p", accepted & (np.isnan(y[:, 1]) == hysteresis), "must be NaN exactly where mu0_Hc_T is NaN")

    row = np.flatnonzero(accepted & hysteresis)
    if len(row) < MIN_ROWS:
        raise UserError(f"table: {len(row)} accepted rows with a coercivity, at least {MIN_ROWS} are needed to train")
    geometry = geometry_of(x[row])
    geometries = geometry.max() + 1
    if geometries < MIN_GEOMETRIES:
        raise UserError(f"table: {geometries} geometries ({', '.join(GEOMETRY)}), at least {MIN_GEOMETRIES} are needed")
    for name in TARGETS:
        if np.ptp(numbers[name][row]) == 0:
            raise UserError(f"column {name}: {numbers[name][row[0]]:g} in every usable row, nothing to learn from")
    counts = {
        "rows_in_table": len(status),
        "rows_not_accepted": int((~accepted).sum()),
        "rows_without_hysteresis": int((accepted & ~hysteresis).sum()),
        "rows_used": len(row),
    }
    return Rows(row, x[row], y[row], geometry, z_set[row].astype(str), counts)


def geometry_of(x):
    """(n,) numbers that rows of x (n, 8) with one (L, d, wS, wZ) share. Rounded to a femtometre, so that a value that
    went through text or fp32 stays in its group."""
    return np.unique(x[:, : len(GEOMETRY)].round(6), axis=0, return_inverse=True)[1].ravel()


def split_by_geometry(rows, seed):
    """(n,) array of 'train', 'validation', 'test'. All rows of one geometry (L, d, wS, wZ) are on one side: the same
    structure recurs over angles and Z sets, and a split by row would test on structures the network has seen."""
    from sklearn.model_selection import GroupShuffleSplit  # a second to import, for those who only want rows

    split = np.full(len(rows.row), "train", dtype="U10")
    for name, share in (("test", TEST_SHARE), ("validation", VALIDATION_SHARE)):
        left = np.flatnonzero(split == "train")
        shuffle = GroupShuffleSplit(n_splits=1, test_size=share, random_state=seed)
        _, taken = next(shuffle.split(left, groups=rows.geometry[left]))
        split[left[taken]] = name
    return split


def _check_columns(table):
    needed = [*FEATURES, *TARGETS, "status", "z_set"]
    missing = [name for name in needed if name not in table]
    if missing:
        raise UserError(f"table: no column {', '.join(missing)}; needed are {', '.join(needed)}")
    for name in needed:
        if len(table[name]) != len(table["status"]):
            raise UserError(f"column {name}: {len(table[name])} rows, but column status has {len(table['status'])}")


def _numbers(table, name):
    try:
        return np.asarray(table[name], dtype=np.float64)
    except (TypeError, ValueError):
        raise UserError(f"column {name}: must be numbers, got {np.asarray(table[name]).dtype}") from None


def _refuse(name, bad, allowed):
    if bad.any():
        raise UserError(f"column {name}: row {np.flatnonzero(bad)[0]} of {len(bad)}: {allowed}")
