"""Coercivity and Φp by angle and Z set, and Hc(α)/Hc(0) beside two models of reversal (Yang et al., Fig. 2b)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import HC
from hardmag.figures.style import BLUE, GREEN, ORANGE, TARGET_LABELS, headline, save
from hardmag.files import read_json
from hardmag.papers.yang2024.angular import kondorsky, stoner_wohlfarth

Z_SET_COLOURS = {"literature": BLUE, "dft": ORANGE, "modified": GREEN, "": "#555555"}


def draw_angular(analysis, output):
    """Boxes: quartiles and median; whiskers: 5 to 95 %."""
    samples = read_json(analysis)["angular"]["samples"]
    angles = sorted({entry["alpha_deg"] for entry in samples})
    sets = [z for z in Z_SET_COLOURS if any(entry["z_set"] == z for entry in samples)]
    gap = min(np.diff(angles), default=15.0)
    width = 0.8 * gap / len(sets)
    figure, axes = plt.subplots(2, 2, figsize=(9.6, 7), layout="constrained")
    panels = {**TARGET_LABELS, "Hc_over_Hc0": f"{HC}($α$)/{HC}(0) of the same nanostructure"}
    for axis, (name, label) in zip(axes.flat, panels.items(), strict=False):
        for entry in samples:
            if entry[name]["count"]:
                _box(axis, _place(entry, sets, width), entry[name]["quantiles"], width, Z_SET_COLOURS[entry["z_set"]])
        axis.set_ylabel(label)
    alpha = np.linspace(0, 90, 361)
    ratio = axes[1, 0]
    top = max(1.5, 1.05 * ratio.dataLim.ymax if np.isfinite(ratio.dataLim.ymax) else 0)
    kondorsky_curve = kondorsky(alpha)
    ratio.plot(alpha[kondorsky_curve < top], kondorsky_curve[kondorsky_curve < top], "k--", lw=1, label="Kondorsky, 1/cos $α$")
    ratio.plot(alpha, stoner_wohlfarth(alpha), "k:", lw=1.4, label="Stoner-Wohlfarth")
    ratio.set_ylim(0, top)
    ratio.legend()
    for entry in samples:
        place, share = _place(entry, sets, width), 100 * entry["without_hysteresis"]
        axes[1, 1].bar(place, share, 0.9 * width, color=Z_SET_COLOURS[entry["z_set"]])
        axes[1, 1].text(place, share, f" {entry['accepted']}", ha="center", va="bottom", rotation=90, fontsize=7)
    axes[1, 1].set_ylim(0, 125)
    axes[1, 1].set_yticks(range(0, 101, 25))
    axes[1, 1].set_ylabel("samples without hysteresis (%)")
    none = "" if any(entry["without_hysteresis"] for entry in samples) else "; all have hysteresis"
    axes[1, 1].set_title(f"numbers: accepted samples{none}")
    for axis in axes.flat:
        axis.set_xticks(angles)
        axis.set_xlim(angles[0] - gap / 2, angles[-1] + gap / 2)
        axis.set_xlabel("misorientation $α$ (°)")
    handles = [plt.Rectangle((0, 0), 1, 1, color=Z_SET_COLOURS[z]) for z in sets]
    figure.legend(handles, [f"Z {z}" for z in sets], ncols=len(sets), loc="outside lower center")
    headline(figure, "Boxes: quartiles and median; whiskers: 5 to 95 % of the samples with hysteresis")
    save(figure, output)


def _place(entry, sets, width):
    return entry["alpha_deg"] + (sets.index(entry["z_set"]) - (len(sets) - 1) / 2) * width


def _box(axis, place, quantiles, width, colour):
    names = ("whislo", "q1", "med", "q3", "whishi")
    axis.bxp(
        [dict(zip(names, quantiles, strict=True))],
        positions=[place],
        widths=0.8 * width,
        showfliers=False,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": colour, "lw": 0.6},
        medianprops={"color": "black", "lw": 1.4},
    )
