"""The page on models of composition: scores beside baselines and noise floor, coverage of intervals, and the twin."""

from hardmag.intrinsic.models import MODELS
from hardmag.intrinsic.splits import SCHEMES

TARGETS = {"mu0_Ms_T": ("µ0·Ms", "T", 3), "K1_MJ_per_m3": ("K1", "MJ/m³", 2)}


def page(data, models, twin):
    """Markdown of what the steps stored: data of score_data, models {name: of score_model}, twin of score_twin."""
    return "\n".join(
        [
            _head(data),
            *(_scores(target, data, models) for target in TARGETS),
            _curie(data),
            _coverage(models),
            _importance(data, models),
            _twin(twin),
        ]
    )


def _head(data):
    left_out = "; ".join(f"{reason}: {count}" for reason, count in data["left_out"].items())
    return f"""# Models of composition, tested

Made by `make intrinsic` ([composition.md](composition.md) says what the models are).

{data["rows"]} rows of {data["sources"]} sources and {data["compositions"]} compositions count.
Left out, with the reason in the table: {left_out or "none"}.

Five folds, {data["repeats"]} times, by row, by source, by composition, and by family, which holds all compositions of the same
elements; the same folds for all models. Everything is fitted again for each, the Curie temperatures too. Given is the median,
in brackets the 10th and 90th percentile over the repeats: differences that are smaller say nothing. Of partial least squares
the first five repeats count. Where the folds are by row,
repeated measurements of a composition sit in training and test, and the figures are too good for one that nobody measured.
"""


def _scores(target, data, models):
    name, unit, digits = TARGETS[target]
    floor = data["noise_floor"][target]
    lines = [
        f"## {name}: R² / RMSE ({unit})",
        "",
        f"Noise floor: repeated measurements of a composition scatter by {floor['SD']:.{digits}f} {unit} "
        f"({floor['rows']} rows), so that no model can reach more than R² = {floor['R2_ceiling']:.2f}.",
        "",
        "| model | " + " | ".join(f"by {scheme}" for scheme in SCHEMES) + " |",
        "|---" * (len(SCHEMES) + 1) + "|",
    ]
    once = data["curie_once"]
    told = [(model["title"], model["scores"]) for model in models.values()]
    told.append((f"{MODELS['sublattice'].title}, Curie temperatures fitted once to all rows", once))
    for title, scores in told:
        lines.append(f"| {title} | " + " | ".join(_cell(scores[scheme][target], digits) for scheme in SCHEMES) + " |")
    return "\n".join(
        [*lines, "", "The last line is not honest, and stands there to show what fitting all again in each fold costs.", ""]
    )


def _cell(score, digits):
    return f"{score['R2']:.2f} ({score['R2_low']:.2f} … {score['R2_high']:.2f}) / {score['RMSE']:.{digits}f}"


def _curie(data):
    by = {scheme: found["Tc_K"] for scheme, found in data["curie_temperatures"].items()}
    rows = [f"| {s} | {by[s]['R2']:.3f} | {by[s]['MAE']:.1f} | {by[s]['RMSE']:.1f} |" for s in ("row", "composition", "family")]
    return "\n".join(
        [
            "## Curie temperature",
            "",
            f"{data['curie_rows']} rows. By source is left out: 69 of them are of a collection that names no sources.",
            "",
            "| folds by | R² | MAE (K) | RMSE (K) |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _coverage(models):
    lines = [
        "## Intervals: share of measured values within, nominally 95 %, and median width",
        "",
        "CV+ is the interval that hardmag gives; the spread of 100 bootstrap fits is what Kovacs et al. call a confidence "
        "interval: it says how the fit depends on the rows, and holds far fewer measurements.",
        "",
        "| model | property | interval | " + " | ".join(f"by {scheme}" for scheme in SCHEMES) + " |",
        "|---" * (len(SCHEMES) + 3) + "|",
    ]
    for model in models.values():
        for target, (name, unit, digits) in TARGETS.items() if model["coverage"] else ():
            for kind, title in (("cv_plus", "CV+"), ("bootstrap", "bootstrap")):
                of = [model["coverage"][scheme][target] for scheme in SCHEMES]
                cells = " | ".join(f"{100 * o[kind]:.0f} %, {o[f'{kind}_width']:.{digits}f} {unit}" for o in of)
                lines.append(f"| {model['title']} | {name} | {title} | {cells} |")
    return "\n".join([*lines, ""])


def _importance(data, models):
    lines = [
        "## What the regressions by partial least squares lean on",
        "",
        "Shares of the sum of VIP² over all columns, those of products given to their factors by power. Correlated columns "
        "share what they explain: this says what a regression uses, not what causes what.",
        "",
        "| model | property | share of Σ VIP² |",
        "|---|---|---|",
    ]
    for model, targets in data["importance"].items():
        for target, shares in targets.items():
            ranked = sorted(shares.items(), key=lambda item: -item[1])
            told = ", ".join(f"{name} {100 * share:.0f} %" for name, share in ranked if share >= 0.01)
            lines.append(f"| {MODELS[model].title} | {TARGETS[target][0]} | {told} |")
    return "\n".join([*lines, ""])


def _twin(twin):
    lines = [
        "## The closed data's twin",
        "",
        f"{twin['rows']} measurements of 119 made-up alloys from 300 to 453 K, with the noise of one laboratory, and a made-up "
        "ab-initio table of 400 compositions with its own bias. The magnet behind them shares no law and no constant with the "
        "features. Folds by composition, twice. It shows what the paper's three steps do when its data are there, not "
        "how good they are on literature data.",
        "",
        "| model | µ0·Ms: R² / RMSE (T) | K1: R² / RMSE (MJ/m³) | components |",
        "|---|---|---|---|",
    ]
    for model in twin["models"].values():
        cells = [_cell(model["scores"]["composition"][target], digits) for target, (_, _, digits) in TARGETS.items()]
        components = ", ".join(f"{c['components']} of {c['columns']} columns" for c in model["chosen"].values())
        lines.append(f"| {model['title']} | {cells[0]} | {cells[1]} | {components} |")
    plain, augmented = (twin["models"][name]["scores"]["composition"] for name in ("pls", "pls_augmented"))
    gains = [f"{name} by {augmented[t]['R2'] - plain[t]['R2']:+.3f}" for t, (name, _, _) in TARGETS.items()]
    ceilings = " and ".join(f"{twin['R2_ceiling'][t]:.3f}" for t in TARGETS)
    lines += ["", f"Augmentation changes R² of {' and of '.join(gains)}; the noise allows {ceilings}.", ""]
    return "\n".join(lines)
