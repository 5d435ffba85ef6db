"""How many data are enough: the dataset's characteristic value, and a model's scores, against size.

Yang et al., Supplementary Note 2.3 (Supplementary Figs. 9 and 10).
"""

import numpy as np

from hardmag.analysis.resampling import Groups

TRIALS = 100
CRITERION = 0.01  # the paper's, on the MAPE


def characteristic_value(values, groups, sizes, *, rng):
    """The mean of `values` (n,) in samples of whole groups, for each number of groups in `sizes`.

    A list of {groups, rows (mean number), mean, low, high (95 % of the trials), mape, paper_mape}. 100 trials per size,
    drawn with replacement: without it the spread would vanish at the dataset's size, however small that is. mape: mean over
    the trials of |C − C∞|/|C∞|, C∞ the mean of all rows. paper_mape: Supplementary eq. 10, |⟨C⟩ − C∞|/C∞, which is the
    error of the mean of all trials, some √100 smaller than that of one. groups = 0 … n − 1 draws rows, as the paper does.
    """
    groups, limit = Groups(groups), values.mean()
    result = []
    for size in sizes:
        drawn = [values[groups.draw(rng, size)] for _ in range(TRIALS)]
        means = np.array([v.mean() for v in drawn])
        entry = {"groups": int(size), "rows": float(np.mean([len(v) for v in drawn])), "mean": float(means.mean())}
        entry["low"], entry["high"] = (float(q) for q in np.quantile(means, [0.025, 0.975]))
        entry["mape"], entry["paper_mape"] = mape(means, limit), float(abs(means.mean() - limit) / abs(limit))
        result.append(entry)
    return result


def mape(estimates, true):
    """Mean absolute percentage error as a fraction (0.01: 1 %)."""
    return float(np.mean(np.abs(np.asarray(estimates) - true)) / abs(true))


def enough(curve):
    """The least number of groups from which on the MAPE stays within 1 %; None if it does not."""
    within = [entry["mape"] <= CRITERION for entry in curve]
    first = len(within) - next((i for i, ok in enumerate(reversed(within)) if not ok), len(within))
    return curve[first]["groups"] if first < len(curve) else None


def learning_curve(fit, x, y, groups, sizes, *, trials=4, test_share=0.2, rng):
    """Scores of a model on groups that it has not seen, for each number of training groups in `sizes`.

    fit(x (n, f), y (n, t), groups (n,)) → an object with predict(x). Each trial keeps a fifth of the groups for the test and
    trains on the first of the others, in random order. A list of {groups, R2, paper_R2, MSE}, scores (trials, t): R2 = 1 −
    SSE/SST; paper_R2 = SS_reg/SS_tot (Supplementary eq. 11), which a model of any error can bring to 1.
    """
    labels = np.unique(groups)
    result = [{"groups": int(size), "R2": [], "paper_R2": [], "MSE": []} for size in sizes]
    for _ in range(trials):
        order = rng.permutation(labels)
        tested = max(1, round(test_share * len(labels)))
        test = np.isin(groups, order[:tested])
        for entry in result:
            train = np.isin(groups, order[tested : tested + entry["groups"]])
            predicted = fit(x[train], y[train], groups[train]).predict(x[test]).mean
            for name, value in scores(y[test], predicted).items():
                entry[name].append(value.tolist())
    return result


def scores(true, predicted):
    """{R2, paper_R2, MSE} of (n, t) arrays, shape (t,) each; R² is NaN where the true values are all equal."""
    spread = true - true.mean(axis=0)
    total = np.where(np.ptp(true, axis=0) > 0, (spread**2).sum(axis=0), np.nan)
    regression = ((predicted - true.mean(axis=0)) ** 2).sum(axis=0)
    return {
        "R2": 1 - ((predicted - true) ** 2).sum(axis=0) / total,
        "paper_R2": regression / total,
        "MSE": ((predicted - true) ** 2).mean(axis=0),
    }


def sizes_up_to(largest, count=10, least=2):
    """About `count` numbers of groups, evenly spaced in their logarithm, from `least` to `largest`."""
    return np.unique(np.geomspace(min(least, largest), largest, count).round().astype(int))
