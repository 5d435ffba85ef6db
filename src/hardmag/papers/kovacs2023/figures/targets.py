"""K1 against µ0·Ms: the targets of Kovacs et al., what they found for them, and what our model finds. Their Fig. 12."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import formula
from hardmag.figures.style import BLUE, GREEN, ORANGE, SKY, VERMILION, headline, save
from hardmag.intrinsic.tables import read_measured
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import FOUND, HOT_K, NEAR_K, ROOM_K, TARGETS
from hardmag.papers.kovacs2023.figures.lanthanum import LABELS

X, Y = "mu0_Ms_T", "K1_MJ_per_m3"
BESIDE = {"shell": (7, 5), "core": (5, -13)}  # of a target, its name
THEIRS, OURS = {"shell": VERMILION, "core": ORANGE}, {"shell": BLUE, "core": GREEN}


def draw_targets(model, measured, answers, output):
    """model: file of an IntrinsicModel; measured: list of tables; answers: [("shell" or "core", temperature in K,
    Composition)], ours."""
    model, rows = IntrinsicModel.read(model), read_measured(*measured).known(X).known(Y)
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 5.8), layout="constrained", sharex=True, sharey=True)
    for axis, T_K in zip(axes, (ROOM_K, HOT_K), strict=True):
        near = rows.of(np.abs(rows.T_K - T_K) <= NEAR_K)
        if len(near):
            axis.scatter(getattr(near, X), getattr(near, Y), marker="x", s=16, lw=0.8, color="grey", label="measured")
            slope, offset = np.polyfit(getattr(near, X), getattr(near, Y), 1)
            ends = np.array([getattr(near, X).min(), getattr(near, X).max()])
            axis.plot(ends, offset + slope * ends, "--", color="grey", lw=0.8, label="line through the measured")
        else:
            at = model.at(model.data, T_K)
            magnetic, label = at[X] > 0, f"model at the compositions of the data; none measured at {T_K:.0f} K"
            axis.scatter(at[X][magnetic], at[Y][magnetic], marker=".", s=16, color=SKY, label=label)
        for role, (K1, Ms) in TARGETS.items():
            axis.scatter([Ms], [K1], marker="*", s=110, color="black", zorder=4)
            axis.annotate(role, (Ms, K1), BESIDE[role], textcoords="offset points", fontsize=8, weight="bold")
        for role in TARGETS:
            theirs = FOUND[role, T_K]
            _point(axis, model, Composition.parse(theirs), T_K, "s", THEIRS[role], f"Kovacs et al., {role}: {formula(theirs)}")
        for role, kelvin, composition in answers:
            if kelvin == T_K:
                _point(axis, model, composition, T_K, "o", OURS[role], f"ours, {role}: {formula(composition)}")
        axis.scatter([], [], marker="*", s=110, color="black", label="targets")
        axis.set(xlabel=LABELS[X], ylabel=LABELS[Y])
        axis.label_outer()
        axis.set_title(f"{T_K:.0f} K")
        axis.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    headline(
        figure,
        "Compositions found for two targets, through our model.\n"
        "Thick bars: spread of the fit (bootstrap, 95 %); thin: interval of a measurement (CV+, 95 %)",
    )
    save(figure, output)


def _point(axis, model, composition, T_K, marker, colour, label):
    """The model's value with both of its intervals."""
    at, interval, spread = (of(composition, T_K) for of in (model.at, model.interval, model.spread))
    x, y = float(at[X][0]), float(at[Y][0])
    drawn = {name: np.quantile(spread[name], (0.025, 0.975)) for name in (X, Y)}
    for edges, width, opacity in ((interval, 0.8, 0.6), (drawn, 2.6, 1.0)):
        axis.hlines(y, *(float(np.squeeze(edge)) for edge in edges[X]), color=colour, lw=width, alpha=opacity)
        axis.vlines(x, *(float(np.squeeze(edge)) for edge in edges[Y]), color=colour, lw=width, alpha=opacity)
    axis.scatter([x], [y], marker=marker, s=34, color=colour, edgecolors="black", linewidths=0.6, zorder=3)
    axis.scatter([], [], marker=marker, s=34, color=colour, edgecolors="black", label=label)
