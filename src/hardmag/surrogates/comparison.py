"""Forward models compared on nanostructures they have not seen, and, to show the leak, on rows they have not seen."""

import math

import numpy as np
from sklearn.model_selection import GroupKFold, KFold

from hardmag.dataset.read import read_curves, read_kind, read_table
from hardmag.errors import UserError
from hardmag.files import atomic_path, read_json, sha256, write_json
from hardmag.loops import analyse
from hardmag.surrogates.conformal import CONFIDENCE, angle_levels, coverage, cross_half_widths, half_widths
from hardmag.surrogates.f_nn import scores
from hardmag.surrogates.models import MODELS, fit
from hardmag.surrogates.report import markdown
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.tuning import tune

FOLDS = 5


def score_model(dataset, name, output, *, seed, trials, epochs):
    """Score one model of MODELS on a dataset and write its JSON file."""
    try:
        result = cross_validate(rows_of(read_table(dataset), read_kind(dataset)), name, seed=seed, trials=trials, epochs=epochs)
    except UserError as error:
        reason = str(error).removeprefix("table: ")
        raise UserError(f"{dataset}: no models can be compared: {reason}. The dataset itself is there") from None
    write_json(output, result | {"dataset_sha256": sha256(dataset)})


def compare_models(dataset, score_files, output, table):
    """Gather the files of score_model: models.json, with the predictions of each target's best model, and a Markdown table."""
    checksum, scored = sha256(dataset), [read_json(path) for path in score_files]
    for path, one in zip(score_files, scored, strict=True):
        if one.get("dataset_sha256") != checksum:
            raise UserError(f"{path}: scored on another file than {dataset}; delete it and run again")
    columns = read_table(dataset)
    rows = rows_of(columns, read_kind(dataset))
    variants = [variant for one in scored for variant in one["variants"]]
    best = {target: max(variants, key=lambda v: v["grouped"][target]["R2"]) for target in rows.targets}
    result = {
        "dataset_path": str(dataset),
        "dataset_sha256": checksum,
        **rows.counts,
        "geometries": int(rows.geometry.max()) + 1,
        "folds": FOLDS,
        "confidence": CONFIDENCE,
        **{key: scored[0][key] for key in ("seed", "trials", "epochs")},
        "noise": noise(rows, *_spread_of_half_cycles(dataset, columns, rows)),
        "best": {target: {key: own[key] for key in ("model", "variant", "label")} for target, own in best.items()},
        "parity": _parity(rows, best),
        "variants": [{key: value for key, value in variant.items() if key != "predicted"} for variant in variants],
    }
    write_json(output, result)
    with atomic_path(table) as temporary:
        temporary.write_text(markdown(result))


def cross_validate(rows, name, *, seed, trials, epochs):
    """{seed, trials, epochs, variants} of one model on rows (see rows.rows_of): with its defaults and, where it has
    settings to search, with those found. predicted: on the geometries left out, by row of `rows`.

    Settings are searched anew in each fold, on its training rows alone, with geometries left out there too. Row-wise
    folds take over the settings of the grouped ones: that they may have seen a row is no worse than what is shown there.
    """
    folds = {
        "grouped": list(GroupKFold(FOLDS, shuffle=True, random_state=seed).split(rows.x, groups=rows.geometry)),
        "row_wise": list(KFold(FOLDS, shuffle=True, random_state=seed).split(rows.x)),
    }
    own = {"epochs": epochs} if name in ("f_nn", "ensemble") else {}
    tried = {"default": [(own, None)] * FOLDS}
    if MODELS[name].space is not None:
        tried["optimised"] = [
            tune(name, rows.x[train], rows.y[train], rows.geometry[train], targets=rows.targets, seed=seed, trials=trials)
            for train, _ in folds["grouped"]
        ]
    variants = []
    for variant, found in tried.items():
        settings = [setting for setting, _ in found]
        result = {"model": name, "variant": variant, "label": MODELS[name].label, "settings": settings}
        for scheme, splits in folds.items():
            predicted, fold = _predict_in_turn(rows, name, splits, settings, seed)
            result[scheme] = _judged(rows, predicted, fold)
            if scheme == "grouped":
                result["predicted"], result["fold"] = predicted.tolist(), fold.tolist()
        variants.append(result)
    return {"seed": seed, "trials": trials, "epochs": epochs, "variants": variants}


def _predict_in_turn(rows, name, splits, settings, seed):
    """Predictions (n, t) of each row by the model fitted without its fold, and the fold of each row."""
    predicted, fold = np.empty_like(rows.y), np.empty(len(rows.y), dtype=int)
    for k, (train, test) in enumerate(splits):
        own = rows.x[train], rows.y[train], rows.geometry[train]
        model = fit(name, *own, targets=rows.targets, seed=seed, settings=settings[k])
        predicted[test], fold[test] = model.predict(rows.x[test]).mean, k
    return predicted, fold


def _judged(rows, predicted, fold):
    """{target: scores and interval} of predictions made in turn."""
    level = angle_levels(rows.angle)
    result = {}
    for i, (target, own) in enumerate(scores(rows.y, predicted, rows.targets).items()):
        true, errors = rows.y[:, i], predicted[:, i] - rows.y[:, i]
        widths = cross_half_widths(errors, level, fold)
        by_angle = {"any" if key is None else f"{key:g}": _finite(w) for key, w in half_widths(errors, level).items()}
        result[target] = own | {
            # The paper's (Supplementary eq. 11), for comparison with its figures only: a poor model can have 1 and more.
            "R2_paper": float(((predicted[:, i] - true.mean()) ** 2).sum() / ((true - true.mean()) ** 2).sum()),
            "MSE": float((errors**2).mean()),
            "R2_by_fold": [
                _finite(scores(rows.y[fold == k], predicted[fold == k], rows.targets)[target]["R2"]) for k in np.unique(fold)
            ],
            "coverage": coverage(errors, widths, level),
            "half_width_by_angle": by_angle,
        }
    return result


def noise(rows, std, realisations):
    """{target: {rms, R2_ceiling}}: what the scatter of the realisations leaves unpredictable, None without it.

    std: {target: by row of the table}, standard deviations as numpy has them, of so many realisations (by row). The mean of n
    has their unbiased variance over n: std²/(n − 1). rms: its root mean square over the rows; R2_ceiling = 1 − rms²/variance of
    the target: no model of the features can have more on such rows, but by luck.
    """
    result = {}
    for target, true in zip(rows.targets, rows.y.T, strict=True):
        n, own = realisations[rows.row], std[target][rows.row] if target in std else np.full(len(rows.row), np.nan)
        known = (n > 1) & np.isfinite(own)
        if not known.any():
            result[target] = {"rms": None, "R2_ceiling": None, "rows": 0}
            continue
        variance = float(np.mean(own[known] ** 2 / (n[known] - 1)))
        result[target] = {
            "rms": math.sqrt(variance),
            "R2_ceiling": 1 - variance / float(true.var()),
            "rows": int(known.sum()),
        }
    return result


def _spread_of_half_cycles(dataset, columns, rows):
    """({target: standard deviation over the half-cycles}, their number), by row of the table. Hc has such a column; Φp has
    the half-cycles themselves."""
    _, half_cycles = read_curves(dataset)
    std, count = np.full(len(half_cycles), np.nan), np.zeros(len(half_cycles), dtype=int)
    for row in rows.row:
        phi_p = [analyse(H, m, mean_Ms_A_per_m=1.0).phi_p for H, m in half_cycles[row]]  # Ms matters to (BH)max alone
        std[row], count[row] = np.std(phi_p), len(phi_p)
    return {"mu0_Hc_T": np.asarray(columns["mu0_Hc_std_T"]), "phi_p": std}, count


def _parity(rows, best):
    """Columns for the figure: angle, and per target what was simulated, what was predicted and half the interval."""
    level = angle_levels(rows.angle)
    columns = {"row": rows.row.tolist(), "angle_deg": rows.angle.tolist()}
    for i, target in enumerate(rows.targets):
        predicted, fold = np.array(best[target]["predicted"])[:, i], np.array(best[target]["fold"])
        widths = cross_half_widths(predicted - rows.y[:, i], level, fold)
        columns[target] = rows.y[:, i].tolist()
        columns[f"{target}_predicted"] = predicted.tolist()
        columns[f"{target}_half_width"] = [_finite(w) for w in widths]
    return columns


def _finite(value):
    """JSON has no infinity: None for an interval without bounds, and for the R² of equal values."""
    return float(value) if math.isfinite(value) else None
