"""Partial least squares as Kovacs et al. 2023 use it (section 2.1.3): composition and temperature → µ0·Ms and K1.

The degree of the polynomial and the number of components are chosen by repeated cross-validation within the rows of a fit.
Shares sum to 1, so that polynomials of them are linearly dependent: the rank bounds the number of components, beyond which
there is nothing left to explain. Augmented, a first regression gives each row the properties of an ab-initio or a literature
table (Tc, µ0·M at 0 K, and whatever else the table has), and Kuz'min's Ms(T) and Ms³(T) follow from them.
"""

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


TARGETS = ("mu0_Ms_T", "K1_MJ_per_m3")
ROOM_K = 50.0  # temperatures that differ by less are one


def choose_pls(physics, measured, curie, first=None):
    """{target: (columns, components)} with the least error on compositions left out. first: {"Tc_K": Linear, "mu0_M0_T":
    Linear, further names: Linear} of the first regression; None: composition and temperature alone."""
    found = {}
    for target in TARGETS:
        rows, chain = measured.known(target), _bare(curie, first)
        features = chain.features(physics, rows.shares, rows.T_K)
        inputs = (*INPUTS, "T") if np.ptp(rows.T_K) > ROOM_K else INPUTS
        folds = split(rows, "composition", REPEATS, 0)
        found[target] = _chosen(features, inputs, _added(chain, first), getattr(rows, target), folds)
    return found


def fit_pls(physics, measured, curie, first, chosen) -> Chain:
    """Chain by partial least squares. chosen: of choose_pls."""
    chain, fits = _bare(curie, first), {}
    for target in TARGETS:
        rows = measured.known(target)
        features = chain.features(physics, rows.shares, rows.T_K)
        fits[target] = _linear(features, getattr(rows, target), *chosen[target])
    return Chain(chain.Tc_K, **fits, extras=chain.extras)


def regressions(physics, measured, curie, first, chosen):
    """{target: (names of the columns that vary, PLSRegression of these, scaled)} of fit_pls, with its arguments."""
    chain, found = _bare(curie, first), {}
    for target in TARGETS:
        rows, (columns, components) = measured.known(target), chosen[target]
        X = matrix(columns, chain.features(physics, rows.shares, rows.T_K))
        model, _, varied = _regressed(X, getattr(rows, target), components)
        found[target] = tuple(name for name, varies in zip(columns, varied, strict=True) if varies), model
    return found


def _bare(curie, first):
    """Chain of Tc and of what else the first regression gives, for features."""
    Tc = fit_curie(curie) if first is None else first["Tc_K"]
    return Chain(Tc, Tc, Tc, {name: linear for name, linear in (first or {}).items() if name != "Tc_K"})


def _added(chain, first):
    return () if first is None else ("Tc", *chain.extras, "mu0_M0_T m", "mu0_M0_T^3 m^3")


def first_regression(table):
    """{property: Linear} by partial least squares of an ab-initio table. table: Properties."""
    features = shares_of(table.shares)
    folds = np.stack([np.random.default_rng([0, r]).permutation(len(table.shares)) % 5 for r in range(REPEATS)])
    return {
        name: _linear(features, values, *_chosen(features, INPUTS, (), values, folds)) for name, values in table.values.items()
    }


def _chosen(features, inputs, added, y, folds):
    """(columns, components) with the least error in the folds (repeats, n)."""
    best = None
    for degree in DEGREES:
        columns = (*polynomial(inputs, degree), *added)
        X = matrix(columns, features)
        error = np.mean([_errors(X, y, fold) for fold in folds], axis=0)
        if best is None or error.min() < best[0]:
            best = error.min(), columns, int(error.argmin()) + 1
    return best[1:]


def _linear(features, y, columns, components):
    coefficients, constant = _paths(matrix(columns, features), y, components)
    return Linear((*columns, "1"), np.append(coefficients[-1], constant[-1]))


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
    model, deviation, varied = _regressed(X, y, components)
    # Rotations and loadings of the first k components are those of the model with k.
    steps = model.x_rotations_ * model.y_loadings_[0]  # (c, k)
    coefficients = np.zeros((steps.shape[1], X.shape[1]))
    coefficients[:, varied] = np.cumsum(steps, axis=1).T / deviation[varied]
    return coefficients, y.mean() - coefficients @ X.mean(axis=0)


def _regressed(X, y, components):
    """(PLSRegression of the columns that vary over their deviations, deviations (c,), mask (c,) of those that vary)."""
    deviation = X.std(axis=0)
    varied = deviation > 1e-12
    scaled = (X[:, varied] - X[:, varied].mean(axis=0)) / deviation[varied]
    most = min(components, int(np.linalg.matrix_rank(scaled)))
    return PLSRegression(most, scale=False, max_iter=1000).fit(scaled, y - y.mean()), deviation, varied
