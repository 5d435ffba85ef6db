"""Columns that the paper learns from, by the kind of its nanostructures."""

from hardmag.nanostructures.smco17 import GEOMETRY, SmCo17
from hardmag.surrogates.rows import rows_of

_LEARNED = SmCo17.learned()
FEATURES, TARGETS, Z_SET = _LEARNED.features, _LEARNED.targets, tuple(_LEARNED.follows)

__all__ = ["FEATURES", "GEOMETRY", "TARGETS", "Z_SET", "usable_rows"]


def usable_rows(table):
    """Rows of a table of SmCo-1:7 (surrogates.rows.rows_of)."""
    return rows_of(table, SmCo17.name())
