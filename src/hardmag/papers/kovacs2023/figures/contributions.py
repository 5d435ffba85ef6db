"""What each element and the temperature add to a prediction, by Shapley values: Fig. 11 of Kovacs et al."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import formula
from hardmag.figures.style import BLUE, VERMILION, headline, quantity, save
from hardmag.intrinsic.explain import TEMPERATURE
from hardmag.intrinsic.tables import read_measured
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import BACKGROUND_K, EXPLAINED, HOT_K
from hardmag.papers.kovacs2023.evidence import EXPLAINED_TARGETS as PANELS
from hardmag.papers.kovacs2023.evidence import explained
from hardmag.papers.kovacs2023.figures.lanthanum import LABELS


def draw_contributions(model, measured, output):
    """model: file of an IntrinsicModel; measured: list of tables, whose rows are the background."""
    model, rows = IntrinsicModel.read(model), read_measured(*measured)
    found, members = (explained(of, rows.shares) for of in (model.at, model.spread))
    figure, axes = plt.subplots(1, 2, figsize=(8.2, 4.2), layout="constrained")
    for k, axis in enumerate(axes):
        contributions = {player: float(of[k]) for player, of in found.contributions.items()}
        whiskers = {p: np.quantile(of[k], (0.025, 0.975)) for p, of in members.contributions.items()}
        _waterfall(axis, LABELS[PANELS[k]], float(found.base[k]), contributions, whiskers)
    headline(
        figure,
        f"{formula(EXPLAINED)} at {HOT_K:.0f} K, against the mean of {len(rows)} measured rows taken at "
        f"{BACKGROUND_K[0]:.0f} to {BACKGROUND_K[-1]:.0f} K. Whiskers: spread of the fit (bootstrap, 95 %)",
    )
    save(figure, output)


def _waterfall(axis, label, base, contributions, whiskers):
    order = sorted(contributions, key=lambda player: -abs(contributions[player]))
    ends = base + np.cumsum([contributions[player] for player in order])
    starts = np.concatenate([[base], ends[:-1]])
    for y, (player, start, end) in enumerate(zip(order, starts, ends, strict=True)):
        added = end - start
        low, high = whiskers[player]
        axis.barh(y, added, left=start, color=BLUE if added > 0 else VERMILION, hatch="" if added > 0 else "////", alpha=0.85)
        axis.hlines(y, start + low, start + high, color="black", lw=1.4)
        if y:
            axis.vlines(start, y - 1 + 0.4, y - 0.4, color="grey", lw=0.8)
    axis.set_yticks(range(len(order)), [_label(p, contributions[p]) for p in order])
    axis.axvline(base, color="black", lw=0.8, ls=":", label=f"mean of the background, {base:.2f}")
    axis.axvline(ends[-1], color="black", lw=0.8, ls="--", label=f"prediction, {ends[-1]:.2f}")
    axis.invert_yaxis()
    whole = np.concatenate([starts, ends])
    axis.set_xlim(whole.min() - 0.1 * np.ptp(whole), whole.max() + 0.1 * np.ptp(whole))
    axis.locator_params(axis="x", nbins=6)
    axis.set_xlabel(label)
    axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _label(player, added):
    what = f"{HOT_K:.0f} K" if player == TEMPERATURE else f"{player} = {EXPLAINED.share(player):g}"
    return f"{what}\n" + ("0.000" if abs(added) < 5e-4 else quantity(added, "+.3f"))
