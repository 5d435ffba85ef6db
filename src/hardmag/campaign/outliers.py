"""Samples whose coercivity is far from that of their nearest neighbours in the design."""

import json
from collections import defaultdict

import numpy as np
from scipy.spatial import cKDTree

NEIGHBOURS = 8
FEWEST = 30  # with fewer samples there is no telling what is usual


def find_outliers(samples, mu0_Hc_T, quality):
    """{index: what was seen} of the outliers among samples with their coercivities (T).

    Compared are samples that differ in numbers of the nanostructure alone: angle, texts, boxes are the same. Distances are of
    ranks, so that neither units nor the spacing of levels matter, and coercivities are taken without their smooth trend,
    so that a steep one hides nothing. An outlier lies outside the range of its neighbours by more than each of
    - quality.max_outlier_deviation robust standard deviations (1.4826 MAD, over all samples) from neighbours' medians,
    - quality.max_spread_T, by which even the realisations of one sample may differ,
    - the width of that range: where Hc steps, neighbours differ among themselves.
    Samples without a coercivity (NaN) are neither judged nor neighbours.
    """
    Hc = np.asarray(mu0_Hc_T, dtype=float)
    usable = np.flatnonzero(np.isfinite(Hc))
    if len(usable) < FEWEST:
        return {}
    by_levels = defaultdict(list)
    for i in usable:
        by_levels[_levels(samples[i])].append(i)
    groups = [np.array(group) for group in by_levels.values() if len(group) > NEIGHBOURS]
    if not groups:
        return {}
    compared = [_compared([_numbers(samples[i]) for i in group], Hc[group]) for group in groups]
    own, around, trend = (np.concatenate(parts) for parts in zip(*compared, strict=True))
    index = np.concatenate(groups)
    low, high = around.min(1), around.max(1)
    off = own - np.median(around, axis=1)
    deviation = 1.4826 * np.median(np.abs(off - np.median(off)))
    limit = np.maximum(high - low, max(quality["max_outlier_deviation"] * deviation, quality["max_spread_T"]))
    outside = np.maximum(low - own, own - high)
    return {
        int(index[n]): f"µ0Hc = {Hc[index[n]]:.3f} T, expected {low[n] + trend[n]:.1f} to {high[n] + trend[n]:.1f} T"
        for n in np.flatnonzero(outside > limit)
    }


def _compared(numbers, Hc):
    """(Hc (n,), that of each sample's neighbours (n, NEIGHBOURS), trend (n,)) of a group; both Hc without the trend."""
    from scipy.stats import rankdata  # takes longer to import than small campaigns to judge

    ranks = rankdata(numbers, method="dense", axis=0) - 1.0
    ranks = ranks[:, ranks.max(0) > 0]
    ranks /= ranks.max(0)
    trend = _trend(ranks, Hc)
    rest = Hc - trend
    _, nearest = cKDTree(ranks).query(ranks, k=NEIGHBOURS + 1)
    others = np.array([[j for j in row if j != own][:NEIGHBOURS] for own, row in enumerate(nearest)])
    return rest, rest[others], trend


def _trend(x, y):
    """Quadratic fit of y by least squares at the points x; linear or none where the points are few."""
    one, square = np.ones((len(x), 1)), [x[:, [i]] * x[:, i:] for i in range(x.shape[1])]
    for features in (np.hstack([one, x, *square]), np.hstack([one, x])):
        if len(x) >= 5 * features.shape[1]:
            return features @ np.linalg.lstsq(features, y, rcond=None)[0]
    return np.zeros(len(x))


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers(sample):
    return [v for v in sample.nanostructure.values() if _is_number(v)]


def _levels(sample):
    """Everything but the numbers of the nanostructure, as text."""
    others = {k: v for k, v in sample.nanostructure.items() if not _is_number(v)}
    return json.dumps([sample.alpha_deg, others, sample.half_cycle], sort_keys=True)
