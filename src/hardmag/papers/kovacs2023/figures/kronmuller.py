"""Kronmüller's α and N_eff of core/shell grains, from half-cycles with and without magnetostatics."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.dataset.read import read_table
from hardmag.figures.notation import MU0_HC
from hardmag.figures.style import BLUE, VERMILION, headline, marks, save
from hardmag.papers.kovacs2023.kronmuller import microstructural

AGAINST = ("misorientation_deg", "shell_nm", "layer_nm")

ALPHA, N_EFF = "$α$ (1)", r"$N_\mathrm{eff}$ (1)"


def draw_kronmuller(dataset, output):
    """α and N_eff against what the grains differ in, and Hc beside Hc*."""
    table = read_table(dataset)
    found = microstructural(table)
    columns = [name for name in AGAINST if np.ptp(table[name][found["with"]]) > 0] or list(AGAINST[:1])
    figure, axes = plt.subplots(2, len(columns) + 1, figsize=(2.9 * (len(columns) + 1), 5.4), layout="constrained")
    for row, (key, label, colour) in enumerate((("alpha", ALPHA, BLUE), ("N_eff", N_EFF, VERMILION))):
        for axis, name in zip(axes[row], columns, strict=False):
            axis.scatter(table[name][found["with"]], found[key], color=colour, linewidths=0, **marks(len(found[key])))
            axis.set_xlabel(name.replace("_nm", " (nm)").replace("_deg", " (°)").replace("_", " "))
            axis.set_ylabel(label)
    both, spread = axes[0, -1], axes[1, -1]
    top = 1.05 * max(found["mu0_Hc_T"].max(), found["mu0_Hc_star_T"].max())
    both.plot([0, top], [0, top], color="black", lw=0.8)
    both.scatter(found["mu0_Hc_star_T"], found["mu0_Hc_T"], color="black", linewidths=0, **marks(len(found["alpha"])))
    both.set_xlabel(f"{MU0_HC}* without magnetostatics (T)")
    both.set_ylabel(f"{MU0_HC} with it (T)")
    spread.scatter(found["alpha"], found["N_eff"], color="black", linewidths=0, **marks(len(found["alpha"])))
    spread.set_xlabel(ALPHA)
    spread.set_ylabel(N_EFF)
    medians = ", ".join(
        f"median {label.removesuffix(' (1)')} = {np.median(found[key]):.3f}"
        for key, label in (("alpha", ALPHA), ("N_eff", N_EFF))
    )
    law = rf"{MU0_HC} = $α\,2K_1/M_\mathrm{{s}} − N_\mathrm{{eff}}\,\mu_0M_\mathrm{{s}}$"
    headline(
        figure,
        rf"{law} with $K_1$, $M_\mathrm{{s}}$ of the hardest phase: {len(found['alpha'])} grains, {medians}",
    )
    save(figure, output)
