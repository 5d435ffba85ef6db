"""The campaign's nanostructures, coloured by phase."""

import json
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from hardmag.campaign.samples import structure_of
from hardmag.dataset.read import read_table
from hardmag.dataset.section import across_of, section_of
from hardmag.figures.style import GRAIN_COLOURS, PHASE_COLOURS, SYMBOLS, headline, save

MOST = 12
NOT_DRAWN = ("z_set", "cell_nm", "misorientation_deg", "azimuth_deg", "magnetostatics")
FALLBACK = ("#DDDDDD", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")

LENGTHS = {"L_nm": 4, "d_nm": 4, "wS_nm": 3, "wZ_nm": 3}  # with their digits


def draw_structures(dataset, output):
    """Up to 12 different nanostructures of a dataset, drawn as the solver sees them."""
    table = read_table(dataset)
    chosen = {}
    for text in table["specification"][table["failure"] != "unfit_mesh"]:
        sample = json.loads(text)
        content = {k: v for k, v in sample["nanostructure"].items() if k not in NOT_DRAWN}
        chosen.setdefault(json.dumps(content, sort_keys=True), sample)
    samples = list(chosen.values())
    samples = [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, MOST).round().astype(int))]
    columns = min(4, len(samples))
    rows = ceil(len(samples) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2.6 * columns, 2.75 * rows + 0.5), squeeze=False, layout="constrained")
    names = {}
    for axis, sample in zip(axes.flat, samples, strict=False):
        structure = structure_of(sample)
        body = structure.build(np.random.default_rng(0))
        section = section_of(body, across_of(structure))
        sides = [n * cell for n, cell in zip(section.index.shape, section.cell_nm, strict=True)]
        extent = [sign * side / 2 for side in sides for sign in (-1, 1)]
        colours = [(PHASE_COLOURS | GRAIN_COLOURS).get(p.name, FALLBACK[i % len(FALLBACK)]) for i, p in enumerate(body.phases)]
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
        axis.set_title(_title(structure))
    for axis in axes.flat[len(samples) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(f"{section.across} (nm)")
    for column in range(columns):
        [a for a in axes[:, column] if a.figure is not None][-1].set_xlabel("x (nm)")
    figure.legend(handles=[Patch(color=c, label=n) for n, c in names.items()], ncols=len(names), loc="outside lower center")
    headline(figure, "Nanostructures by phase (c-axis along y)" if "2:17" in names else "Nanostructures by phase")
    save(figure, output)


def _title(structure):
    if structure.kind == "coreshell":
        a, _, c = structure.extension_nm
        return f"$a$ {a:.3g}, $c$ {c:.3g},\nshell {structure.shell_nm:.2g}, layer {structure.layer_nm:.2g} nm"
    if not hasattr(structure, "L_nm"):
        return structure.kind
    L, d, wS, wZ = (f"{SYMBOLS[name]} {getattr(structure, name):.{digits}g}" for name, digits in LENGTHS.items())
    return f"{L}, {d},\n{wS}, {wZ} nm"
