"""Coercivity of single cubes by both models, and the valley of d and l. Kovacs et al. 2023, Fig. 9."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import MU0_HC
from hardmag.figures.style import BLUE, ORANGE, VERMILION, headline, save

COLOURS = (BLUE, VERMILION)  # of the smaller and the larger angle


def draw_single_cubes(data, output):
    """data: what benchmarks/reduced_order_cubes.py writes."""
    figure = plt.figure(figsize=(10.5, 4.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.05))
    upper, lower = left.subplots(2, 1, sharex=True, height_ratios=(2.2, 1))
    _draw_cubes(upper, lower, data)
    _draw_valley(right, right.subplots(), data)
    headline(figure, f"Single cubes of Nd$_2$Fe$_{{14}}$B: {MU0_HC} by the reduced-order model and by full micromagnetics")
    save(figure, output)


def _draw_cubes(upper, lower, data):
    cubes, end = np.array(data["cubes"]), max(edge for edge, _ in data["cubes"])
    for angle, colour in zip(sorted(set(cubes[:, 1])), COLOURS, strict=True):
        own = [row for row in data["model"] if row["angle_deg"] == angle]
        upper.plot(
            [row["edge_nm"] for row in own],
            [row["mu0_Hc_T"] for row in own],
            color=colour,
            label=f"model, {angle:g}°",
        )
        there = cubes[:, 1] == angle
        x, style = cubes[there, 0], {"color": colour, "ls": "", "marker": "o"}
        upper.plot(x, np.array(data["full_T"])[there], mfc="none", label=f"full micromagnetics, {angle:g}°", **style)
        lower.plot(x, np.array(data["published_errors_T"])[there], mfc="none", **style)
        lower.plot(x, np.array(data["optimum_errors_T"])[there], color=colour, ls="", marker="x")
    for axis in (upper, lower):
        axis.axvline(1.1 * end, color="grey", lw=0.8, ls=":")
    beyond = {"transform": upper.get_xaxis_transform(), "va": "bottom", "color": "grey", "fontsize": 8}
    upper.text(1.14 * end, 0.2, "beyond: the model alone", **beyond)
    lower.axhline(0, color="black", lw=0.6)
    lower.plot([], [], color="black", ls="", marker="o", mfc="none", label="published")
    lower.plot([], [], color="black", ls="", marker="x", label="fitted")
    lower.set_xscale("log")
    edges = sorted({row["edge_nm"] for row in data["model"]})
    lower.set_xticks(edges, [f"{edge:g}" for edge in edges])
    lower.minorticks_off()
    lower.set_xlabel("edge of the cube (nm)")
    lower.set_ylabel(f"model − full,\n{MU0_HC} (T)")
    lower.legend(fontsize=8, ncols=2, loc="best")
    upper.set_ylabel(f"{MU0_HC} (T)")
    low, high = upper.get_ylim()
    upper.set_ylim(top=high + 0.35 * (high - low))
    upper.legend(fontsize=8, ncols=2, loc="upper right", title="easy axis turned by")


def _draw_valley(figure, axis, data):
    valley, best = data["valley"], data["optimum"]
    rms = np.array(valley["rms_T"])
    levels = [0.03, 0.035, 0.04, 0.05, 0.065, 0.08, 0.12, 0.2, 0.3, 0.5]
    filled = axis.contourf(valley["d"], valley["l"], rms.T, levels=levels, cmap="cividis", norm="log", extend="both")
    axis.contour(valley["d"], valley["l"], rms.T, levels=levels, colors="black", linewidths=0.4)
    drawn = np.array(data["drawn_optima"])
    axis.plot(*drawn.T, ls="", marker=".", ms=2.5, color="white", alpha=0.6, label="optima of cubes that are drawn anew")
    axis.plot(data["tried"]["d"], data["tried"]["l"], ls="", marker="+", ms=5, color=ORANGE, label="tried by the optimisation")
    own = f"optimum: $d$ = {best['d']:.2f}, $l$ = {best['l']:.2f}, {1e3 * best['rms_T']:.0f} mT"
    axis.plot(best["d"], best["l"], ls="", marker="x", ms=9, mew=2, color=VERMILION, label=own)
    theirs = data["published"]
    label = f"published: {theirs['d']:g}, {theirs['l']:g}, {1e3 * theirs['rms_T']:.0f} mT"
    axis.plot(theirs["d"], theirs["l"], ls="", marker="*", ms=12, mfc="white", mec="black", label=label)
    axis.set_xlim(*data["bounds"]["d"])
    axis.set_ylim(*data["bounds"]["l"])
    axis.set_xlabel("$d$ of the points, in exchange lengths (1)")
    axis.set_ylabel("$l$ of the exchange-like field (1)")
    figure.colorbar(filled, ax=axis, label=f"rms error of {MU0_HC} (T)", ticks=levels, format="{x:g}")
    axis.legend(fontsize=8, loc="upper left", facecolor="#BBBBBB", frameon=True, framealpha=0.9)
