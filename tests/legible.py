"""What makes a figure illegible, found in what is drawn: cut or overlapping text, axes without a unit, points too small to see,
empty panels, other notations than the one of hardmag.figures.notation."""

import re
from itertools import combinations
from unittest.mock import patch

import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.path import Path
from matplotlib.text import Text

# A quantity with a unit in brackets, or one that has none: a symbol of style.py, or words for a count, a rank or a share.
UNIT = re.compile(r"\((T|T²|nm|µm|mm|°|K|at%|%|MJ/m³|kA/m|mJ/m²|JPY/cm³|1)\)$")
WITHOUT_UNIT = (r"\Phi", "φ", "R²", "Spearman's ρ", "distance 1 − |ρ|", "correlation", "samples", "nanostructures")
WITHOUT_UNIT += (r"$H_\mathrm{c}$($α$)/", "M_", "m_c", "volume dominated")
PLAIN = re.compile(r"\b(Hc|Hp|wS|wZ|Ms|µ0\w*)\b|μ0|Φp|φS|φZ|(?<![\w$])-\d")  # outside of $…$


def faults(figure):
    """Lines that say what is wrong with a figure; none: all is well."""
    return [*_of_texts(figure), *_of_axes(figure)]


def _of_texts(figure):
    drawn = []

    def draw(text, renderer, *rest, **more):
        original(text, renderer, *rest, **more)
        if text.get_visible() and text.get_text().strip():
            drawn.append((text.get_text(), text.get_window_extent(renderer), _outline(text, renderer)))

    original = Text.draw
    figure.draw_without_rendering()  # as when it is saved: the layout is settled by then
    with patch.object(Text, "draw", draw):
        figure.canvas.draw()
    drawn = {(text, *np.round(box.extents)): (text, box, outline) for text, box, outline in drawn}.values()  # each once
    for text, box, _ in drawn:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1:
            yield f"cut by the figure's edge: {text!r}"
        if found := PLAIN.search(re.sub(r"\$[^$]*\$", "", text)):
            yield f"notation: {found[0]!r} in {text!r}"
    for (text, box, outline), (other, other_box, other_outline) in combinations(drawn, 2):
        if box.overlaps(other_box) and outline.intersects_path(other_outline, filled=True):
            yield f"overlap: {text!r} and {other!r}"


def _outline(text, renderer):
    """The rectangle around a text, turned as the text is, a pixel smaller on each side."""
    middle, angle = text.get_window_extent(renderer), text.get_rotation()
    centre = np.array([middle.x0 + middle.x1, middle.y0 + middle.y1]) / 2
    text.set_rotation(0)
    box = text.get_window_extent(renderer)
    text.set_rotation(angle)
    half = np.maximum(np.array([box.width, box.height]) / 2 - 1, 0.1)
    turn = np.radians(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Path((np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]]) * half) @ rotation + centre)


def _of_axes(figure):
    for axes in (one for one in figure.axes if one.get_visible() and one.axison):
        if not axes.has_data() and not axes.texts:
            yield f"empty panel: {axes.get_title()!r}"
        for axis in (axes.xaxis, axes.yaxis, *([axes.zaxis] if hasattr(axes, "zaxis") else [])):
            label = axis.get_label().get_text().replace("\n", " ")
            named = any(re.search(r"[^\W\d]", tick.get_text()) for tick in axis.get_ticklabels())  # each tick says what it is
            shown = any(tick.label1.get_visible() or tick.label2.get_visible() for tick in axis.get_major_ticks())
            if not label and shown and len(axis.get_ticklocs()) and not named and not _labelled_beside(figure, axes, axis):
                yield f"no label: {axis.axis_name} of {axes.get_title()!r}"
            if label and not UNIT.search(label) and not any(words in label for words in WITHOUT_UNIT):
                yield f"no unit: {label!r}"
            if r"\mu_0" in label and not re.search(r"\((T|T²|%)\)$|^R²|ρ|score", label):
                yield f"a field without its unit: {label!r}"
        sizes = [c.get_sizes() for c in axes.collections if isinstance(c, PathCollection) and len(c.get_offsets())]
        diameters = [np.sqrt(s.min()) for s in sizes if len(s)]
        diameters += [line.get_markersize() for line in axes.lines if line.get_marker() not in ("None", "", None)]
        if diameters and min(diameters) < 2.5:
            yield f"points of {min(diameters):.1f} pt: {axes.get_title()!r}"


def _labelled_beside(figure, axes, axis):
    """Whether a panel below or left of it has the label for the whole column or row."""
    place = axes.get_position()
    for other in figure.axes:
        if axis.axis_name == "x" and np.isclose(other.get_position().x0, place.x0, atol=0.01) and other.get_xlabel():
            return True
        if axis.axis_name == "y" and np.isclose(other.get_position().y0, place.y0, atol=0.01) and other.get_ylabel():
            return True
    return False
