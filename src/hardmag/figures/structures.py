"""The campaign's nanostructures, coloured by phase, or by the direction of the easy axes."""

import json
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from hardmag.dataset.read import read_table
from hardmag.dataset.section import section_of
from hardmag.figures.style import headline, save
from hardmag.nanostructures import KINDS
from hardmag.voxels import Voxels

MOST = 12
FALLBACK = ("#DDDDDD", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
TILTS = LinearSegmentedColormap.from_list("tilts", plt.get_cmap("viridis")(np.linspace(0.25, 1, 256)))  # none near to black
STEP_DEG = 5  # the scale of tilts ends at a multiple of it
TILT = "angle of the easy axis from $c$ (°)"


def draw_structures(dataset, output):
    """Up to 12 different nanostructures of a dataset, drawn as the solver sees them."""
    samples = _different(read_table(dataset))
    columns = min(4, len(samples))
    rows = ceil(len(samples) / columns)
    figure, axes = plt.subplots(rows, columns, figsize=(2.6 * columns, 2.75 * rows + 0.5), squeeze=False, layout="constrained")
    structures = [KINDS[s["nanostructure"]["kind"]].model_validate(s["nanostructure"]) for s in samples]
    bodies = [structure.build(np.random.default_rng(0)) for structure in structures]
    sections = [section_of(body, structure.section_axis) for body, structure in zip(bodies, structures, strict=True)]
    by_axis = structures[0].coloured_by == "axis"
    tilts = [tilt_deg(section.axis, structure.easy_axis) for section, structure in zip(sections, structures, strict=True)]
    norm = tilt_scale(tilts)
    names, between, outlined = {}, {}, {}
    for axis, structure, body, section, tilt in zip(axes.flat, structures, bodies, sections, tilts, strict=False):
        sides = [n * cell for n, cell in zip(section.index.shape, section.cell_nm, strict=True)]
        extent = [sign * side / 2 for side in sides for sign in (-1, 1)]
        image, legend, beside = _coloured(structure, body, section, TILTS(norm(tilt)) if by_axis else None)
        names, between = names | legend, between | beside
        axis.imshow(image.swapaxes(0, 1), origin="lower", extent=extent, interpolation="nearest")
        if by_axis:
            outlined |= _outline(axis, structure, body, section, extent)
        axis.set_title(structure.title())
    for axis in axes.flat[len(samples) :]:
        axis.remove()
    for axis in axes[:, 0]:
        axis.set_ylabel(f"{sections[0].across} (nm)")
    for column in range(columns):
        [a for a in axes[:, column] if a.figure is not None][-1].set_xlabel("x (nm)")
    if by_axis:
        figure.colorbar(ScalarMappable(norm, TILTS), ax=[a for a in axes.flat if a.figure is not None], label=TILT, shrink=0.8)
    if between:
        names[" or ".join(between)] = next(iter(between.values()))
    handles = [Patch(facecolor=c, edgecolor="black" if c == "#FFFFFF" else c, label=n) for n, c in names.items()]
    handles += [Line2D([], [], color=c, label=n) for n, c in outlined.items()]
    if handles:
        figure.legend(handles=handles, ncols=len(handles), loc="outside lower center")
    along = " (c-axis along y)" if {tuple(s.c_axis) for s in structures} == {(0.0, 1.0, 0.0)} else ""
    headline(figure, "Nanostructures by direction of the easy axes" if by_axis else f"Nanostructures by phase{along}")
    save(figure, output)


def _different(table):
    """Samples {nanostructure, …} of up to MOST structures that look different."""
    chosen = {}
    for text in table["specification"][~np.isin(table["failure"], ("unfit_mesh", "unfit_structure"))]:
        sample = json.loads(text)
        kind = KINDS[sample["nanostructure"]["kind"]]
        unseen = ("cell_nm", *kind.unseen, *kind.measured_by)
        content = {k: v for k, v in sample["nanostructure"].items() if k not in unseen}
        chosen.setdefault(json.dumps(content, sort_keys=True), sample)
    samples = list(chosen.values())
    return [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, MOST).round().astype(int))]


def _outline(axis, structure, body, section, extent):
    """Draw lines around what has an easy axis, but is not of the palette's first phase; {name: colour} of such phases."""
    found, easy = {}, {p.name for p in body.phases if p.Ku_J_per_m3 > 0}
    for name in [name for name in list(structure.palette)[1:] if name in easy]:
        inside = np.array([*(p.name == name for p in body.phases), False])[section.index]
        if inside.any():
            found[name] = structure.palette[name]
            axis.contour(inside.T.astype(float), [0.5], colors=found[name], linewidths=1.2, extent=extent)
    return found


def _coloured(structure, body, section, by_axis):
    """(RGBA (nx, k, 4), {phase: its colour}, {name: one colour} of what a pixel without an element or grain may be) of a
    section. by_axis: colours (nx, k, 4) of what has an easy axis, None where phases are told apart."""
    colours = [structure.palette.get(p.name, FALLBACK[i % len(FALLBACK)]) for i, p in enumerate(body.phases)]
    image = np.array([*map(to_rgba, colours), (1, 1, 1, 0)])[section.index]
    if by_axis is None:
        return image, dict(zip((p.name for p in body.phases), colours, strict=True)), {}
    easy = np.array([*(p.Ku_J_per_m3 > 0 for p in body.phases), False])
    image = np.where(easy[section.index][..., None], by_axis, image)
    seen = np.unique(section.index)
    legend = {p.name: c for i, (p, c) in enumerate(zip(body.phases, colours, strict=True)) if i in seen and not easy[i]}
    others = [] if isinstance(body, Voxels) else [name for name, volume in body.others_m3.items() if volume > 0]
    if others:
        image[section.index < 0] = to_rgba(structure.palette[others[0]])
    return image, legend, dict.fromkeys(others, structure.palette[others[0]] if others else "")


def tilt_deg(axes, easy_axis):
    """Angles (…), 0 to 90 degrees, between easy axes (…, 3), which have no sense, and a direction (3,)."""
    return np.degrees(np.arccos(np.clip(np.abs(axes @ np.asarray(easy_axis)), 0, 1)))


def tilt_scale(tilts):
    """Scale of colours from 0 to the largest of arrays of tilts in degrees, NaN left out."""
    largest = max(np.nanmax(tilt) for tilt in tilts)
    return Normalize(0, STEP_DEG * max(1, ceil(largest / STEP_DEG - 1e-9)))
