"""A dataset in memory: its samples as a table, their curves, what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hardmag.dataset.checks import kind_of
from hardmag.dataset.read import opened, read_curves, read_table

if TYPE_CHECKING:
    from pandas import DataFrame

Curve = tuple[np.ndarray, np.ndarray]  # mu0_H_T (T, decreasing) and m_parallel (1)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A dataset of a campaign.

    path: its file. kind: of its nanostructures, as a campaign file names it. attributes: campaign, versions, settings, … as
    they stand in the file. columns: {name: (n,) numbers or texts} of its n samples, NaN or '' where a sample has no value.
    units, meanings: {name: text} of the columns; the unit of a text is '', of a pure number '1'.
    """

    path: Path
    kind: str
    attributes: dict[str, object] = field(repr=False)
    columns: dict[str, np.ndarray] = field(repr=False)
    units: dict[str, str] = field(repr=False)
    meanings: dict[str, str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.columns["status"])

    def table(self) -> DataFrame:
        """One row per sample, in the order of the curves; units and meanings stand in its `attrs`."""
        import pandas as pd  # half a second, which those who want no table do without

        table = pd.DataFrame(self.columns)
        table.attrs.update(units=self.units, meanings=self.meanings)
        return table

    @property
    def curves(self) -> list[Curve]:
        """Demagnetisation curve of each sample, the average of its half-cycles."""
        return self._curves[0]

    @property
    def half_cycles(self) -> list[list[Curve]]:
        """Of each sample, the curves of its half-cycles."""
        return self._curves[1]

    @cached_property
    def _curves(self):
        return read_curves(self.path)


def load(path):
    """Dataset of a file. Raises UserError for one that is missing, damaged or of another version."""
    with opened(path) as file:
        attributes = {name: value.item() if isinstance(value, np.generic) else value for name, value in file.attrs.items()}
        units, meanings = (
            {name: column.attrs.get(key, "") for name, column in file["samples"].items()} for key in ("unit", "description")
        )
        kind = kind_of(file)
    return Dataset(Path(path), kind, attributes, read_table(path), units, meanings)
