"""The Pareto front of two goals: what was simulated, and what the networks promise with their intervals."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, SKY, VERMILION, goal_label, save
from hardmag.files import read_json
from hardmag.learning.acquisition import goals_of

ORIGINS = {"design": ("o", "#AAAAAA", "design"), "space_filling": ("s", SKY, "space filled on")}
ORIGINS |= {"acquired": ("^", VERMILION, "chosen by the loop")}


def draw_front(learning, output):
    """From learning.json of a loop of two goals (Kovacs et al. 2023, Fig. 13: coercivity against cost)."""
    data = read_json(learning)
    y, x = goals_of(data["settings"]["goals"]).values()
    points, promised = data["front"]["simulated"], data["front"]["promised"]
    figure, axis = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    for origin, (marker, colour, label) in ORIGINS.items():
        own = [p for p in points if p["origin"] == origin]
        if own:
            at = np.array([[p["values"][x.target], p["values"][y.target]] for p in own])
            axis.scatter(*at.T, s=26, marker=marker, color=colour, linewidths=0, label=f"simulated: {label}", zorder=2)
    front = sorted((p["values"][x.target], p["values"][y.target]) for p in points if p["on_front"])
    axis.plot(*np.array(front).T, color="black", lw=1.2, drawstyle="steps-post" if x.sign < 0 else "steps-pre", zorder=3)
    axis.scatter(*np.array(front).T, s=60, facecolors="none", edgecolors="black", label="front of the simulated", zorder=3)
    line = np.array(sorted((p["values"][x.target], p["values"][y.target]) for p in promised))
    half = data["front"]["half_width"][y.target]
    axis.plot(*line.T, color=BLUE, lw=1.4, ls="--", label="front of the networks", zorder=1)
    if half is not None:
        axis.fill_between(line[:, 0], line[:, 1] - half, line[:, 1] + half, color=BLUE, alpha=0.15, label="its 95 % intervals")
    axis.set_xlabel(goal_label(x.target))
    axis.set_ylabel(goal_label(y.target))
    axis.grid(color="#EEEEEE")
    axis.set_axisbelow(True)
    axis.legend(fontsize=8)
    save(figure, output)
