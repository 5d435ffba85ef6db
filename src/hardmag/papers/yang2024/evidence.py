"""What a finding is judged by: the accepted samples of a dataset, as they are or resampled by nanostructure."""

from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from hardmag.analysis.correlation import pearson
from hardmag.analysis.resampling import Groups
from hardmag.papers.yang2024 import maps
from hardmag.papers.yang2024.columns import FEATURES, GEOMETRY, TARGETS
from hardmag.surrogates.rows import alike

VARIABLES = (*FEATURES, *TARGETS)
CELLS = 40  # per side of a map


class Evidence:
    """Accepted samples: columns {name: (n,)}, NaN where a sample has none. Those without hysteresis are among them."""

    def __init__(self, columns, geometry, plane):
        """geometry (n,): numbers that rows of one nanostructure share; plane: see Plane."""
        self.columns, self.geometry, self.plane = columns, geometry, plane

    @classmethod
    def of(cls, table, predicted, errors, rng):
        """From a dataset's table. predicted: {target: (rows of the table,)} of a model that has not seen the row's
        nanostructure; errors: {(feature or None, target): (rows,)}, mean squared error of a predictor with that feature
        shuffled, NaN where it has seen the row."""
        rows = np.flatnonzero(np.asarray(table["status"]) == "accepted")
        names = (*VARIABLES, "phi_S", "phi_Z", "Zr_at_percent")
        columns = {name: np.asarray(table[name], float)[rows] for name in names}
        columns |= {f"predicted {target}": values[rows] for target, values in predicted.items()}
        columns |= {(feature, target): values[rows] for (feature, target), values in errors.items()}
        geometry = alike([columns[name] for name in GEOMETRY])
        return cls(columns, geometry, Plane(columns, geometry, rng))

    def resampled(self, groups, rng):
        """As many nanostructures, drawn with replacement."""
        return self.where(groups.draw(rng))

    def where(self, chosen):
        """Some of the rows, by index or mask."""
        return Evidence({name: v[chosen] for name, v in self.columns.items()}, self.geometry[chosen], self.plane)

    def groups(self):
        """For `resampled`."""
        return Groups(self.geometry)

    def __getitem__(self, name):
        return self.columns[name]

    @cached_property
    def weight(self):
        """(nanostructures of the dataset,): how often each was drawn."""
        return np.bincount(self.geometry, minlength=len(self.plane.size)) / self.plane.size

    @cached_property
    def with_hysteresis(self):
        """The samples that have a coercivity."""
        return self.where(np.isfinite(self["mu0_Hc_T"]))

    @cached_property
    def along_the_axis(self):
        """Of these, the samples at α = 0."""
        return self.with_hysteresis.where(self.with_hysteresis["alpha_deg"] == 0)

    @cached_property
    def spearman(self):
        """{(a, b): ρ} of VARIABLES, over samples with a coercivity."""
        return self._correlations(rankdata)

    @cached_property
    def pearson(self):
        """{(a, b): r}, likewise."""
        return self._correlations(lambda x, axis: x)

    def _correlations(self, transform):
        found = self.with_hysteresis
        matrix = pearson(transform(np.stack([found[name] for name in VARIABLES], axis=1), axis=0))
        return {(a, b): matrix[i, j] for i, a in enumerate(VARIABLES) for j, b in enumerate(VARIABLES)}

    def partial(self, feature, target, given):
        """Partial rank correlation of feature and target, the ranks of `given` held fixed; NaN with too few samples."""
        x = np.stack([self[name] for name in (feature, target, *given)], axis=1)
        if len(x) < len(given) + 4:
            return float("nan")
        ranks = rankdata(x, axis=0)
        fixed = np.column_stack([np.ones(len(x)), ranks[:, 2:]])
        rest = ranks[:, :2] - fixed @ np.linalg.lstsq(fixed, ranks[:, :2], rcond=None)[0]
        return float(pearson(rest)[0, 1])

    def peak(self, target):
        """(φS, φZ) at which the map of a target's mean per nanostructure is largest, within the data."""
        return self.plane.peak(target, self.weight)


class Plane:
    """Mean Hc and Φp of each nanostructure over its samples with a coercivity, over φS and φZ, to be fitted with weights."""

    def __init__(self, columns, geometry, rng):
        self.size = np.bincount(geometry)
        found = np.isfinite(columns["mu0_Hc_T"])
        number = np.bincount(geometry, weights=found)
        self.known = number > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = {t: np.bincount(geometry, weights=np.where(found, columns[t], 0.0)) / number for t in TARGETS}
            shares = [np.bincount(geometry, weights=columns[name]) / self.size for name in ("phi_S", "phi_Z")]
        self.points, self.values = np.stack(shares, axis=1), mean
        at = self.points[self.known]
        self.smoothing = {t: maps.choose_smoothing(at, mean[t][self.known], rng)[0] for t in TARGETS}
        phi_S, phi_Z, inside = maps.surface(at, mean[TARGETS[0]][self.known], self.smoothing[TARGETS[0]], CELLS)
        grid = np.stack(np.meshgrid(phi_S, phi_Z), axis=-1)
        self.grid = grid[np.isfinite(inside)]

    def peak(self, target, weight):
        """Of the spline with these weights (nanostructures,), whole numbers; NaN if they span no surface."""
        drawn = self.known & (weight > 0)
        if not maps.spans_a_surface(self.points[drawn]):
            return np.full(2, np.nan)
        smoothing = self.smoothing[target] / weight[drawn]  # a point drawn twice weighs twice
        return self.grid[np.argmax(maps.spline(self.points[drawn], self.values[target][drawn], smoothing)(self.grid))]
