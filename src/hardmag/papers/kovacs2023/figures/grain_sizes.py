"""Demagnetisation curves and N_eff of polycrystals over the size of their grains. Kovacs et al. 2023, Fig. 16."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import HC, curve_axes
from hardmag.figures.style import BLUE, GREEN, ORANGE, SKY, VERMILION, headline, save
from hardmag.papers.kovacs2023.figures.kronmuller import N_EFF
from hardmag.papers.kovacs2023.grain_sizes import FEWEST, READINGS, average, of_reading
from hardmag.papers.kovacs2023.polycrystal_claims import EXPERIMENTS, SINTERED_NM

COLOURS = (BLUE, SKY, GREEN, ORANGE, VERMILION)  # of sizes, the smallest first
BOUNDARIES = {"3 nm": (BLUE, "o", 0.94), "3 %": (VERMILION, "s", 1.06)}  # colour, marker, and shift along the logarithmic axis


def draw_grain_sizes(groups, output):
    """groups: of grain_sizes.Group."""
    figure, axes = plt.subplots(1, 3, figsize=(11.5, 4.4), layout="constrained", width_ratios=(1, 1, 0.9))
    for axis, reading in zip(axes, READINGS, strict=False):
        _draw_curves(axis, of_reading(groups, reading))
        axis.set_title(f"boundary of {reading}{' of the grain size' if '%' in reading else ''}", loc="left")
    axes[1].set_ylabel("")
    _draw_N_eff(axes[2], groups)
    most = max(len(group.structure_seed) for group in groups)
    headline(
        figure,
        f"Cubes of 160 grains of Nd$_2$Fe$_{{14}}$B by the reduced-order model: {most} structures of each size, their average; "
        rf"{N_EFF.removesuffix(' (1)')} = ({HC}* − {HC})/$M_\mathrm{{s}}$",
    )
    save(figure, output)


def _draw_curves(axis, groups):
    for group, colour in zip(groups, COLOURS, strict=False):
        for curve, failure in zip(group.curves, group.failures, strict=True):
            axis.plot(*curve, color=colour, lw=0.7, alpha=0.3, ls=":" if failure else "-")
        whole, count = group.whole_curves, len(group.curves)
        label = f"{group.grain_size_nm / 1e3:.3g} µm"
        if len(whole) < count:
            label += f", {count - len(whole)} of {count} fail"
        if whole:
            axis.plot(*average(whole), color=colour, lw=1.8, label=label)
        else:
            axis.plot([], [], color=colour, lw=1.2, ls=":", label=label)
    curve_axes(axis)
    axis.set_xlim(-4.6, 3.2)
    axis.set_ylim(-1, 1.02)
    axis.legend(title="grain size", loc="lower right", fontsize=8, handlelength=1.4)


def _draw_N_eff(axis, groups):
    axis.axhspan(*EXPERIMENTS, color="#EEEEEE", zorder=0, label="sintered magnets, experiments")
    axis.axvline(SINTERED_NM / 1e3, color="grey", lw=0.8, ls=":", zorder=0, label="their grain size")
    for reading, (colour, marker, shift) in BOUNDARIES.items():
        own = [(g.grain_size_nm, g.N_eff[np.isfinite(g.N_eff)]) for g in of_reading(groups, reading)]
        own = [(size * shift / 1e3, values) for size, values in own if len(values) >= FEWEST]
        for x, values in own:
            low, first, third, high = np.percentile(values, [0, 25, 75, 100])
            axis.vlines([x, x], [low, third], [first, high], color="grey", lw=1.2, zorder=1)
        x, medians = [size for size, _ in own], [np.median(values) for _, values in own]
        axis.plot(x, medians, color=colour, marker=marker, mfc="white", lw=0.8, zorder=2, label=f"boundary of {reading}")
    axis.set_xscale("log")
    there = sorted({group.grain_size_nm / 1e3 for group in groups})
    axis.set_xticks(there, [f"{size:.3g}" for size in there])
    axis.minorticks_off()
    axis.set_ylim(bottom=0)
    axis.set_xlabel("grain size (µm)")
    axis.set_ylabel(N_EFF)
    axis.set_title("median; lines from quartiles to extremes", loc="left")
    axis.legend(loc="lower right", fontsize=8)
