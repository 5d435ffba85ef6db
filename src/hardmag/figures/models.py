"""Forward models compared: parity of each target's best, and the scores of all on unseen nanostructures beside unseen rows."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import SKY, VERMILION, angle_colour, goal_label, headline, marks, quantity, save, symbol, with_unit
from hardmag.files import read_json
from hardmag.surrogates.report import one_row_each

SCHEMES = {"row_wise": ("s", SKY, "rows left out"), "grouped": ("o", VERMILION, "nanostructures left out")}
LEAST_R2 = 0.0  # lower scores are drawn here, as arrows
MAX_BARS = 300  # more intervals than that would cover each other


def draw_models(models, output):
    """From models.json: predicted against simulated, with intervals, above; R² of each model below. Where there is one target
    alone, its residuals stand beside (Kovacs et al. 2023, Fig. 6)."""
    comparison = read_json(models)
    targets = list(comparison["noise"])
    variants = sorted(comparison["variants"], key=lambda v: sum(v["grouped"][t]["R2"] for t in targets))
    below = 0.8 + 0.24 * len(variants)
    figure = plt.figure(figsize=(9.6, 4.4 + below), layout="constrained")
    upper, lower = figure.subfigures(2, 1, height_ratios=[4.4, below])
    parities, charts = upper.subplots(1, 2), lower.subplots(1, len(targets), sharey=True, squeeze=False)[0]
    if len(targets) == 1:
        _draw_residuals(parities[1], comparison, targets[0])
    for parity, chart, target in zip(parities, charts, targets, strict=False):
        _draw_parity(parity, comparison, target)
        _draw_scores(chart, comparison, variants, target)
    if parities[0].get_legend_handles_labels()[1]:
        upper.legend(*parities[0].get_legend_handles_labels(), title="$α$", loc="outside right center")
    lower.legend(*charts[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    headline(upper, f"Best model of each target: {comparison['rows_used']} samples, their nanostructures left out")
    save(figure, output)


def _draw_residuals(axis, comparison, target):
    parity = comparison["parity"]
    true, predicted, angle = (np.array(parity[name]) for name in (target, f"{target}_predicted", "angle_deg"))
    axis.axhline(0, color="black", lw=0.8)
    axis.scatter(true, predicted - true, color=angle_colour(angle), linewidths=0, **marks(len(true)))
    axis.set_xlabel(f"simulated {goal_label(target)}")
    axis.set_ylabel(f"predicted − simulated {with_unit(target)}")
    mean, rms = np.mean(predicted - true), np.sqrt(np.mean((predicted - true) ** 2))
    axis.set_title(f"residuals, mean {quantity(mean, '+.3f', target)}, rms {quantity(rms, '.3f', target)}")


def _draw_parity(axis, comparison, target):
    parity = comparison["parity"]
    true, predicted, alpha = (np.array(parity[name]) for name in (target, f"{target}_predicted", "angle_deg"))
    width = np.array([np.nan if w is None else w for w in parity[f"{target}_half_width"]])  # NaN: no bar
    low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
    axis.plot([low, high], [low, high], color="black", lw=0.8)
    shown = np.linspace(0, len(true) - 1, min(len(true), MAX_BARS)).astype(int)
    bars = np.stack([np.minimum(width, predicted), width])[:, shown]  # nothing below 0
    axis.errorbar(true[shown], predicted[shown], bars, fmt="none", ecolor="#BBBBBB", elinewidth=0.5, zorder=1)
    angles = np.unique(alpha)
    for angle in angles:
        here = alpha == angle
        label = f"{angle:g}°" if len(angles) <= 12 else None
        axis.scatter(true[here], predicted[here], color=angle_colour(angle), linewidths=0, label=label, **marks(len(true)))
    own = comparison["best"][target]
    (best,) = (v for v in comparison["variants"] if all(v[k] == own[k] for k in ("model", "variant")))
    score = best["grouped"][target]
    axis.set_title(
        f"{own['label']}, {own['variant']}\n"
        f"R² = {quantity(score['R2'], '.3f')}, MAE = {quantity(score['MAE'], '.2g', target)}\n"
        f"{100 * score['coverage']['overall']:.0f} % within {100 * comparison['confidence']:g} % intervals (bars)"
    )
    axis.set_xlabel(f"simulated {goal_label(target)}")
    axis.set_ylabel(f"predicted {goal_label(target)}")


def _draw_scores(axis, comparison, variants, target):
    for scheme, (marker, colour, label) in SCHEMES.items():
        if scheme == "row_wise" and not one_row_each(comparison):
            label += " (leak)"
        R2 = np.array([v[scheme][target]["R2"] for v in variants])
        place, lost = np.arange(len(R2)), R2 < LEAST_R2
        axis.plot(R2[~lost], place[~lost], marker, color=colour, label=label, ms=6)
        axis.plot(np.full(lost.sum(), LEAST_R2), place[lost], "<", color=colour, ms=6)
    ceiling = comparison["noise"][target]["R2_ceiling"]
    if ceiling is not None:
        axis.axvline(ceiling, color="black", lw=0.8, ls="--", label="most that noise allows")
    axis.set_yticks(range(len(variants)), [f"{v['label']}, {v['variant']}" for v in variants])
    axis.set_ylim(-0.5, len(variants) - 0.5)
    axis.grid(axis="y", color="#EEEEEE")
    axis.set_axisbelow(True)
    least = min(v[scheme][target]["R2"] for v in variants for scheme in SCHEMES)
    left = max(LEAST_R2, np.floor(10 * least) / 10)
    axis.set_xlim(left - 0.03 * (1 - left), 1 + 0.03 * (1 - left))
    arrows = "; arrows: below 0" if least < LEAST_R2 else ""
    axis.set_xlabel(f"R² = 1 − SSE/SST of {symbol(target)}{arrows}")
