"""Fronts of coercivity against cost, coloured by Nd in the shell and in the core. Kovacs et al. 2023, Fig. 13."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hardmag.figures.notation import MU0_HC
from hardmag.figures.style import ORANGE, SKY, VERMILION, headline, save
from hardmag.files import read_json

PHASES = ("shell", "core")
ROWS = {"(Nd,Ce,La)$_2$Fe$_{14}$B": ("fixed", "free"), "(Nd,Pr,Ce,La)$_2$(Fe,Co)$_{14}$B": ("fixed_any", "free_any")}
MARKERS, COLOURS = ("o", "s"), (SKY, ORANGE)


def draw_cost_front(stored, output):
    """stored: JSON of benchmarks/cost_front.py."""
    data = read_json(stored)
    figure, axes = plt.subplots(2, 2, figsize=(9.4, 8.6), layout="constrained", sharex=True, sharey=True)
    for line, (title, names) in zip(axes, ROWS.items(), strict=True):
        for axis, phase in zip(line, PHASES, strict=True):
            fronts = [data["fronts"][name] for name in names]
            points = [_draw(axis, *own, phase) for own in zip(fronts, MARKERS, COLOURS, strict=True)]
            axis.set_title(f"{title}, coloured by Nd in the {phase}", loc="left")
            axis.grid(color="#EEEEEE")
            axis.set_axisbelow(True)
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].set_xlim(left=0)
    for axis in axes[-1]:
        axis.set_xlabel(f"cost of the grain's metals ({data['prices']['currency']}/cm³)")
    for axis in axes[:, 0]:
        axis.set_ylabel(f"coercivity {MU0_HC} (T)")
    figure.colorbar(points[0], ax=axes, label="Nd among the rare earths (%)", shrink=0.6)
    figure.legend(handles=_handles(data), ncols=2, loc="outside lower center")
    dates = sorted(row["date"] for row in data["prices"]["rows"] if row["source"] != "assumed")
    layer = data["prices"]["layer_cost"]
    priced = "the shell" if layer is None else f"{layer:g} {data['prices']['currency']}/cm³"
    low, high = data["ranges"]["a_nm"]
    headline(
        figure,
        f"Most coercivity at least cost: core/shell grains of {low:g} to {high:g} nm in a soft layer, "
        f"{data['shared']['temperature_K']:g} K, by a Gaussian process of {data['grains']} simulated grains. "
        f"Prices of {dates[0]} to {dates[-1]}; Fe and B assumed; the layer costs what {priced} does",
    )
    save(figure, output)


def _draw(axis, front, marker, colour, phase):
    """A front with its intervals and what was simulated of it; returns the points, for the scale of colours."""
    designs = {name: np.array(column) for name, column in front["designs"].items()}
    order = np.argsort(designs["cost"])
    cost, Hc = designs["cost"][order], designs["mu0_Hc_T"][order]
    low, high = (designs[f"measurement_{end}_T"][order] for end in ("low", "high"))
    axis.fill_between(cost, low, high, color=colour, alpha=0.18, linewidth=0, zorder=0)
    for end in ("low", "high"):
        axis.plot(cost, designs[f"surrogate_{end}_T"][order], ls="--", lw=0.9, color="grey", zorder=1)
    Nd = 100 * designs[f"{phase}_Nd"][order]
    points = axis.scatter(
        cost, Hc, c=Nd, cmap="cividis", vmin=0, vmax=100, marker=marker, s=30, edgecolors="black", lw=0.4, zorder=2
    )
    at = [one["design"] for one in front["simulated"]]
    fields = [one["simulated_T"] for one in front["simulated"]]
    axis.vlines(designs["cost"][at], designs["mu0_Hc_T"][at], fields, color=VERMILION, lw=0.8, zorder=1)
    axis.scatter(designs["cost"][at], fields, marker="x", s=42, color=VERMILION, lw=1.6, zorder=3)
    return points


def _handles(data):
    """Of the legend: what no colour scale says."""
    point = {"ls": "", "mfc": "lightgrey", "mec": "black", "ms": 6}
    thickness = f"{data['fronts']['fixed']['layer_nm']:g} nm", "free, {:g} to {:g} nm".format(*data["ranges"]["layer_nm"])
    handles = [Line2D([], [], marker=m, label=f"layer: {own}", **point) for m, own in zip(MARKERS, thickness, strict=True)]
    handles.append(Line2D([], [], marker="x", color=VERMILION, ls="", mew=1.6, label="the design simulated"))
    handles.append(Line2D([], [], ls="--", lw=0.9, color="grey", label="95 % of the surrogate"))
    for colour, own in zip(COLOURS, thickness, strict=True):
        label = rf"95 % with what is not known of $K_1$ and $M_\mathrm{{s}}$ (CV+), layer: {own}"
        handles.append(Patch(color=colour, alpha=0.3, label=label))
    return handles
