"""Measured lengths of SmCo-1:7 nanostructures against their content of Zr (Yang et al., Fig. 1d)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, save
from hardmag.literature import read_literature

LENGTHS = {
    "L_nm": "1:5 period L (nm)",
    "d_nm": "Z period d (nm)",
    "wS_nm": "1:5 thickness wS (nm)",
    "wZ_nm": "Z thickness wZ (nm)",
}


def draw_composition(literature, output):
    """One panel per length; numbers: the references of Supplementary Table 1."""
    magnets = read_literature(literature)
    zr = np.array([magnet["Zr_at_percent"] for magnet in magnets])
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.2), sharex=True, layout="constrained")
    for axis, (name, label) in zip(axes.flat, LENGTHS.items(), strict=True):
        values = np.array([magnet[name] for magnet in magnets])
        axis.plot(zr, values, "o", color=BLUE, ms=5, mec="black", mew=0.4)
        for magnet, x, y in zip(magnets, zr, values, strict=True):
            if np.isfinite(y):
                axis.annotate(str(magnet["reference"]), (x, y), (4, 2), textcoords="offset points", fontsize=7)
        axis.set_ylabel(label)
        axis.set_ylim(0, None)
        axis.margins(x=0.08, y=0.12)
    for axis in axes[-1]:
        axis.set_xlabel("Zr (at%)")
    figure.suptitle("Nanostructures measured in the literature; numbers: references of Supplementary Table 1 of Yang et al.")
    save(figure, output)
