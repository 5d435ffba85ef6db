"""On what a finding of Yang et al. hangs: its number with one thing changed, beside that of the same nanostructures without.

The paper calls the first discontinuity of a curve its depinning field and gives neither its field step nor how large a
discontinuity is. Φp is therefore taken by several criteria from the same curves.
"""

import warnings

import numpy as np
from sklearn.model_selection import GroupKFold

from hardmag.discontinuity import JUMP
from hardmag.loops import analyse
from hardmag.papers.verdicts import AGREES
from hardmag.papers.yang2024.claims import CLAIMS
from hardmag.papers.yang2024.columns import FEATURES, TARGETS, usable_rows
from hardmag.papers.yang2024.evidence import Evidence
from hardmag.papers.yang2024.findings import INTERVAL, RESAMPLES, entry, number
from hardmag.surrogates.models import fit

STEP_T = 0.1
MODEL, FOLDS = "gradient_boosting", 5
TURNS, TOWARDS, AWAY, MOVES, STAYS = "turns", "towards it", "away from it", "moves", "no"


def beyond_forecast(least):
    """Φp of a curve if a drop by `least` of Ms beyond twice the forecast is a discontinuity: this project's criterion."""
    return lambda H, m: analyse(H, m, mean_Ms_A_per_m=1.0, least=least).phi_p  # Ms matters to (BH)max alone


def fixed_step(least):
    """Φp of a curve seen at fields STEP_T apart, if a drop by more than `least` of Ms in a step is a discontinuity.

    Hp is the middle of the first such step. The coercivity is that of the whole curve; a step that holds it, and any later
    one, is no depinning before it: Φp = 0. As in loops.analyse, Φp is at most 1, and NaN without a coercivity.
    """

    def phi_p(H, m):
        Hc = analyse(H, m, mean_Ms_A_per_m=1.0).mu0_Hc_T
        if np.isnan(Hc):
            return float("nan")
        fields = H[0] - STEP_T * np.arange(int((H[0] + Hc) / STEP_T + 1e-9) + 1)  # those before −Hc
        drops = -np.diff(np.interp(fields, H[::-1], m[::-1]))
        found = np.flatnonzero(drops > least)
        return min(1.0, 1 + (fields[found[0]] - STEP_T / 2) / Hc) if len(found) else 0.0

    return phi_p


CRITERIA = {
    f"{JUMP} of Ms beyond the forecast": beyond_forecast(JUMP),
    "0.05 of Ms beyond the forecast": beyond_forecast(0.05),
    **{f"{least} of Ms in {STEP_T} T": fixed_step(least) for least in (0.05, 0.02, 0.01)},
}
THRESHOLDS = (0.2, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01, 0.005)  # of fixed steps, for the mean Φp by angle


def evidence_of(table, seed, predicted=None):
    """Evidence of a table without the errors of a predictor: claims on importances have no number then, and without
    predictions {target: (rows,)} those on models have none."""
    unknown = np.full(len(table["status"]), np.nan)
    errors = {(feature, target): unknown for feature in (None, *FEATURES, "z_set") for target in TARGETS}
    return Evidence.of(table, predicted or dict.fromkeys(TARGETS, unknown), errors, np.random.default_rng(seed))


def predictions(table, seed):
    """{target: (rows,)} of a forward model with its defaults, each nanostructure predicted by one that has not seen it."""
    rows = usable_rows(table)
    result = {target: np.full(len(table["status"]), np.nan) for target in rows.targets}
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows.x, rows.y, rows.geometry):
        own = rows.part(train)
        model = fit(MODEL, own.x, own.y, own.geometry, targets=rows.targets, seed=seed)
        for target, values in zip(rows.targets, model.predict(rows.x[test]).mean.T, strict=True):
            result[target][rows.row[test]] = values
    return result


def paired(evidences, rng, resamples=RESAMPLES):
    """[{what findings.entry says of a claim as it is, and "changed": {condition: {value, low, high, verdict, change,
    change_low, change_high, effect}}}] of each claim with a number.

    evidences: {condition: Evidence} of the same samples in the same order; the first is as it is. Each resample draws the
    same nanostructures of all, so that the interval of a change is that of the difference.
    """
    first, *others = evidences
    geometry = evidences[first].geometry
    if any(not np.array_equal(geometry, e.geometry) for e in evidences.values()):
        raise ValueError("the conditions hold different samples")
    groups = evidences[first].groups()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no samples, a correlation with what does not vary
        claims = [c for own in CLAIMS.values() for c in own]
        value = np.array([[float(c.of(e)) for e in evidences.values()] for c in claims])
        known = np.isfinite(value).any(axis=1)
        claims, value = [c for c, k in zip(claims, known, strict=True) if k], value[known]
        drawn = np.empty((resamples, *value.shape))
        for draw in drawn:
            rows = groups.draw(rng)
            parts = [e.where(rows) for e in evidences.values()]
            draw[:] = [[c.of(part) for part in parts] for c in claims]
    result = []
    for i, claim in enumerate(claims):
        base = entry(claim, value[i, 0], drawn[:, i, 0], len(groups))
        changed = {}
        for k, condition in enumerate(others, start=1):
            own = entry(claim, value[i, k], drawn[:, i, k], len(groups))
            difference = drawn[:, i, k] - drawn[:, i, 0]
            low, high = np.quantile(difference, INTERVAL) if np.isfinite(difference).all() else (np.nan, np.nan)
            changed[condition] = {key: own[key] for key in ("value", "low", "high", "verdict")} | {
                "change": number(value[i, k] - value[i, 0]),
                "change_low": number(low),
                "change_high": number(high),
                "effect": effect(base["verdict"], own["verdict"], (low, high), value[i, [0, k]], claim.claimed),
            }
        result.append(base | {"changed": changed})
    return result


def effect(before, after, change, values, claimed):
    """What a change does to a finding, in a word: 'no' if the interval `change` (low, high) of its number's difference holds
    0 or is not known; else 'turns' if the verdict is another; else whether the number goes towards the claimed range."""
    low, high = change
    if not (low > 0 or high < 0):
        return STAYS
    if after != before:
        return TURNS
    gap, gap_after = (max(claimed[0] - v, v - claimed[1], 0.0) for v in values)
    return MOVES if gap == gap_after else TOWARDS if gap_after < gap else AWAY


def by_angle(table):
    """{angle as text: [mean Hc (T), mean Φp]} of the samples with a coercivity."""
    found = np.isfinite(table["mu0_Hc_T"]) & (table["status"] == "accepted")
    angle = np.asarray(table["alpha_deg"], float)
    return {
        f"{a:g}": [number(np.asarray(table[name], float)[found & (angle == a)].mean()) for name in ("mu0_Hc_T", "phi_p")]
        for a in np.unique(angle[found])
    }


def in_question(entries):
    """Those that do not agree as they are."""
    return [e for e in entries if e["verdict"] != AGREES]
