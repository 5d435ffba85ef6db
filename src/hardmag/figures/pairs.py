"""All pairs of what a design sets and of targets: points, histograms, densities (Yang et al., Supplementary Fig. 1)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.analysis.density import density
from hardmag.dataset.read import read_kind, read_table
from hardmag.dataset.schema import columns_of
from hardmag.figures.style import BLUE, PRINTED, axis_label, headline, marks, save, short
from hardmag.surrogates.rows import rows_of


def draw_pairs(samples, output):
    """Below the diagonal each sample, on it the counts, above it kernel densities. Samples with a coercivity."""
    rows = rows_of(read_table(samples), read_kind(samples))
    numbers, structure = rows.variables.numbers, rows.variables.structure
    columns = {name: rows.values[:, numbers.index(name)] for name in structure}
    columns = {name: column for name, column in columns.items() if np.ptp(column) > 0}
    columns |= dict(zip(rows.targets, rows.y.T, strict=True))
    names = tuple(columns)
    quantities = {name: columns_of(rows.variables.kind)[name] for name in names}
    labels = [_label(name, quantities) for name in names]
    k = len(names)
    figure, axes = plt.subplots(k, k, figsize=(10.4, 10.4), layout="constrained", sharex="col")
    for i, below in enumerate(names):
        for j, left in enumerate(names):
            axis, x, y = axes[i, j], columns[left], columns[below]
            if i == j:
                axis.hist(x, bins=25, color=BLUE)
                axis.set_yticks([])
            elif i > j:
                axis.scatter(x, y, color=BLUE, linewidths=0, **marks(len(x)))
            else:
                estimate = density(x, y, rows.geometry)
                axis.set_facecolor(plt.get_cmap("viridis")(0.0))
                if estimate is not None:
                    axis.contourf(*estimate, 9, cmap="viridis")
            if i != j:
                axis.set_ylim(y.min() - 0.06 * np.ptp(y), y.max() + 0.06 * np.ptp(y))
            axis.set_xlim(x.min() - 0.06 * np.ptp(x), x.max() + 0.06 * np.ptp(x))
            axis.locator_params(nbins=4)
            axis.tick_params(labelsize=7, labelleft=j == 0 and i != j, left=j == 0 and i != j)
            if j == 0:
                axis.set_ylabel(labels[i] if i else "samples")
            if i == k - 1:
                axis.set_xlabel(labels[j])
            if i == 0:
                axis.set_title(labels[j])
    nanostructures = len(np.unique(rows.geometry))
    headline(figure, f"{len(rows.row)} samples with a coercivity, of {nanostructures} nanostructures")
    save(figure, output)


def _label(name, quantities):
    """A column with its unit, as short as leaves no two alike."""
    of = quantities[name]
    if [other.symbol for other in quantities.values()].count(of.symbol) > 1 and of.symbol:
        return axis_label(name, of)
    unit = PRINTED.get(of.unit, of.unit)
    return f"{short(name, of)} ({unit})" if unit else short(name, of)
