"""Settings of a model by optuna, judged on geometries that it was not fitted to."""

import warnings

import numpy as np
import optuna
from sklearn.model_selection import GroupKFold

from hardmag.surrogates.models import MODELS, fit

INNER_FOLDS = 3
MAX_ROWS = 2000  # whole geometries drawn at random beyond it: a search fits 3 × trials times, settings ask for less than fits

optuna.logging.set_verbosity(optuna.logging.WARNING)


def tune(name, x, y, geometry, *, targets, seed, trials):
    """(settings, loss) of the best of `trials` tries (TPE) and of the defaults, which are {}: so the settings found are
    never worse than the defaults on the inner folds. loss: see inner_loss."""
    x, y, geometry = _some_geometries(x, y, geometry, seed)

    def loss(settings):
        return inner_loss(name, x, y, geometry, targets=targets, seed=seed, settings=settings)

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(lambda trial: loss(MODELS[name].space(trial)), n_trials=trials)
    default = loss({})
    return (study.best_params, study.best_value) if study.best_value < default else ({}, default)


def inner_loss(name, x, y, geometry, *, targets, seed, settings):
    """Mean over the targets of SSE/SST = 1 − R² on geometries left out in turn."""
    predicted = np.empty_like(y)
    for train, test in GroupKFold(INNER_FOLDS, shuffle=True, random_state=seed).split(x, groups=geometry):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a try that does not converge is judged by its loss
            model = fit(name, x[train], y[train], geometry[train], targets=targets, seed=seed, settings=settings)
            predicted[test] = model.predict(x[test]).mean
    return float(np.mean(((predicted - y) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)))


def _some_geometries(x, y, geometry, seed):
    if len(x) <= MAX_ROWS:
        return x, y, geometry
    order = np.random.default_rng(seed).permutation(np.unique(geometry))
    rows_up_to = np.cumsum([np.count_nonzero(geometry == g) for g in order])
    chosen = np.isin(geometry, order[: np.searchsorted(rows_up_to, MAX_ROWS) + 1])
    return x[chosen], y[chosen], geometry[chosen]
