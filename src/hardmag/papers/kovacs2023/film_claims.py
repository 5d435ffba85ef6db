"""What Kovacs et al. 2023 say of graded films (sections 2.4 and 3.4, Fig. 20), held against films made and measured.

The paper's own data are closed. Of a film that is made the truth is known, so that it tells whether the paper's *way* finds
what is there; the measured film tells what such a way has to be held against.
"""

from math import inf

import numpy as np
from scipy.stats import beta

from hardmag.figures.tables import markdown_table
from hardmag.files import atomic_path, read_json, write_json
from hardmag.films.report import nearest_channels
from hardmag.films.splits import blocks_of
from hardmag.papers.verdicts import verdict

LINES_deg = {30.2: ("rare-earth-rich phase", 1), 29.13: ("lanthanum", -1)}  # as the paper reads them, and as they are planted
SIGNS = {"Nd": 1, "La": -1, "Ce": -1, "Fe": -1}
CONFIDENCE = (0.9, 1.0 + 1e-9)  # a 95 % interval holds about as much
HEAD = ("film", "where", "claim", "number", "here", "95 %", "verdict")
TEXT = """## The paper's claims on films

Kovacs et al. 2023 (Front. Mater. 9:1094055), sections 2.4 and 3.4. A claim is put as a number that must lie in a range. It
*agrees* if the whole interval lies in the range, *disagrees* if it lies outside; else the data *cannot tell*. The paper's data
are closed: of a film that is made, whose truth is known, the verdict is on the paper's way of reading, not on its film.
The intervals: of importance and coefficients the spread over fits to drawn rows; of errors that over blocks of the film; of
shares the binomial one.

"""


def findings(found):
    """[{film, where, says, statistic, value, low, high, claimed, verdict}] of one file of films.steps.score_film."""
    rows = [*_predicts(found), _spread(found), _mean_vip(found)]
    if found["channels"] and found["law_T"] is not None:
        rows += [row for angle in LINES_deg for row in _line(found, angle)]
    if set(SIGNS) <= set(found["features"]):
        rows += [row for element, sign in SIGNS.items() for row in _element(found, element, sign)]
    return [{"film": found["film"]} | row for row in rows]


def _beats(found, baseline):
    """By how much partial least squares errs less than a baseline, blocks left out. The interval is over blocks, as errors of
    neighbours are alike."""
    y, predicted = np.array(found["mu0_Hc_T"]), found["schemes"]["blocks"]["predicted_T"]
    gain = np.abs(np.array(predicted[baseline]) - y) - np.abs(np.array(predicted["pls"]) - y)
    of_block = np.bincount(blocks_of(np.array(found["x_mm"]), np.array(found["y_mm"])), gain - gain.mean())
    half = 1.96 * np.sqrt(np.sum(of_block**2)) / len(gain)
    return gain.mean(), gain.mean() - half, gain.mean() + half


def _predicts(found):
    says = "what is measured of the film predicts the coercive field"
    below = "how far the mean absolute error (T) lies below that of"
    return [
        _row("sec. 3.4", says, f"{below} the mean, blocks left out, > 0", _beats(found, "mean"), (0.0, inf)),
        _row(
            "not in the paper",
            "it does so better than position alone",
            f"{below} a Gaussian process of x and y, blocks left out, > 0",
            _beats(found, "position"),
            (0.0, inf),
        ),
    ]


def _spread(found):
    held, count = found["schemes"]["random"]["coverage"]["bagging"]["measured"], found["positions"]
    hits = round(held * count)
    low = beta.ppf(0.025, hits, count - hits + 1) if hits else 0.0  # Clopper and Pearson 1934
    high = beta.ppf(0.975, hits + 1, count - hits) if hits < count else 1.0
    statistic = "share of left-out measurements that it holds, 0.9 … 1"
    return _row("Fig. 20B", "bagging gives the 95 % confidence interval", statistic, (held, low, high), CONFIDENCE)


def _mean_vip(found):
    value = float(np.mean(np.square(found["importance"]["vip"])))
    numbers = (value, value - 1e-9, value + 1e-9)  # exact but for rounding
    return _row("sec. 2.4", "the average of the squared VIP scores is one", "it, within 1e-6", numbers, (1 - 1e-6, 1 + 1e-6))


def _line(found, angle):
    (k,), (phase, sign) = nearest_channels(found, [angle]), LINES_deg[angle]
    where = f"the line at {angle:g}° ({phase})"
    return [
        _row("sec. 3.4", f"{where} is important", "VIP, > 1", _numbers(found, "vip", k), (1.0, inf)),
        _signed(f"{where} counts {'for' if sign > 0 else 'against'} coercivity", found, k, sign),
    ]


def _element(found, element, sign):
    k = found["features"].index(element)
    way = "raises" if sign > 0 else "lowers"
    return [
        _signed(f"{element} {way} the coercive field", found, k, sign),
        _row("Fig. 20D", f"{element} is important", "VIP, > 1", _numbers(found, "vip", k), (1.0, inf)),
    ]


def _signed(says, found, k, sign):
    claimed, edge = ((0.0, inf), "> 0") if sign > 0 else ((-inf, 0.0), "< 0")
    return _row("sec. 3.4", says, f"coefficient (T), {edge}", _numbers(found, "coefficients_T", k), claimed)


def _numbers(found, key, k):
    """(value, low, high), the interval being the spread over bags."""
    return found["importance"][key][k], *(bound[k] for bound in found["importance"][f"{key}_bounds"])


def _row(where, says, statistic, numbers, claimed):
    value, low, high = map(float, numbers)
    told = {"value": value, "low": low, "high": high, "verdict": verdict(low, high, claimed)}
    return {"where": where, "says": says, "statistic": statistic} | told


def write_findings(files, output, markdown):
    """Judge each film, as JSON and as a part of the page."""
    rows = [row for file in files for row in findings(read_json(file))]
    write_json(output, rows)
    with atomic_path(markdown) as temporary:
        temporary.write_text(TEXT + markdown_table(HEAD, map(_cells, rows)), encoding="utf-8")


def _cells(row):
    value, low, high = (f"{row[key]:.3g}".replace("-", "−") for key in ("value", "low", "high"))
    return [row["film"], row["where"], row["says"], row["statistic"], value, f"{low} … {high}", row["verdict"]]
