"""The steps of workflow/rules/films.smk: a film that is made, and all that is computed of a film, as one JSON file."""

from pathlib import Path

import numpy as np

from hardmag.errors import UserError
from hardmag.files import read_json, write_json
from hardmag.films import simulated
from hardmag.films.film import read_film
from hardmag.films.grains import Surrogate, simulate_design
from hardmag.films.intervals import NOMINAL, bags, coverage, spread
from hardmag.films.regression import MODELS, choose_components, fit_pls
from hardmag.films.settings import read_settings
from hardmag.films.splits import SCHEMES, folds_of, groups_of, predicted, score
from hardmag.films.synthetic import PEAK_T, read_truth, write_film
from hardmag.intrinsic.explain import vip

TESTED = 0.2  # of the positions, as in Kovacs et al. 2023


def make_film(settings_file, name, folder):
    """The files of a film that is made."""
    settings = read_settings(settings_file)
    write_film(folder, settings.film(name).made.noise_T, np.random.default_rng((settings.seed, 0)))


def film_of(settings_file, name, folder):
    """(Film, what its law says (n,) T or None); folder: where make_film wrote it, if it is made."""
    source = read_settings(settings_file).film(name)
    if not source.made:
        return read_film(source), None
    film = read_film(source.in_folder(Path(folder), PEAK_T))
    return film, read_truth(Path(folder) / "truth.csv", film.data.x_mm, film.data.y_mm)


def score_film(settings_file, name, folder, path):
    """Scores of all models in both schemes, intervals and their coverage, importance, and predictions of each position."""
    settings = read_settings(settings_file)
    film, law_T = film_of(settings_file, name, folder)
    data, seed = film.data, settings.seed
    try:
        groups = {scheme: groups_of(data, scheme) for scheme in SCHEMES}
    except UserError as error:
        raise UserError(f"{settings_file}: film {name}: {error}") from None
    schemes = {}
    for scheme, group in groups.items():
        models, first = {}, {}
        for model, of in MODELS.items():
            rngs = [np.random.default_rng((seed, 1, repeat)) for repeat in range(settings.repeats)]
            found = [predicted(data, of.fit, group, rng) for rng in rngs]
            models[model] = [score(data.y, one) for one in found]
            first[model] = found[0].tolist()
        held, bounds = coverage(data, group, law_T, np.random.default_rng((seed, 2)))
        schemes[scheme] = {"scores": models, "predicted_T": first, "coverage": held, "bounds_T": bounds}
    of_film = {
        "positions": len(data),
        "x_mm": data.x_mm.tolist(),
        "y_mm": data.y_mm.tolist(),
        "mu0_Hc_T": data.y.tolist(),
        "law_T": None if law_T is None else law_T.tolist(),
        "at_percent": {element: values.tolist() for element, values in film.at_percent.items()},
        "features": list(data.names),
        "channels": int(np.sum(data.block == 0)),
        "left_out": film.left_out,
        "nominal": NOMINAL,
    }
    write_json(path, {"film": name} | of_film | {"schemes": schemes} | _importance(data, seed) | _as_in_paper(data, seed))


def simulate_grains(settings_file, path):
    """The coercivities of flawless grains over the constants of what they are made of."""
    settings = read_settings(settings_file)
    try:
        write_json(path, simulate_design(settings.simulated.magnet, settings.seed))
    except UserError as error:
        raise UserError(f"{settings_file}: {error}") from None


def compare_film(settings_file, name, folder, design, path):
    """What the composition at each position stands for, beside what was measured. design: file of simulate_grains."""
    settings, (film, _) = read_settings(settings_file), film_of(settings_file, name, folder)
    surrogate = Surrogate.of(read_json(design), settings.seed)
    try:
        found = simulated.compare(film, settings.film(name), surrogate, settings.simulated.temperature_K)
    except UserError as error:
        raise UserError(f"{settings_file}: film {name}: {error}") from None
    known = {"magnet": settings.simulated.magnet, "surrogate_error": surrogate.error}
    write_json(path, {"film": name} | known | found)


def _importance(data, seed):
    """VIP and coefficients of the fit to all positions, with their spread over bags."""
    components = choose_components(data, folds_of(np.arange(len(data)), np.random.default_rng((seed, 3))))
    fitted = fit_pls(data, components)
    drawn = list(bags(data, components, np.random.default_rng((seed, 4))))
    importance = {
        "vip": vip(fitted.model).tolist(),
        "vip_bounds": spread([vip(one.model) for one in drawn]).tolist(),
        "coefficients_T": fitted.coefficients.tolist(),
        "coefficients_T_bounds": spread([one.coefficients for one in drawn]).tolist(),
    }
    return {"components": components, "importance": importance}


def _as_in_paper(data, seed):
    """A fifth of the positions drawn at random for a test; components by five folds of the others."""
    rng = np.random.default_rng((seed, 5))
    tested = np.zeros(len(data), dtype=bool)
    tested[rng.permutation(len(data))[: round(TESTED * len(data))]] = True
    kept = data.of(~tested)
    components = choose_components(kept, folds_of(np.arange(len(kept)), rng))
    found = fit_pls(kept, components)(data)
    scores = score(data.y[tested], found[tested])
    return {"test": {"tested": tested.tolist(), "predicted_T": found.tolist(), "components": components} | scores}
