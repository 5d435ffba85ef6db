"""The space in which a closed loop looks for samples: numbers in ranges, and levels to choose from."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from hardmag.campaign.config import Range
from hardmag.surrogates.rows import alike

BLOCK = 256  # points of a Sobol sequence that are drawn together


@dataclass(frozen=True)
class SearchSpace:
    """parameters: {name: {"min": low, "max": high, …} or a list of levels}, as a campaign file gives them; within: those in
    which rows of one nanostructure may differ.

    Points u (n, k) of the unit cube, one coordinate per parameter, stand for designs; any point is one. Features (n, f) are
    what models see: a number runs from 0 to 1 between its extremes, a text has a column per level, 1/√2 where it is the
    level and 0 elsewhere, so that two levels are 1 apart.
    """

    parameters: dict
    within: tuple = ("alpha_deg",)

    def designs(self, u):
        """The designs at points u (n, k): a list of {parameter: value}."""
        return [{name: self._value(name, c) for name, c in zip(self.parameters, row, strict=True)} for row in u]

    def _value(self, name, coordinate):
        given = self.parameters[name]
        if isinstance(given, dict):
            return float(Range(**given).at(coordinate))
        return given[min(int(coordinate * len(given)), len(given) - 1)]

    def features(self, columns):
        """(n, f) of columns {parameter: (n,)}, designs' or a dataset's. A text that is no level gives NaN."""
        parts = []
        for name, given in self.parameters.items():
            values = np.asarray(columns[name])
            if self._is_text(name):
                hot = np.array([[value == level for level in given] for value in values]).reshape(len(values), -1)
                parts.append(np.where(hot.any(axis=1, keepdims=True), hot / np.sqrt(2), np.nan))
            else:
                low, high = (given["min"], given["max"]) if isinstance(given, dict) else (min(given), max(given))
                values = values.astype(float)
                if isinstance(given, dict) and given.get("scale") == "log":
                    values, low, high = np.log(values), np.log(low), np.log(high)
                parts.append(((values - low) / ((high - low) or 1.0))[:, None])
        return np.concatenate(parts, axis=1)

    def features_at(self, u):
        """(n, f) at points u (n, k)."""
        designs = self.designs(u)
        return self.features({name: [d[name] for d in designs] for name in self.parameters})

    def _is_text(self, name):
        given = self.parameters[name]
        return isinstance(given, list) and any(isinstance(level, str) for level in given)

    def groups(self, columns):
        """(n,) numbers that rows of one nanostructure share: equal in all numbers but those of `within`."""
        names = [name for name in self.parameters if not self._is_text(name) and name not in self.within]
        return alike([np.asarray(columns[name], dtype=float) for name in names or ["alpha_deg"]])

    def fill(self, possible, count, skip, seed):
        """(count, k) points of a scrambled Sobol sequence, without those that are impossible and the first `skip` of the
        possible ones. possible: function of a list of designs → (n,) bool."""
        sequence, found, seen = qmc.Sobol(len(self.parameters), seed=seed), np.empty((0, len(self.parameters))), 0
        while len(found) < skip + count and (seen < 64 * BLOCK or len(found)):
            u = sequence.random(BLOCK)
            found = np.concatenate([found, u[possible(self.designs(u))]])
            seen += BLOCK
        return found[skip : skip + count]
