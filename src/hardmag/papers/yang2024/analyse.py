"""All analyses of a campaign → analysis.json, from which the figures are drawn."""

import numpy as np

from hardmag.analysis import clustering, convergence, correlation, importance
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import sha256, write_json
from hardmag.papers.yang2024 import angular, maps
from hardmag.papers.yang2024.columns import FEATURES, GEOMETRY, TARGETS, Z_SET, usable_rows
from hardmag.surrogates.models import fit

SHARES = ("phi_S", "phi_Z")


def analyse(dataset, predictor, held_out, output, *, seed, epochs, left_out=None):
    """Write the numbers of all analyses of a dataset to `output` (JSON; null: undefined). See `numbers`."""
    found = numbers(read_table(dataset), predictor, held_out, seed=seed, epochs=epochs, left_out=left_out)
    write_json(output, _plain({"dataset_sha256": sha256(dataset), **found}))


def numbers(table, predictor, held_out, *, seed, epochs, left_out=None):
    """All analyses of a dataset's table as nested dicts and arrays.

    predictor: predict(x (n, 8)) in the order and units of FEATURES; held_out: rows of the table whose
    nanostructures it has not seen; epochs: most of a network of the learning curve. Analysed are the accepted samples with a
    coercivity; left_out: why there are neither maps nor importances (dataset.join.too_few), None where there are; the angular
    statistics count the others too. Raises UserError as usable_rows does.
    """
    rows = usable_rows(table)
    # A generator per analysis: one does not move the others.
    random = [np.random.default_rng([seed, n]) for n in range(4)]
    correlations = _correlations(table, rows, random[0])
    return {
        "seed": seed,
        **rows.counts,
        "nanostructures": int(rows.geometry.max()) + 1,
        "correlation": correlations,
        "clustering": _clustering(correlations),
        "left_out": left_out,
        "importance": None if left_out else _importance(predictor, table, held_out, random[1]),
        "angular": {"quantiles": angular.QUANTILES, "samples": angular.per_angle(table)},
        "maps": None if left_out else _maps(table, rows, random[2]),
        "convergence": _convergence(rows, random[3], seed, epochs),
    }


def _correlations(table, rows, rng):
    names = [*GEOMETRY, "alpha_deg", *Z_SET, *SHARES, *TARGETS]
    x = np.stack([np.asarray(table[name], float)[rows.row] for name in names], axis=1)
    undefined = [name for name, column in zip(names, x.T, strict=True) if not np.isfinite(column).all()]
    if undefined:
        raise UserError(f"column {undefined[0]}: must be a finite number in every accepted row with a coercivity")
    varied = np.ptp(x, axis=0) > 0  # a constant has no correlation
    result = {"variables": [name for name, v in zip(names, varied, strict=True) if v]}
    for measure in (correlation.pearson, correlation.spearman):
        values = correlation.with_intervals(measure, x[:, varied], rows.geometry, rng=rng)
        result[measure.__name__] = dict(zip(("value", "low", "high"), values, strict=True))
    return result


def _clustering(correlations):
    tree, order = clustering.cluster(correlations["spearman"]["value"])
    return {"variables": correlations["variables"], "linkage": tree, "order": order}


def _importance(predictor, table, held_out, rng):
    x, y = (np.stack([np.asarray(table[name], float)[held_out] for name in names], axis=1) for names in (FEATURES, TARGETS))
    columns = {name: [i] for i, name in enumerate(FEATURES) if np.ptp(x[:, i]) > 0}
    z_set = [FEATURES.index(name) for name in Z_SET]
    if np.ptp(x[:, z_set], axis=0).any():
        columns["z_set"] = z_set
    baseline, increase = importance.permutation_importance(predictor, x, y, columns, rng=rng)
    return {
        "rows": len(x),
        "nanostructures": len(np.unique(x[:, [FEATURES.index(name) for name in GEOMETRY]].round(6), axis=0)),
        "baseline_rmse": dict(zip(TARGETS, baseline, strict=True)),
        "rmse_increase": {
            name: {
                target: {"mean": v.mean(), "std": v.std(ddof=1), "low": np.quantile(v, 0.025), "high": np.quantile(v, 0.975)}
                for target, v in zip(TARGETS, values.T, strict=True)
            }
            for name, values in increase.items()
        },
    }


def _maps(table, rows, rng):
    """One map per angle and target, each point the mean over the Z sets, lengths and boxes with these shares."""
    points = np.stack([np.asarray(table[name], float)[rows.row] for name in SHARES], axis=1)
    alpha = np.asarray(table["alpha_deg"], float)[rows.row]
    result = []
    for angle in np.unique(alpha):
        for i, target in enumerate(TARGETS):
            here = alpha == angle
            at, values = maps.thin(*maps.mean_per_point(points[here], rows.y[here, i]), rng)
            entry = {"alpha_deg": angle, "target": target, "points": at, "values": values, "surface": None}
            if maps.spans_a_surface(at):
                smoothing, error = maps.choose_smoothing(at, values, rng)
                axes = dict(zip((*SHARES, "value"), maps.surface(at, values, smoothing), strict=True))
                entry["surface"] = axes | {"smoothing": smoothing, "cross_validated_rmse": error}
            result.append(entry)
    return result


def _convergence(rows, rng, seed, epochs):
    count = int(rows.geometry.max()) + 1
    result = {"nanostructures": {}, "rows": {}, "enough_nanostructures": {}, "enough_rows": {}}
    for i, target in enumerate(TARGETS):
        for name, groups in (("nanostructures", rows.geometry), ("rows", np.arange(len(rows.row)))):
            sizes = convergence.sizes_up_to(len(np.unique(groups)), 15)
            result[name][target] = convergence.characteristic_value(rows.y[:, i], groups, sizes, rng=rng)
            result[f"enough_{name}"][target] = convergence.enough(result[name][target])
    f_nn = lambda x, y, groups: fit("f_nn", x, y, groups, targets=TARGETS, seed=seed, settings={"epochs": epochs})  # noqa: E731
    sizes = convergence.sizes_up_to(count - max(1, round(0.2 * count)), 5, least=5)  # fewer teach a network nothing
    result["learning_curve"] = convergence.learning_curve(f_nn, rows.x, rows.y, rows.geometry, sizes, rng=rng)
    return result


def _plain(value):
    """For JSON: arrays to lists, numbers to six digits, what is not finite to null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value
