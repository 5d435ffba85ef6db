"""Pictures of a graded film: maps, ternary diagrams, X-ray patterns along lines, predictions and what they rest on."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.figures.notation import MU0_HC
from hardmag.figures.style import BLUE, GREEN, ORANGE, SKY, VERMILION, headline, save
from hardmag.files import read_json
from hardmag.films.crystal import Crystal
from hardmag.films.diffraction import lines
from hardmag.films.film import elements_of
from hardmag.films.regression import MODELS
from hardmag.films.report import product
from hardmag.films.steps import film_of
from hardmag.materials.composition import Composition

ALWAYS = ("maps", "predictions", "importance", "models")
CORNERS = ("Nd", "Ce", "La")  # of the ternary: left, right, top
SCHEME_WORDS = {"random": "folds at random", "blocks": "folds of 20 mm blocks"}
NEAR_LINE_mm = 1.0
WEAK = 12.0  # of the strongest reference line: weaker ones are not marked
MEASURED_HC = f"measured {MU0_HC} (T)"


def figures_of(source):
    """Names of the pictures of a film, by where its measurements are (films.settings.Source) and the elements of its table."""
    elements = CORNERS if source.made else elements_of(source)
    ternary = set(CORNERS) <= set(elements)
    patterns = source.made or source.patterns
    return (
        *ALWAYS,
        *(["composition"] if elements else []),
        *(["ternary"] if ternary else []),
        *(["waterfall"] if ternary and patterns else []),
    )


def draw(figure, settings_file, name, folder, scores, output):
    """One of figures_of. folder: where make_film wrote the film, if it is made; scores: file of score_film."""
    found = read_json(scores)
    if figure == "waterfall":
        draw_waterfall(found, film_of(settings_file, name, folder)[0], output)
    else:
        DRAW[figure](found, output)


def draw_maps(found, output):
    """Measured and predicted coercivity over the wafer, the spread of the fit, and the interval of a measurement."""
    blocks = found["schemes"]["blocks"]
    widths = {kind: np.subtract(*blocks["bounds_T"][kind][::-1]) for kind in ("bagging", "cv_plus")}
    y, predicted = np.array(found["mu0_Hc_T"]), np.array(blocks["predicted_T"]["pls"])
    both = {"vmin": min(y.min(), predicted.min()), "vmax": max(y.max(), predicted.max())}
    held = {kind: 100 * blocks["coverage"][kind]["measured"] for kind in widths}
    panels = (
        (y, "measured", f"{MU0_HC} (T)", both, "viridis"),
        (predicted, "predicted, its block left out", f"{MU0_HC} (T)", both, "viridis"),
        (widths["bagging"], f"spread of the fit, holds {held['bagging']:.0f} %", "width (T)", {}, "cividis"),
        (widths["cv_plus"], f"CV+ interval, holds {held['cv_plus']:.0f} %", "width (T)", {}, "cividis"),
    )
    figure, axes = plt.subplots(1, 4, figsize=(11.6, 3.8), sharey=True, layout="constrained")
    for axis, (values, title, label, limits, colours) in zip(axes, panels, strict=True):
        _wafer(axis, found, values, title, label, limits, colours)
    axes[0].set_ylabel("y (mm)")
    headline(figure, f"Coercivity of the film {found['film']}, {found['positions']} positions; nominal 95 % intervals")
    save(figure, output)


def draw_composition(found, output):
    """At% of each element over the wafer, boron left out."""
    elements = found["at_percent"]
    figure, axes = plt.subplots(1, len(elements), figsize=(2.9 * len(elements), 3.8), sharey=True, layout="constrained")
    for axis, (element, values) in zip(np.atleast_1d(axes), elements.items(), strict=True):
        _wafer(axis, found, values, element, f"{element} (at%)", {}, "viridis")
    np.atleast_1d(axes)[0].set_ylabel("y (mm)")
    headline(figure, f"Composition of the film {found['film']}, boron left out")
    save(figure, output)


def _wafer(axis, found, values, title, label, limits, colours):
    points = axis.scatter(found["x_mm"], found["y_mm"], c=values, cmap=colours, marker="s", s=30, lw=0, **limits)
    axis.set_aspect("equal")
    axis.set(title=title, xlabel="x (mm)")
    axis.figure.colorbar(points, ax=axis, label=label, orientation="horizontal", shrink=0.9)


def draw_ternary(found, output):
    """Coercivity, and at% of all rare earths, over the shares of Nd, Ce and La among them."""
    shares = np.stack([found["at_percent"][element] for element in CORNERS], axis=1)
    total = shares.sum(axis=1)
    figure, axes = plt.subplots(1, 2, figsize=(8.8, 3.7), layout="constrained")
    panels = ((found["mu0_Hc_T"], f"measured {MU0_HC} (T)", "viridis"), (total, "Nd + Ce + La (at%)", "cividis"))
    for axis, (values, label, colours) in zip(axes, panels, strict=True):
        _triangle(axis)
        points = axis.scatter(*_in_triangle(shares / total[:, None]).T, c=values, cmap=colours, s=14, lw=0, zorder=3)
        figure.colorbar(points, ax=axis, label=label, shrink=0.75)
    headline(figure, f"The film {found['film']} by shares of the rare earths (%)")
    save(figure, output)


def _in_triangle(shares):
    """(n, 2) places of shares (n, 3) of CORNERS, which sum to 1."""
    return shares @ np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(3) / 2]])


def _triangle(axis):
    """The frame, with lines of equal share every fifth, and its corners' names."""
    for share in np.arange(0, 1.01, 0.2):
        for k in range(3):
            ends = np.zeros((2, 3))
            ends[:, k], ends[0, (k + 1) % 3], ends[1, (k + 2) % 3] = share, 1 - share, 1 - share
            axis.plot(*_in_triangle(ends).T, color="0.75" if share else "black", lw=0.7)
    for share in (0.2, 0.4, 0.6, 0.8):
        text = {"fontsize": 7, "color": "0.35"}
        axis.text(
            *_in_triangle(np.array([1 - share, share, 0.0])) - (0, 0.02), f"{100 * share:.0f} Ce", text, ha="center", va="top"
        )
        axis.text(*_in_triangle(np.array([0.0, 1 - share, share])) + (0.02, 0), f"{100 * share:.0f} La", text, va="center")
        axis.text(
            *_in_triangle(np.array([share, 0.0, 1 - share])) - (0.02, 0), f"{100 * share:.0f} Nd", text, ha="right", va="center"
        )
    for place, name, side in ((np.eye(3)[0], CORNERS[0], "right"), (np.eye(3)[1], CORNERS[1], "left")):
        axis.text(*_in_triangle(place) - (0, 0.02), name, ha=side, va="top", weight="bold")
    axis.text(*_in_triangle(np.eye(3)[2]) + (0, 0.02), CORNERS[2], ha="center", va="bottom", weight="bold")
    axis.set(xlim=(-0.18, 1.18), ylim=(-0.12, 1.0), aspect="equal")
    axis.axis("off")


def draw_waterfall(found, film, output):
    """X-ray patterns along two lines, towards Ce and towards La, with the lines of Nd2Fe14B and of that compound."""
    x, y = film.data.x_mm, film.data.y_mm
    cuts = (("Ce", np.abs(y - _middle(y)) < NEAR_LINE_mm, x, "x"), ("La", np.abs(x - _middle(x)) < NEAR_LINE_mm, y, "y"))
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 6.0), layout="constrained")
    for axis, (element, on, along, name) in zip(axes, cuts, strict=True):
        rows = np.flatnonzero(on)[np.argsort(along[on])]
        step = 0.4 * np.percentile(film.intensities[rows], 99.8)
        share = film.at_percent[element] / sum(film.at_percent[R] for R in CORNERS)
        colours = plt.get_cmap("viridis")(0.92 * (share[rows] - share.min()) / np.ptp(share))
        for k, row in enumerate(rows):
            axis.plot(film.two_theta_deg, film.intensities[row] + k * step, color=colours[k], lw=0.8)
        for R, colour, style in (("Nd", "black", "--"), (element, VERMILION, ":")):
            known = lines(Crystal.of(Composition.parse(R)), film.two_theta_deg[0], film.two_theta_deg[-1])
            strong = known.two_theta_deg[known.intensity > WEAK]
            for n, at in enumerate(strong):
                label = rf"{R}$_2$Fe$_{{14}}$B" if n == 0 else None
                axis.axvline(at, color=colour, ls=style, lw=0.9, label=label, zorder=0)
        places = np.linspace(0, len(rows) - 1, min(5, len(rows))).round().astype(int)
        levels = [film.intensities[rows[k], -1] + k * step for k in places]
        axis.set_yticks(levels, [f"{name} = {along[rows[k]]:.0f} mm".replace("-", "−") for k in places])
        other = y[rows[0]] if name == "x" else x[rows[0]]
        axis.set_title(f"along {name}, at {'y' if name == 'x' else 'x'} = {other:.0f} mm".replace("-", "−"))
        axis.set(xlabel=r"$2\theta$ (°)", xlim=(film.two_theta_deg[0], film.two_theta_deg[-1]))
        axis.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.1))
        colour = plt.cm.ScalarMappable(plt.Normalize(100 * share.min(), 100 * (share.min() + np.ptp(share) / 0.92)), "viridis")
        figure.colorbar(colour, ax=axis, label=f"{element} of rare earths (%)", shrink=0.6)
    headline(figure, f"X-ray patterns of the film {found['film']} (counts, each shifted up), Cu Kα")
    save(figure, output)


def _middle(values):
    """The value nearest to 0."""
    return values[np.argmin(np.abs(values))]


def draw_predictions(found, output):
    """Measured against predicted: the test set of a fifth, folds at random, folds of blocks with their CV+ intervals."""
    y, test = np.array(found["mu0_Hc_T"]), found["test"]
    tested = np.array(test["tested"])
    figure, axes = plt.subplots(1, 3, figsize=(10.4, 3.9), sharey=True, sharex=True, layout="constrained")
    fitted = np.array(test["predicted_T"])
    axes[0].scatter(y[~tested], fitted[~tested], s=12, color=SKY, label="fitted to")
    axes[0].scatter(y[tested], fitted[tested], s=16, color=VERMILION, marker="^", label="test")
    axes[0].set_title(f"test set of 20 %, {test['components']} components\nR² = {test['R2']:.3f}, error {test['MAE']:.3f} T")
    axes[0].legend(loc="upper left")
    for axis, (scheme, words) in zip(axes[1:], SCHEME_WORDS.items(), strict=True):
        one = found["schemes"][scheme]
        predicted, (low, high) = np.array(one["predicted_T"]["pls"]), np.array(one["bounds_T"]["cv_plus"])
        axis.vlines(y, low, high, color="0.75", lw=0.6, label="CV+ interval")
        axis.scatter(y, predicted, s=12, color=BLUE, zorder=3)
        r2, mae = (np.mean([score[key] for score in one["scores"]["pls"]]) for key in ("R2", "MAE"))
        base = np.mean([score["R2"] for score in one["scores"]["position"]])
        axis.set_title(f"{words}: R² = {r2:.3f}, error {mae:.3f} T\nby position alone R² = {base:.3f}")
        axis.legend(loc="upper left")
    for axis in axes:
        ends = [y.min(), y.max()]
        axis.plot(ends, ends, color="black", lw=0.8)
        axis.set_xlabel(MEASURED_HC)
    axes[0].set_ylabel(f"predicted {MU0_HC} (T)")
    headline(figure, f"Partial least squares for the film {found['film']}; error: mean absolute error")
    save(figure, output)


def draw_importance(found, output):
    """VIP and coefficients, over angle where there are patterns, and by element or input; bars: spread over bags."""
    channels, names = found["channels"], found["features"]
    angles = np.array([float(name.removesuffix("°")) for name in names[:channels]])
    gaps = np.flatnonzero(np.diff(angles) > 5 * np.median(np.diff(angles))) + 1 if channels else []
    windows = np.split(np.arange(channels), gaps) if channels else []
    rest = np.arange(channels, len(names))
    width = [np.ptp(angles[window]) for window in windows]
    figure, axes = plt.subplots(
        2,
        len(windows) + bool(len(rest)),
        figsize=(10.2 if channels else 5.6, 5.6),
        squeeze=False,
        sharex="col",
        sharey="row",
        width_ratios=[*width, *([0.35 * sum(width) or 1] if len(rest) else [])],
        layout="constrained",
    )
    kinds = (("vip", "importance, VIP (1)", 1.0), ("coefficients_T", "coefficient per\nscaled feature (T)", 0.0))
    for row, (key, label, level) in zip(axes, kinds, strict=True):
        values, bounds = np.array(found["importance"][key]), np.array(found["importance"][f"{key}_bounds"])
        for axis, window in zip(row, windows, strict=False):
            axis.fill_between(angles[window], *bounds[:, window], color=SKY, alpha=0.5, lw=0)
            axis.plot(angles[window], values[window], color=BLUE, lw=1.0)
        if len(rest):
            row[-1].vlines(np.arange(len(rest)), *bounds[:, rest], color="0.5", lw=2)
            row[-1].plot(np.arange(len(rest)), values[rest], "o", ms=5, color=VERMILION)
            row[-1].margins(x=0.15)
        for axis in row:
            axis.axhline(level, color="black", lw=0.7, ls="--")
        row[0].set_ylabel(label)
    if len(rest):
        axes[1, -1].set_xticks(np.arange(len(rest)), [product(names[k]) for k in rest], rotation=0 if channels else 40)
    for axis in axes[1, : len(windows)]:
        axis.set_xlabel(r"$2\theta$ (°)")
    headline(figure, f"What partial least squares uses in the film {found['film']}: {found['components']} components")
    save(figure, output)


def draw_models(found, output):
    """R² and mean absolute error of each model in both schemes, with the range over repeats."""
    shown = [name for name in MODELS if name != "mean"]
    figure, axes = plt.subplots(1, 2, figsize=(9.0, 3.4), sharey=True, layout="constrained")
    at = np.arange(len(shown))
    for axis, key, label in zip(axes, ("R2", "MAE"), ("R² of left-out positions", "mean absolute error (T)"), strict=True):
        for k, (scheme, colour, marker) in enumerate((("random", BLUE, "o"), ("blocks", ORANGE, "s"))):
            values = np.array([[s[key] for s in found["schemes"][scheme]["scores"][name]] for name in shown])
            axis.hlines(at + 0.16 * (2 * k - 1), values.min(axis=1), values.max(axis=1), color=colour, lw=2)
            axis.plot(values.mean(axis=1), at + 0.16 * (2 * k - 1), marker, color=colour, ms=5, label=SCHEME_WORDS[scheme])
        axis.set_xlabel(label)
        axis.grid(axis="x", color="0.9")
    axes[0].set_yticks(at, [MODELS[name].title for name in shown])
    for tick, name in zip(axes[0].get_yticklabels(), shown, strict=True):
        tick.set_color(GREEN if MODELS[name].baseline else "black")
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    headline(
        figure, f"Models of the film {found['film']}; green: baselines that see nothing of the film but where a position lies"
    )
    save(figure, output)


def draw_simulated(comparison, output):
    """Measured and simulated coercivity over the wafer, their ratio, and one against the other with intervals."""
    found = read_json(comparison)
    inside = np.array([value is not None for value in found["ratio"]])
    x, y, measured = (np.array(found[name]) for name in ("x_mm", "y_mm", "measured_T"))
    known = {name: np.array(values, dtype=float)[inside] for name, values in found["simulated"].items()}
    ratio, simulated = np.array(found["ratio"], dtype=float)[inside], known["mu0_Hc_T"]
    figure, axes = plt.subplots(1, 4, figsize=(12.4, 3.9), layout="constrained", width_ratios=[1, 1, 1, 1.25])
    everywhere = np.ones(len(x), dtype=bool)
    for axis, rows, values, title, label, colours in (
        (axes[0], everywhere, measured, "measured", f"{MU0_HC} (T)", "viridis"),
        (axes[1], inside, simulated, "simulated, grains without flaws", f"{MU0_HC} (T)", "viridis"),
        (axes[2], inside, ratio, "the microstructure's share", "measured over simulated (1)", "cividis"),
    ):
        axis.plot(x[~rows], y[~rows], "x", color="0.6", ms=4, label="outside of the models")
        places = {"x_mm": x[rows], "y_mm": y[rows]}
        _wafer(axis, places, values, title, label, {}, colours)
        axis.set(xlim=(x.min() - 4, x.max() + 4), ylim=(y.min() - 4, y.max() + 4))
        axis.set_ylabel("y (mm)")
    axes[3].hlines(measured[inside], known["low_T"], known["high_T"], color="0.8", lw=0.6, label="95 % interval of simulated")
    axes[3].plot(simulated, measured[inside], "o", ms=3, color=BLUE)
    ends = np.array([0.0, known["high_T"].max()])
    for factor, style, label in ((1.0, "-", "equal"), (found["ratio_of"]["median"], "--", "median of the ratio")):
        axes[3].plot(ends, factor * ends, style, color="black", lw=0.8, label=label)
    axes[3].set(xlabel=f"simulated {MU0_HC} (T)", ylabel=MEASURED_HC, ylim=(0, 1.5 * measured.max()), xlim=(0, None))
    axes[3].set_title(f"rank correlation {found['rank_correlation']:.2f}".replace("-", "−"))
    figure.legend(*_once(axes[1], axes[3]), loc="outside lower center", ncols=4)
    headline(
        figure,
        f"The film {found['film']} beside grains of its composition: {found['inside']} of {found['positions']} positions",
    )
    save(figure, output)


def _once(*axes):
    """Handles and labels of the legends of several axes."""
    pairs = [pair for axis in axes for pair in zip(*axis.get_legend_handles_labels(), strict=True)]
    return zip(*pairs, strict=True)


DRAW = {
    "maps": draw_maps,
    "predictions": draw_predictions,
    "importance": draw_importance,
    "models": draw_models,
    "composition": draw_composition,
    "ternary": draw_ternary,
}
