"""Overlap of the compositions measured with those of another table: Fig. 2 of Kovacs et al."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.style import BLUE, ORANGE, headline, marks, save
from hardmag.intrinsic.overlap import distinct, overlap, plane
from hardmag.intrinsic.tables import read_measured


def draw_overlap(measured, other, output):
    """measured, other: lists of tables; the plane is found from the other's compositions alone."""
    ours, theirs = (distinct(read_measured(*paths).shares) for paths in (measured, other))
    found = overlap(ours, theirs)
    here, there, how = plane(ours, theirs)
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.4, 3.8), layout="constrained")
    left.scatter(*there.T, color=ORANGE, linewidths=0, **marks(len(there)), label=f"other table ({len(there)})")
    left.scatter(*here.T, color=BLUE, marker="x", s=22, lw=1.0, label=f"measured ({len(here)})")
    unit = "component" if how == "PCA" else "coordinate"
    left.set(xlabel=f"{how}, first {unit} (1)", ylabel=f"{how}, second {unit} (1)")
    left.locator_params(nbins=5)
    left.set_title(f"compositions in a plane by {how}")
    for values, colour, label in (
        (found.own, ORANGE, "within the other table"),
        (found.to_other, BLUE, "measured to the other"),
    ):
        right.step(np.sort(values), np.arange(1, len(values) + 1) / len(values), where="post", color=colour, label=label)
    right.axvline(found.reach, color="black", lw=0.8, ls="--", label="95 % of the other table's own")
    right.set(xlabel="atoms to replace to the nearest, as share (1)", ylabel="share of compositions (1)", ylim=(0, 1.02))
    right.set_title("distances, without a plane")
    for axis in (left, right):
        axis.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=1)
    same = int((found.to_other == 0).sum())
    headline(
        figure,
        f"Overlap: {100 * found.share:.0f} % of {len(here)} measured compositions within {found.reach:.2f} of another table's; "
        f"{same} are in both",
    )
    save(figure, output)
