"""Look of all figures: colours that colour-blind readers can tell apart (Okabe & Ito), sizes, saving."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.transforms import Bbox

from hardmag.dataset.schema import SETTINGS, TARGETS
from hardmag.files import atomic_path
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import without_unit

BLUE, ORANGE, VERMILION, SKY, GREEN = "#0072B2", "#E69F00", "#D55E00", "#56B4E9", "#009E73"
PRINTED = {"1": "", "deg": "°", "MJ/m3": "MJ/m³", "kJ/m3": "kJ/m³", "J/m3": "J/m³", "mJ/m2": "mJ/m²"}  # units in pictures
QUANTITIES = {name: q for kind in KINDS.values() for name, q in kind.columns().items()} | SETTINGS | TARGETS
SYMBOLS = {name: q.symbol for name, q in QUANTITIES.items() if q.symbol}
UNITS = {name: PRINTED.get(q.unit, q.unit) for name, q in QUANTITIES.items()}
SPLIT_STYLE = {"train": ("o", SKY), "validation": ("s", ORANGE), "test": ("^", VERMILION)}
# Offsets (pt) of a point's text, the nearest and most usual first.
AROUND = tuple((r * x, r * y) for r in (4, 7, 10) for x, y in ((1, 0.5), (-1, 0.5), (1, -0.5), (-1, -0.5), (0, 1), (0, -1)))

plt.rcParams.update({"font.size": 9, "axes.titlesize": 9, "figure.dpi": 100, "savefig.dpi": 200, "legend.frameon": False})


def angle_colour(alpha_deg):
    """Colour of an angle between 0° and 90° on a perceptually even map."""
    return plt.get_cmap("viridis")(0.92 * alpha_deg / 90)


def symbol(name):
    """Symbol of a column; of one without, its label or its name."""
    return short(name, QUANTITIES[name]) if name in QUANTITIES else name.replace("_", " ")


def with_unit(name, unit=None):
    """Symbol of a column with its unit in brackets, or with another, as of its square; without brackets where that is 1."""
    unit = UNITS.get(name, "") if unit is None else unit
    return f"{symbol(name)} ({unit})" if unit else symbol(name)


def axis_label(name, of):
    """Label of an axis. name: of the column; of: its Quantity."""
    unit = PRINTED.get(of.unit, of.unit)
    words = " ".join(filter(None, (of.label, of.symbol))) or short(name, of)
    return f"{words} ({unit})" if unit else words


def short(name, of):
    """A column in a picture, where there is little room: its symbol, else its label, else its name. of: its Quantity."""
    return of.symbol or of.label or without_unit(name).replace("_", " ")


TARGET_LABELS = {name: axis_label(name, QUANTITIES[name]) for name in ("mu0_Hc_T", "phi_p")}  # what surrogates learn


def goal_label(name):
    """Label of a column that is a goal of a loop; of one that no kind tells of, as a volume fraction, its name."""
    return axis_label(name, QUANTITIES[name]) if name in QUANTITIES else name.replace("_", " ")


def quantity(value, form, name=""):
    """A number with the sign that print has for minus, and the unit of a column behind it."""
    unit = UNITS.get(name, "")
    return f"{value:{form}}".replace("-", "−") + (f" {unit}" if unit else "")


def headline(figure, text):
    """Title over all panels, in as many lines as the figure's width asks for."""
    figure.suptitle(text, wrap=True)


def marks(count):
    """Area (pt²) and opacity of each of `count` points: few must be seen, many not cover each other."""
    return {"s": float(np.clip(3000 / max(count, 1), 7, 28)), "alpha": 0.5 if count > 400 else 0.8}


def whiskers(value, low, high):
    """(2, n) lengths of error bars. Rounding, or a skew bootstrap, can put a value itself a little outside of its interval."""
    return np.maximum([value - low, high - value], 0)


def label_points(axis, at, texts):
    """Write a text beside each point (x, y), where it covers neither a point nor a text that stands already.

    A text whose like stands beside a point that it would touch is left out; so is one without room.
    """
    axis.figure.draw_without_rendering()
    dots = axis.transData.transform(at)
    size, taken = axis.figure.dpi / 72, []
    obstacles = [Bbox.from_bounds(x - 3 * size, y - 3 * size, 6 * size, 6 * size) for x, y in dots]
    for place, (x, y), text in zip(at, dots, texts, strict=True):
        if any(text == other and np.hypot(x - u, y - v) < 14 * size for other, u, v, _ in taken):
            continue
        for across, up in AROUND:
            note = axis.annotate(
                text,
                place,
                (across, up),
                textcoords="offset points",
                fontsize=7,
                ha=("center", "left", "right")[int(np.sign(across))],
                va=("center", "bottom", "top")[int(np.sign(up))],
            )
            box = note.get_window_extent()
            if box.count_overlaps([*obstacles, *(b for *_, b in taken)]) == 0 and axis.bbox.count_contains(box.corners()) == 4:
                taken.append((text, x, y, box))
                break
            note.remove()


def save(figure, path):
    """Write the PNG whole or not at all, without a date, so that equal data give equal files."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": "hardmag"})
    plt.close(figure)
