"""Permutation importance: how much worse a predictor gets when a feature is shuffled (Yang et al., Fig. 2f).

The predictor must not have seen the rows, else what it learnt by heart counts as important.
"""

import numpy as np


def permutation_importance(predictor, x, y, columns, *, repeats=30, rng):
    """(baseline, {name: (repeats, t)}): RMSE of the predictor, and its increase when columns of x are shuffled.

    predictor: predict(x (n, f)) → (n, t); x, y: held-out rows in its units; columns: {name: columns of x that are shuffled
    with one permutation}. A group keeps its columns consistent with each other: the Z phase's Ms, σ and l only come as
    sets, and shuffled one by one they would describe phases that do not exist. In the units of y, shape (t,) each.
    """
    baseline = rmse(y, predictor.predict(x).mean)
    increase = {
        name: np.array([rmse(y, predicted) - baseline for predicted in _shuffled(predictor, x, which, repeats, rng)])
        for name, which in columns.items()
    }
    return baseline, increase


def shuffled_errors(predictor, x, y, columns, *, repeats=30, rng):
    """{None: squared errors (n, t), name: their mean over the shuffles of its columns}: by row, so that nanostructures can be
    resampled, which the spread of the shuffles does not do. Arguments as for permutation_importance."""
    errors = {None: (predictor.predict(x).mean - y) ** 2}
    for name, which in columns.items():
        errors[name] = np.mean([(predicted - y) ** 2 for predicted in _shuffled(predictor, x, which, repeats, rng)], axis=0)
    return errors


def _shuffled(predictor, x, which, repeats, rng):
    """Predictions with the columns `which` permuted together, again and again."""
    for _ in range(repeats):
        shuffled = x.copy()
        shuffled[:, which] = x[rng.permutation(len(x))][:, which]
        yield predictor.predict(shuffled).mean


def rmse(true, predicted):
    """Root mean square error per column of (n, t) arrays."""
    return np.sqrt(((predicted - true) ** 2).mean(axis=0))
