"""Contours of Hc and Φp over L and d (Yang et al., Fig. 2c and Supplementary Figs. 5 and 6)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.figures.style import SYMBOLS, TARGET_LABELS, headline, save
from hardmag.papers.yang2024.columns import TARGETS
from hardmag.papers.yang2024.contours import planes
from hardmag.surrogates.store import load_forward

Z_SET = "dft"  # of the paper's inverse designs; at which its contours are drawn, it does not say
LEVELS = 12


def draw_contours(forward, samples, output):
    """Hc above, Φp below, at two thicknesses of 1:5 and two of Z."""
    table, rows, where = _samples(samples)
    shown = planes(load_forward(forward), table, rows, count=2, **where)
    figure, axes = plt.subplots(2, 4, figsize=(11.6, 6), sharex=True, sharey=True, layout="constrained")
    for row, target in zip(axes, TARGETS, strict=True):
        _draw(figure, row, shown, table, target)
    _label(figure, axes, where)
    save(figure, output)


def draw_Hc_contours(forward, samples, output):
    """Hc at four thicknesses of 1:5 and four of Z."""
    _draw_extended(forward, samples, "mu0_Hc_T", output)


def draw_phi_p_contours(forward, samples, output):
    """Φp at four thicknesses of 1:5 and four of Z."""
    _draw_extended(forward, samples, "phi_p", output)


def _draw_extended(forward, samples, target, output):
    table, rows, where = _samples(samples)
    shown = planes(load_forward(forward), table, rows, count=4, **where)
    figure, axes = plt.subplots(4, 4, figsize=(10.4, 10), sharex=True, sharey=True, layout="constrained")
    _draw(figure, axes.ravel(), shown, table, target)
    _label(figure, axes, where)
    save(figure, output)


def _samples(samples):
    """(table, rows, {alpha_deg, z_set}): samples with a coercivity at the least angle, of one Z set."""
    table = read_table(samples)
    usable = (table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"])
    if not usable.any():
        raise UserError(f"{samples}: no accepted sample with a coercivity to draw")
    alpha = table["alpha_deg"][usable].min()
    usable &= table["alpha_deg"] == alpha
    sets = sorted(set(table["z_set"][usable]))
    z_set = Z_SET if Z_SET in sets else sets[0]
    return table, np.flatnonzero(usable & (table["z_set"] == z_set)), {"alpha_deg": float(alpha), "z_set": z_set}


def _draw(figure, axes, shown, table, target):
    """One plane per axis, all on one scale, which the points share."""
    finite = [plane[target][np.isfinite(plane[target])] for plane in shown]
    simulated = np.concatenate([table[target][plane["rows"]] for plane in shown])
    values = np.concatenate([*finite, simulated])
    levels = MaxNLocator(LEVELS).tick_values(values.min(), values.max())
    scale = {"cmap": "viridis", "vmin": levels[0], "vmax": levels[-1]}
    for axis, plane in zip(axes, shown, strict=True):
        axis.set_facecolor("#EEEEEE")
        z = np.ma.masked_invalid(plane[target])
        if z.count():
            image = axis.contourf(plane["L_nm"], plane["d_nm"], z, levels, **scale)
            axis.contour(plane["L_nm"], plane["d_nm"], z, levels, colors="white", linewidths=0.3)
        at = [table[name][plane["rows"]] for name in ("L_nm", "d_nm", target)]
        axis.scatter(*at[:2], c=at[2], s=26, edgecolors="black", linewidths=0.7, zorder=5, **scale)
        axis.set_title(f"{SYMBOLS['wS_nm']} {plane['wS_nm']:.1f}, {SYMBOLS['wZ_nm']} {plane['wZ_nm']:.1f} nm")
    figure.colorbar(image, ax=axes, label=TARGET_LABELS[target], aspect=30)


def _label(figure, axes, where):
    for axis in axes[-1]:
        axis.set_xlabel("1:5 period $L$ (nm)")
    for axis in axes[:, 0]:
        axis.set_ylabel("Z period $d$ (nm)")
    wS, wZ = SYMBOLS["wS_nm"], SYMBOLS["wZ_nm"]
    headline(
        figure,
        f"Surfaces: forward network; points: simulated, nearest in {wS} and {wZ}; $α$ = {where['alpha_deg']:g}°, "
        f"Z {where['z_set']}; grey: {wZ} ≥ $d$",
    )
