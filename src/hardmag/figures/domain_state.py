"""Magnetisation around the depinning field (Yang et al., Fig. 1c)."""

import json

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.figures.grains import draw_reversal
from hardmag.figures.notation import HC, MU0_H
from hardmag.figures.style import ORANGE, headline, quantity, save

OUTLINE = {"1:5": "black", "Z": ORANGE, "shell": ORANGE, "core": "black"}  # later ones on top


def draw_domain_state(states, output):
    """m along c in colour, the outlines of 1:5 and Z on top; of grains that are one moment each, those that have reversed.

    states: file of dataset.replay.domain_states.
    """
    with np.load(states) as data:
        data = {key: data[key] for key in data.files}
    title = f"sample {data['id']}, $α$ = {float(data['alpha_deg']):g}°"
    if "reversed" in data:
        sample = Sample.from_dict(json.loads(str(data["specification"])))
        grains, curve = half_cycle_of(sample, 0).body, (data["curve_T"], data["curve_m"])
        title = f"Grains by direction of the easy axes, and those that have reversed, {title}"
        draw_reversal(grains, sample.structure.easy_axis, curve, data["fields_T"], data["reversed"], title, output)
        return
    count, nx, ny = data["m_c"].shape
    dx, dy = data["cell_nm"]
    extent = (-nx * dx / 2, nx * dx / 2, -ny * dy / 2, ny * dy / 2)
    x, y = (np.arange(nx) + 0.5 - nx / 2) * dx, (np.arange(ny) + 0.5 - ny / 2) * dy
    figure, axes = plt.subplots(1, count, figsize=(3.3 * count + 0.8, 4.1), squeeze=False, sharey=True, layout="constrained")
    of_panels = (
        ["before the first jump", "after it", f"reversed past {HC}"][:count] if count == 3 else ["before the jump", "after it"]
    )
    for axis, m_c, field_T, of_panel in zip(axes[0], data["m_c"], data["fields_T"], of_panels, strict=True):
        image = axis.imshow(m_c.T, origin="lower", extent=extent, cmap="RdBu_r", vmin=-1, vmax=1)
        for name, colour in OUTLINE.items():
            here = np.isin(data["index"], np.flatnonzero(data["phases"] == name))
            if here.any() and not here.all():
                axis.contour(x, y, here.T.astype(float), levels=[0.5], colors=colour, linewidths=0.8)
        axis.set_title(f"{of_panel}\n{MU0_H} = {quantity(field_T, '.2f')} T")
        axis.set_xlabel("x (nm)")
    axes[0, 0].set_ylabel(f"{data['across']} (nm)")
    figure.colorbar(image, ax=axes, label="magnetisation along c, $m_c$", shrink=0.8)
    outlines = [Line2D([], [], color=c, label=f"{n} phase") for n, c in OUTLINE.items() if n in data["phases"]]
    if outlines:
        figure.legend(handles=outlines, ncols=len(outlines), loc="outside lower center")
    what = "nucleation" if "core" in data["phases"] else "depinning"
    headline(figure, f"Domain state at {what}, {title}")
    save(figure, output)
