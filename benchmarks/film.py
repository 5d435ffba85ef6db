"""What regressions of graded films reach: films that are made, a measured Nd-Ce-Fe-B film, and the Fe-Ga-Pd spread.

    python benchmarks/film.py [FOLDER OF FeGaPd_CMP.txt, FeGaPd_Mag.txt AND FeGaPd_XRD.txt.gz]

Fe-Ga-Pd has no positions: its blocks are nine clusters of composition, and patterns are held against the composition alone.
There are many ways to part it in nine, so that the blocks are drawn CLUSTERINGS times. How patterns are normalised was chosen
on films that are made, of seeds of their own. Coercivities of flawless grains of a film's composition are those of
config/film/wafer.yaml.
"""

import gzip
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from common import environment, progress, write
from sklearn.cluster import KMeans
from tables import table

from hardmag.files import read_json
from hardmag.films import steps
from hardmag.films.diffraction import by_area, standard_normal
from hardmag.films.film import angles_of, read_film
from hardmag.films.grains import coercivity_over_HA
from hardmag.films.intervals import coverage
from hardmag.films.regression import MODELS, Data, choose_components, fit_pls
from hardmag.films.report import THIRDS, signed, thirds
from hardmag.films.settings import Made, Source, read_settings
from hardmag.films.splits import FOLDS, folds_of, groups_of, predicted, score
from hardmag.films.synthetic import PEAK_T, PLANTED_LINES_deg, planted_signs, read_truth, truth, write_film

ROOT = Path(__file__).parents[1]
SEEDS, REPEATS, NOISE_T = (1, 2, 3, 4), 2, 0.05
CHOSEN_ON = (11, 12, 13, 14)  # seeds of the films on which the normalisation of patterns was chosen
CLUSTERS, CLUSTERINGS = 9, 10
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
SPREAD = {"random": "at random", "blocks": "blocks"}


def scores(data, groups, names=tuple(MODELS), count=FOLDS):
    """{model: {"R2", "MAE", "R2_least", "R2_largest"}} of `count` folds, over groups: [(n,)], one for each repeat."""
    found = {}
    for name in names:
        each = []
        for repeat, group in enumerate(groups):
            rng = np.random.default_rng((1, repeat))
            each.append(score(data.y, predicted(data, MODELS[name].fit, group, rng, count)))
        R2 = [one["R2"] for one in each]
        values = {key: np.mean([one[key] for one in each]) for key in each[0]} | {"R2_least": min(R2), "R2_largest": max(R2)}
        found[name] = {key: round(float(value), 4) for key, value in values.items()}
    return found


def film_made(seed):
    """(Film, what its law says (n,) T) of one that is made."""
    with tempfile.TemporaryDirectory() as folder:
        write_film(folder, NOISE_T, np.random.default_rng((seed, 0)))
        film = read_film(Source(made=Made()).in_folder(Path(folder), PEAK_T))
        return film, read_truth(Path(folder) / "truth.csv", film.data.x_mm, film.data.y_mm)


def made(seed):
    """Scores, coverage and signs of one film that is made."""
    film, law_T = film_made(seed)
    data, found = film.data, {}
    for scheme in ("random", "blocks"):
        group = groups_of(data, scheme)
        held = coverage(data, group, law_T, np.random.default_rng((seed, 2)))[0]
        found[scheme] = {"scores": scores(data, [group] * REPEATS), "coverage": held}
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
        found[scheme] = {"scores": scores(data, [group] * REPEATS), "coverage": held}
    return found


def normalised_made():
    """{normalisation: {scheme: R² of partial least squares, mean over films that are made}}."""
    found = {name: {"random": [], "blocks": []} for name in NORMALISED}
    for seed in CHOSEN_ON:
        film, _ = film_made(seed)
        at, data = angles_of(Source(made=Made())), film.data
        counts = np.array([np.interp(at, film.two_theta_deg, one) for one in film.intensities])
        for name, of in NORMALISED.items():
            one = replace(data, X=np.hstack([of(counts), data.X[:, data.block == 1]]))
            for scheme, values in found[name].items():
                values.append(scores(one, [groups_of(one, scheme)] * REPEATS, ("pls",))["pls"]["R2"])
    return {name: {key: round(float(np.mean(one)), 4) for key, one in of.items()} for name, of in found.items()}


def fe_ga_pd(folder):
    """Scores of Fe-Ga-Pd by patterns, by composition, and by both; MAE in V."""
    composition = np.loadtxt(folder / "FeGaPd_CMP.txt", skiprows=1)
    voltage = np.loadtxt(folder / "FeGaPd_Mag.txt", delimiter=",")[:, 0]
    with gzip.open(folder / "FeGaPd_XRD.txt.gz", "rt") as file:
        counts = np.loadtxt(file, delimiter=",", skiprows=1)
    Fe, Ga = composition[:, 0], composition[:, 1]
    quadratic = np.stack([Fe, Ga, Fe**2, Fe * Ga, Ga**2], axis=1)
    clusters = [KMeans(CLUSTERS, n_init=10, random_state=k).fit_predict(composition) for k in range(CLUSTERINGS)]
    schemes = {"random": ([np.arange(len(voltage))] * REPEATS, FOLDS), "blocks": (clusters, CLUSTERS)}

    def of(patterns, others):
        X = np.hstack([patterns, others])
        block = np.repeat([0, 1], [patterns.shape[1], others.shape[1]])
        nowhere = np.full(len(voltage), np.nan)
        data = Data(tuple(map(str, range(X.shape[1]))), X, block, voltage, nowhere, nowhere)
        return lambda names: {s: scores(data, groups, names, count) for s, (groups, count) in schemes.items()}

    patterns, nothing = standard_normal(counts), np.empty((len(voltage), 0))
    inputs = {"composition": (nothing, quadratic), "patterns": (patterns, nothing), "both": (patterns, composition)}
    return {
        "positions": len(voltage),
        "saturated": int(np.sum(voltage >= 10)),
        "clusterings": CLUSTERINGS,
        "scores": {name: of(*given)(("mean", *FITTED)) for name, given in inputs.items()},
        "normalised": {name: of(normalise(counts), nothing)(("pls",)) for name, normalise in NORMALISED.items()},
    }


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
    of_spread = result["fe_ga_pd"]
    spread_rows = [
        [of, *[_mean_and_range(schemes[scheme][model], scheme) for scheme in SPREAD for model in FITTED]]
        for of, schemes in of_spread["scores"].items()
    ]
    normalised_rows = [
        [
            name,
            *[f"{result['normalised_made'][name][scheme]:.3f}" for scheme in SPREAD],
            *[_mean_and_range(schemes[scheme]["pls"], scheme) for scheme in SPREAD],
        ]
        for name, schemes in of_spread["normalised"].items()
    ]
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
        "normalised": table(
            ["patterns", *[f"{of}: {words}" for of in ("made", "Fe-Ga-Pd") for words in SPREAD.values()]], normalised_rows
        ),
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


def _mean_and_range(own, scheme):
    """R², and of blocks, whose clusters are drawn, the least and the largest."""
    spread = f" ({own['R2_least']:.2f} … {own['R2_largest']:.2f})" if scheme == "blocks" else ""
    return f"{own['R2']:.2f}{spread}".replace("-", "−")


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
    result["normalised_made"] = normalised_made()
    progress("normalised")
    result["fe_ga_pd"] = fe_ga_pd(folder)
    write("film", result)
    PAGE.write_text(fill(PAGE.read_text(), result))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "data" / "fegapd")
