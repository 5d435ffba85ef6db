"""Maps of Hc and Φp over the phase shares φS and φZ, with isolines of Zr (Yang et al., Fig. 2d)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from hardmag.figures.style import SYMBOLS, TARGET_LABELS, VERMILION, headline, quantity, save
from hardmag.files import read_json
from hardmag.papers.yang2024.maps import zr_at_percent


def draw_maps(analysis, output):
    """One map per angle and target where the points span a surface; else the points alone. Dashed: Zr in at%."""
    maps = read_json(analysis)["maps"]
    angles = sorted({entry["alpha_deg"] for entry in maps})
    points = np.concatenate([entry["points"] for entry in maps])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = np.where(high - low > 0.02, 0.05 * (high - low), 0.1)
    figure, axes = plt.subplots(
        2,
        len(angles),
        figsize=(max(6.4, 1.6 + 3 * len(angles)), 6.4),
        squeeze=False,
        sharex=True,
        sharey=True,
        layout="constrained",
    )
    for row, (target, label) in zip(axes, TARGET_LABELS.items(), strict=True):
        here = {entry["alpha_deg"]: entry for entry in maps if entry["target"] == target}
        values = np.concatenate([entry["values"] for entry in here.values()])
        scale = {"vmin": values.min(), "vmax": values.max(), "cmap": "cividis"}
        for axis, angle in zip(row, angles, strict=True):
            entry = here[angle]
            at, surface = np.array(entry["points"]), entry["surface"]
            axis.set_title(f"$α$ = {angle:g}°, points alone")
            if surface:
                z = np.array(surface["value"], float)
                image = axis.pcolormesh(surface["phi_S"], surface["phi_Z"], z, shading="nearest", rasterized=True, **scale)
                axis.plot(*at.T, "o", color="white", ms=3.5, mec="black", mew=0.5)
                axis.set_title(f"$α$ = {angle:g}°, RMSE {quantity(surface['cross_validated_rmse'], '.2g', target)}")
            else:
                image = axis.scatter(*at.T, c=entry["values"], s=40, edgecolors="black", linewidths=0.4, zorder=5, **scale)
            axis.set_xlim(low[0] - margin[0], high[0] + margin[0])
            axis.set_ylim(max(low[1] - margin[1], 0), high[1] + margin[1])
            _draw_zirconium(axis)
        row[0].set_ylabel(SYMBOLS["phi_Z"])
        figure.colorbar(image, ax=row, label=label)
    for axis in axes[-1]:
        axis.set_xlabel(SYMBOLS["phi_S"])
    surfaces = any(entry["surface"] for entry in maps)
    what = "Thin-plate splines, RMSE on left-out points" if surfaces else "Too few points, or all on a line, for a surface"
    headline(figure, f"{what}; dashed: Zr (at%)\neach point: mean over Z sets, lengths and boxes with these shares")
    save(figure, output)


def _draw_zirconium(axis):
    phi_S, phi_Z = (np.linspace(*limits, 60) for limits in (axis.get_xlim(), axis.get_ylim()))
    zr = np.array([[zr_at_percent(s, z) for s in np.clip(phi_S, 0, 1)] for z in np.clip(phi_Z, 0, 1)])
    levels = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(zr.min(), zr.max())
    lines = axis.contour(phi_S, phi_Z, zr, levels[levels > 0], colors=VERMILION, linewidths=0.9, linestyles="dashed")
    labels = axis.clabel(lines, fontsize=7, fmt="%g")
    plt.setp(labels, path_effects=[withStroke(linewidth=2, foreground="white")], fontweight="bold")
