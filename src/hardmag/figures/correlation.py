"""Correlations between features and targets: heatmaps of all pairs (Yang et al., Supplementary Fig. 7), and those with Hc
and Φp with their intervals (Fig. 2e)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, SYMBOLS, TARGET_LABELS, VERMILION, headline, quantity, save, whiskers
from hardmag.files import read_json

MEASURES = {"pearson": "Pearson's r", "spearman": "Spearman's ρ"}


def draw_correlation(analysis, output):
    """Pearson's and Spearman's correlation of all pairs of variables."""
    content = read_json(analysis)
    data = content["correlation"]
    names = data["variables"]
    figure, axes = plt.subplots(1, 2, figsize=(11.4, 5.6), layout="constrained")
    for axis, (measure, label) in zip(axes, MEASURES.items(), strict=True):
        value = np.array(data[measure]["value"], float)
        image = axis.imshow(value, cmap="RdBu_r", vmin=-1, vmax=1)
        for i, j in np.ndindex(value.shape):
            colour = "white" if abs(value[i, j]) > 0.6 else "black"
            axis.text(j, i, quantity(value[i, j], "z.2f"), ha="center", va="center", fontsize=6.5, color=colour)
        axis.set_xticks(range(len(names)), [SYMBOLS[n] for n in names], rotation=45, ha="right")
        axis.set_yticks(range(len(names)), [SYMBOLS[n] for n in names])
        axis.set_title(label)
    figure.colorbar(image, ax=axes, label="correlation", shrink=0.8)
    headline(figure, f"{content['rows_used']} samples of {content['nanostructures']} nanostructures")
    save(figure, output)


def draw_spearman(analysis, output):
    """Spearman's ρ of each feature with Hc and with Φp, with its 95 % interval; vermilion where that holds 0."""
    content = read_json(analysis)
    data = content["correlation"]
    names = data["variables"]
    features = [i for i, name in enumerate(names) if name not in TARGET_LABELS]
    figure, axes = plt.subplots(1, 2, figsize=(9, 1.6 + 0.28 * len(features)), sharey=True, layout="constrained")
    for axis, target in zip(axes, TARGET_LABELS, strict=True):
        j = names.index(target)
        value, low, high = (np.array(data["spearman"][k], float)[features, j] for k in ("value", "low", "high"))
        colours = [VERMILION if a <= 0 <= b else BLUE for a, b in zip(low, high, strict=True)]
        axis.barh(range(len(features)), value, color=colours, xerr=whiskers(value, low, high), error_kw={"lw": 1, "capsize": 2})
        axis.axvline(0, color="black", lw=0.6)
        axis.set_yticks(range(len(features)), [SYMBOLS[names[i]] for i in features])
        axis.set_xlim(-1.05, 1.05)
        axis.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "0.5", "1"])
        axis.grid(axis="x", lw=0.3)
        axis.set_axisbelow(True)
        axis.set_xlabel(f"Spearman's ρ with {SYMBOLS[target]}")
    axes[0].invert_yaxis()
    headline(
        figure,
        f"{content['rows_used']} samples of {content['nanostructures']} nanostructures; lines: 95 %, nanostructures resampled; "
        "vermilion: may be 0",
    )
    save(figure, output)
