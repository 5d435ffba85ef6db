"""The closed loop: the best found, and the error over the design space, against the number of simulations."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from hardmag.figures.style import BLUE, VERMILION, goal_label, headline, save, with_unit
from hardmag.files import read_json
from hardmag.learning.acquisition import goals_of


def draw_learning(learning, output):
    """From learning.json. Above: the best for each goal, for several also the volume that their front dominates; below: the
    error of each target. Bars: noise of what the loop is judged by."""
    data = read_json(learning)
    states, goals = data["states"], goals_of(data["settings"]["goals"])
    simulations, errors = [s["samples"] for s in states], list(states[0]["error"])
    above = len(goals) + (len(goals) > 1)
    columns = max(above, len(errors))
    figure = plt.figure(figsize=(3.8 * columns, 6.2 if above else 3.4), layout="constrained")
    rows = figure.subfigures(2 if above else 1, 1, squeeze=False)[:, 0]
    below = rows[-1].subplots(1, len(errors), squeeze=False)[0]
    panels = [*(rows[0].subplots(1, above, squeeze=False)[0] if above else ()), *below]
    for axis, (name, goal) in zip(panels, goals.items(), strict=False):
        extreme = "largest" if goal.sign > 0 else "smallest"
        found, noise = ([s["best"][name]["value"] for s in states], [s["noise"] for s in states])
        axis.errorbar(simulations, found, noise if len(goals) == 1 else None, color=VERMILION, marker="o", ms=5, capsize=2)
        axis.set_ylabel(f"{extreme} found: {goal_label(goal.target)}")
    if len(goals) > 1:
        progress, noise = ([s[key] for s in states] for key in ("progress", "noise"))
        panels[above - 1].errorbar(simulations, progress, noise, color=VERMILION, marker="o", ms=5, capsize=2)
        panels[above - 1].set_ylabel("volume dominated by the front")
    for axis, target in zip(below, errors, strict=True):
        RMSE, spread = (np.array([s["error"][target][key] for s in states]) for key in ("RMSE", "spread"))
        axis.plot(simulations, RMSE, "s-", color=BLUE, ms=5, label="RMSE, nanostructures left out")
        axis.plot(simulations, spread, "--", color="black", lw=0.8, label="standard deviation (R² = 0)")
        axis.set_ylim(0, 1.35 * max(RMSE.max(), spread.max()))  # room for the legend
        axis.set_ylabel(f"error of {with_unit(target)}")
        axis.legend(fontsize=8, loc="upper right")
    for axis in panels:
        axis.set_xlabel("samples simulated")
        axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axis.margins(x=0.08)
        axis.grid(color="#EEEEEE")
        axis.set_axisbelow(True)
    headline(figure, f"ended by {data['ended']}")
    save(figure, output)
