"""Columns that the paper learns from, by the kind of its nanostructures."""

import numpy as np

from hardmag.nanostructures.smco17 import GEOMETRY, SmCo17
from hardmag.surrogates.rows import rows_of

_LEARNED = SmCo17.learned()
FEATURES, TARGETS, Z_SET = _LEARNED.features, _LEARNED.targets, tuple(_LEARNED.follows)

__all__ = ["FEATURES", "GEOMETRY", "TARGETS", "Z_SET", "geometry_of", "usable_rows"]


def usable_rows(table):
    """Rows of a table of SmCo-1:7 (surrogates.rows.rows_of)."""
    return rows_of(table, SmCo17.name())


def geometry_of(lengths):
    """(n,) numbers that rows of lengths (n, 4), GEOMETRY, with the same four share."""
    return np.unique(lengths.round(6), axis=0, return_inverse=True)[1].ravel()
