"""What Kovacs et al. 2023 say of micrographs (sections 2.3.2, 2.3.3 and 3.3, Figs 7, 8, 14 and 17), held against our images.

The paper's micrographs are closed. Of synthetic magnets the truth is known, so that they tell whether the paper's *ways* find
what is there; each row names the images that it speaks of.
"""

from math import exp, inf

import numpy as np
from scipy.stats import beta, t

from hardmag.papers.kovacs2023.grain_sizes import mean_interval
from hardmag.papers.verdicts import verdict

STRONG = 0.9  # of a correlation
GOOD = 0.9  # of IoU and F1
SIMILAR = 0.1  # of spectra and shares
CLOSE = 0.05  # of grain sizes: the paper's two differ by 4 %
MATCHED_UM, SALTYKOV_UM = 6.68, 6.42
SPREADS = (0.2, 0.3, 0.43)
DRAWN, SLICES, TRUE = "drawn grains", "slices of synthetic magnets, segmented", "slices of synthetic magnets, true labels"
FIRST, BOTH = "size of r, of the first score with ln D", "R of ln D with the first two scores"
SIZE_AXIS = "of segmented images the first score is the grain size"
OF = {"main phase": "the main phase", "boundary": "the boundary", "three levels": "the three colours"}
CASES = {"one make": "differing in size above all", "any": "differing in everything"}
STEEL = "etched steel of NIST, optical, greys reversed, traced by hand"
PHASES = {"boundary": "of the boundary", "inclusion": "of inclusions"}


def map_findings(drawn, segmented):
    """Of benchmarks/power_spectra.json and segmented_spectra.json: Fig. 7."""
    rows = []
    for kind in ("grey, one setting", "grey, a setting per magnet"):
        of, images = drawn["maps"][kind], f"{DRAWN}, {kind}"
        for key, number, chance in (
            ("r_PC1_ln_D", FIRST, of["chance_r"][0]),
            ("R_PC1_PC2_ln_D", BOTH, chance_R(drawn["magnets"], 2)),
        ):
            number = f"{number}, mean of {len(of[key])} draws, > {chance:.2f}, which chance reaches in one case of twenty"
            says = "the principal components of power spectra show whether a property goes with them"
            rows.append(_row("Fig. 7", says, images, number, _of_draws(of[key]), (chance, inf)))
    for where, says, case, phase, key, number in (
        *(("not in the paper", SIZE_AXIS, "one make", phase, "r_PC1_ln_D", FIRST) for phase in OF),
        ("not in the paper", SIZE_AXIS, "any", "main phase", "r_PC1_ln_D", FIRST),
        ("sec. 2.3.3", "a power spectrum characterises the microstructure", "any", "three levels", "R_PC1_PC2_ln_D", BOTH),
    ):
        each = [draw["maps"][f"segmented, {phase}"][key] for draw in segmented["cases"][case]["draws"]]
        number = f"{number}, spectra of {OF[phase]}, mean of {len(each)} draws, > {STRONG:g}"
        rows.append(_row(where, says, f"{SLICES}, {CASES[case]}", number, _of_draws(each), (STRONG, inf)))
    return rows


def segmentation_findings(networks, segmented):
    """Of benchmarks/segmentation.json and segmented_spectra.json: Fig. 8."""
    rows = []
    for name, shown in (("bright", "bright boundaries and inclusions"), ("both", "contrasts of either sign")):
        scores = networks[name]["scores"]
        each = scores["mean_iou_of_magnets"]
        number = f"mean IoU over {len(each)} magnets, > {GOOD:g} (two thresholds: {scores['baseline_mean_iou']:.2f})"
        says = "a network that has seen noisy synthetic images alone segments images into three colours"
        rows.append(_row("Fig. 8A", says, f"unseen synthetic magnets, {shown}", number, mean_interval(each), (GOOD, inf)))
    parts = [part["f1"] for part in networks["steel"]["parts"]]
    baseline = networks["micrographs"]["steel_baseline"]["f1"]
    number = f"F1 of the boundary, mean of {len(parts)} parts of the image, > {GOOD:g} (one threshold: {baseline:.2f})"
    says = "it does so with real micrographs"
    rows.append(
        _row(
            "Fig. 8B",
            says,
            STEEL,
            number,
            mean_interval(parts),
            (GOOD, inf),
        )
    )
    says = "segmentation ensures close similarity of experimental and synthetic images"
    for phase, of_phase in PHASES.items():
        pairs = [draw["segmented_over_true"][phase] for draw in segmented["cases"]["any"]["draws"]]
        apart = [value for of in pairs for value in of["S_apart"]]
        number = f"error of the spectrum {of_phase}, mean size over wavenumbers and {len(apart)} magnets, < {SIMILAR:g}"
        rows.append(_row("sec. 2.3.3", says, f"{SLICES}, {CASES['any']}", number, mean_interval(apart), (-inf, SIMILAR)))
        off = [abs(value - 1) for of in pairs for value in of["share"]]
        number = f"error of the share {of_phase}, mean size over {len(off)} magnets, < {SIMILAR:g}"
        rows.append(_row("sec. 2.3.3", says, f"{SLICES}, {CASES['any']}", number, mean_interval(off), (-inf, SIMILAR)))
    return rows


def matching_findings(matching):
    """Of benchmarks/matching.json: Fig. 14."""
    truth = [one["truth"]["D_V_um"] for one in matching["unknowns"]]
    published = matching["published"]
    best = [one["best"]["parameters"]["D_V_um"] for one in published]
    smooth = [one["smooth"]["D_V_um"] for one in published]
    less = [one["best"]["f"] / np.mean(one["f_at_the_truth"]) for one in published]
    says = "the synthetic magnet whose spectrum comes nearest has the grain size of the magnet"
    number = "error of D_V, mean size over {} magnets, < {:g}: {}".format
    few = f"{TRUE}, {len(published)} unknown magnets"
    return [
        _row(
            "Fig. 14",
            "the distance of the mean spectra is minimised",
            few,
            f"f of the best of {len(published[0]['trials'])} trials over that of magnets with the true parameters, mean, < 1",
            mean_interval(less),
            (-inf, 1.0),
        ),
        _row("Fig. 14", says, few, number(len(best), CLOSE, "best trial"), _error(best, truth), (-inf, CLOSE)),
        _row("Fig. 14", says, few, number(len(best), CLOSE, "least mean of f"), _error(smooth, truth), (-inf, CLOSE)),
    ]


def size_findings(sections):
    """Of benchmarks/section_sizes.json, three images a magnet where the paper has four: Fig. 17."""
    rows, close = [], (1 - CLOSE, 1 + CLOSE)
    within, paper = f"{close[0]:g} … {close[1]:g}", f"(the paper's: {MATCHED_UM / SALTYKOV_UM:.2f})"
    matched = f"{MATCHED_UM:g} µm of matching are close to {SALTYKOV_UM:g} µm by Saltykov's method"
    for spread in SPREADS:
        of = sections[f"polycrystals, spread {spread:g}"]["3 images"]
        value, low, high = _of_moments(*of["Saltykov mean"], of["magnets"])
        images = f"{TRUE}, spread {spread:g}"
        says = "Saltykov's method corrects sizes of sections to those of grains"
        number = f"its mean over the true mean, mean of {of['magnets']} magnets, {within}"
        rows.append(_row("Fig. 17", says, images, number, (value, low, high), close))
        D_V = exp(spread**2)  # over the number mean, of log-normal sizes
        number = f"true D_V over its mean, mean of {of['magnets']} magnets, {within} {paper}"
        rows.append(_row("Fig. 17", matched, images, number, (D_V / value, D_V / high, D_V / low), close))
    return rows


def findings(drawn, segmented, networks, matching, sections):
    """[{where, says, images, statistic, value, low, high, claimed, verdict}], of what the benchmarks' JSON files hold."""
    return [
        *map_findings(drawn, segmented),
        *segmentation_findings(networks, segmented),
        *matching_findings(matching),
        *size_findings(sections),
    ]


def chance_R(count, scores):
    """What the multiple correlation of an unrelated normal property with so many scores exceeds in one case of twenty: R² has a
    beta distribution of scores/2 and (count − scores − 1)/2 (Fisher 1928)."""
    return float(np.sqrt(beta.ppf(0.95, scores / 2, (count - scores - 1) / 2)))


def _of_draws(correlations):
    """(|r|, low, high): Student's t of artanh |r| over draws."""
    value, low, high = np.tanh(mean_interval(np.arctanh(np.abs(correlations))))
    return value, max(low, 0.0), high


def _of_moments(mean, deviation, count):
    """mean_interval of so many numbers, of which mean and standard deviation are known."""
    half = t.ppf(0.975, count - 1) * deviation / np.sqrt(count)
    return mean, mean - half, mean + half


def _error(found, truth):
    return mean_interval([abs(one / true - 1) for one, true in zip(found, truth, strict=False)])


def _row(where, says, images, statistic, numbers, claimed):
    value, low, high = map(float, numbers)
    told = {"value": value, "low": low, "high": high, "claimed": claimed, "verdict": verdict(low, high, claimed)}
    return {"where": where, "says": says, "images": images, "statistic": statistic} | told
