"""Half-cycles of one nanostructure for each misorientation, with their average (Yang et al., Fig. 2a)."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.dataset.read import read_curves, read_table
from hardmag.errors import UserError
from hardmag.figures.style import angle_colour, save

STRUCTURE = ("L_nm", "d_nm", "wS_nm", "wZ_nm", "z_set", "size_x_nm", "size_y_nm", "cell_nm")


def draw_half_cycles(dataset, output):
    """The structure with the most angles; among those, the one with the largest Φp. Thin: each realisation."""
    table = read_table(dataset)
    averages, singles = read_curves(dataset)
    groups = {}
    for i in np.flatnonzero(table["status"] == "accepted"):
        groups.setdefault(repr([table[k][i] for k in STRUCTURE]), []).append(int(i))
    if not groups:
        raise UserError(f"{dataset}: no accepted sample to draw")
    largest = lambda rows: np.nanmax(np.nan_to_num(table["phi_p"][rows]))  # noqa: E731
    rows = max(groups.values(), key=lambda rows: (len({table["alpha_deg"][i] for i in rows}), largest(rows)))
    figure, axis = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    for i in sorted(rows, key=lambda i: table["alpha_deg"][i]):
        alpha, colour = table["alpha_deg"][i], angle_colour(table["alpha_deg"][i])
        for H, m in singles[i]:
            axis.plot(H, m, color=colour, lw=0.6, alpha=0.6)
        Hc, phi_p = table["mu0_Hc_T"][i], table["phi_p"][i]
        label = f"{alpha:g}°: µ0Hc = {Hc:.2f} T, Φp = {phi_p:.2f}" if np.isfinite(Hc) else f"{alpha:g}°: no hysteresis"
        axis.plot(*averages[i], color=colour, lw=1.8, label=label)
        if phi_p > 0:
            Hp = table["mu0_Hp_T"][i]
            axis.plot(-Hp, np.interp(-Hp, averages[i][0][::-1], averages[i][1][::-1]), "v", color=colour, ms=6, mec="black")
    axis.axhline(0, color="black", lw=0.6)
    axis.axvline(0, color="black", lw=0.6)
    axis.set_xlabel("applied field µ0H (T)")
    axis.set_ylabel("moment along the field, M·h / Ms")
    i = rows[0]
    lengths = {k.removesuffix("_nm"): table[k][i] for k in ("L_nm", "d_nm", "wS_nm", "wZ_nm")}
    sizes = [f"{name} {value:.4g} nm" for name, value in lengths.items() if np.isfinite(value)]
    sizes += [f"Z {table['z_set'][i]}"] if table["z_set"][i] else []
    axis.set_title(
        f"{', '.join(sizes) or 'half-cycles by misorientation'}\nthin: realisations; thick: their average; ▼: depinning field"
    )
    figure.legend(loc="outside lower center", ncols=2)
    save(figure, output)
