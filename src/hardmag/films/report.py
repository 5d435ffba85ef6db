"""The page of a workflow of films: scores beside their baselines, intervals with their coverage, what the model uses."""

from collections import Counter

import numpy as np
from scipy.signal import find_peaks

from hardmag.files import atomic_path, read_json
from hardmag.films.intervals import BAGS
from hardmag.films.regression import MODELS
from hardmag.films.splits import FOLDS, BLOCK_mm
from hardmag.films.synthetic import PLANTED_LINES_deg
from hardmag.intrinsic.columns import read_lines

SCHEMES = {"random": "positions at random", "blocks": f"blocks of {BLOCK_mm:g} mm"}
THIRDS = ("by", "lowest third", "middle third", "highest third", "rank correlation with the ratio")
MOST_LINES = 6  # in a table of importance


def write_page(name, files, figures, comparisons, findings, path):
    """Markdown of all films. files: of score_film; figures: names of each one's pictures, which lie in figures/FILM beside the
    page; comparisons: files of compare_film, of some of them; findings: Markdown of papers.kovacs2023.film_claims."""
    compared = [beside_simulated(read_json(file)) for file in comparisons]
    films = [read_json(file) for file in files]
    parts = [f"# Graded films: {name}\n", *map(section, films, figures), *compared, "\n".join(read_lines(findings))]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(parts) + "\n", encoding="utf-8")


def section(found, figures):
    """What is known of one film, and its pictures."""
    test, name = found["test"], found["film"]
    gone = "".join(f" Left out: {count}, {reason}." for reason, count in found["left_out"].items())
    repeats = len(found["schemes"]["random"]["scores"]["pls"])
    mean_vip = np.mean(np.square(found["importance"]["vip"]))
    pictures = "\n".join(f"![{figure} of {name}](figures/{name}/{figure}.png)" for figure in figures)
    return f"""## {name}

{found["positions"]} positions, {len(found["features"])} features, {found["channels"]} of them channels of X-ray patterns.{gone}

A fifth of the positions drawn at random for a test, as in the paper, components chosen by five folds of the others:
{test["components"]} components, R² = {test["R2"]:.3f}, mean absolute error {test["MAE"]:.3f} T.

**Scores**, mean over {repeats} times {FOLDS} folds (least … largest). What a model has to choose, it chooses by folds of the
same kind within the rows that it is fitted to. In italics what sees nothing of the film but where a position lies: a film is
smooth, so that this is what a model must be held against. It says nothing of another film.

{_scores(found["schemes"])}
**Intervals** of partial least squares, nominal {100 * found["nominal"]:.0f} %, of positions that were left out. The spread of
{BAGS} fits to drawn rows is what the paper calls a confidence interval; measurements mostly lie outside. CV+ is for them.

{_coverage(found["schemes"])}
**What it uses**: importance (VIP; the mean of its squares is {mean_vip:.6f}) and coefficients, with their spread over
{BAGS} fits.

{_importance(found)}
{pictures}
"""


def beside_simulated(found):
    """What of the coercivity of one film follows from its composition, and what its microstructure leaves of that."""
    name, ratio = found["film"], found["ratio_of"]
    rank, R2 = (signed(found[key]) for key in ("rank_correlation", "R2_of_one_ratio"))
    gone = "".join(f" Outside: {count}, {reason}." for reason, count in Counter(found["reasons"]).items() if reason)
    grains = ", ".join(f"{key} {value}" for key, value in found["magnet"].items())
    low, high, kept = *ratio["fits"], 100 * found["simulated_over_HA"]
    inside = f"{found['inside']} of {found['positions']} positions"
    level = f"at least {ratio['low']:.2f}" if ratio["high"] is None else f"{ratio['low']:.2f} … {ratio['high']:.2f}"
    return f"""## {name}: back to simulation

The composition at {inside} gives a coercivity each at {found["temperature_K"]:g} K, through the intrinsic model
and a surrogate of polycrystals without flaws ({grains}).
95 % of polycrystals that the surrogate has not seen lie within {found["surrogate_error"]:.3f} of its µ0Hc over µ0HA,
which counts in the intervals.{gone}

Grains without flaws keep {kept:.0f} % of the anisotropy field in the median: their stray field and tilt take the rest.
**Measured over simulated**, what the microstructure leaves of that, is {ratio["median"]:.2f} in the median.
Over fits of the intrinsic model to drawn data it is {low:.2f} … {high:.2f}; it is {level}, where K1 and Ms may be as wrong
as those of another laboratory. Much of that error is the same everywhere on one film: differences between positions are
known better than the level.

Measured coercivities there are {_range(found, "measured")}, simulated ones {_range(found, "simulated")}: the
composition makes no more difference than that. The rank correlation of the two is {rank};
simulated ones times one number give R² = {R2}. What is missing to 1 comes from the microstructure, or from errors of the
composition. Where the ratio follows something that leaves K1 and Ms alone, such as a thickness, it is the microstructure.
Medians of the ratio in thirds of the positions, in brackets over fits:

{_table(THIRDS, thirds(found["by"]))}
![simulated of {name}](figures/{name}/simulated.png)
"""


def _range(found, name):
    low, high = found["ranges_T"][name]
    return f"{low:.2f} … {high:.2f} T"


def signed(value):
    """Two digits, with a sign that is a minus."""
    return f"{value:.2f}".replace("-", "−")


def thirds(by):
    """Rows of a table, under THIRDS, of the medians of the ratio by each quantity."""
    rows = []
    for name, one in by.items():
        cells = [
            f"{third['from']:.4g} to {third['to']:.4g}: {third['median']:.2f} ({third['fits'][0]:.2f} … {third['fits'][1]:.2f})"
            for third in one["thirds"]
        ]
        rows.append([name, *(cell.replace("-", "−") for cell in cells), signed(one["rank_correlation"])])
    return rows


def _table(head, rows):
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows]) + "\n"


def _scores(schemes):
    head = ["model", *[f"{words}: {key}" for words in SCHEMES.values() for key in ("R²", "MAE (T)")]]
    rows = []
    for name, model in MODELS.items():
        cells = []
        for scheme in SCHEMES:
            for key in ("R2", "MAE"):
                values = [score[key] for score in schemes[scheme]["scores"][name]]
                cells.append(f"{np.mean(values):.3f} ({min(values):.3f} … {max(values):.3f})".replace("-", "−"))
        rows.append([f"*{model.title}*" if model.baseline else model.title, *cells])
    return _table(head, rows)


def _coverage(schemes):
    rows = []
    for scheme, words in SCHEMES.items():
        for kind, label in (("cv_plus", "CV+"), ("bagging", "spread of the fit")):
            held = schemes[scheme]["coverage"][kind]
            truth = "" if held["truth"] is None else f"{100 * held['truth']:.0f} %"
            rows.append([words, label, f"{100 * held['measured']:.0f} %", truth, f"{held['width_T']:.3f}"])
    return _table(["left out", "interval", "holds measured", "holds the law", "median width (T)"], rows)


def _importance(found):
    """The lines that a film that is made was given, or else the most important ones; elements and inputs."""
    names, channels, importance = found["features"], found["channels"], found["importance"]
    lines = important_lines(found) if found["law_T"] is None else nearest_channels(found, PLANTED_LINES_deg)
    shown = lines + list(range(channels, len(names)))
    rows = []
    for k in shown:
        cells = []
        for key, digits in (("vip", 2), ("coefficients_T", 4)):
            low, high = (bound[k] for bound in importance[f"{key}_bounds"])
            cells.append(f"{importance[key][k]:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})".replace("-", "−"))
        rows.append([product(names[k]), *cells])
    return _table(["feature", "VIP", "coefficient per scaled feature (T)"], rows)


def product(name):
    """'a c' → 'a·c', 'a a' → 'a²': the name of a feature in tables and pictures."""
    one, _, two = name.partition(" ")
    return f"{one}²" if one == two else name.replace(" ", "·")


def important_lines(found):
    """Numbers of the channels at which VIP has its highest peaks above 1, by angle."""
    vip = np.array(found["importance"]["vip"][: found["channels"]])
    peaks = find_peaks(vip, height=1.0)[0]
    return sorted(peaks[np.argsort(vip[peaks])[-MOST_LINES:]].tolist())


def nearest_channels(found, angles_deg):
    """Numbers of the channels nearest to angles."""
    at = np.array([float(name.removesuffix("°")) for name in found["features"][: found["channels"]]])
    return [int(np.argmin(np.abs(at - angle))) for angle in angles_deg]
