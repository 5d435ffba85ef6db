"""95 % intervals of a model: the spread of the fit over bootstrap samples, and CV+ over folds of groups."""

import numpy as np

from hardmag.intrinsic.models import choose, fit
from hardmag.intrinsic.splits import split, without
from hardmag.materials.intrinsic import PROPERTIES, Chain, LeftOut, Linear

BOOTSTRAP = 100  # fits, as in Kovacs et al.
REPEATS = 3  # of five folds
GROUPED_BY = ("composition", "family")  # folds of CV+, for compositions whose elements are in the data together, and for others


def bootstrap(name, given, measured, curie, seed, count=BOOTSTRAP):
    """Chains of `count` samples of the rows, drawn with replacement; what is chosen by cross-validation is that of all rows."""
    chains, chosen = [], choose(name, given, measured, curie)
    for k in range(count):
        rng = np.random.default_rng([seed, k])
        rows = [rng.integers(len(table), size=len(table)) for table in (measured, curie)]
        chains.append(fit(name, given, measured.of(np.sort(rows[0])), curie.of(np.sort(rows[1])), chosen))
    return chains


def left_out(name, given, measured, curie, seed, scheme):
    """LeftOut of REPEATS times five folds by a scheme, each model fitted to the other folds."""
    chains, errors = [], {target: ([], []) for target in PROPERTIES}
    for folds in split(measured, scheme, REPEATS, seed):
        for k in np.unique(folds):
            out = measured.of(folds == k)
            chain = fit(name, given, measured.of(folds != k), without(curie, scheme, out))
            for target in PROPERTIES:
                rows = out.known(target)
                error = np.abs(chain.at(given.physics, rows.shares, rows.T_K)[target] - getattr(rows, target))
                errors[target][0].extend([len(chains)] * len(rows))
                errors[target][1].extend(error.tolist())
            chains.append(chain)
    errors = {target: (np.array(fold, dtype=int), np.array(error)) for target, (fold, error) in errors.items()}
    return LeftOut(stacked(chains), errors)


def stacked(chains):
    """One Chain whose coefficients are (k, c): those of k chains. Columns that some do not have count 0 there."""
    names = ("Tc_K", "mu0_Ms_T", "K1_MJ_per_m3")
    linear = {name: _stacked([getattr(chain, name) for chain in chains]) for name in names}
    extras = {name: _stacked([chain.extras[name] for chain in chains]) for name in chains[0].extras}
    return Chain(**linear, extras=extras)


def _stacked(linears):
    columns = tuple(dict.fromkeys(column for linear in linears for column in linear.columns))
    found = np.zeros((len(linears), len(columns)))
    for row, linear in zip(found, linears, strict=True):
        row[[columns.index(column) for column in linear.columns]] = linear.coefficients
    return Linear(columns, found)
