"""Coercivity and Φp against each parameter of the nanostructure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from hardmag.dataset.read import read_kind, read_table
from hardmag.dataset.schema import columns_of
from hardmag.errors import UserError
from hardmag.figures.style import TARGET_LABELS, angle_colour, axis_label, marks, save, short
from hardmag.nanostructures import KINDS

MOST_ANGLES = 10  # in a legend; more are drawn from a range, and its panel tells them
MARKERS = "os^vPX"  # by the levels whose properties are features


def draw_parameters(samples, output):
    """Every accepted sample with a coercivity, of those that models learn from: colour is the angle, the marker the level."""
    table, kind = read_table(samples), KINDS[read_kind(samples)]
    learned, quantities = kind.learned(), columns_of(read_kind(samples))
    usable = (table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"])
    for name, text in learned.only.items() if learned else ():
        usable &= table[name] == text
    if not usable.any():
        raise UserError(f"{samples}: no accepted sample with a coercivity to draw")
    known = [name for name in kind.drawn_against or (learned.features if learned else ()) if name in table]
    varied = [p for p in known if len(np.unique(table[p][usable][np.isfinite(table[p][usable])])) > 1] or ["alpha_deg"]
    targets = {target: label for target, label in TARGET_LABELS.items() if np.ptp(table[target][usable]) > 0} or TARGET_LABELS
    angle = learned.angle if learned else "alpha_deg"
    angles = np.unique(table[angle][usable])
    level = table[learned.level] if learned and learned.level else np.full(len(usable), "", dtype=object)
    label = quantities[learned.level].label if learned and learned.level else ""
    levels = kind.levels(learned.level) if learned and learned.level else ()
    marked = dict(zip(levels, MARKERS, strict=False)) or {"": "D"}
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
