"""The closed loop: the best found, and the error over the design space, against the number of simulations."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from hardmag.figures.style import BLUE, ORANGE, SYMBOLS, TARGET_LABELS, VERMILION, save
from hardmag.files import read_json
from hardmag.surrogates.acquisition import GOALS

COLOURS = (BLUE, VERMILION, ORANGE)


def draw_learning(learning, output):
    """From learning.json: a panel for each goal, for several the volume that their front dominates, and one for the errors."""
    data = read_json(learning)
    states, goals = data["states"], [goal for goal in data["settings"]["goals"] if goal in GOALS]
    simulations = np.array([s["samples"] for s in states])
    panels = len(goals) + (len(goals) > 1) + 1
    figure, axes = plt.subplots(1, panels, figsize=(3.6 * panels, 3.4), layout="constrained", squeeze=False)
    for axis, goal in zip(axes[0], goals, strict=False):
        target = GOALS[goal].target
        axis.plot(simulations, [s["best"][goal]["value"] for s in states], "o-", color=VERMILION, ms=5)
        extreme = "largest" if GOALS[goal].sign > 0 else "smallest"
        axis.set_ylabel(f"{extreme} {TARGET_LABELS.get(target, target)} found")
    if len(goals) > 1:
        progress, noise = (np.array([s[key] for s in states]) for key in ("progress", "noise"))
        axes[0][-2].errorbar(simulations, progress, noise, color=VERMILION, marker="o", ms=5, capsize=2)
        axes[0][-2].set_ylabel("volume dominated by the front (bars: noise)")
    for (target, colour), marker in zip(zip(states[0]["error"], COLOURS, strict=False), "os^", strict=False):
        relative = [s["error"][target]["RMSE"] / s["error"][target]["spread"] for s in states]
        axes[0][-1].plot(simulations, relative, marker + "-", color=colour, ms=5, label=SYMBOLS.get(target, target))
    axes[0][-1].set_ylim(bottom=0)
    axes[0][-1].set_ylabel("RMSE over the design space,\nin standard deviations of the target")
    axes[0][-1].legend()
    for axis in axes[0]:
        axis.set_xlabel("samples simulated")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.margins(x=0.08)
        axis.grid(color="#EEEEEE")
        axis.set_axisbelow(True)
    figure.suptitle(data["ended"], fontsize=9)
    save(figure, output)
