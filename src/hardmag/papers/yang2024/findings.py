"""What a dataset says about the findings of Yang et al.: a number, its interval and a verdict for each → findings.json."""

import warnings

import numpy as np

from hardmag.analysis.importance import shuffled_errors
from hardmag.dataset.read import health, opened, read_table
from hardmag.errors import UserError
from hardmag.files import read_json, sha256, write_json
from hardmag.inverse.judgement import read_judgement
from hardmag.papers.verdicts import verdict
from hardmag.papers.yang2024.claims import CLAIMS
from hardmag.papers.yang2024.columns import FEATURES, TARGETS, Z_SET
from hardmag.papers.yang2024.evidence import Evidence

RESAMPLES = 500
INTERVAL = (0.025, 0.975)


def find(dataset, predictor, held_out, models, output, *, seed, verification=None):
    """Judge every claim and write findings.json.

    predictor, held_out: as for analyse.numbers; models: models.json of the same dataset; verification:
    verification.json, if designs were simulated. `quality` there counts all samples of the dataset, those joined with it too.
    """
    table, comparison, checksum = read_table(dataset), read_json(models), sha256(dataset)
    if comparison.get("dataset_sha256") != checksum:
        raise UserError(f"{models}: made from another file than {dataset}; delete it and run again")
    judgement = verification and read_judgement(verification)
    if judgement and judgement["dataset_sha256"] != checksum:
        raise UserError(f"{verification}: its designs were proposed from another file than {dataset}")
    rng = np.random.default_rng([seed, 4])
    evidence = Evidence.of(table, _predicted(table, comparison), _errors(table, predictor, held_out, rng), rng)
    with opened(dataset) as file:
        campaign, physics_version = str(file.attrs["campaign"]), int(file.attrs["physics_version"])
    content = {
        "campaign": campaign,
        "physics_version": physics_version,
        "dataset_sha256": checksum,
        "seed": seed,
        "resamples": RESAMPLES,
        "nanostructures": len(np.unique(evidence.geometry)),
        "best_models": {target: f"{own['label']}, {own['variant']}" for target, own in comparison["best"].items()},
        "quality": health(dataset),
        "conditions": conditions(table),
        "findings": judged(evidence, rng) | {"Inverse design": [_of_designs(judgement)]},
    }
    write_json(output, content)


def judged(evidence, rng):
    """{section: [{where, says, statistic, value, low, high, claimed, note, verdict}]}: the interval is the 95 % percentile
    bootstrap over nanostructures; null: not defined."""
    claims = [claim for section in CLAIMS.values() for claim in section]
    groups = evidence.groups()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of no samples, in a resample that has none of a kind
        value = [float(claim.of(evidence)) for claim in claims]
        drawn = np.array(
            [[claim.of(e) for claim in claims] for e in (evidence.resampled(groups, rng) for _ in range(RESAMPLES))]
        )
    entries = iter(entry(*of_one, len(groups)) for of_one in zip(claims, value, drawn.T, strict=True))
    return {section: [next(entries) for _ in own] for section, own in CLAIMS.items()}


def entry(claim, value, drawn, nanostructures):
    """What findings.json says of a claim. drawn (resamples,): its number of each resample."""
    low, high = np.quantile(drawn, INTERVAL) if np.isfinite(drawn).all() else (np.nan, np.nan)
    if claim.rare:
        high = np.maximum(high, 3 / nanostructures)
    return {
        "where": claim.where,
        "says": claim.says,
        "statistic": claim.statistic,
        "value": number(value),
        "low": number(low),
        "high": number(high),
        "claimed": [number(v) for v in claim.claimed],
        "note": claim.note,
        "verdict": verdict(low, high, claim.claimed),
    }


def _of_designs(verification):
    """Whether designs of the i-NN meet their queries: the share of successes with its own (binomial) interval."""
    success = verification["methods"]["i_nn"]["first"]["success"] if verification else {}
    low, high = (success.get(key, np.nan) for key in ("low", "high"))
    return {
        "where": "Table 1",
        "says": "nanostructures designed by the i-NN have the queried Hc and Φp",
        "statistic": "share of designs that do when simulated, within 5 % and 0.03, > 0.5",
        "value": number(success.get("share", np.nan)),
        "low": number(low),
        "high": number(high),
        "claimed": [0.5, None],
        "note": "" if verification else "no design of this campaign was simulated",
        "verdict": verdict(low, high, (0.5, np.inf)),
    }


def conditions(table):
    """What the samples share or range over: {name: value, [values] or [least, largest]}."""
    boxes = sorted({(float(x), float(y)) for x, y in zip(table["size_x_nm"], table["size_y_nm"], strict=True)})
    return {
        "boxes_nm": [list(box) for box in boxes],
        "cells_nm": sorted(set(np.asarray(table["cell_nm"], float).tolist())),
        "boundary_layers_nm": sorted(set(np.asarray(table["boundary_layer_nm"], float).tolist())),
        "exchange": sorted(set(table["exchange"])),
        "angles_deg": sorted(set(np.asarray(table["alpha_deg"], float).tolist())),
        "z_sets": sorted(set(table["z_set"])),
        "half_cycles": [int(min(table["realisations"])), int(max(table["realisations"]))],
        **{name: [number(np.min(table[name])), number(np.max(table[name]))] for name in ("L_nm", "d_nm", "wS_nm", "wZ_nm")},
    }


def _predicted(table, comparison):
    """{target: (rows,)} of the target's best model on nanostructures left out."""
    result = {}
    for target in TARGETS:
        result[target] = np.full(len(table["status"]), np.nan)
        result[target][comparison["parity"]["row"]] = comparison["parity"][f"{target}_predicted"]
    return result


def _errors(table, predictor, held_out, rng):
    """{(feature or None, target): (rows,)}: mean squared error over the shuffles, NaN for rows that are not held out."""
    x, y = (np.stack([np.asarray(table[name], float)[held_out] for name in names], axis=1) for names in (FEATURES, TARGETS))
    columns = {name: [i] for i, name in enumerate(FEATURES)} | {"z_set": [FEATURES.index(name) for name in Z_SET]}
    result = {}
    for feature, errors in shuffled_errors(predictor, x, y, columns, rng=rng).items():
        for target, column in zip(TARGETS, errors.T, strict=True):
            result[feature, target] = np.full(len(table["status"]), np.nan)
            result[feature, target][held_out] = column
    return result


def number(value):
    """Six digits, None for what is not finite."""
    return float(f"{value:.6g}") if np.isfinite(value) else None
