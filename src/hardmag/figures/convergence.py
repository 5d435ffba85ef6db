"""How many data are enough: characteristic values and scores against size (Yang et al., Supplementary Figs. 9 and 10)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from hardmag.analysis.convergence import CRITERION, TRIALS
from hardmag.figures.style import BLUE, ORANGE, SYMBOLS, TARGET_LABELS, VERMILION, headline, save, with_unit
from hardmag.files import read_json

DRAWN = {"nanostructures": (VERMILION, "o", "whole nanostructures drawn"), "rows": (BLUE, "s", "single samples drawn")}

R2 = {"R2": (VERMILION, "o", "R² = 1 − SSE/SST"), "paper_R2": (ORANGE, "^", "SS_reg/SS_tot (Yang et al.)")}
MSE = {"MSE": (BLUE, "s", "mean squared error")}
SHOWN = (-1, 2)  # of R² and the paper's; beyond, an arrow says all that there is to say: nothing was learnt


def draw_convergence(analysis, output):
    """Above: mean and 95 % of 100 trials; below: their error (Supplementary Fig. 9)."""
    data = read_json(analysis)["convergence"]
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.6), layout="constrained")
    for column, (target, label) in enumerate(TARGET_LABELS.items()):
        mean, error = axes[:, column]
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
            _label_some(axis.xaxis)
            axis.set_xlabel("samples drawn")
        error.set_yscale("log")
        _label_some(error.yaxis, factor=100)
        error.set_ylabel(f"MAPE of the mean {SYMBOLS[target]} (%)")
        mean.set_ylabel(f"mean {label}")
    axes[0, 0].legend()
    axes[1, 0].set_title("dashed: 1 %")
    headline(figure, f"Mean and 95 % of {TRIALS} draws with replacement")
    save(figure, output)


def draw_learning_curve(analysis, output):
    """Scores of the f-NN on unseen nanostructures against those that it was trained on (Supplementary Fig. 10)."""
    curve = read_json(analysis)["convergence"]["learning_curve"]
    figure, axes = plt.subplots(2, 2, figsize=(9, 6.2), layout="constrained")
    beyond = []
    for target, (upper, lower) in enumerate(axes.T):
        name = list(TARGET_LABELS)[target]
        beyond.append(_draw_scores(upper, curve, target, R2, SHOWN))
        _draw_scores(lower, curve, target, MSE)
        upper.axhline(1, color="black", lw=0.6)
        upper.set_ylabel(f"score for {SYMBOLS[name]} (1)")
        lower.set_yscale("log")
        _label_some(lower.yaxis)
        lower.set_ylabel(f"MSE of {with_unit(name, 'T²' if name.endswith('_T') else '')}")
    axes[0, 0].legend()
    beyond = f"; arrows: beyond {SHOWN[0]} to {SHOWN[1]}".replace("-", "−") if any(beyond) else ""
    headline(figure, f"Scores of the f-NN on unseen nanostructures; median and quartiles of the trials{beyond}")
    save(figure, output)


def _draw_scores(axis, curve, target, shown, limits=(-np.inf, np.inf)):
    """Where the nanostructures tested are all alike there is no R²: the panel says so. Medians beyond the limits are arrows at
    them; True if there are any."""
    groups, beyond = [entry["groups"] for entry in curve], False
    for name, (colour, marker, label) in shown.items():
        score = np.array([entry[name] for entry in curve], float)[:, :, target]
        known = np.isfinite(score).any(axis=1)
        if not known.any():
            axis.set_title("undefined: the nanostructures tested are alike", fontsize=9)
            continue
        quartiles = np.nanquantile(score[known], [0.25, 0.5, 0.75], axis=1)
        (q1, median, q3), at = np.clip(quartiles, *limits), np.array(groups)[known]
        axis.errorbar(at, median, (median - q1, q3 - median), color=colour, marker=marker, ms=4, lw=1, capsize=2, label=label)
        for arrow, lost in (("v", quartiles[1] < limits[0]), ("^", quartiles[1] > limits[1])):
            axis.plot(at[lost], median[lost], arrow, color=colour, ms=9, mec="black", mew=0.6)
            beyond |= lost.any()
    axis.margins(y=0.25)  # room for the legend
    axis.set_xscale("log")
    axis.set_xlim(min(groups) / 1.2, max(groups) * 1.2)
    _label_some(axis.xaxis)
    axis.set_xlabel("nanostructures trained on")
    return beyond


def _label_some(axis, factor=1):
    """Plain numbers 1, 2, 5, 10, … where they have room, instead of powers of ten; evenly spaced ones within a factor of 4."""
    low, high = sorted(axis.get_view_interval())
    subs = (1, 2, 5) if high < 100 * low else (1,)
    whole = factor == 1 and axis.axis_name == "x"
    axis.set_major_locator(LogLocator(subs=subs) if high > 4 * low else MaxNLocator(4, integer=whole))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{factor * value:g}"))
    axis.set_minor_formatter(NullFormatter())
