"""The second quadrant of a magnet: M(H), B(H), load lines, the largest energy product and the knee."""

import json

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from hardmag.dataset.read import read_curves, read_table
from hardmag.errors import UserError
from hardmag.figures.notation import FIELD
from hardmag.figures.style import BLUE, ORANGE, VERMILION, headline, quantity, save
from hardmag.loops import analyse, best_working_point, mean_Ms_of
from hardmag.materials import MU0
from hardmag.nanostructures import KINDS

PERMEANCES = (0.5, 1, 2, 4)  # of load lines: −B/µ0H


def draw_demagnetisation(dataset, output):
    """The accepted sample of a dataset with the largest energy product; its averaged half-cycle."""
    table = read_table(dataset)
    usable = np.flatnonzero((table["status"] == "accepted") & (table["BHmax_kJ_per_m3"] > 0))
    if len(usable) == 0:
        raise UserError(f"{dataset}: no accepted sample has an energy product")
    row = usable[np.argmax(table["BHmax_kJ_per_m3"][usable])]
    content = json.loads(table["specification"][row])["nanostructure"]
    title = " ".join(KINDS[content["kind"]].model_validate(content).title().split())
    H, m = read_curves(dataset)[0][row]
    figure, axis = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
    second_quadrant(axis, H, m, mean_Ms_of(H, m, table["BHmax_kJ_per_m3"][row]))
    headline(figure, f"Largest energy product: sample {table['id'][row]}, {title}, $α$ = {table['alpha_deg'][row]:g}°")
    save(figure, output)


def second_quadrant(axis, mu0_H_T, m_parallel, mean_Ms_A_per_m):
    """Draw a demagnetisation curve (fields decreasing, moment along the field over the total moment) of a magnet with this
    moment per volume: µ0M and B = µ0(H + M) in T against the applied field."""
    H, m = np.asarray(mu0_H_T, dtype=float), np.asarray(m_parallel, dtype=float)
    loop, J = analyse(H, m, mean_Ms_A_per_m), MU0 * mean_Ms_A_per_m * m
    remanence, knee = MU0 * mean_Ms_A_per_m * loop.m_r, -loop.squareness * loop.mu0_Hc_T
    left, top = 1.08 * (H[-1] if np.isnan(loop.mu0_Hc_T) else -loop.mu0_Hc_T), 1.12 * J[H <= 0].max(initial=remanence)
    for number, permeance in enumerate(PERMEANCES):
        end = min(-left, top / permeance)
        words = None if number else "load lines of $-B/\\mu_0H$"
        axis.plot([0, -end], [0, permeance * end], color="0.7", lw=0.8, label=words)
        axis.text(-0.97 * end, 0.97 * permeance * end, f"{permeance:g} ", color="0.4", fontsize=8, ha="right", va="top")
    axis.plot(H, J, color=BLUE, lw=1.8, label="$\\mu_0M$")
    axis.plot(H, H + J, color=VERMILION, lw=1.8, label="$B$")
    if loop.BHmax_kJ_per_m3 > 0:
        best, _ = best_working_point(H, m, mean_Ms_A_per_m)
        induction = -loop.BHmax_kJ_per_m3 * 1e3 * MU0 / best
        label = f"$(BH)_\\mathrm{{max}}$ = {loop.BHmax_kJ_per_m3:.0f} kJ/m³"
        axis.add_patch(Rectangle((best, 0), -best, induction, facecolor=VERMILION, alpha=0.15, label=label))
    if np.isfinite(knee):
        label = f"knee, $M$ = 0.9 $M_\\mathrm{{r}}$: {quantity(knee, '.2f')} T"
        axis.plot(knee, 0.9 * remanence, "D", color=ORANGE, mec="black", ms=6, label=label)
    axis.set(xlim=(left, 0), ylim=(0, top), xlabel=FIELD, ylabel="polarisation $\\mu_0M$ and induction $B$ (T)")
    axis.yaxis.tick_right()
    axis.yaxis.set_label_position("right")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
