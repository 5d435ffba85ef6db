"""Coercivity and Φp against each parameter of the nanostructure."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.figures.style import SHARES, TARGET_LABELS, angle_colour, marks, save

PARAMETERS = {
    "alpha_deg": "misorientation $α$ (°)",
    "L_nm": "1:5 period $L$ (nm)",
    "d_nm": "Z period $d$ (nm)",
    "wS_nm": r"1:5 thickness $w_\mathrm{S}$ (nm)",
    "wZ_nm": r"Z thickness $w_\mathrm{Z}$ (nm)",
    **SHARES,
    "a_nm": "grain $a$ (nm)",
    "c_nm": "grain $c$ (nm)",
    "shell_nm": "shell (nm)",
    "layer_nm": "layer (nm)",
    "core_K1_MJ_per_m3": "core $K_1$ (MJ/m³)",
    "shell_K1_MJ_per_m3": "shell $K_1$ (MJ/m³)",
    "misorientation_deg": "misorientation (°)",
}
MARKERS = {"literature": "o", "dft": "s", "modified": "^", "": "D"}  # by the set of Z properties; "" where there is none


def draw_parameters(samples, output):
    """Every accepted sample with a coercivity: colour is the angle, the marker the set of Z properties."""
    table = read_table(samples)
    usable = (table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"])
    if "magnetostatics" in table:
        usable &= table["magnetostatics"] == "with"
    if not usable.any():
        raise UserError(f"{samples}: no accepted sample with a coercivity to draw")
    known = [p for p in PARAMETERS if p in table]
    varied = [p for p in known if len(np.unique(table[p][usable][np.isfinite(table[p][usable])])) > 1] or ["alpha_deg"]
    targets = {target: label for target, label in TARGET_LABELS.items() if np.ptp(table[target][usable]) > 0} or TARGET_LABELS
    angles = np.unique(table["alpha_deg"][usable])
    present = {z: marker for z, marker in MARKERS.items() if (usable & (table["z_set"] == z)).any()}
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
                for z_set, marker in present.items():
                    here = usable & (table["alpha_deg"] == alpha) & (table["z_set"] == z_set)
                    axis.scatter(
                        table[parameter][here],
                        table[target][here],
                        marker=marker,
                        color=angle_colour(alpha),
                        linewidths=0,
                        **marks(usable.sum()),
                    )
            if row == len(targets) - 1:
                axis.set_xlabel(PARAMETERS[parameter])
        axes[row, 0].set_ylabel(target_label)
    handles = [
        Line2D([], [], ls="", marker="o", color=angle_colour(a), label=f"$α$ = {a:g}°") for a in angles if len(angles) > 1
    ]
    handles += [Line2D([], [], ls="", marker=m, color="black", label=f"Z {z}") for z, m in present.items() if z]
    if handles:
        figure.legend(handles=handles, ncols=min(len(handles), 1 + 2 * len(varied)), loc="outside lower center")
    save(figure, output)
