"""The campaign's nanostructures, coloured by phase."""

import json
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from hardmag.dataset.read import read_table
from hardmag.dataset.section import section_of
from hardmag.figures.style import headline, save
from hardmag.nanostructures import KINDS

MOST = 12
FALLBACK = ("#DDDDDD", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")


def draw_structures(dataset, output):
    """Up to 12 different nanostructures of a dataset, drawn as the solver sees them."""
    table = read_table(dataset)
    chosen = {}
    for text in table["specification"][~np.isin(table["failure"], ("unfit_mesh", "unfit_structure"))]:
        sample = json.loads(text)
        kind = KINDS[sample["nanostructure"]["kind"]]
        unseen = ("cell_nm", *kind.unseen, *kind.measured_by)
        content = {k: v for k, v in sample["nanostructure"].items() if k not in unseen}
        chosen.setdefault(json.dumps(content, sort_keys=True), sample)
    samples = list(chosen.values())
    samples = [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, MOST).round().astype(int))]
    columns = min(4, len(samples))
    rows = ceil(len(samples) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2.6 * columns, 2.75 * rows + 0.5), squeeze=False, layout="constrained")
    names, axes_of_c = {}, set()
    for axis, sample in zip(axes.flat, samples, strict=False):
        structure = KINDS[sample["nanostructure"]["kind"]].model_validate(sample["nanostructure"])
        body = structure.build(np.random.default_rng(0))
        section = section_of(body, structure.section_axis)
        sides = [n * cell for n, cell in zip(section.index.shape, section.cell_nm, strict=True)]
        extent = [sign * side / 2 for side in sides for sign in (-1, 1)]
        colours = [structure.palette.get(p.name, FALLBACK[i % len(FALLBACK)]) for i, p in enumerate(body.phases)]
        axes_of_c.add(tuple(structure.c_axis))
        names |= dict(zip((p.name for p in body.phases), colours, strict=True))
        axis.imshow(
            np.ma.masked_less(section.index.T, 0),
            origin="lower",
            extent=extent,
            cmap=ListedColormap(colours),
            vmin=-0.5,
            vmax=len(colours) - 0.5,
            interpolation="nearest",
        )
        axis.set_title(structure.title())
    for axis in axes.flat[len(samples) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(f"{section.across} (nm)")
    for column in range(columns):
        [a for a in axes[:, column] if a.figure is not None][-1].set_xlabel("x (nm)")
    figure.legend(handles=[Patch(color=c, label=n) for n, c in names.items()], ncols=len(names), loc="outside lower center")
    along = " (c-axis along y)" if axes_of_c == {(0.0, 1.0, 0.0)} else ""
    headline(figure, f"Nanostructures by phase{along}")
    save(figure, output)
