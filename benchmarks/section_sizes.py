"""Grain sizes from sections, against spheres and polycrystals whose sizes are known.

`section_sizes.py PART` writes a part of section_sizes.json; each of STAGES takes a minute or two of one core. calibration
gives the constants of grain_sizes.by_counting, the polycrystals test them on other magnets.

The polycrystals are power diagrams in a periodic box. Their images are made here, apart from hardmag.images.slices, so that the
two can be held against each other: the seed of smallest |x − s|² − w is the nearest in four dimensions, with √(w_max − w) as
the fourth coordinate, and (p_2 − p_1)/2|s_1 − s_2| is the distance from the face between the two best of powers p.
"""

import sys
from functools import partial

import numpy as np
from common import begun, environment, progress, write
from scipy.spatial import cKDTree
from scipy.stats import norm

from hardmag.images.grain_sizes import saltykov, scheil_schwartz_saltykov, sizes_of, wicksell_lognormal
from hardmag.images.sections import sections_of
from hardmag.nanostructures.packing import with_volumes

SPREADS = (0.2, 0.3, 0.43)
D_V_UM, PIXEL_UM = 6.5, 0.2
ROUNDS = 4  # of moving seeds to centroids, which makes grains round
GRAINS = 420  # in a box of 6 D_V, the width of the images
SLICES = 3  # across each axis
MAGNETS = 8  # of each spread
SECTIONS, REPEATS = 600, 100  # of spheres
MANY = 100_000


def magnet(spread, inclusions, rounds, rng):
    """(PowerDiagram in units of D_V, which seeds are inclusions): diameters are the quantiles of a log-normal distribution."""
    diameters = np.exp(spread * rng.permutation(norm.ppf((np.arange(GRAINS) + 0.5) / GRAINS)))
    volumes = np.pi / 6 * diameters**3 / (diameters**3).mean()
    small = np.pi / 6 * (0.45 * np.exp(0.3 * rng.standard_normal(4 * GRAINS))) ** 3
    small = small[np.cumsum(small) < inclusions / (1 - inclusions) * volumes.sum()]
    every = np.concatenate([volumes, small])
    edge = every.sum() ** (1 / 3)
    while True:
        try:
            found = with_volumes(rng.random((len(every), 3)) * edge, every, [edge] * 3, (True,) * 3, rounds)
            return found, np.arange(len(every)) >= GRAINS
        except ValueError as error:  # rarely, Newton's method stops short of volumes that differ much
            progress(f"seeds are drawn anew: {error}")


def images(found, inclusion, boundary_um):
    """Label images of slices across each axis: 0 main phase, 1 boundary, 2 inclusion."""
    edge = found.box[0]
    seeds = found.seeds % edge
    tree = cKDTree(np.column_stack([seeds, np.sqrt(found.weights.max() - found.weights)]), boxsize=[edge] * 3 + [0])
    along = (np.arange(int(edge * D_V_UM / PIXEL_UM)) + 0.5) * PIXEL_UM / D_V_UM
    for axis in range(3):
        for level in (np.arange(SLICES) + 0.5) * edge / SLICES:
            points = np.stack(np.meshgrid(level, along, along, indexing="ij"), axis=-1).reshape(-1, 3)
            points = np.roll(points, axis, axis=1)
            distances, nearest = tree.query(np.column_stack([points, np.zeros(len(points))]), k=4)
            toward = seeds[nearest] - points[:, None]
            toward -= edge * np.round(toward / edge)
            apart = np.linalg.norm(toward[:, 1:] - toward[:, :1], axis=2)
            gap = ((distances[:, 1:] ** 2 - distances[:, :1] ** 2) / (2 * apart)).min(axis=1)
            labels = np.where(inclusion[nearest[:, 0]], 2, np.where(gap < boundary_um / D_V_UM / 2, 1, 0))
            yield labels.reshape(len(along), len(along)).astype(np.uint8)


def magnets(stage, spreads, rounds):
    """(spread, label images) of magnets of random boundary, 0.03 to 0.09 D_V, and inclusions, up to 8 %."""
    for spread in spreads:
        for k in range(MAGNETS):
            rng = np.random.default_rng([stage, int(100 * spread), rounds, k])
            inclusions, boundary = rng.uniform(0, 0.08), rng.uniform(0.03, 0.09)
            found = magnet(spread, inclusions, rounds, rng)
            yield spread, list(images(*found, boundary * D_V_UM))
            progress(f"magnet {k} of spread {spread}")


def calibration():
    """ln(N_A D_V²) against σ² as maximum likelihood finds it, and what is left times √(number of sections)."""
    rows = []
    for spread, labels in magnets(1, SPREADS, ROUNDS):
        found = sections_of(labels, PIXEL_UM)
        whole = ~found.touches
        weights = found.weights_per_um2[whole]
        fitted = wicksell_lognormal(found.diameters_um[whole], weights, np.random.default_rng(0), found.least_um)
        rows.append((spread, fitted.spread.value, np.log(weights.sum() * D_V_UM**2), whole.sum()))
    spread, seen, log_count, n = np.array(rows).T
    slope, level = np.polyfit(seen**2, log_count, 1)
    left = log_count - level - slope * seen**2
    return {
        "magnets": len(rows),
        "whole_sections": round(n.mean()),
        "COUNTED": round(float(np.exp(level)), 3),
        "COUNTED_SLOPE": round(-float(slope), 3),
        "COUNTED_NOISE": round(float((left * np.sqrt(n)).std(ddof=2)), 2),
        "N_A D_V^2 and spread seen": {
            str(s): [round(float(v[spread == s].mean()), 3) for v in (np.exp(log_count), seen)] for s in SPREADS
        },
    }


def polycrystals(spread, rounds=ROUNDS):
    """Each estimate over the truth, on magnets that the calibration has not seen: nine images of 6 D_V, and three of them."""
    choices = {"9 images": slice(None), "3 images": slice(None, None, 3)}
    return _tested(magnets(2, [spread], rounds), choices)


def _tested(every, choices):
    found = {}
    for spread, labels in every:
        for name, chosen in choices.items():
            sizes = sizes_of(labels[chosen], PIXEL_UM, np.random.default_rng(0))
            fitted, counted = sizes.fitted, sizes.counted_D_V_um
            row = {
                "likelihood D_V": fitted.D_V_um.value / D_V_UM,
                "likelihood mean": fitted.mean_um.value / (D_V_UM * np.exp(-(spread**2))),
                "counting D_V": counted.value / D_V_UM,
                "Saltykov mean": sizes.saltykov.mean_um / (D_V_UM * np.exp(-(spread**2))),
                "Saltykov D_V": sizes.saltykov.D_V_um / D_V_UM,
                "spread": fitted.spread.value,
                "likelihood interval holds D_V": _holds(fitted.D_V_um, D_V_UM),
                "counting interval holds D_V": _holds(counted, D_V_UM),
                "spread interval holds": _holds(fitted.spread, spread),
                "whole sections": sizes.whole,
                "narrowest field": sizes.narrowest,
            }
            found.setdefault(name, []).append(row)
    return {name: _summary(rows) for name, rows in found.items()}


def _holds(estimate, truth):
    return float(estimate.low <= truth <= estimate.high)


def _summary(rows):
    table = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    within = {f"{key} within 6 %": int((np.abs(table[key] - 1) <= 0.06).sum()) for key in ("likelihood D_V", "counting D_V")}
    return {"magnets": len(rows)} | within | _moments(table)


def _moments(table):
    """Mean and standard deviation of each column; of what an interval holds or lies within some limit, the share."""
    share = lambda key: "interval" in key or "within" in key  # noqa: E731
    return {
        key: round(float(v.mean()), 3) if share(key) else [round(float(v.mean()), 4), round(float(v.std(ddof=1)), 4)]
        for key, v in table.items()
    }


def spheres():
    """Spheres of mean diameter 1: likelihood of 600 sections and what its intervals hold; histograms of 600 and of many."""
    found = {}
    for spread in (0.2, 0.35, 0.5):
        CV, rows = np.sqrt(np.expm1(spread**2)), []
        for k in range(REPEATS):
            rng = np.random.default_rng([4, int(100 * spread), k])
            d = drawn(SECTIONS, spread, rng)
            fitted = wicksell_lognormal(d, np.ones(SECTIONS), rng)
            rows.append(
                {
                    "mean": fitted.mean_um.value,
                    "CV": fitted.CV.value,
                    "mean interval holds": _holds(fitted.mean_um, 1.0),
                    "CV interval holds": _holds(fitted.CV, CV),
                    "D_V interval holds": _holds(fitted.D_V_um, np.exp(spread**2)),
                    "mean within 5 %": float(abs(fitted.mean_um.value - 1) <= 0.05),
                    "CV within 0.03": float(abs(fitted.CV.value - CV) <= 0.03),
                    "Saltykov mean": saltykov(d).mean_um,
                    "classical mean": scheil_schwartz_saltykov(d).mean_um,
                }
            )
        table = {key: np.array([row[key] for row in rows]) for key in rows[0]}
        many = drawn(MANY, spread, np.random.default_rng(5))
        histograms = {
            f"{f.__name__}, {classes} classes": round(f(many, classes).mean_um, 3)
            for f in (saltykov, scheil_schwartz_saltykov)
            for classes in (8, 10, 16, 20, 24)
        }
        least = least_deviations(spread, many[:20_000])
        first = {"true CV": round(float(CV), 4), "repetitions": REPEATS, "least standard deviations of mean and CV": least}
        found[f"spread {spread}"] = first | _moments(table) | {f"mean, {MANY} sections": histograms}
        progress(f"spheres of spread {spread}")
    one = np.sqrt(1 - np.random.default_rng(6).random(10 * MANY) ** 2)
    return found | {"one size: mean section over D, and pi/4": [round(float(one.mean()), 5), round(np.pi / 4, 5)]}


def least_deviations(spread, d):
    """Standard deviations of mean and CV below which no unbiased estimate of 600 sections can be (Cramér and Rao).

    The information is the covariance of the score over many sections d."""
    at, step = np.array([-(spread**2) / 2, np.log(spread)]), 1e-4
    density = [np.log(density_of(d, *(at + k * step * np.eye(2)[axis]))) for axis in range(2) for k in (-1, 1)]
    score = np.array([density[1] - density[0], density[3] - density[2]]) / (2 * step)
    s2, CV = spread**2, np.sqrt(np.expm1(spread**2))
    slopes = np.array([[1.0, s2], [0.0, s2 * np.exp(s2) / CV]])  # of mean and CV by (middle, ln σ), at mean 1
    return [
        round(float(v), 4) for v in np.sqrt(np.diag(slopes @ np.linalg.inv(score @ score.T / len(d) * SECTIONS) @ slopes.T))
    ]


def density_of(d, middle, log_spread):
    """Wicksell's density of sections, by quadrature over D = √(d² + x²)."""
    s = np.exp(log_spread)
    x, step = np.linspace(0, np.exp(middle + 8 * s), 1001, retstep=True)
    D = np.hypot(d[:, None], x)
    f = norm.pdf((np.log(D) - middle) / s) / (s * D)
    return d / np.exp(middle + s**2 / 2) * step * ((f / D).sum(axis=1) - f[:, 0] / D[:, 0] / 2)


def drawn(n, spread, rng):
    """Diameters of n sections of spheres of mean 1: a plane meets a sphere in proportion to D, at any height alike."""
    D = np.exp(spread**2 / 2 + spread * rng.standard_normal(n))
    return D * np.sqrt(1 - rng.random(n) ** 2)


STAGES = {
    "spheres": spheres,
    "calibration": calibration,
    **{f"polycrystals, spread {spread}": partial(polycrystals, spread) for spread in SPREADS},
    "polycrystals, spread 0.3, less round": partial(polycrystals, 0.3, rounds=1),
}

if __name__ == "__main__":
    (stage,) = sys.argv[1:]
    found = STAGES[stage]()
    write("section_sizes", begun("section_sizes") | environment() | {stage: found})
