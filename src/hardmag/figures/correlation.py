"""Correlations between features and targets, with their intervals (Yang et al., Fig. 2e and Supplementary Fig. 7)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, ORANGE, SYMBOLS, TARGET_LABELS, save
from hardmag.files import read_json

MEASURES = {"spearman": ("Spearman's ρ", BLUE, "o"), "pearson": ("Pearson's r", ORANGE, "s")}


def draw_correlation(analysis, output):
    """Above: all pairs of variables; below: each feature with Hc and Φp, bars are 95 % intervals."""
    content = read_json(analysis)
    data = content["correlation"]
    names = data["variables"]
    features = [i for i, name in enumerate(names) if name not in TARGET_LABELS]
    figure, axes = plt.subplots(
        2, 2, figsize=(11, 7.2 + 0.2 * len(features)), layout="constrained", height_ratios=(5.2, 2 + 0.2 * len(features))
    )
    for axis, (measure, (label, _, _)) in zip(axes[0], MEASURES.items(), strict=True):
        value = np.array(data[measure]["value"])
        image = axis.imshow(value, cmap="RdBu_r", vmin=-1, vmax=1)
        for i, j in np.ndindex(value.shape):
            colour = "white" if abs(value[i, j]) > 0.6 else "black"
            axis.text(j, i, f"{value[i, j]:.2f}".replace("-0.00", "0.00"), ha="center", va="center", fontsize=6.5, color=colour)
        axis.set_xticks(range(len(names)), [SYMBOLS[n].split(" = ")[0] for n in names], rotation=45, ha="right")
        axis.set_yticks(range(len(names)), [SYMBOLS[n] for n in names])
        axis.set_title(label)
    figure.colorbar(image, ax=axes[0], label="correlation", shrink=0.8)
    for axis, target in zip(axes[1], TARGET_LABELS, strict=True):
        j = names.index(target)
        for shift, (measure, (name, colour, marker)) in zip((-0.15, 0.15), MEASURES.items(), strict=True):
            value, low, high = (np.array(data[measure][k], float)[features, j] for k in ("value", "low", "high"))
            y = np.arange(len(features)) + shift
            axis.hlines(y, low, high, color=colour, lw=1.6)
            axis.plot(value, y, marker, color=colour, ms=5, label=name)
        axis.axvline(0, color="black", lw=0.6)
        axis.set_yticks(range(len(features)), [SYMBOLS[names[i]] for i in features])
        axis.invert_yaxis()
        axis.set_xlim(-1.05, 1.05)
        axis.grid(axis="x", lw=0.3)
        axis.set_xlabel(f"correlation with {SYMBOLS[target]}")
    figure.legend(*axes[1, 0].get_legend_handles_labels(), ncols=2, loc="outside lower center")
    figure.suptitle(
        f"{content['rows_used']} samples of {content['nanostructures']} nanostructures; bars: 95 %, nanostructures resampled"
    )
    save(figure, output)
