"""What regressions of graded films reach: films that are made, a measured Nd-Ce-Fe-B film, and the Fe-Ga-Pd spread.

    python benchmarks/film.py [FOLDER OF FeGaPd_CMP.txt, FeGaPd_Mag.txt AND FeGaPd_XRD.txt.gz]

Fe-Ga-Pd has no positions: its blocks are nine clusters of composition, and patterns are held against the composition alone.
How its patterns are normalised is chosen as the number of components is, within the rows that a fold is fitted to. Coercivities
of flawless grains of a film's composition are those of config/film/wafer.yaml.
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

from hardmag.files import read_json
from hardmag.films import steps
from hardmag.films.diffraction import by_area, standard_normal
from hardmag.films.film import read_film
from hardmag.films.grains import coercivity_over_HA
from hardmag.films.intervals import coverage
from hardmag.films.regression import MODELS, Data, choose_components, errors_by_components, fit_pls
from hardmag.films.report import THIRDS, signed, thirds
from hardmag.films.settings import Made, Source, read_settings
from hardmag.films.splits import FOLDS, folds_of, groups_of, predicted, score
from hardmag.films.synthetic import PEAK_T, PLANTED_LINES_deg, planted_signs, read_truth, truth, write_film

ROOT = Path(__file__).parents[1]
SEEDS, REPEATS, NOISE_T = (1, 2, 3, 4), 2, 0.05
CLUSTERS = 9
MOST = 6  # components of which the coefficient of Ce is listed
PAGE = ROOT / "docs" / "film.md"
SHOWN = ("position", "pls", "gaussian_process", "boosting")
FITTED = ("pls", "gaussian_process", "boosting")
SIMULATED = (
    "film",
    "positions within the models",
    "measured (T)",
    "simulated (T)",
    "simulated µ0Hc over µ0HA",
    "measured over simulated (fits)",
    "if K1 and Ms err as another laboratory",
    "rank correlation",
    "R² of one ratio",
)
GRAINS, AT = {64: 12, 343: 3}, (0.3, 2.2)  # {grains: polycrystals}; µ0Ms over µ0HA and exchange length (nm)
PER_POSITION = ("x_mm", "y_mm", "measured_T", "simulated", "ratio", "reasons")
INPUTS = {"ndcefeb": "a, c, thickness", "ndcefeb-lattice": "a, c"}
NORMALISED = {
    "area": by_area,
    "standard normal variate": standard_normal,
    "square root of area": lambda patterns: np.sqrt(np.maximum(by_area(patterns), 0.0)),
}
SETTINGS = ROOT / "config/film/wafer.yaml"
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
    Ce = [1e3 * fit_pls(data, count).coefficients[data.names.index("Ce")] for count in range(1, MOST + 1)]
    return found | {
        "seed": seed,
        "components": components,
        "signs_found": right,
        "Ce_mT_by_components": np.round(Ce, 2).tolist(),
    }


def measured(name):
    """Scores and coverage of a film of config/film/wafer.yaml."""
    data = read_film(read_settings(SETTINGS).film(name)).data
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
        counts = np.loadtxt(file, delimiter=",", skiprows=1)
    patterns = by_area(counts)
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
    known = {"positions": len(voltage), "saturated": int(np.sum(voltage >= 10))}
    normalised = {scheme: by_normalisation(counts, voltage, *schemes[scheme]) for scheme in SPREAD}
    return known | {"schemes": found, "normalised": normalised}


def by_normalisation(counts, y, group, count):
    """{normalisation: R², means over REPEATS} of partial least squares; "chosen": that with the least error over the inner
    folds, and how often it was each."""
    nowhere, block = np.full(len(y), np.nan), np.zeros(counts.shape[1], dtype=int)
    names = tuple(map(str, range(counts.shape[1])))
    each = {name: Data(names, of(counts), block, y, nowhere, nowhere) for name, of in NORMALISED.items()}
    reached, times = {name: [] for name in (*NORMALISED, "chosen")}, dict.fromkeys(NORMALISED, 0)
    for repeat in range(REPEATS):
        for name, data in each.items():
            found = predicted(data, MODELS["pls"].fit, group, np.random.default_rng((1, repeat)), count)
            reached[name].append(score(y, found)["R2"])
        rng, found = np.random.default_rng((1, repeat)), np.empty(len(y))
        folds = folds_of(group, rng, count)
        for k in np.unique(folds):
            kept = folds != k
            inner = folds_of(group[kept], rng)
            errors = {name: errors_by_components(data.of(kept), inner) for name, data in each.items()}
            best = min(errors, key=lambda name, errors=errors: errors[name].min())
            times[best] += 1
            found[~kept] = fit_pls(each[best].of(kept), int(np.argmin(errors[best])) + 1)(each[best].of(~kept))
        reached["chosen"].append(score(y, found)["R2"])
    return {name: round(float(np.mean(values)), 4) for name, values in reached.items()} | {"times": times}


def simulated(films):
    """What steps.compare_film finds of films of the settings, without what it finds of each position."""
    with tempfile.TemporaryDirectory() as folder:
        folder, found = Path(folder), {}
        steps.simulate_grains(SETTINGS, folder / "grains.json")
        for name in films:
            if read_settings(SETTINGS).film(name).made:
                steps.make_film(SETTINGS, name, folder / name)
            steps.compare_film(SETTINGS, name, folder / name, folder / "grains.json", folder / "compared.json")
            of_film = read_json(folder / "compared.json")
            found[name] = {key: value for key, value in of_film.items() if key not in PER_POSITION}
        design = read_json(folder / "grains.json")
    return {
        "by_grains": by_grains(),
        "points": len(design["Hc_over_HA"]),
        "films": found,
    }


def by_grains():
    """[[grains, mean of µ0Hc over µ0HA, its standard error]] of the settings' magnet, of as many grains, at one composition."""
    magnet, found = read_settings(SETTINGS).simulated.magnet, []
    for grains, times in GRAINS.items():
        values = [coercivity_over_HA(magnet | {"grains": grains}, *AT, (5, k)) for k in range(times)]
        found.append([grains, round(float(np.mean(values)), 4), round(float(np.std(values, ddof=1) / np.sqrt(times)), 4)])
    return found


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
    normalised = result["fe_ga_pd"]["normalised"]
    normalised_rows = [[name, *[f"{normalised[scheme][name]:.2f}" for scheme in SPREAD]] for name in (*NORMALISED, "chosen")]
    Ce_rows = [
        [f["seed"], f["components"], *[f"{one:.1f}".replace("-", "−") for one in f["Ce_mT_by_components"]]]
        for f in result["made"]
    ]
    films = result["simulated"]["films"]
    titles = [MODELS[name].title for name in SHOWN]
    spread_head = [f"{words}: {MODELS[model].title}" for words in SPREAD.values() for model in FITTED]
    return {
        "made": table(["seed", "left out", *titles, "held by CV+ / bagging", "signs lost"], made_rows),
        "measured": table(["inputs", "left out", *titles], measured_rows),
        "ce": table(["seed", "components chosen", *map(str, range(1, MOST + 1))], Ce_rows),
        "simulated": table(SIMULATED, [_compared(name, film) for name, film in films.items()]),
        "grains": table(
            ["grains", "simulated µ0Hc over µ0HA"],
            [[n, f"{one:.3f} ± {error:.3f}"] for n, one, error in result["simulated"]["by_grains"]],
        ),
        "thirds": table(["film", *THIRDS], [[name, *row] for name, film in films.items() for row in thirds(film["by"])]),
        "normalised": table(["patterns over their", *SPREAD.values()], normalised_rows),
        "fegapd": table(["of", *spread_head], spread_rows),
    }


def _compared(name, film):
    ratio = film["ratio_of"]
    high = "no upper end" if ratio["high"] is None else f"{ratio['high']:.2f}"
    return [
        name,
        f"{film['inside']} of {film['positions']}",
        *["{:.2f} … {:.2f}".format(*film["ranges_T"][name]) for name in ("measured", "simulated")],
        f"{film['simulated_over_HA']:.2f}",
        f"{ratio['median']:.2f} ({ratio['fits'][0]:.2f} … {ratio['fits'][1]:.2f})",
        f"{ratio['low']:.2f} … {high}",
        signed(film["rank_correlation"]),
        signed(film["R2_of_one_ratio"]),
    ]


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
    result["simulated"] = simulated(("synthetic", "ndcefeb"))
    progress("simulated", "grains")
    result["fe_ga_pd"] = fe_ga_pd(folder)
    write("film", result)
    PAGE.write_text(fill(PAGE.read_text(), result))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "fegapd")
