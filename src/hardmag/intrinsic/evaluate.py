"""How well models predict what they were not fitted to: by row, source, composition and family, on the splits that are stored.

Beside each score: baselines among the models (the mean of the rows, and in proportion to the elements), the noise floor of the
table, and how many measured values the two kinds of interval hold.
"""

import numpy as np

from hardmag.intrinsic.intervals import GROUPED_BY, bootstrap, left_out, stacked
from hardmag.intrinsic.models import fit
from hardmag.intrinsic.splits import keys, labels, without
from hardmag.intrinsic.sublattice import fit_curie, shares_of
from hardmag.materials.intrinsic import CONFIDENCE, PROPERTIES

TARGETS = PROPERTIES[1:]
TAIL = 100 * (1 - CONFIDENCE) / 2  # per cent on each side
SAME_K = 10.0  # temperatures that differ by less are one, for the noise floor


def scores(name, given, measured, curie, splits, refitted=True):
    """{scheme: {target: {"R2", "RMSE", "MAE", "R2_low", "R2_high"}}} of a model: medians over the stored repeats, and the 10th
    and 90th percentile of R². All is fitted again for each fold, Curie temperatures too; refitted = False: these once, to the
    tested rows too, to see what that would make better. splits: of splits_of."""
    return {
        scheme: _medians([_tested(name, given, measured, curie, scheme, np.asarray(folds), refitted) for folds in repeats])
        for scheme, repeats in splits["schemes"].items()
    }


def curie_scores(curie, splits):
    """{scheme: {"Tc_K": as in scores}} of the regression of Curie temperatures. splits: of the rows of curie."""
    found = {}
    for scheme, repeats in splits["schemes"].items():
        each = []
        for folds in map(np.asarray, repeats):
            predicted = np.empty(len(curie))
            for k in np.unique(folds):
                features = shares_of(curie.shares[folds == k])
                predicted[folds == k] = fit_curie(curie.of(folds != k))(features)
            each.append({"Tc_K": _score(predicted, curie.Tc_K)})
        found[scheme] = _medians(each)
    return found


def coverage(name, given, measured, curie, splits, seed, repeats=1):
    """{scheme: {target: {"cv_plus", "bootstrap": share of measured values within, "cv_plus_width", …: median width}}}.

    CV+ is made within the rows of each outer fold, with inner folds as the shipped intervals have them.
    """
    found = {}
    for scheme, stored in splits["schemes"].items():
        held = {target: {"cv_plus": [], "bootstrap": []} for target in TARGETS}
        for folds in np.asarray(stored[:repeats]):
            for k in np.unique(folds):
                out, rows = measured.of(folds == k), measured.of(folds != k)
                for kind, low, high in _intervals(name, given, rows, without(curie, scheme, out), out, seed):
                    for target in TARGETS:
                        value = getattr(out, target)
                        known = np.isfinite(value)
                        inside = (low[target] <= value) & (value <= high[target])
                        held[target][kind] += list(zip(inside[known], (high[target] - low[target])[known], strict=True))
        found[scheme] = {target: _shares(kinds) for target, kinds in held.items()}
    return found


def noise_floor(measured):
    """{target: {"SD": pooled standard deviation of repeated measurements of a composition, "rows", "R2_ceiling"}}: no model of
    composition can be better."""
    found = {}
    for target in TARGETS:
        rows = measured.known(target)
        value = getattr(rows, target)
        cell = [f"{key} {round(T / SAME_K)}" for key, T in zip(keys(rows.shares), rows.T_K, strict=True)]
        group = np.unique(cell, return_inverse=True)[1]
        count = np.bincount(group)
        left = value - (np.bincount(group, value) / count)[group]
        repeated = count[group] > 1
        SD = float(np.sqrt((left[repeated] ** 2).sum() / (count[count > 1] - 1).sum()))
        found[target] = {"SD": SD, "rows": int(repeated.sum()), "R2_ceiling": 1 - SD**2 / float(value.var())}
    return found


def _tested(name, given, measured, curie, scheme, folds, refitted):
    predicted = {target: np.full(len(measured), np.nan) for target in TARGETS}
    for k in np.unique(folds):
        out = folds == k
        seen = without(curie, scheme, measured.of(out)) if refitted else curie
        chain = fit(name, given, measured.of(~out), seen)
        values = chain.at(given.physics, measured.shares[out], measured.T_K[out])
        for target in TARGETS:
            predicted[target][out] = values[target]
    return {target: _score(predicted[target], getattr(measured, target)) for target in TARGETS}


def _intervals(name, given, rows, curie, out, seed):
    """("cv_plus" or "bootstrap", {target: low (n,)}, {target: high (n,)}) at the rows left out."""
    near = np.isin(labels(out, "family"), labels(rows, "family"))
    parts = [
        left_out(name, given, rows, curie, seed, scheme).interval(given.physics, out.shares, out.T_K) for scheme in GROUPED_BY
    ]
    edges = {
        target: [np.where(near, *pair) for pair in zip(*(part[target] for part in parts), strict=True)] for target in TARGETS
    }
    yield "cv_plus", *({target: edge[side] for target, edge in edges.items()} for side in (0, 1))
    members = stacked(bootstrap(name, given, rows, curie, seed)).at(given.physics, out.shares, out.T_K)
    yield "bootstrap", *({target: np.percentile(members[target], q, axis=0) for target in TARGETS} for q in (TAIL, 100 - TAIL))


def _score(predicted, value):
    known = np.isfinite(value)
    error, value = (predicted - value)[known], value[known]
    R2 = 1 - float((error**2).sum() / ((value - value.mean()) ** 2).sum())
    return {"R2": R2, "RMSE": float(np.sqrt((error**2).mean())), "MAE": float(np.abs(error).mean())}


def _medians(each):
    found = {}
    for target in each[0]:
        table = {key: [repeat[target][key] for repeat in each] for key in each[0][target]}
        low, high = np.percentile(table["R2"], [10, 90])
        found[target] = {key: float(np.median(values)) for key, values in table.items()} | {"R2_low": low, "R2_high": high}
    return found


def _shares(kinds):
    found = {}
    for kind, held in kinds.items():
        inside, width = zip(*held, strict=True)
        found |= {kind: float(np.mean(inside)), f"{kind}_width": float(np.median(width))}
    return found
