"""Polycrystals by the reduced-order model and by full micromagnetics: curves, and which grains. Kovacs et al. 2023, Fig. 15."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import FIELD, MU0_HC
from hardmag.figures.style import BLUE, VERMILION, headline, save


def draw_grain_by_grain(pairs, output):
    """pairs: of grain_by_grain.Pair. Above the curves; below the field at which each grain switches, by both."""
    figure, axes = plt.subplots(2, len(pairs), figsize=(3.7 * len(pairs), 6.6), layout="constrained", squeeze=False)
    for (upper, lower), pair in zip(axes.T, pairs, strict=True):
        _draw_curves(upper, pair)
        _draw_grains(lower, pair)
    axes[0, 0].set_ylabel("moment over that of upright grains (1)")
    axes[0, 0].legend(loc="upper left", fontsize=8)
    axes[1, 0].set_ylabel(f"{MU0_HC} of a grain in the model (T)")
    headline(
        figure,
        "Polycrystals by both models: what reversals alone leave of the moment, the grains that both have reversed at three "
        "fields, and each grain's field",
    )
    save(figure, output)


def _draw_curves(axis, pair):
    both = (pair.full_T, VERMILION, "full micromagnetics"), (pair.model_T, BLUE, "reduced-order model")
    for switching, colour, words in both:
        H, m = pair.curve(switching)
        axis.step([0, *H], [1, *m], where="post", color=colour, lw=1.3, label=words)
    for field in pair.fields_T():
        ours, theirs, both = pair.reversed_at(field)
        axis.axvline(-field, color="grey", lw=0.7, ls=":")
        axis.annotate(
            f"{both} of {max(ours, theirs)}",
            (-field, 0.02),
            xycoords=axis.get_xaxis_transform(),
            rotation=90,
            ha="right",
            va="bottom",
            fontsize=8,
        )
    axis.axhline(0, color="black", lw=0.6)
    last = max(pair.full_T[np.isfinite(pair.full_T)].max(), pair.model_T[np.isfinite(pair.model_T)].max())
    axis.set_xlim(-1.05 * last, -0.9 * pair.full_T.min())
    axis.set_ylim(-1.4, 1.1)
    axis.set_xlabel(FIELD)
    off = round(100 * (pair.Hc_ratio - 1), 1) + 0.0  # no −0.0
    axis.set_title(
        f"{len(pair.full_T)} grains of {pair.grain_size_nm:g} nm, {pair.name}, cells of {pair.cell_nm:g} nm\n"
        f"{MU0_HC}: model {pair.model_Hc_T:.2f} T, full {pair.full_Hc_T:.2f} T ({off:+.1f} %)".replace("-", "−"),
        loc="left",
    )


def _draw_grains(axis, pair):
    there = np.isfinite(pair.full_T) & np.isfinite(pair.model_T)
    low, high = (f(np.concatenate([pair.full_T[there], pair.model_T[there]])) for f in (np.min, np.max))
    axis.plot([low, high], [low, high], color="black", lw=0.7)
    axis.plot(pair.full_T[there], pair.model_T[there], ls="", marker="o", ms=4.5, mfc="none", color=BLUE)
    axis.set_aspect("equal", adjustable="box")
    axis.set_xlabel(f"{MU0_HC} of a grain in full micromagnetics (T)")
