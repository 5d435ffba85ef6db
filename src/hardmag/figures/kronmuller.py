"""Kronmüller's α and N_eff of core/shell grains, from half-cycles with and without magnetostatics."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.analysis.kronmuller import microstructural
from hardmag.dataset.read import read_table
from hardmag.figures.style import BLUE, VERMILION, save

AGAINST = ("misorientation_deg", "shell_nm", "layer_nm")


def draw_kronmuller(dataset, output):
    """α and N_eff against what the grains differ in, and Hc beside Hc*."""
    table = read_table(dataset)
    found = microstructural(table)
    columns = [name for name in AGAINST if np.ptp(table[name][found["with"]]) > 0] or list(AGAINST[:1])
    figure, axes = plt.subplots(2, len(columns) + 1, figsize=(2.9 * (len(columns) + 1), 5.4), layout="constrained")
    for row, (key, label, colour) in enumerate((("alpha", "α", BLUE), ("N_eff", "N_eff", VERMILION))):
        for axis, name in zip(axes[row], columns, strict=False):
            axis.scatter(table[name][found["with"]], found[key], s=14, color=colour, alpha=0.8, linewidths=0)
            axis.set_xlabel(name.replace("_nm", " (nm)").replace("_deg", " (°)").replace("_", " "))
            axis.set_ylabel(label)
    both, spread = axes[0, -1], axes[1, -1]
    top = 1.05 * max(found["mu0_Hc_T"].max(), found["mu0_Hc_star_T"].max())
    both.plot([0, top], [0, top], color="black", lw=0.8)
    both.scatter(found["mu0_Hc_star_T"], found["mu0_Hc_T"], s=14, color="black", alpha=0.7, linewidths=0)
    both.set_xlabel("µ0Hc* without magnetostatics (T)")
    both.set_ylabel("µ0Hc with it (T)")
    spread.scatter(found["alpha"], found["N_eff"], s=14, color="black", alpha=0.7, linewidths=0)
    spread.set_xlabel("α")
    spread.set_ylabel("N_eff")
    medians = ", ".join(f"median {label} = {np.median(found[key]):.3f}" for key, label in (("alpha", "α"), ("N_eff", "N_eff")))
    figure.suptitle(f"µ0Hc = α 2K1/Ms − N_eff µ0Ms with K1, Ms of the hardest phase: {len(found['alpha'])} grains, {medians}")
    save(figure, output)
