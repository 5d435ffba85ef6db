"""Four times six unknown magnets from their segmented images: python benchmarks/matching.py PART …

Parts, in this order: designs (what estimates stand on), unknowns (magnets and their images), segmentation (by the network
`bright` of benchmarks/segmentation.py), estimates, published (Bayesian optimisation of the distance of two spectra, of the
first six), summary, picture. What takes long goes on where it was stopped, from matching.json, which they write, and from
results/matching; the summary takes as many of the published as there are.
"""

import argparse
import re
from dataclasses import asdict
from math import ceil, pi
from pathlib import Path
from time import process_time

import numpy as np
import scipy
from common import HERE, begun, environment, progress, write

from hardmag.figures.matching import draw_matching
from hardmag.files import atomic_path
from hardmag.images.estimate import (
    DESIGN_SLICES,
    HIGH,
    K_D,
    LOW,
    designs,
    estimate,
    features_of_images,
    leave_one_out,
    surface_of,
    widened,
)
from hardmag.images.features import FIELD_D, NAMES, Evaluation, evaluate, features_of, synthetic_images
from hardmag.images.imaging import grey_image
from hardmag.images.labels import INCLUSION
from hardmag.images.magnet import MagnetParameters, synthetic_magnet
from hardmag.images.matching import HIGH as MOST
from hardmag.images.matching import LOW as LEAST
from hardmag.images.matching import distance, grey_spectrum, match, wavenumbers
from hardmag.images.segmentation import load, segment
from hardmag.images.slices import slices
from hardmag.images.training import iou

ROOT = Path(__file__).parents[1]
FOLDER, NETWORK = ROOT / "results" / "matching", ROOT / "results" / "segmentation" / "bright.h5"
SEEDS, UNKNOWNS, IMAGES = (5, 6, 7, 8), 6, 8  # so many magnets of each seed
FRESH = 8  # of the seeds: a draw that was made after all was chosen
PLACES_SEED, DESIGNS_SEED = 1, 7
FIELD_UM, PIXEL_UM = 72.0, 0.2
CROPPED_UM = 48.0  # a smaller field: the upper left parts of the same images
OFF_CENTRE = (0.35, 0.8)  # how far from the middle of the search, its edge being at 1, on either side
SOURCES = ("true", "segmented")
PICTURED = 0  # of the unknowns
WAYS = {
    "true_by_true_48_um": "true labels, 48 µm",
    "true_by_true_72_um": "true labels, 72 µm",
    "segmented_by_true_48_um": "segmented images, true designs, 48 µm",
    "segmented_by_true_72_um": "segmented images, true designs, 72 µm",
    "segmented_by_segmented_48_um": "segmented images and designs, 48 µm",
    "segmented_by_segmented_72_um": "**segmented images and designs, 72 µm**",
    "published_best": "published objective, best trial ({} magnets)",
    "published_smooth": "published objective, least mean ({} magnets)",
}
BEST = f"segmented_by_segmented_{FIELD_UM:g}_um"  # told of each draw apart
AT_THE_TRUTH = 5  # magnets with the true parameters, whose f says how much of it is chance


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="+", choices=list(PARTS))
    given, environ = parser.parse_args(), environment()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in given.parts:
        for found in PARTS[part](begun("matching")):
            write("matching", begun("matching") | environ | found)


def of_designs(held):
    """Slices of 40 synthetic magnets with D_V = 1 µm, and their cost."""
    known = held.get("designs", {"cpu_s_each": []})
    for n, parameters in enumerate(designs(np.random.default_rng(PLACES_SEED))):
        if len(known["cpu_s_each"]) > n:
            continue
        before = process_time()
        keep("design-true", n, synthetic_images(parameters, DESIGN_SLICES, np.random.default_rng([DESIGNS_SEED, n]))[0])
        known["cpu_s_each"].append(round(process_time() - before, 2))
        known |= {"slices": DESIGN_SLICES, "cpu_s": round(sum(known["cpu_s_each"]), 1)}
        progress(f"design {n + 1}: {known['cpu_s_each'][-1]} s")
        yield {"designs": known | {"box": {"spread, boundary_um / D_V_um, inclusion_share": [LOW, HIGH]}}}


def of_unknowns(held):
    """Magnets off the centre of the search, their images as true labels, how many sections of inclusions these show, cost."""
    known = held.get("unknowns", [])
    for number, (seed, n, parameters) in enumerate(unknowns()):
        if len(known) > number:
            continue
        rng, before = np.random.default_rng([seed, 1, n]), process_time()
        grains = ceil((FIELD_UM / parameters.D_V_um) ** 3 * (1 - parameters.inclusion_share) * 6 / pi) + 1
        labels = slices(synthetic_magnet(parameters, grains, rng), FIELD_UM, PIXEL_UM, IMAGES, rng)
        seconds = round(process_time() - before, 1)
        keep("true", number, labels)
        sections = sum(scipy.ndimage.label(one == INCLUSION)[1] for one in labels)
        row = {"seed": seed, "truth": asdict(parameters), "grains": grains, "inclusion_sections": sections, "cpu_s": seconds}
        known = [*known, row]
        progress(known[-1])
        yield {"unknowns": known}


def of_segmentation(held):
    """Noisy grey images of both, as the network segments them, all anew where it is another network; IoU by phase of the
    unknowns."""
    model, known, before = load(NETWORK), held.get("segmentation", {}), process_time()
    scores = model.metadata["scores"]
    if known.get("network") != scores:
        for n in range(len(held["designs"]["cpu_s_each"])):
            rng = np.random.default_rng([DESIGNS_SEED, n, 1])
            keep("design-segmented", n, segmented(model, labels_of("design-true", n), rng))
        known = {"cpu_s_of_the_designs": round(process_time() - before, 1), "network": scores, "unknowns": []}
    for number, (seed, n, _) in enumerate(unknowns()):
        if len(known["unknowns"]) > number:
            continue
        true, before = labels_of("true", number), process_time()
        labels = segmented(model, true, np.random.default_rng([seed, 2, n]))
        seconds = round(process_time() - before, 1)
        keep("segmented", number, labels)
        overlaps = dict(zip(("main", "boundary", "inclusion"), np.round(iou(true, labels), 4).tolist(), strict=True))
        known["unknowns"].append({"iou": overlaps, "cpu_s": seconds})
        progress(known["unknowns"][-1])
        yield {"segmentation": known}


def segmented(model, labels, rng):
    """Labels (images, ny, nx) that the network finds in noisy grey images of slices, on the pixels of these."""
    found = [segment(model, grey_image(one, model.mode, rng), PIXEL_UM) for one in labels]
    return np.array([one.labels[:: one.zoom, :: one.zoom] for one in found])


def of_estimates(held):
    """How good estimates of each design from the surface of the others are; then the unknowns, from true labels by the surface
    of true ones, from segmented ones by those of true and of segmented ones; of two fields."""
    known = {source: evaluations(source) for source in SOURCES}
    left = {source: leave_one_out(known[source], IMAGES) for source in SOURCES}
    surfaces = {source: widened(surface_of(known[source]), *left[source]) for source in SOURCES}
    left_out = {source: scores(*left[source]) | {"widening": by_name(surfaces[source].widening)} for source in SOURCES}
    found = [{} for _ in held["unknowns"]]
    for by, source in (("true", "true"), ("true", "segmented"), ("segmented", "segmented")):
        for n, row in enumerate(found):
            for field in (CROPPED_UM, FIELD_UM):
                px, before = round(field / PIXEL_UM), process_time()
                one = estimate(features_of_images(labels_of(source, n)[:, :px, :px], PIXEL_UM), surfaces[by])
                seconds = round(process_time() - before, 2)
                row[f"{source}_by_{by}_{field:g}_um"] = rounded(asdict(one)) | {"cpu_s": seconds}
    yield {"left_out": left_out, "estimates": found}


def scores(errors, sigmas):
    """Of designs left out, each by IMAGES of its slices of 6 D_V: relative errors, of the spread differences."""
    absolute = np.abs(errors)
    return {
        "median_error": by_name(np.median(absolute, axis=0)),
        "80th_percentile": by_name(np.quantile(absolute, 0.8, axis=0)),
        "coverage_of_95_percent_intervals_before_widening": by_name((absolute < 1.959964 * sigmas).mean(axis=0)),
    }


def of_published(held):
    """Trials by Bayesian optimisation, the best one, and where the mean of the Gaussian process is least."""
    known = held.get("published", [])
    for seed, n, truth in unknowns()[:UNKNOWNS]:
        if len(known) > n:
            continue
        labels = labels_of("true", n)  # which favours it
        before = process_time()
        found = match(labels, PIXEL_UM, seed + n)
        seconds, k = process_time() - before, wavenumbers(LEAST, MOST)
        wanted, rngs = grey_spectrum(labels, PIXEL_UM, k), [np.random.default_rng([seed, 3, n, m]) for m in range(AT_THE_TRUTH)]
        at_truth = [distance(wanted, grey_spectrum(*synthetic_images(truth, 9, rng), k)) for rng in rngs]
        known = [*known, rounded(asdict(found)) | {"f_at_the_truth": rounded(at_truth), "cpu_s": round(seconds, 1)}]
        progress(f"unknown {n + 1}: {known[-1]['best']}, {known[-1]['smooth']}, at the truth {known[-1]['f_at_the_truth']}")
        yield {"published": known}


def of_picture(held):
    """Spectra of one unknown's segmented images and of a synthetic magnet with the parameters of its estimate, whose slices are
    segmented too; the figure."""
    labels, one = labels_of("segmented", PICTURED), held["estimates"][PICTURED][BEST]
    parameters = MagnetParameters(**one["parameters"])
    k = np.geomspace(0.6 / parameters.D_V_um, 7.0 / parameters.D_V_um, 40)
    images = features_of(labels, PIXEL_UM, k)
    model, rng = load(NETWORK), np.random.default_rng([SEEDS[0], 4])
    see = lambda one: segmented(model, one[None], rng)[0]  # noqa: E731
    matched = evaluate(parameters, k * parameters.D_V_um, rng, DESIGN_SLICES, see).features.each.mean(axis=0)
    error = np.sqrt(np.diag(images.covariance)[:-1] / IMAGES)  # but that of the sections
    pictured = {"unknown": PICTURED, "k_per_um": rounded(k.tolist())}
    for phase, of in (("boundary", slice(0, len(k))), ("inclusion", slice(len(k), 2 * len(k)))):
        mean = images.each.mean(axis=0)
        rows = {"images": mean[of], "standard_error": (mean * error)[of], "matched": matched[of]}
        pictured[phase] = {name: rounded(row.tolist()) for name, row in rows.items()}
    yield {"pictured": pictured}
    draw_matching(HERE / "matching.json", ROOT / "docs" / "matching.png")


def of_summary(held):
    """Of the unknowns, `described`: errors of each way, and of the best way for each draw apart; the tables in
    docs/matching.md."""
    truths = [one["truth"] for one in held["unknowns"]]
    found = {way: summary([one[way] for one in held["estimates"]], truths) for way in held["estimates"][0]}
    published = held.get("published", [])
    for way, pick in (
        ("published_best", lambda one: one["best"]["parameters"]),
        ("published_smooth", lambda one: one["smooth"]),
    ):
        if published:
            found[way] = errors_of([pick(one) for one in published], truths[: len(published)])
    draws = {}
    for n, seed in enumerate(SEEDS):
        of = slice(n * UNKNOWNS, (n + 1) * UNKNOWNS)
        name = f"**seed {seed}, a draw that was made after all was chosen**" if seed == FRESH else f"seed {seed}"
        draws[name] = summary([one[BEST] for one in held["estimates"][of]], truths[of])
    # Of N sections the number scatters by 1/√N: no closer is the share known, whatever is made of them.
    least = [one["inclusion_sections"] ** -0.5 for one in held["unknowns"]]
    scatter = [round(float(f(least)), 4) for f in (min, np.median, max)]
    yield {"summary": found, "draws": draws, "least_scatter_of_inclusion_share": scatter}
    page, made = ROOT / "docs" / "matching.md", iter(tables(begun("matching")))
    page.write_text(re.sub(r"\|  \| D_V.*?\n\n", lambda _: f"{next(made)}\n\n", page.read_text(), flags=re.DOTALL))


PARTS = {
    "designs": of_designs,
    "unknowns": of_unknowns,
    "segmentation": of_segmentation,
    "estimates": of_estimates,
    "published": of_published,
    "summary": of_summary,
    "picture": of_picture,
}


def tables(data):
    """Markdown: the summary of all unknowns by each way, and of each draw by the best one."""
    count = len(data.get("published", []))
    return [table({WAYS[way].format(count): row for way, row in data["summary"].items()}), table(data["draws"])]


def table(rows):
    """Rows of a summary as Markdown: of each parameter's errors median, 80th percentile and the worst of every six, and how
    many intervals hold the truth."""
    heads = ["", "D_V, %", "spread", "boundary width, %", "inclusion share, %", "intervals that hold", "D_V by counting, %"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for name, row in rows.items():
        cells = [cell(row[n], 1, 2) if n == "spread" else cell(row[n], 100, 1) for n in NAMES]
        held = ", ".join(str(n) for n in row["intervals_that_hold"].values()) if "intervals_that_hold" in row else ""
        counted = cell(row["D_V_counted"], 100, 1) if "D_V_counted" in row else ""
        lines.append(f"| {name} | {' | '.join([*cells, held, counted])} |")
    return "\n".join(lines)


def cell(row, times, digits):
    numbers = [f"{times * value:.{digits}f}" for value in (row["median"], row["80th_percentile"], *row["worst_of_six"])]
    return f"{numbers[0]}, {numbers[1]}; {' '.join(numbers[2:])}"


def unknowns():
    """[(seed, number, MagnetParameters)], the six of each seed in turn."""
    return [(seed, n, parameters) for seed in SEEDS for n, parameters in enumerate(six_unknowns(seed))]


def six_unknowns(seed):
    """MagnetParameters, each off the centre in all four directions; of each direction half of them lie on either side."""
    rng = np.random.default_rng([seed, 0])
    sides = np.array([rng.permutation(np.repeat([-1, 1], UNKNOWNS // 2)) for _ in NAMES]).T
    places = sides * rng.uniform(*OFF_CENTRE, sides.shape)
    low, high = (np.array([D, ends[0], *np.log(ends[1:])]) for D, ends in ((LEAST.D_V_um, LOW), (MOST.D_V_um, HIGH)))
    D, spread, t, f = ((low + high) / 2 + (high - low) / 2 * places).T
    values = np.round([D, spread, np.exp(t) * D, np.exp(f)], 4).T.tolist()
    return [MagnetParameters(*one) for one in values]


def evaluations(source):
    """Of the designs, from their images as true labels or as segmented."""
    found = []
    for n, parameters in enumerate(designs(np.random.default_rng(PLACES_SEED))):
        labels = labels_of(f"design-{source}", n)
        features = features_of(labels, FIELD_D * parameters.D_V_um / labels.shape[-1], K_D / parameters.D_V_um)
        found.append(Evaluation(parameters, features))
    return found


def summary(rows, truths):
    """Errors of estimates, how many intervals hold the truth, and errors of D_V by counting."""
    pairs = list(zip(rows, truths, strict=True))
    hold = [sum(one["low"][name] <= t[name] <= one["high"][name] for one, t in pairs) for name in NAMES]
    counted = [abs(one["D_V_counted_um"] / t["D_V_um"] - 1) for one, t in pairs]
    found = errors_of([one["parameters"] for one in rows], truths)
    return found | {"intervals_that_hold": by_name(hold, int), "D_V_counted": described(counted)}


def errors_of(found, truths):
    """{name: `described` relative errors, of the spread differences}."""
    rows = {}
    for name in NAMES:
        pairs = [(one[name], truth[name]) for one, truth in zip(found, truths, strict=True)]
        errors = [abs(a - b) if name == "spread" else abs(a / b - 1) for a, b in pairs]
        rows[name] = described(errors)
    return rows


def described(errors):
    """Median and 80th percentile of errors of magnets, and the worst of every six, those of one seed."""
    return {
        "median": round(float(np.median(errors)), 4),
        "80th_percentile": round(float(np.quantile(errors, 0.8)), 4),
        "worst_of_six": [round(max(errors[n : n + UNKNOWNS]), 4) for n in range(0, len(errors), UNKNOWNS)],
    }


def by_name(values, kind=float):
    return dict(zip(NAMES, [kind(round(float(v), 4)) for v in values], strict=True))


def rounded(value):
    """All numbers in dicts and lists to four significant digits."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def keep(source, n, labels):
    with atomic_path(FOLDER / f"{source}-{n + 1}.npz") as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, labels=labels)


def labels_of(source, n):
    return np.load(FOLDER / f"{source}-{n + 1}.npz")["labels"]


if __name__ == "__main__":
    main()
