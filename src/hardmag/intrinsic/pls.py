"""Partial least squares as Kovacs et al. 2023 use it (section 2.1.3): composition and temperature → µ0·Ms and K1.

The degree of the polynomial and the number of components are chosen by repeated cross-validation within the rows of a fit.
Shares sum to 1, so that polynomials of them are linearly dependent: the rank bounds the number of components, beyond which
there is nothing left to explain. Augmented, a first regression gives each row the properties of an ab-initio or a literature
table (Tc, µ0·M at 0 K, and whatever else the table has), and Kuz'min's Ms(T) and Ms³(T) follow from them.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from sklearn.cross_decomposition import PLSRegression

from hardmag.intrinsic.splits import split
from hardmag.intrinsic.sublattice import fit_curie, matrix, shares_of
from hardmag.materials.composition import ELEMENTS
from hardmag.materials.intrinsic import Chain, Linear

INPUTS = tuple(element for element in ELEMENTS if element != "Y")  # the paper's seven
DEGREES = (1, 2, 3)
REPEATS = 5
MOST = 40  # components


def polynomial(names, degree):
    """Names of all products of up to `degree` names, as 'Nd^2 Co'."""
    found = []
    for order in range(1, degree + 1):
        for chosen in combinations_with_replacement(names, order):
            powers = {name: chosen.count(name) for name in dict.fromkeys(chosen)}
            found.append(" ".join(name if power == 1 else f"{name}^{power}" for name, power in powers.items()))
    return found


@dataclass(frozen=True)
class Choice:
    """What cross-validation within the rows chose. columns: (c,) names; X: (n, c); y: (n,); components: of the regression."""

    columns: tuple
    X: np.ndarray
    y: np.ndarray
    components: int

    def fitted(self):
        """(PLSRegression, (c,) mask of the columns that it has: those that vary)."""
        _, model, varied = _regressed(self.X, self.y, self.components)
        return model, varied

    def linear(self):
        """As Linear, in the columns as they are."""
        coefficients, constant = _paths(self.X, self.y, self.components)
        return Linear((*self.columns, "1"), np.append(coefficients[-1], constant[-1]))


def fit_pls(physics, measured, curie, first=None) -> Chain:
    """Chain by partial least squares. first: {"mu0_M0_T": Linear, further names: Linear, "Tc_K": Linear} of the first
    regression; None: composition and temperature alone."""
    bare = _bare(curie, first)
    fits = {target: choice.linear() for target, choice in choices(physics, measured, curie, first).items()}
    return Chain(bare.Tc_K, fits["mu0_Ms_T"], fits["K1_MJ_per_m3"], bare.extras)


def choices(physics, measured, curie, first=None):
    """{target: Choice} of fit_pls, with its arguments."""
    bare, found = _bare(curie, first), {}
    added = () if first is None else ("Tc", *bare.extras, "mu0_M0_T m", "mu0_M0_T^3 m^3")
    for target in ("mu0_Ms_T", "K1_MJ_per_m3"):
        rows = measured.known(target)
        features = bare.features(physics, rows.shares, rows.T_K)
        inputs = (*INPUTS, "T") if np.ptp(rows.T_K) > 50 else INPUTS
        found[target] = _chosen(features, inputs, added, getattr(rows, target), split(rows, "composition", REPEATS, 0))
    return found


def _bare(curie, first):
    """Chain with Tc and the further features alone."""
    Tc = fit_curie(curie) if first is None else first["Tc_K"]
    return Chain(Tc, Tc, Tc, {name: linear for name, linear in (first or {}).items() if name != "Tc_K"})


def first_regression(table):
    """{property: Linear} by partial least squares of an ab-initio table. table: Properties."""
    features = shares_of(table.shares)
    folds = np.stack([np.random.default_rng([0, r]).permutation(len(table.shares)) % 5 for r in range(REPEATS)])
    return {name: _chosen(features, INPUTS, (), values, folds).linear() for name, values in table.values.items()}


def _chosen(features, inputs, added, y, folds):
    """Choice of the degree and the number of components with the least error in the folds (repeats, n)."""
    best = None
    for degree in DEGREES:
        columns = (*polynomial(inputs, degree), *added)
        X = matrix(columns, features)
        error = np.mean([_errors(X, y, fold) for fold in folds], axis=0)
        components = int(error.argmin()) + 1
        if best is None or error.min() < best[0]:
            best = error.min(), Choice(columns, X, y, components)
    return best[1]


def _errors(X, y, fold):
    """(components,) mean squared errors; a fold with less rank keeps its last model."""
    total = np.zeros(MOST)
    for k in np.unique(fold):
        fitted = fold != k
        coefficients, constant = _paths(X[fitted], y[fitted], MOST)
        squared = ((X[~fitted] @ coefficients.T + constant - y[~fitted, None]) ** 2).sum(axis=0)
        total += np.concatenate([squared, np.full(MOST - len(squared), squared[-1])])
    return total / len(y)


def _paths(X, y, components):
    """Coefficients (k, c) and constants (k,) of the models with 1 … k components, k <= components and the rank of X scaled."""
    deviation, model, varied = _regressed(X, y, components)
    # Rotations and loadings of the first k components are those of the model with k.
    steps = model.x_rotations_ * model.y_loadings_[0]  # (c, k)
    coefficients = np.zeros((steps.shape[1], X.shape[1]))
    coefficients[:, varied] = np.cumsum(steps, axis=1).T / deviation[varied]
    return coefficients, y.mean() - coefficients @ X.mean(axis=0)


def _regressed(X, y, components):
    """(deviations (c,), PLSRegression of the columns that vary, scaled by them, (c,) which those are)."""
    deviation = X.std(axis=0)
    varied = deviation > 1e-12
    scaled = (X[:, varied] - X[:, varied].mean(axis=0)) / deviation[varied]
    most = min(components, int(np.linalg.matrix_rank(scaled)))
    return deviation, PLSRegression(most, scale=False, max_iter=1000).fit(scaled, y - y.mean()), varied
