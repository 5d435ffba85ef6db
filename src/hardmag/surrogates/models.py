"""Forward models of µ0Hc, and Φp, all behind one call: fit(name, x, y, groups) → object whose predict(x) gives a Prediction.

Yang et al. compare k-nearest neighbours, neural network, gradient boosting, decision tree, random forest and support
vector machine; these have settings to be searched. The others have settings of their own: the f-NN of Supplementary
Table 3, an ensemble of such networks, a Gaussian process, whose length scales follow from the likelihood, and the bootstrap of
small networks of Kovacs et al. 2023.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.model_selection import GroupShuffleSplit
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from hardmag.surrogates.network import fit as fit_network
from hardmag.surrogates.network import perceptron
from hardmag.surrogates.prediction import Prediction
from hardmag.surrogates.rows import VALIDATION_SHARE
from hardmag.surrogates.scaling import Scaler

MEMBERS = 5  # networks of the ensemble
# Exact Gaussian processes take time as rows³: length scales are found on the first of these, predictions on the second.
GP_ROWS_FOR_SCALES, GP_ROWS = 800, 5000


@dataclass(frozen=True)
class Model:
    """label: for figures and tables. fit(x, y, groups, seed, **settings) → object with predict(x). space(trial) → settings,
    drawn by an optuna trial; None where there is nothing to search."""

    label: str
    fit: Callable
    space: Callable | None = None


@dataclass(frozen=True)
class Physical:
    """A fitted model whose predictions are clipped to what is physical: µ0Hc >= 0 and 0 <= Φp <= 1."""

    fitted: object
    targets: tuple

    def predict(self, x):
        """Prediction of the targets of features x (n, f), in units."""
        return self.fitted.predict(x).physical(self.targets)


def fit(name, x, y, groups, *, targets, seed, settings=None):
    """The model `name` of MODELS fitted to features x (n, f) and targets y (n, t), in units. groups (n,): numbers that rows of
    one nanostructure share; targets: their names; settings: from its space; without them its own defaults hold."""
    return Physical(MODELS[name].fit(x, y, groups, seed, **(settings or {})), targets)


@dataclass(frozen=True)
class Networks:
    """Networks on scaled features and targets."""

    members: tuple
    feature_scaler: Scaler
    target_scaler: Scaler

    def predict(self, x):
        """Prediction of features x (n, f), in units, each network a member."""
        scaled = torch.from_numpy(self.feature_scaler.transform(np.asarray(x, dtype=np.float64)))
        with torch.no_grad():
            found = torch.stack([network(scaled) for network in self.members])
        members = np.stack([self.target_scaler.inverse(one.numpy()) for one in found])
        return Prediction(self.target_scaler.inverse(found.mean(dim=0).numpy()), members)


def fit_networks(x, y, groups, seed, *, members=1, epochs=2000):
    """f-NNs of Supplementary Table 3: 8-64-64-2, batches of 128, Adam at 0.001. Each has a start of its own and its own
    15 % of the geometries held out to end its training (patience 100), so that no row is lost to the ensemble.

    groups (n,): numbers that rows of one nanostructure share; inputs and outputs are as many as x and y have."""
    feature_scaler, target_scaler = Scaler.fit(x), Scaler.fit(y)
    inputs, targets = torch.from_numpy(feature_scaler.transform(x)), torch.from_numpy(target_scaler.transform(y))
    networks = []
    for member in range(members):
        shuffle = GroupShuffleSplit(n_splits=1, test_size=VALIDATION_SHARE, random_state=seed + member)
        train, held_out = next(shuffle.split(x, groups=groups))
        generator = torch.Generator().manual_seed(seed + member)
        network = perceptron((x.shape[1], 64, 64, y.shape[1]), generator)
        fit_network(
            network,
            lambda features, wanted, network=network: torch.nn.functional.mse_loss(network(features), wanted),
            (inputs[train], targets[train]),
            (inputs[held_out], targets[held_out]),
            generator=generator,
            epochs=epochs,
            patience=100,
            batch_size=128,
            learning_rate=1e-3,
        )
        networks.append(network)
    return Networks(tuple(networks), feature_scaler, target_scaler)


def fit_gaussian_process(x, y, groups, seed):
    """A process per target: Matérn 5/2 with a length scale per feature, and noise."""
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = x[order], y[order]
    feature_scaler, target_scaler = Scaler.fit(x), Scaler.fit(y)
    inputs, targets = feature_scaler.transform(x), target_scaler.transform(y)
    processes = []
    for column in targets.T:
        kernel = ConstantKernel(1.0, (1e-2, 1e3)) * Matern(np.full(x.shape[1], 2.0), (0.05, 1e3), nu=2.5)
        kernel += WhiteKernel(0.01, (1e-6, 1.0))
        scales = GaussianProcessRegressor(kernel, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a feature that does not matter goes to the longest scale
            scales.fit(inputs[:GP_ROWS_FOR_SCALES], column[:GP_ROWS_FOR_SCALES])
        processes.append(GaussianProcessRegressor(scales.kernel_, optimizer=None).fit(inputs[:GP_ROWS], column[:GP_ROWS]))
    return Processes(tuple(processes), feature_scaler, target_scaler)


@dataclass(frozen=True)
class Processes:
    """A Gaussian process per target, on scaled features and targets."""

    processes: tuple
    feature_scaler: Scaler
    target_scaler: Scaler

    def predict(self, x):
        """Prediction of features x (n, f), in units."""
        scaled = self.feature_scaler.transform(np.asarray(x, dtype=np.float64))
        return Prediction(self.target_scaler.inverse(np.stack([p.predict(scaled) for p in self.processes], axis=1)))


def _each(regressor, y):
    """One such regressor for each target, where it takes but one."""
    return MultiOutputRegressor(regressor) if y.shape[1] > 1 else regressor


@dataclass(frozen=True)
class Regressor:
    """A fitted regressor of scikit-learn."""

    fitted: object

    def predict(self, x):
        """Prediction of features x (n, f), in units."""
        return Prediction(self.fitted.predict(x).reshape(len(x), -1))


def _scikit(regressor, x, y):
    """A regressor fitted on scaled features and targets: mean ± standard deviation → ±1."""
    target = y[:, 0] if y.shape[1] == 1 else y  # what some regressors insist on
    pipeline = make_pipeline(StandardScaler(), regressor)
    return Regressor(TransformedTargetRegressor(pipeline, transformer=StandardScaler()).fit(x, target))


def _nearest(x, y, groups, seed, n_neighbors=5, **settings):
    return _scikit(KNeighborsRegressor(n_neighbors=min(n_neighbors, len(x)), **settings), x, y)


def _perceptron(x, y, groups, seed, layers=1, width=100, **settings):
    return _scikit(MLPRegressor(hidden_layer_sizes=(width,) * layers, random_state=seed, **settings), x, y)


def _boosting(x, y, groups, seed, **settings):
    return _scikit(_each(GradientBoostingRegressor(random_state=seed, **settings), y), x, y)


def _tree(x, y, groups, seed, **settings):
    return _scikit(DecisionTreeRegressor(random_state=seed, **settings), x, y)


def _forest(x, y, groups, seed, **settings):
    return _scikit(RandomForestRegressor(random_state=seed, **settings), x, y)


def _vectors(x, y, groups, seed, **settings):
    return _scikit(_each(SVR(cache_size=1000, **settings), y), x, y)


def _nearest_space(trial):
    return {
        "n_neighbors": trial.suggest_int("n_neighbors", 1, 40, log=True),
        "weights": trial.suggest_categorical("weights", ["uniform", "distance"]),
        "p": trial.suggest_int("p", 1, 2),
    }


def _perceptron_space(trial):
    return {
        "layers": trial.suggest_int("layers", 1, 3),
        "width": trial.suggest_int("width", 32, 128, log=True),
        "alpha": trial.suggest_float("alpha", 1e-5, 1.0, log=True),
        "learning_rate_init": trial.suggest_float("learning_rate_init", 3e-4, 1e-2, log=True),
    }


def _boosting_space(trial):
    return {
        "n_estimators": trial.suggest_int("n_estimators", 50, 400, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.3, log=True),
        "max_depth": trial.suggest_int("max_depth", 2, 6),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 30, log=True),
        "subsample": trial.suggest_float("subsample", 0.5, 1.0),
    }


def _tree_space(trial):
    return {
        "max_depth": trial.suggest_int("max_depth", 3, 30),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 50, log=True),
        "ccp_alpha": trial.suggest_float("ccp_alpha", 1e-6, 1e-2, log=True),
    }


def _forest_space(trial):
    return {
        "max_features": trial.suggest_float("max_features", 0.2, 1.0),
        "min_samples_leaf": trial.suggest_int("min_samples_leaf", 1, 20, log=True),
        "max_depth": trial.suggest_int("max_depth", 5, 30),
    }


def _vectors_space(trial):
    return {
        "C": trial.suggest_float("C", 0.1, 30.0, log=True),
        "gamma": trial.suggest_float("gamma", 0.01, 1.0, log=True),
        "epsilon": trial.suggest_float("epsilon", 0.02, 0.3, log=True),
    }


def _f_nn(x, y, groups, seed, **settings):
    return fit_networks(x, y, groups, seed, **settings)


def _ensemble(x, y, groups, seed, **settings):
    return fit_networks(x, y, groups, seed, members=MEMBERS, **settings)


@dataclass(frozen=True)
class Mean:
    """Models that predict their mean."""

    members: tuple

    def predict(self, x):
        """Prediction of features x (n, f), in units."""
        members = np.stack([member.predict(x).mean for member in self.members])
        return Prediction(np.mean(members, axis=0), members)


def _bootstrap(x, y, groups, seed, copies=100, width=9):
    """Networks of one hidden layer, by L-BFGS, each on nanostructures drawn with replacement."""
    rng, numbers, members = np.random.default_rng(seed), np.unique(groups), []
    rows = {number: np.flatnonzero(groups == number) for number in numbers}
    for _ in range(copies):
        drawn = np.concatenate([rows[number] for number in rng.choice(numbers, len(numbers))])
        network = MLPRegressor(hidden_layer_sizes=(width,), solver="lbfgs", max_iter=200, random_state=int(rng.integers(2**31)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the cap ends what the few rows would let it overfit
            members.append(_scikit(network, x[drawn], y[drawn]))
    return Mean(tuple(members))


MODELS = {
    "k_nearest": Model("k-nearest neighbours", _nearest, _nearest_space),
    "neural_network": Model("neural network", _perceptron, _perceptron_space),
    "gradient_boosting": Model("gradient boosting", _boosting, _boosting_space),
    "decision_tree": Model("decision tree", _tree, _tree_space),
    "random_forest": Model("random forest", _forest, _forest_space),
    "support_vector": Model("support vector machine", _vectors, _vectors_space),
    "f_nn": Model("f-NN (Yang et al.)", _f_nn),
    "ensemble": Model("ensemble of f-NNs", _ensemble),
    "gaussian_process": Model("Gaussian process", fit_gaussian_process),
    "bootstrap": Model("bootstrap of MLPs (Kovacs et al.)", _bootstrap),
}
