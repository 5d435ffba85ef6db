"""Folds of the positions of a film, and what a model scores in them: single positions at random, and whole blocks."""

import numpy as np

from hardmag.errors import UserError

SCHEMES = ("random", "blocks")
FOLDS = 5
LEAST_GROUPS = 8  # of which five folds, and five within four of these, still hold one each
BLOCK_mm = 20.0


def blocks_of(x_mm, y_mm):
    """(n,) number of the square of BLOCK_mm in which each position lies."""
    places = np.stack([np.floor(x_mm / BLOCK_mm), np.floor(y_mm / BLOCK_mm)], axis=1)
    return np.unique(places, axis=0, return_inverse=True)[1].ravel()


def folds_of(groups, rng, count=FOLDS):
    """(n,) number of the fold of each row: `count` of about as many groups, a group whole in one."""
    group = np.unique(groups, return_inverse=True)[1]
    of_group = np.empty(group.max() + 1, dtype=int)
    of_group[rng.permutation(len(of_group))] = np.arange(len(of_group)) % count
    return of_group[group]


def groups_of(data, scheme):
    """(n,) what may not be parted. scheme: of SCHEMES; UserError where the film is too small for blocks."""
    groups = np.arange(len(data)) if scheme == "random" else blocks_of(data.x_mm, data.y_mm)
    if groups.max() + 1 < LEAST_GROUPS:
        raise UserError(f"its positions fill {groups.max() + 1} blocks of {BLOCK_mm:g} mm; {LEAST_GROUPS} are needed")
    return groups


def predicted(data, fit, groups, rng, count=FOLDS):
    """(n,) predictions of each row by a model fitted without its group, in `count` folds.

    What the model chooses, it chooses in FOLDS of such groups within the rows that it is fitted to.
    """
    folds, found = folds_of(groups, rng, count), np.empty(len(data))
    for k in np.unique(folds):
        kept = folds != k
        found[~kept] = fit(data.of(kept), folds_of(groups[kept], rng))(data.of(~kept))
    return found


def score(y, found):
    """{"R2", "MAE"} of predictions (n,)."""
    return {"R2": float(1 - np.sum((found - y) ** 2) / np.sum((y - y.mean()) ** 2)), "MAE": float(np.mean(np.abs(found - y)))}
