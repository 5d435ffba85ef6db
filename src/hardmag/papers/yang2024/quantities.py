"""The numbers by which the findings of Yang et al. are judged, one small function each: Evidence → number, or a function that
makes such a one.

Correlations are Spearman's over samples with a coercivity unless said otherwise; features that the campaign does not vary
have none (NaN) and are passed over.
"""

import numpy as np
from scipy.stats import rankdata

from hardmag.analysis.correlation import pearson
from hardmag.papers.yang2024.columns import FEATURES, GEOMETRY

HC, PHI_P = "mu0_Hc_T", "phi_p"
L, D, WS, WZ = GEOMETRY
ALPHA, MS, SIGMA, WIDTH = FEATURES[len(GEOMETRY) :]
OF_Z = (WZ, D, MS, SIGMA, WIDTH)
Z_SET = "z_set"


def rho(evidence, feature, target):
    """Spearman's ρ of a feature with a target."""
    return evidence.spearman[feature, target]


def strength(evidence, features, target):
    """|ρ| of some features; NaN for those that the campaign does not vary."""
    return [abs(rho(evidence, feature, target)) for feature in features]


def lead(evidence, feature, others, target):
    """|ρ| of a feature less the largest |ρ| of the others."""
    return abs(rho(evidence, feature, target)) - np.nanmax(strength(evidence, others, target))


def but(*excluded):
    """All features but some."""
    return [feature for feature in FEATURES if feature not in excluded]


def alpha_leads(target):
    """|ρ| of the angle less the largest of the other features."""
    return lambda e: lead(e, ALPHA, but(ALPHA), target)


def alpha_leads_with_zeros(e):
    """As alpha_leads(HC), with Hc = 0 for samples without hysteresis."""
    x = np.stack([*(e[feature] for feature in FEATURES), np.nan_to_num(e[HC])], axis=1)
    strength = dict(zip(FEATURES, np.abs(pearson(rankdata(x, axis=0))[-1]), strict=False))
    return strength.pop(ALPHA) - np.nanmax(list(strength.values()))


def increase(e, feature, target):
    """Increase of the RMSE of the forward network when a feature is shuffled, on nanostructures that it has not seen."""
    unseen = np.isfinite(e[None, target])
    if not unseen.any():
        return float("nan")
    return np.sqrt(e[feature, target][unseen].mean()) - np.sqrt(e[None, target][unseen].mean())


def importance_leads(features, others, target):
    """The least increase among features less the largest among others."""

    def of(e):
        return min(increase(e, f, target) for f in features) - max(increase(e, f, target) for f in others)

    return of


def mean_at(e, angle, target):
    """Mean of a target over the samples with hysteresis at one angle (deg); NaN where there are none."""
    here = e.with_hysteresis["alpha_deg"] == angle
    return e.with_hysteresis[target][here].mean() if here.any() else float("nan")


def phi_p_at_60_leads(e):
    """Mean Φp at 60° less the largest mean at another angle."""
    angles = [a for a in np.unique(e.with_hysteresis[ALPHA]) if a != 60]
    return mean_at(e, 60, PHI_P) - max((mean_at(e, a, PHI_P) for a in angles), default=float("nan"))


def phi_p_rises_off_the_axis(e):
    """The least mean Φp from 30° to 60° less that at 0°."""
    moderate = [a for a in np.unique(e.with_hysteresis[ALPHA]) if 30 <= a <= 60]
    return min((mean_at(e, a, PHI_P) for a in moderate), default=float("nan")) - mean_at(e, 0, PHI_P)


def hysteresis_at_90(e):
    """Share of nanostructures with a coercivity at 90° in any sample."""
    across = e[ALPHA] == 90
    tested, found = np.unique(e.geometry[across]), np.unique(e.geometry[across & np.isfinite(e[HC])])
    return e.weight[found].sum() / e.weight[tested].sum() if len(tested) else float("nan")


def partial_at_0(feature, sign, given):
    """Partial ρ of a feature with Hc at α = 0, the ranks of `given` held fixed, times the sign that is claimed."""
    return lambda e: sign * e.along_the_axis.partial(feature, HC, [g for g in given if g != feature])


def steep_where_wS_is_large(e):
    """Mean Hc at L < 50 nm less that beyond, in the upper third of wS, less the same in the lower third; α = 0."""
    e = e.along_the_axis
    thirds = np.quantile(e[WS], [1 / 3, 2 / 3])
    short = e[L] < 50
    gain = [e[HC][part & short].mean() - e[HC][part & ~short].mean() for part in (e[WS] > thirds[1], e[WS] < thirds[0])]
    return gain[0] - gain[1]


def phi_S_leads(condition):
    """Partial |ρ| of φS with Hc less that of φZ, at α = 0, where condition(evidence) holds."""

    def of(e):
        part = e.along_the_axis.where(condition(e.along_the_axis))
        return part.partial("phi_S", HC, ["phi_Z"]) - abs(part.partial("phi_Z", HC, ["phi_S"]))

    return of


def phi_Z_matters_where_zr_is_poor(e):
    """Partial |ρ| of φZ with Hc, φS held fixed, below 5 at% Zr less that above, at α = 0."""
    e = e.along_the_axis
    poor, rich = (e.where(part).partial("phi_Z", HC, ["phi_S"]) for part in (zr(e) < 5, zr(e) >= 5))
    return abs(poor) - abs(rich)


def zr(e):
    """Zr in at% by sample."""
    return e["Zr_at_percent"]


def peak_phi_S(target):
    """φS of the map's maximum over the largest φS of the data."""
    return lambda e: e.peak(target)[0] / e.plane.grid[:, 0].max()


def rows_for_one_percent(target):
    """Rows whose mean is off by 1 % in the mean, √(2/π) σ/(µ √n) = 0.01 for independent rows."""

    def of(e):
        values = e.with_hysteresis[target]
        return 2 / np.pi * (values.std() / values.mean() / 0.01) ** 2

    return of


def R2(target):
    """1 − SSE/SST of the predictions in turn, over samples with hysteresis."""

    def of(e):
        e = e.with_hysteresis
        true, predicted = e[target], e[f"predicted {target}"]
        return 1 - ((predicted - true) ** 2).sum() / ((true - true.mean()) ** 2).sum()

    return of


def MSE(target):
    """Mean squared error of the predictions in turn, over samples with hysteresis."""
    return lambda e: ((e.with_hysteresis[f"predicted {target}"] - e.with_hysteresis[target]) ** 2).mean()


def pearson_over_spearman(e):
    """Mean |r| of the features with Φp, Pearson's less Spearman's."""

    def mean(found):
        return np.nanmean([abs(found[feature, PHI_P]) for feature in FEATURES])

    return mean(e.pearson) - mean(e.spearman)


def spearman_over_pearson(e):
    """Share of the features whose correlation with Hc is stronger by Spearman; those that do not vary are passed over."""
    pairs = [(abs(rho(e, feature, HC)), abs(e.pearson[feature, HC])) for feature in FEATURES]
    known = [ranks > linear for ranks, linear in pairs if np.isfinite(ranks)]
    return np.mean(known) if known else float("nan")


def middle_L(e):
    """L from 75 to 125 nm, by sample."""
    return (e[L] >= 75) & (e[L] <= 125)


def phi_p_gain(where, condition, sign=1):
    """Mean Φp of the samples at α = 0 that fulfil both conditions, less that of those that fulfil `where` alone, times the
    sign that is claimed."""

    def of(e):
        e = e.along_the_axis
        part = e.where(where(e))
        chosen = condition(part)
        return sign * (part[PHI_P][chosen].mean() - part[PHI_P][~chosen].mean())

    return of


def phi_p_of_pure_Z(e):
    """The largest Φp of samples of almost nothing but Z phase; NaN without such."""
    return max(e.with_hysteresis[PHI_P][e.with_hysteresis[WZ] > 0.95 * e.with_hysteresis[D]], default=float("nan"))


def untold(e):
    """What no dataset of this kind can tell."""
    return float("nan")
