"""Coercivity and Φp against each parameter of the nanostructure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from hardmag.dataset.read import read_kind, read_table
from hardmag.dataset.schema import columns_of
from hardmag.errors import UserError
from hardmag.figures.style import TARGET_LABELS, angle_colour, axis_label, marks, save, short
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import NOTHING

MOST_ANGLES = 10  # in a legend; more are drawn from a range, and its panel tells them
MARKERS = "os^vPX"  # by the levels whose properties are features


def draw_parameters(samples, output):
    """Every accepted sample with a coercivity, of those that models learn from: colour is the angle, the marker the level."""
    table, kind = read_table(samples), KINDS[read_kind(samples)]
    learned, quantities = kind.learned() or NOTHING, columns_of(kind.name())
    usable = (table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"])
    for name, text in learned.only.items():
        usable &= table[name] == text
    if not usable.any():
        raise UserError(f"{samples}: no accepted sample with a coercivity to draw")
    known = [name for name in kind.drawn_against or learned.features if name in table]
    varied = [p for p in known if len(np.unique(table[p][usable][np.isfinite(table[p][usable])])) > 1] or ["alpha_deg"]
    targets = {target: label for target, label in TARGET_LABELS.items() if np.ptp(table[target][usable]) > 0} or TARGET_LABELS
    angle, angles = learned.angle, np.unique(table[learned.angle][usable])
    level, label, marked = np.full(len(usable), "", dtype=object), "", {"": "D"}
    if learned.level:
        level, label = table[learned.level], quantities[learned.level].label
        marked = dict(zip(kind.levels(learned.level), MARKERS, strict=False))
    present = {name: marker for name, marker in marked.items() if (usable & (level == name)).any()}
    figure, axes = plt.subplots(
        len(targets),
        len(varied),
        figsize=(max(2.3 * len(varied), 4.6), 0.8 + 2.3 * len(targets)),
        squeeze=False,
        sharey="row",
        sharex="col",
        layout="constrained",
    )
    for row, (target, target_label) in enumerate(targets.items()):
        for axis, parameter in zip(axes[row], varied, strict=True):
            for alpha in angles:
                for name, marker in present.items():
                    here = usable & (table[angle] == alpha) & (level == name)
                    axis.scatter(
                        table[parameter][here],
                        table[target][here],
                        marker=marker,
                        color=angle_colour(alpha),
                        linewidths=0,
                        **marks(usable.sum()),
                    )
            if row == len(targets) - 1:
                axis.set_xlabel(axis_label(parameter, quantities[parameter]))
        axes[row, 0].set_ylabel(target_label)
    told = angles if 1 < len(angles) <= MOST_ANGLES else ()
    what = short(angle, quantities[angle])
    handles = [Line2D([], [], ls="", marker="o", color=angle_colour(a), label=f"{what} = {a:g}°") for a in told]
    handles += [Line2D([], [], ls="", marker=m, color="black", label=f"{label} {name}") for name, m in present.items() if name]
    if handles:
        figure.legend(handles=handles, ncols=min(len(handles), 1 + 2 * len(varied)), loc="outside lower center")
    save(figure, output)
