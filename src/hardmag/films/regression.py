"""Regressions from features of a film to its coercivity: partial least squares, its rivals, and baselines by position alone.

Every model is a function fit(data, folds) → predict(data); folds are those in which it chooses what it has to choose, such as
the number of components, so that a tested row has no part in the choice.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

COMPONENTS = 15  # at most


@dataclass(frozen=True, eq=False)
class Data:
    """names: of the features; X: (n, f); block: (f,) 0 of channels of a pattern, 1 of all other features; y: (n,); x_mm, y_mm:
    (n,), NaN where the film has no positions."""

    names: tuple
    X: np.ndarray
    block: np.ndarray
    y: np.ndarray
    x_mm: np.ndarray
    y_mm: np.ndarray

    def __len__(self):
        return len(self.y)

    def of(self, rows):
        """The same of some rows, by a mask or by numbers."""
        return Data(self.names, self.X[rows], self.block, self.y[rows], self.x_mm[rows], self.y_mm[rows])


@dataclass(frozen=True, eq=False)
class Scale:
    """Features less their mean, over their scale. Channels of patterns share one scale, so that empty channels are not blown up
    to the size of lines; every other feature has its own."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, data):
        """From the rows that a model is fitted to."""
        scale = data.X.std(axis=0)
        channels = data.block == 0
        scale[channels] = np.sqrt(np.mean(scale[channels] ** 2)) if channels.any() else 1.0
        return cls(data.X.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def __call__(self, data):
        return (data.X - self.mean) / self.scale


@dataclass(frozen=True, eq=False)
class PLS:
    """A fitted regression by partial least squares. coefficients: (f,) in T per scaled feature; model: the PLSRegression."""

    scale: Scale
    model: object
    coefficients: np.ndarray
    mean: float

    @property
    def components(self):
        return self.model.n_components

    def __call__(self, data):
        return self.mean + self.scale(data) @ self.coefficients


def fit_pls(data, components):
    """PLS with so many components, or as many as the features' rank allows."""
    from sklearn.cross_decomposition import PLSRegression

    scale = Scale.of(data)
    X = scale(data)
    model = PLSRegression(min(components, int(np.linalg.matrix_rank(X))), scale=False).fit(X, data.y)
    return PLS(scale, model, _coefficients(model, model.n_components), float(data.y.mean()))


def _coefficients(model, components):
    """(f,) of the first components: of one fit all smaller ones are known."""
    return model.x_rotations_[:, :components] @ model.y_loadings_[0, :components]


def choose_components(data, folds):
    """The number of components with the least squared error of left-out rows, summed over folds (n,)."""
    error = np.zeros(COMPONENTS)
    for k in np.unique(folds):
        kept, out = data.of(folds != k), data.of(folds == k)
        largest = fit_pls(kept, COMPONENTS)
        for components in range(1, COMPONENTS + 1):
            coefficients = _coefficients(largest.model, min(components, largest.components))
            error[components - 1] += np.sum((largest.mean + largest.scale(out) @ coefficients - out.y) ** 2)
    return int(np.argmin(error)) + 1


def pls(data, folds):
    """Partial least squares, its components chosen over the folds."""
    return fit_pls(data, choose_components(data, folds))


def gaussian_process(data, folds):
    """A Gaussian process on the scores of partial least squares, as many as these choose."""
    reduced = pls(data, folds)
    scores = lambda d: reduced.scale(d) @ reduced.model.x_rotations_  # noqa: E731
    spread = scores(data).std(axis=0)
    predict = _smooth(scores(data) / spread, data.y)
    return lambda d: predict(scores(d) / spread)


def boosting(data, folds):
    """Gradient boosting of shallow trees on the features as they are."""
    from sklearn.ensemble import GradientBoostingRegressor

    settings = {"n_estimators": 200, "max_depth": 3, "learning_rate": 0.05, "subsample": 0.7, "max_features": 0.2}
    model = GradientBoostingRegressor(**settings, random_state=0).fit(data.X, data.y)
    return lambda d: model.predict(d.X)


def mean(data, folds):
    """The mean of the rows that it is fitted to."""
    return lambda d: np.full(len(d), data.y.mean())


def position(data, folds):
    """A Gaussian process of x and y alone: it knows nothing of what the film is made of."""
    place = lambda d: np.stack([d.x_mm, d.y_mm], axis=1) / 20.0  # noqa: E731
    predict = _smooth(place(data), data.y)
    return lambda d: predict(place(d))


def surface(data, folds):
    """A polynomial of the second degree in x and y by least squares."""
    columns = lambda d: np.stack([d.x_mm**i * d.y_mm**j for i in range(3) for j in range(3 - i)], axis=1)  # noqa: E731
    found = np.linalg.lstsq(columns(data), data.y)[0]
    return lambda d: columns(d) @ found


def _smooth(X, y):
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    size = float(y.std())
    kernel = ConstantKernel(1.0, (1e-3, 1e5)) * RBF(2.0, (0.1, 1e3)) + WhiteKernel(0.05, (1e-5, 1))
    process = GaussianProcessRegressor(kernel).fit(X, (y - y.mean()) / size)
    return lambda new: y.mean() + size * process.predict(new)


@dataclass(frozen=True)
class Model:
    """title: in tables; fit: (data, folds) → predict; baseline: whether it sees none of the features."""

    title: str
    fit: Callable
    baseline: bool = False


MODELS = {
    "mean": Model("mean", mean, True),
    "surface": Model("position alone, polynomial", surface, True),
    "position": Model("position alone, Gaussian process", position, True),
    "pls": Model("partial least squares", pls),
    "gaussian_process": Model("Gaussian process on scores", gaussian_process),
    "boosting": Model("gradient boosting", boosting),
}
