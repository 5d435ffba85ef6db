"""How many data are enough: characteristic values and scores against size (Yang et al., Supplementary Figs. 9 and 10)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import PercentFormatter

from hardmag.analysis.convergence import CRITERION, TRIALS
from hardmag.figures.style import BLUE, ORANGE, TARGET_LABELS, VERMILION, save
from hardmag.files import read_json

DRAWN = {"nanostructures": (VERMILION, "o", "whole nanostructures drawn"), "rows": (BLUE, "s", "single samples drawn")}


def draw_convergence(analysis, output):
    """Above: mean and 95 % of 100 trials; middle: their error; below: scores of a model on unseen nanostructures."""
    data = read_json(analysis)["convergence"]
    figure, axes = plt.subplots(3, 2, figsize=(9, 9.4), layout="constrained")
    for column, (target, label) in enumerate(TARGET_LABELS.items()):
        mean, error, score = axes[:, column]
        for unit, (colour, marker, name) in DRAWN.items():
            rows, value, low, high, mape = (
                np.array([entry[k] for entry in data[unit][target]]) for k in ("rows", "mean", "low", "high", "mape")
            )
            mean.fill_between(rows, low, high, color=colour, alpha=0.25, lw=0)
            mean.plot(rows, value, marker + "-", color=colour, ms=4, lw=1, label=name)
            error.plot(rows, mape, marker + "-", color=colour, ms=4, lw=1)
        error.axhline(CRITERION, color="black", lw=0.8, ls="--")
        for axis in (mean, error):
            axis.set_xscale("log")
            axis.set_xlabel("samples drawn")
        error.set_yscale("log")
        error.yaxis.set_major_formatter(PercentFormatter(1, symbol=""))
        error.set_ylabel(f"MAPE of the mean {label.split(' = ')[0].split(' (')[0]} (%)")
        mean.set_ylabel(f"mean {label}")
        _draw_scores(score, data["learning_curve"], column)
        score.set_ylabel(f"score for {label.split(' = ')[0].split(' (')[0]}")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    axes[0, 0].legend(handles, labels)
    axes[1, 0].set_title("dashed: 1 %")
    axes[2, 0].legend(loc="lower right")
    figure.suptitle(
        f"Mean and 95 % of {TRIALS} draws with replacement; scores of extremely randomised trees, mean ± std of trials"
    )
    save(figure, output)


def _draw_scores(axis, curve, target):
    groups = [entry["groups"] for entry in curve]
    for name, colour, marker, label in (
        ("R2", VERMILION, "o", "R² = 1 − SSE/SST"),
        ("paper_R2", ORANGE, "^", "SS_reg/SS_tot (Yang et al.)"),
    ):
        values = np.array([entry[name] for entry in curve], float)[:, :, target]
        axis.errorbar(groups, values.mean(axis=1), values.std(axis=1), color=colour, marker=marker, ms=4, lw=1, label=label)
    axis.axhline(1, color="black", lw=0.6)
    axis.set_ylim(max(axis.get_ylim()[0], -1), min(axis.get_ylim()[1], 1.5))
    axis.set_xlabel("nanostructures trained on")
