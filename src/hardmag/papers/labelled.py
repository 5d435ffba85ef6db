"""The lengths of two kinds of nanostructure, drawn on the structures as the solver sees them: docs/structures.png.

python -m hardmag.papers.labelled docs/structures.png
"""

import sys
from math import cos, radians, sin

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from hardmag.dataset.section import section_of
from hardmag.figures.style import headline, save
from hardmag.nanostructures import CoreShell, SmCo17

CELLS = SmCo17(L_nm=44, d_nm=30, wS_nm=9, wZ_nm=5, size_nm=(128, 128, 2))
GRAIN = CoreShell(a_nm=100, b_nm=100, c_nm=80, shell_nm=12, layer_nm=6)
INSIDE, OUTSIDE = {"lw": 1.4, "arrowstyle": "<|-|>"}, {"lw": 1.4, "arrowstyle": "-|>"}


def draw_labelled(output):
    """Cells of SmCo-1:7 with L, d, wS and wZ, and a core/shell grain of Nd-Fe-B with its grain, shell and layer."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 5.3), layout="constrained")
    for axis, structure in zip(axes, (CELLS, GRAIN), strict=True):
        _section(axis, structure)
    _label_cells(axes[0])
    _label_grain(axes[1])
    axes[0].set_title("SmCo-1:7: cells of 2:17 between stripes of 1:5\nand platelets of Z (kind smco17)")
    axes[1].set_title("Nd-Fe-B: a core, its shell and\nthe layer around the grain (kind coreshell)")
    headline(figure, "What the lengths of a nanostructure are")
    save(figure, output)


def _section(axis, structure):
    """Its middle, coloured by phase, with the easy axis beside it."""
    body = structure.build(np.random.default_rng(0))
    section = section_of(body, structure.section_axis)
    half = [n * cell / 2 for n, cell in zip(section.index.shape, section.cell_nm, strict=True)]
    extent = (-half[0], half[0], -half[1], half[1])
    colours = ListedColormap([structure.palette[phase.name] for phase in body.phases])
    limits = {"vmin": -0.5, "vmax": len(body.phases) - 0.5}
    axis.imshow(section.index.T, origin="lower", extent=extent, cmap=colours, interpolation="nearest", **limits)
    axis.set(xlim=(-68, 68), ylim=(-68, 68))
    axis.set_xlabel("x (nm)")
    axis.set_ylabel(f"{section.across} (nm)")
    handles = [Patch(facecolor=structure.palette[phase.name], label=phase.name) for phase in body.phases]
    axis.legend(handles=handles, ncols=len(handles), loc="upper center", bbox_to_anchor=(0.5, -0.12), columnspacing=1.2)


def _label_cells(axis):
    """L across the stripes, from the middle of one to that of the next; d from one platelet to the next."""
    half = radians(CELLS.cell_angle_deg / 2)
    across, along = np.array([cos(half), sin(half)]), np.array([-sin(half), cos(half)])
    _between(axis, -CELLS.L_nm / 2 * across, CELLS.L_nm / 2 * across, "$L$", 5 * along)
    at = CELLS.L_nm / 2 * across + 27 * along  # the middle of the right stripe of this family
    _across(axis, at, across, CELLS.wS_nm, r"$w_\mathrm{S}$")
    low, high = np.array([-50.0, -CELLS.d_nm / 2]), np.array([-50.0, CELLS.d_nm / 2])
    _between(axis, low, high, "$d$", np.array([-54.5, 0.0]))
    _across(axis, np.array([48.0, -CELLS.d_nm / 2]), np.array([0.0, 1.0]), CELLS.wZ_nm, r"$w_\mathrm{Z}$")
    axis.annotate("c-axis", (0, 60), (0, 38), ha="center", va="center", arrowprops=OUTSIDE, bbox=_PAPER)


def _label_grain(axis):
    """The grain holds its shell; the layer is around the grain."""
    a, c, shell, layer = GRAIN.a_nm / 2, GRAIN.c_nm / 2, GRAIN.shell_nm, GRAIN.layer_nm
    _between(axis, np.array([-a, -14.0]), np.array([a, -14.0]), "grain: $a$", np.array([14.0, -14.0]))
    _between(axis, np.array([-8.0, -c]), np.array([-8.0, c]), "grain: $c$", np.array([-8.0, 12.0]))
    _across(axis, np.array([a - shell / 2, 14.0]), np.array([1.0, 0.0]), shell, "shell", inwards=True)
    _across(axis, np.array([25.0, c + layer / 2]), np.array([0.0, 1.0]), layer, "layer", inwards=True)
    axis.annotate("c-axis", (-33, 26), (-33, 4), ha="center", va="center", arrowprops=OUTSIDE, bbox=_PAPER)


_PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 1.2, "alpha": 0.85}


def _between(axis, start, end, text, at):
    """A double arrow from start to end, with a text."""
    axis.annotate("", end, start, arrowprops=INSIDE | {"shrinkA": 0, "shrinkB": 0})
    axis.text(*at, text, ha="center", va="center", bbox=_PAPER, fontsize=11)


def _across(axis, middle, direction, width, text, inwards=False):
    """Two arrows onto the sides of something thin, and a text beyond one of them: on the inner side, or on the outer."""
    reach = 9.0
    for sign in (-1, 1):
        side = middle + sign * width / 2 * direction
        axis.annotate("", side, side + sign * reach * direction, arrowprops=OUTSIDE | {"shrinkA": 0, "shrinkB": 0})
    far = -1 if inwards else 1
    axis.text(*(middle + far * (width / 2 + reach + 5) * direction), text, ha="center", va="center", bbox=_PAPER, fontsize=11)


if __name__ == "__main__":
    draw_labelled(sys.argv[1])
