"""What regressions of graded films reach: films that are made, a measured Nd-Ce-Fe-B film, and the Fe-Ga-Pd spread.

    python benchmarks/film.py [FOLDER OF FeGaPd_CMP.txt, FeGaPd_Mag.txt AND FeGaPd_XRD.txt.gz]

Fe-Ga-Pd has no positions: its blocks are nine clusters of composition, and patterns are held against the composition alone.
"""

import gzip
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from common import environment, progress, write
from sklearn.cluster import KMeans
from tables import table

from hardmag.films.diffraction import by_area
from hardmag.films.film import read_film
from hardmag.films.intervals import coverage
from hardmag.films.regression import MODELS, Data, choose_components, fit_pls
from hardmag.films.settings import Made, Source, read_settings
from hardmag.films.splits import FOLDS, folds_of, groups_of, predicted, score
from hardmag.films.synthetic import PEAK_T, PLANTED_LINES_deg, planted_signs, read_truth, truth, write_film

ROOT = Path(__file__).parents[1]
SEEDS, REPEATS, NOISE_T = (1, 2, 3, 4), 2, 0.05
CLUSTERS = 9
PAGE = ROOT / "docs" / "film.md"
SHOWN = ("position", "pls", "gaussian_process", "boosting")
FITTED = ("pls", "gaussian_process", "boosting")
INPUTS = {"ndcefeb": "a, c, thickness", "ndcefeb-lattice": "a, c"}
SPREAD = {"random": "at random", "composition blocks, each left out": "blocks"}


def scores(data, group, names=tuple(MODELS), count=FOLDS):
    """{model: {"R2", "MAE"}}, means over REPEATS of `count` folds."""
    found = {}
    for name in names:
        rngs = [np.random.default_rng((1, repeat)) for repeat in range(REPEATS)]
        each = [score(data.y, predicted(data, MODELS[name].fit, group, rng, count)) for rng in rngs]
        found[name] = {key: round(float(np.mean([one[key] for one in each])), 4) for key in each[0]}
    return found


def made(seed):
    """Scores, coverage and signs of one film that is made."""
    with tempfile.TemporaryDirectory() as folder:
        write_film(folder, NOISE_T, np.random.default_rng((seed, 0)))
        data = read_film(Source(made=Made()).in_folder(Path(folder), PEAK_T)).data
        law_T = read_truth(Path(folder) / "truth.csv", data.x_mm, data.y_mm)
    found = {}
    for scheme in ("random", "blocks"):
        group = groups_of(data, scheme)
        held = coverage(data, group, law_T, np.random.default_rng((seed, 2)))[0]
        found[scheme] = {"scores": scores(data, group), "coverage": held}
    components = choose_components(data, folds_of(np.arange(len(data)), np.random.default_rng((seed, 3))))
    coefficients = dict(zip(data.names, fit_pls(data, components).coefficients, strict=True))
    wanted = planted_signs(truth(NOISE_T, np.random.default_rng((seed, 0))))
    wanted |= {min(data.names[:-4], key=lambda name: abs(float(name[:-1]) - at)): s for at, s in PLANTED_LINES_deg.items()}
    right = {name: bool(np.sign(coefficients[name]) == sign) for name, sign in wanted.items()}
    return found | {"seed": seed, "components": components, "signs_found": right}


def measured(name):
    """Scores and coverage of a film of config/film/wafer.yaml."""
    data = read_film(read_settings(ROOT / "config/film/wafer.yaml").film(name)).data
    found = {}
    for scheme in ("random", "blocks"):
        group = groups_of(data, scheme)
        held = coverage(data, group, None, np.random.default_rng((1, 2)))[0]
        found[scheme] = {"scores": scores(data, group), "coverage": held}
    return found


def fe_ga_pd(folder):
    """Scores of Fe-Ga-Pd by patterns, by composition, and by both; MAE in V."""
    composition = np.loadtxt(folder / "FeGaPd_CMP.txt", skiprows=1)
    voltage = np.loadtxt(folder / "FeGaPd_Mag.txt", delimiter=",")[:, 0]
    with gzip.open(folder / "FeGaPd_XRD.txt.gz", "rt") as file:
        patterns = by_area(np.loadtxt(file, delimiter=",", skiprows=1))
    Fe, Ga = composition[:, 0], composition[:, 1]
    quadratic = np.stack([Fe, Ga, Fe**2, Fe * Ga, Ga**2], axis=1)
    clusters = KMeans(CLUSTERS, n_init=10, random_state=0).fit_predict(composition)
    found = {}
    for name, blocks in {"composition": [quadratic], "patterns": [patterns], "both": [patterns, composition]}.items():
        X = np.hstack(blocks)
        block = np.concatenate([np.full(one.shape[1], int(one is not patterns)) for one in blocks])
        nowhere = np.full(len(voltage), np.nan)
        data = Data(tuple(map(str, range(X.shape[1]))), X, block, voltage, nowhere, nowhere)
        schemes = {
            "random": (np.arange(len(data)), FOLDS),
            "composition blocks, five folds": (clusters, FOLDS),
            "composition blocks, each left out": (clusters, CLUSTERS),
        }
        for scheme, (group, count) in schemes.items():
            found.setdefault(scheme, {})[name] = scores(data, group, ("mean", *FITTED), count)
    return {"positions": len(voltage), "saturated": int(np.sum(voltage >= 10)), "schemes": found}


def tables(result):
    """{mark: Markdown} of docs/film.md."""
    made_rows = []
    for film in result["made"]:
        for scheme in ("random", "blocks"):
            own = film[scheme]
            held = " / ".join(f"{own['coverage'][kind]['measured']:.2f}" for kind in ("cv_plus", "bagging"))
            lost = ", ".join(name for name, right in film["signs_found"].items() if not right) or "none"
            cells = [_cell(own["scores"][name]) for name in SHOWN]
            made_rows.append([film["seed"], scheme, *cells, held, lost])
    measured_rows = [
        [INPUTS[name], scheme, *[_cell(own["scores"][model]) for model in SHOWN]]
        for name, film in result["measured"].items()
        for scheme, own in film.items()
    ]
    spread_rows = [
        [
            of,
            *[
                f"{result['fe_ga_pd']['schemes'][scheme][of][model]['R2']:.2f}".replace("-", "−")
                for scheme in SPREAD
                for model in FITTED
            ],
        ]
        for of in ("composition", "patterns", "both")
    ]
    titles = [MODELS[name].title for name in SHOWN]
    spread_head = [f"{words}: {MODELS[model].title}" for words in SPREAD.values() for model in FITTED]
    return {
        "made": table(["seed", "left out", *titles, "held by CV+ / bagging", "signs lost"], made_rows),
        "measured": table(["inputs", "left out", *titles], measured_rows),
        "fegapd": table(["of", *spread_head], spread_rows),
    }


def _cell(own):
    return f"{own['R2']:.3f} / {own['MAE']:.3f}"


def fill(page, result):
    """The page with its tables, each after its mark."""
    for mark, text in tables(result).items():
        page = re.sub(rf"<!-- {mark} -->\n(\|.*\n)*", lambda _, text=text, mark=mark: f"<!-- {mark} -->\n{text}", page)
    return page


def main(folder):
    result = {"environment": environment(), "noise_T": NOISE_T, "repeats": REPEATS, "made": []}
    for seed in SEEDS:
        result["made"].append(made(seed))
        progress("made", seed)
    result["measured"] = {name: measured(name) for name in ("ndcefeb", "ndcefeb-lattice")}
    result["fe_ga_pd"] = fe_ga_pd(folder)
    write("film", result)
    PAGE.write_text(fill(PAGE.read_text(), result))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "fegapd")
