"""How far a prediction may be off: the spread of the fit by bagging, and CV+ intervals, whose coverage is measured."""

import numpy as np

from hardmag.films.regression import choose_components, fit_pls, pls
from hardmag.films.splits import FOLDS, folds_of

BAGS = 100  # fits, as in Kovacs et al. 2023
NOMINAL = 0.95


def bags(data, components, rng):
    """BAGS fits to rows drawn with replacement, one after the other."""
    return (fit_pls(data.of(rng.integers(len(data), size=len(data))), components) for _ in range(BAGS))


def spread(drawn):
    """(2, …) 2.5 and 97.5 % of what the bags say: where the fit may lie, not where a measurement may."""
    return np.percentile(list(drawn), [50 * (1 - NOMINAL), 50 * (1 + NOMINAL)], axis=0)


def cv_plus(data, groups, new, rng):
    """(2, m) 95 % intervals of new measurements: CV+ of Barber et al. 2021 (Ann. Stat. 49, 486), folds of whole groups."""
    folds = folds_of(groups, rng)
    low, high = [], []
    for k in np.unique(folds):
        kept = folds != k
        predict = pls(data.of(kept), folds_of(groups[kept], rng))
        off = np.abs(predict(data.of(~kept)) - data.y[~kept])
        at = predict(new)
        low.extend(at - one for one in off)
        high.extend(at + one for one in off)
    rank = int(np.ceil(NOMINAL * (len(data) + 1)))  # of n + 1 exchangeable rows
    rank = min(rank, len(data))
    return np.stack([np.sort(low, axis=0)[len(data) - rank], np.sort(high, axis=0)[rank - 1]])


def coverage(data, groups, truth, rng):
    """({kind: {"measured", "truth", "width_T"}}, {kind: [low (n,), high (n,)]}) of the kinds cv_plus and bagging.

    Every row is left out with its group; the shares are of rows within their interval, the width is the median. truth: (n,)
    what the law says, or None.
    """
    folds = folds_of(groups, rng)
    bounds = {"cv_plus": np.empty((2, len(data))), "bagging": np.empty((2, len(data)))}
    for k in range(FOLDS):
        kept = folds != k
        inside, out = data.of(kept), data.of(~kept)
        bounds["cv_plus"][:, ~kept] = cv_plus(inside, groups[kept], out, rng)
        components = choose_components(inside, folds_of(groups[kept], rng))
        bounds["bagging"][:, ~kept] = spread(one(out) for one in bags(inside, components, rng))
    held = {kind: _held(low, high, data.y, truth) for kind, (low, high) in bounds.items()}
    return held, {kind: both.tolist() for kind, both in bounds.items()}


def _held(low, high, y, truth):
    within = lambda value: float(np.mean((low <= value) & (value <= high)))  # noqa: E731
    return {
        "measured": within(y),
        "truth": None if truth is None else within(truth),
        "width_T": float(np.median(high - low)),
    }
