"""α and N_eff of core/shell grains by both ways, the experimenters' line and the simulation's, over temperatures."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.dataset.read import read_table
from hardmag.figures.notation import HC
from hardmag.figures.style import BLUE, VERMILION, headline, save
from hardmag.figures.tables import markdown_table, write_table
from hardmag.files import atomic_path
from hardmag.papers.kovacs2023.figures.kronmuller import ALPHA, N_EFF
from hardmag.papers.kovacs2023.temperatures import temperature_series

MOST = 4  # grains in the figure
X = r"$H_\mathrm{ani}/M_\mathrm{s}$ (1)"
HEAD = (
    "grain",
    "temperatures",
    "from (K)",
    "to (K)",
    "α of the line",
    "its standard error",
    "N_eff of the line",
    "its standard error",
    "R²",
    "α of the simulation, mean",
    "standard deviation over T",
    "N_eff of the simulation, mean",
    "standard deviation over T",
    "α of the line less that mean",
    "because α changes",
    "because N_eff changes",
)


def draw_temperatures(dataset, output):
    """Per grain: Hc/Ms against 2K1/(µ0Ms²) with the line; α and N_eff against temperature, by both ways."""
    found = temperature_series(read_table(dataset))
    series = found[:MOST]
    figure, axes = plt.subplots(
        len(series), 3, figsize=(10.5, 2.9 * len(series) + 0.9), squeeze=False, layout="constrained", sharex="col"
    )
    for (left, middle, right), one in zip(axes, series, strict=True):
        left.set_title(f"{one.name}: R² of the line {one.line.R2:.3f}", loc="left")
        _draw_line(left, one)
        line = one.line
        _draw_over_temperature(middle, one, one.alpha, one.line_alpha, line.slope_error, ALPHA)
        _draw_over_temperature(right, one, one.N_eff, one.line_N_eff, line.intercept_error, N_EFF)
    axes[-1, 0].set_xlabel(X)
    for axis in axes[-1, 1:]:
        axis.set_xlabel("temperature (K)")
    handles = [handle for axis in axes[0, :2] for handle in axis.get_legend_handles_labels()[0]]
    figure.legend(handles=handles, ncols=3, loc="outside lower center")
    shown = "" if len(found) == len(series) else f"; {len(series)} of {len(found)} grains"
    law = rf"{HC}/$M_\mathrm{{s}}$ = $α\,H_\mathrm{{ani}}/M_\mathrm{{s}} − N_\mathrm{{eff}}$"
    of_hardest = r"$H_\mathrm{ani} = 2K_1/(\mu_0M_\mathrm{s})$ of the hardest phase"
    headline(
        figure,
        f"{law}, {of_hardest}, from several temperatures: as experiments have it, by a line, "
        f"and as simulations have it, from {HC} with and without magnetostatics{shown}",
    )
    save(figure, output)


def _draw_line(axis, one):
    ends = np.array([one.x.min(), one.x.max()])
    axis.plot(one.x, one.y_star, ls="", marker="^", mfc="none", color="black", label=f"{HC} without magnetostatics")
    axis.plot(one.x, one.y, ls="", marker="s", color="black", label=f"{HC} with it")
    axis.plot(ends, one.line.slope * ends + one.line.intercept, color=VERMILION)
    axis.set_ylabel(rf"{HC}/$M_\mathrm{{s}}$ (1)")


def _draw_over_temperature(axis, one, values, line, error, label):
    axis.axhspan(line - error, line + error, color=VERMILION, alpha=0.2, linewidth=0)
    axis.axhline(line, color=VERMILION, label=rf"line through {HC} with it, its {ALPHA[:-4]} and {N_EFF[:-4]} ± standard error")
    axis.plot(one.temperature_K, values, ls="", marker="o", color=BLUE, label="from both at each temperature")
    axis.axhline(values.mean(), color=BLUE, ls="--", lw=1, label="mean of these")
    axis.set_ylabel(label)


def write_alpha_and_N_eff(dataset, markdown, table):
    """A row per grain, and in the Markdown below a sentence on how the two ways differ."""
    series = temperature_series(read_table(dataset))
    rows = [
        [
            one.name,
            len(one.x),
            f"{one.temperature_K[0]:g}",
            f"{one.temperature_K[-1]:g}",
            *(f"{value:.4f}" for value in _numbers(one)),
        ]
        for one in series
    ]
    text = "\n".join(f"- {one.difference()}" for one in series)
    with atomic_path(markdown) as temporary:
        temporary.write_text(f"# α and N_eff by both ways\n\n{markdown_table(HEAD, rows)}\n{text}\n", encoding="utf-8")
    write_table(HEAD, rows, table)


def _numbers(one):
    line = one.line
    yield from (line.slope, line.slope_error, one.line_N_eff, line.intercept_error, line.R2)
    yield from (one.alpha.mean(), one.alpha.std(ddof=1), one.N_eff.mean(), one.N_eff.std(ddof=1))
    yield from (one.line_alpha - one.alpha.mean(), *one.because)
