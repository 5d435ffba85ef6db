"""Half-cycles of one nanostructure for each misorientation, with their average (Yang et al., Fig. 2a)."""

import json

import matplotlib.pyplot as plt
import numpy as np

from hardmag.dataset.read import read_curves, read_kind, read_table
from hardmag.dataset.schema import columns_of
from hardmag.errors import UserError
from hardmag.figures.notation import FIELD, HC, HP, MOMENT, PHI_P, curve_axes, curve_label
from hardmag.figures.style import SYMBOLS, angle_colour, headline, quantity, save, short
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import NOTHING


def draw_half_cycles(dataset, output):
    """The structure with the most angles; among those, the one with the largest Φp. Thin: each realisation. Beside them, of
    the average with the largest Φp: what Hc, Hp and Φp are."""
    table, kind = read_table(dataset), KINDS[read_kind(dataset)]
    learned = kind.learned() or NOTHING
    angle = learned.angle
    averages, singles = read_curves(dataset)
    groups = {}
    for i in np.flatnonzero(table["status"] == "accepted"):
        content = json.loads(table["specification"][i])["nanostructure"]
        groups.setdefault(json.dumps({k: v for k, v in content.items() if k not in kind.measured_by}), []).append(int(i))
    if not groups:
        raise UserError(f"{dataset}: no accepted sample to draw")
    largest = lambda rows: np.nanmax(np.nan_to_num(table["phi_p"][rows]))  # noqa: E731
    rows = max(groups.values(), key=lambda rows: (len({table[angle][i] for i in rows}), len(rows), largest(rows)))
    figure, (axis, explained) = plt.subplots(1, 2, figsize=(9.6, 5), width_ratios=(1.7, 1), layout="constrained")
    for i in sorted(rows, key=lambda i: table[angle][i]):
        alpha, colour = table[angle][i], angle_colour(table[angle][i])
        # Of curves that models do not learn from, why.
        others = [f"{table[name][i]} {name}" for name, text in learned.only.items() if table[name][i] != text]
        for H, m in singles[i]:
            axis.plot(H, m, color=colour, lw=0.6, alpha=0.6)
        Hc, phi_p = table["mu0_Hc_T"][i], table["phi_p"][i]
        label = f"{alpha:g}°: {curve_label(Hc, phi_p) if np.isfinite(Hc) else 'no hysteresis'}"
        label = ", ".join([label, *others])
        axis.plot(*averages[i], color=colour, lw=1.8, ls="--" if others else "-", label=label)
        if phi_p > 0:
            Hp = table["mu0_Hp_T"][i]
            axis.plot(-Hp, np.interp(-Hp, averages[i][0][::-1], averages[i][1][::-1]), "v", color=colour, ms=6, mec="black")
    curve_axes(axis)
    what = ", ".join(_sizes(table, rows[0], columns_of(kind.name()), learned)) or "half-cycles by misorientation"
    headline(figure, f"{what}; thin: realisations; thick: their average; ▼: depinning field")
    _explain(explained, table, averages, rows, angle)
    figure.legend(loc="outside lower center", ncols=3)
    save(figure, output)


def _sizes(table, row, quantities, learned):
    """Lengths of the nanostructure in a row, and its level, in the words of its kind."""
    lengths = [name for name in learned.structure if name.endswith("_nm")]
    sizes = [f"{short(name, quantities[name])} {table[name][row]:.4g} nm" for name in lengths]
    return sizes + ([f"{quantities[learned.level].label} {table[learned.level][row]}"] if learned.level else [])


def _explain(axis, table, averages, rows, angle):
    """Hc, Hp and Φp = (Hc − Hp)/Hc of the average with the largest Φp, around the two fields."""
    i = max(rows, key=lambda i: np.nan_to_num(table["phi_p"][i], nan=-1.0))
    Hc, Hp, phi_p = (table[name][i] for name in ("mu0_Hc_T", "mu0_Hp_T", "phi_p"))
    if not phi_p > 0:
        axis.remove()  # nothing depins before the reversal: Hp = Hc
        return
    H, m = averages[i]
    axis.plot(H, m, ".-", color=angle_colour(table[angle][i]), lw=1.2, ms=3)
    margin = max(0.6 * (Hc - Hp), 0.15 * Hc)
    left, right = -Hc - margin, -Hp + margin
    shown = (left < H) & (right > H)
    bottom, top = m[shown].min(), m[shown].max()
    height = 0.08 * (top - bottom)
    for field, name, side in ((Hp, HP, "left"), (Hc, HC, "right")):
        axis.axvline(-field, color="black", lw=0.8, ls="--")
        axis.annotate(f"−{name}", (-field, top + 3.4 * height), ha=side, va="bottom", annotation_clip=False)
    axis.annotate("", (-Hc, top + height), (-Hp, top + height), arrowprops={"arrowstyle": "<->", "lw": 0.9})
    within = Hp >= 0  # else it depins before the field is reversed, and Φp is 1
    axis.annotate(
        f"{HC} − {HP}" + (f" = {PHI_P}{HC}" if within else ""),
        (-(Hc + Hp) / 2, top + 1.3 * height),
        ha="center",
        va="bottom",
        fontsize=8,
    )
    axis.axhline(0, color="black", lw=0.6)
    axis.set_ylabel(MOMENT)
    axis.set_xlim(left, right)
    axis.set_ylim(bottom - height, top + 3.2 * height)
    axis.set_xlabel(FIELD)
    of = f"{SYMBOLS.get(angle, 'misorientation')} = {table[angle][i]:g}°"
    how = f"({Hc:.2f} T − {quantity(Hp, '.2f')} T) / {Hc:.2f} T = {phi_p:.2f}"
    early = f"{phi_p:.2f}, as it depins\nbefore the field is reversed"
    # In lines, for the panel is narrow and no layout makes room for a title that is wider.
    axis.set_title(f"{of}:\n{PHI_P} = {how if within else early}", pad=22)
