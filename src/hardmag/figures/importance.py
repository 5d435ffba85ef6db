"""Permutation importance of the features for the forward surrogate (Yang et al., Fig. 2f)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, SYMBOLS, UNITS, VERMILION, headline, quantity, save, whiskers, with_unit
from hardmag.files import read_json


def draw_importance(analysis, output):
    """By how much the error on unseen nanostructures grows when a feature is shuffled, or several that are one level's."""
    data = read_json(analysis)["importance"]
    increase = data["rmse_increase"]
    targets = tuple(data["baseline_rmse"])
    figure, axes = plt.subplots(1, len(targets), figsize=(4.3 * len(targets), 1.8 + 0.3 * len(increase)), layout="constrained")
    for axis, target in zip(np.atleast_1d(axes), targets, strict=True):
        names = sorted(increase, key=lambda name: increase[name][target]["mean"])
        mean, low, high = (np.array([increase[n][target][k] for n in names]) for k in ("mean", "low", "high"))
        colours = [VERMILION if not UNITS[name] else BLUE for name in names]
        axis.barh(range(len(names)), mean, color=colours, xerr=whiskers(mean, low, high), error_kw={"lw": 1, "capsize": 2})
        axis.set_yticks(range(len(names)), [SYMBOLS[name] for name in names])
        axis.locator_params(axis="x", nbins=5)
        axis.axvline(0, color="black", lw=0.6)
        axis.set_xlabel(f"increase of the RMSE of {with_unit(target)}")
        axis.set_title(f"RMSE of {SYMBOLS[target]} without shuffling: {quantity(data['baseline_rmse'][target], '.3g', target)}")
    headline(
        figure,
        f"Permutation importance on {data['rows']} samples of {data['nanostructures']} unseen nanostructures; "
        "lines: 95 % of the shuffles",
    )
    save(figure, output)
