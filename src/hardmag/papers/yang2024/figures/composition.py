"""Measured lengths of SmCo-1:7 nanostructures against their content of Zr (Yang et al., Fig. 1d)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, SYMBOLS, headline, label_points, save
from hardmag.papers.yang2024.literature import read_literature

LENGTHS = {
    "L_nm": f"1:5 period {SYMBOLS['L_nm']} (nm)",
    "d_nm": f"Z period {SYMBOLS['d_nm']} (nm)",
    "wS_nm": f"1:5 thickness {SYMBOLS['wS_nm']} (nm)",
    "wZ_nm": f"Z thickness {SYMBOLS['wZ_nm']} (nm)",
}


def draw_composition(literature, output):
    """One panel per length; numbers: the references of Supplementary Table 1."""
    magnets = read_literature(literature)
    zr = np.array([magnet["Zr_at_percent"] for magnet in magnets])
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.2), sharex=True, layout="constrained")
    for axis, (name, label) in zip(axes.flat, LENGTHS.items(), strict=True):
        values = np.array([magnet[name] for magnet in magnets])
        axis.plot(zr, values, "o", color=BLUE, ms=5, mec="black", mew=0.4)
        axis.set_ylabel(label)
        axis.set_ylim(0, None)
        axis.margins(x=0.08, y=0.12)
    for axis in axes[-1]:
        axis.set_xlabel("Zr (at%)")
    headline(figure, "Nanostructures measured in the literature; numbers: references of Supplementary Table 1 of Yang et al.")
    for axis, name in zip(axes.flat, LENGTHS, strict=True):
        known = [(x, magnet[name], str(magnet["reference"])) for x, magnet in zip(zr, magnets, strict=True)]
        *at, texts = zip(*(one for one in known if np.isfinite(one[1])), strict=True)
        label_points(axis, np.transpose(at), texts)
    save(figure, output)
