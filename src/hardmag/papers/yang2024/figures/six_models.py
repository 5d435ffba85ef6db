"""Parity of the paper's six forward models with their default settings (Yang et al., Supplementary Figs. 2 and 3)."""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np

from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.figures.style import TARGET_LABELS, UNITS, angle_colour, headline, marks, quantity, save
from hardmag.files import read_json, sha256
from hardmag.papers.yang2024 import SIX_MODELS
from hardmag.papers.yang2024.columns import TARGETS, usable_rows


def draw_six_Hc(samples, scores, output):
    """Hc. scores: the files of surrogates.comparison.score_model, those of other models too."""
    _draw("mu0_Hc_T", samples, scores, output)


def draw_six_phi_p(samples, scores, output):
    """Φp, likewise."""
    _draw("phi_p", samples, scores, output)


def _draw(target, samples, scores, output):
    checksum, rows, i = sha256(samples), usable_rows(read_table(samples)), TARGETS.index(target)
    scored = [(path, read_json(path)) for path in scores]
    scored = [(path, one) for path, one in scored if _model(one) in SIX_MODELS]
    scored.sort(key=lambda entry: SIX_MODELS.index(_model(entry[1])))
    alpha = rows.angle
    colours = [angle_colour(a) for a in alpha]
    columns = min(3, len(scored))
    lines = ceil(len(scored) / columns)
    figure, axes = plt.subplots(
        lines,
        columns,
        figsize=(3.3 * columns, 3.5 * lines + 0.8),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis, (path, one) in zip(axes.flat, scored, strict=False):
        if one["dataset_sha256"] != checksum:
            raise UserError(f"{path}: scored on another file than {samples}; delete it and run again")
        (default,) = (v for v in one["variants"] if v["variant"] == "default")
        true, predicted, score = rows.y[:, i], np.array(default["predicted"])[:, i], default["grouped"][target]
        low, high = min(true.min(), predicted.min()), max(true.max(), predicted.max())
        axis.scatter(true, predicted, c=colours, linewidths=0, **marks(len(true)))
        axis.plot([low, high], [low, high], color="black", lw=0.8)
        axis.set_title(
            f"{default['label']}\nR² = {quantity(score['R2'], '.3f')} (paper's: {score['R2_paper']:.3f})\n"
            f"MSE = {score['MSE']:.2g}{' T²' if UNITS[target] else ''}"
        )
    for axis in axes.flat[len(scored) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(f"predicted {TARGET_LABELS[target]}")
    for axis in axes[-1]:
        axis.set_xlabel(f"simulated {TARGET_LABELS[target]}")
    angles = np.unique(alpha)
    if len(angles) <= 12:
        points = [plt.Line2D([], [], ls="", marker="o", color=angle_colour(a), label=f"$α$ = {a:g}°") for a in angles]
        figure.legend(handles=points, ncols=min(len(points), 2 * columns), loc="outside lower center")
    headline(figure, "Default settings; nanostructures left out in five folds; R² = 1 − SSE/SST; paper's: SS_reg/SS_tot")
    save(figure, output)


def _model(scored):
    return scored["variants"][0]["model"]
