"""What explore.html knows, as JSON values: weights of networks, inputs with their ranges, targets, half widths of intervals,
what was simulated. All by name; a design's numbers, levels and features are those of Variables."""

from math import ceil, floor, isfinite, log10

import numpy as np
import torch

import hardmag
from hardmag.dataset.schema import columns_of
from hardmag.figures.explore_tables import tables
from hardmag.figures.notation import in_html, in_text
from hardmag.figures.style import BLUE, GREEN, PRINTED, VERMILION, short
from hardmag.inverse.exists import shared_parameters
from hardmag.inverse.feasible import Bounds
from hardmag.inverse.reach import NEIGHBOURS, QUANTILE
from hardmag.inverse.success import ABSOLUTE, tolerance
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import Quantity, without_unit
from hardmag.surrogates.conformal import BIN_DEG, CONFIDENCE, MAX_LEVELS, angle_levels, half_widths
from hardmag.surrogates.prediction import PHYSICAL
from hardmag.surrogates.report import poor
from hardmag.surrogates.rows import rows_of

DIGITS = 9  # of a weight, in decimal: the prediction stays the same to 1e-7
MARGIN = 0.25  # how far a slider goes beyond the training range, in parts of it
STEPS = 90  # of a slider, about, over the training range
STEPS_OF_TARGET = 20  # of a field for a wanted value
OF_LEVEL_STEP = 0.01  # to which a design rounds a property of a level
COLOURS = (GREEN, VERMILION, BLUE)  # of the targets
MET = {"mu0_Hc_T": 0.01, "phi_p": 0.005}  # error of a design that has what was wanted; of other targets 1 % of their deviation
DEPINNING = "mu0_Hp_T"  # µ0Hp = µ0Hc (1 − Φp), where both are learned
SYMBOLS = {DEPINNING: Quantity("T", "depinning field", symbol=r"$\mu_0H_\mathrm{p}$")}


def page_data(networks, training_range, scored, table, kind):
    """All that the page knows.

    networks: Networks; training_range: {feature: [least, largest]} of them; scored: content of a file of
    comparison.score_model, or None; table: of the dataset that both are of; kind: name of its nanostructures' kind. UserErrors
    as for rows_of.
    """
    rows = rows_of(table, kind)
    variables, angles = rows.variables, np.unique(angle_levels(rows.angle))
    listed = set(angles) == set(rows.angle.round(3))
    shared = {name: value for name, value in shared_parameters(table, rows).items() if value is not None}
    variant = None if scored is None else scored["variants"][0]
    keys = _keys([*variables.names, *of_level(variables), *variables.targets], kind)
    inputs = _inputs(rows, training_range, listed, keys)
    limits = {one["name"]: one["limits"] for one in inputs}
    return {
        "version": hardmag.__version__,
        "rows": len(rows.row),
        "geometries": int(rows.geometry.max()) + 1,
        "features": list(variables.features),
        "followed": list(variables.followed),
        "shared": shared | variables.fixed,
        "angle": variables.angle,
        "angles": angles.tolist() if listed else None,
        "inputs": inputs,
        "tables": tables(variables, rows.values[0], limits, KINDS[kind].script()),
        "level": _level(rows, keys),
        "shares": _shares(rows),
        "phases": [{"name": name, "colour": colour} for name, colour in KINDS[kind].palette.items()],
        "model": _model(networks),
        "targets": [_target(rows, i, keys) for i in range(len(rows.targets))],
        "derived": [_named(DEPINNING, SYMBOLS[DEPINNING])] if _has_depinning(rows) else [],
        "simulated": _simulated(rows),
        "reach": {"neighbours": NEIGHBOURS, "quantile": QUANTILE, "most_angles": MAX_LEVELS, "near_deg": BIN_DEG / 2},
        "scores": None if variant is None else _scores(variant, rows.targets),
        "poor": None if variant is None else poor({name: variant["grouped"][name]["R2"] for name in rows.targets}),
        "half_widths": None if variant is None else _half_widths(rows, np.array(variant["predicted"]).reshape(rows.y.shape)),
        "confidence": CONFIDENCE,
    }


def of_level(variables):
    """Features that follow from the level alone: a design may set them instead."""
    return [name for name in variables.features if variables.sources(name) == {variables.level}]


def _inputs(rows, training_range, listed, keys):
    """The numbers that a design sets, then the properties of the level."""
    variables, columns = rows.variables, columns_of(rows.variables.kind)
    names = [*variables.numbers, *of_level(variables)]
    bounds = Bounds.of(variables, rows.values, rows.level)
    alike = [short(name, columns[name]) for name in names]
    found = []
    for name, symbol in zip(names, alike, strict=True):
        quantity, number = columns[name], name in variables.numbers
        column = rows.values[:, variables.numbers.index(name)] if number else variables.column(rows.x, name)
        low, high = training_range.get(name, (column.min(), column.max()))
        start = column.min() if name == variables.angle and listed else np.median(column)
        if alike.count(symbol) > 1:
            symbol = f"{quantity.label} {symbol}"
        found.append(
            {"key": keys[name], "of_level": not number, "grid": bounds.step(name) if number else OF_LEVEL_STEP}
            | _named(name, quantity, symbol)
            | _slider(quantity, low, high, start, whole=name == variables.angle)
        )
    return found


def _named(name, quantity, symbol=None):
    symbol = symbol or short(name, quantity)
    unit, text = PRINTED.get(quantity.unit, quantity.unit), quantity.meaning.split(";")[0].replace(" - ", " − ")
    return {"name": name, "symbol": in_html(symbol), "plain": in_text(symbol), "unit": unit, "text": text}


def _keys(names, kind):
    """{column: its key in addresses}: as the kind says, or the name without its unit where no other has that."""
    short = {name: KINDS[kind].keys.get(name) or without_unit(name).replace("mu0_", "") for name in names}
    return {name: key if [*short.values()].count(key) == 1 else name for name, key in short.items()}


def _slider(quantity, low, high, value, *, whole):
    """Training range, and limits and step of a slider. whole: over all that the quantity may be."""
    span = (high - low) or 0.2 * abs(high) or 1.0
    step = _round_step(span / STEPS)
    limits = [max(quantity.least, low - MARGIN * span), min(quantity.largest, high + MARGIN * span)]
    limits = [ceil(limits[0] / step - 1e-9) * step, floor(limits[1] / step + 1e-9) * step]
    if whole and isfinite(quantity.least) and isfinite(quantity.largest):
        limits = [quantity.least, quantity.largest]
    numbers = {"limits": limits, "step": step, "start": min(max(round(value / step) * step, low), high)}
    return {"training": [float(low), float(high)]} | {name: np.round(number, 9).tolist() for name, number in numbers.items()}


def _round_step(about):
    """The power of ten times 1, 2 or 5 at or below `about`."""
    ten = 10.0 ** floor(log10(about) + 1e-9)
    return ten * max(m for m in (1, 2, 5) if m * ten <= about * (1 + 1e-9))


def _level(rows, keys):
    """The text that a design sets, None without one: its choices with their properties, and whether the data have them."""
    variables = rows.variables
    if not variables.level:
        return None
    kind, name, features = KINDS[variables.kind], variables.level, of_level(variables)
    choices = {}
    for text in kind.levels(name):
        x = variables.features_at(rows.values[:1], text)
        values = {feature: float(variables.column(x, feature)[0]) for feature in features}
        choices[text] = {"values": values, "trained": text in rows.level}
    trained = [text for text, choice in choices.items() if choice["trained"]]
    start = kind.prescribed.get(name)
    words = in_text(short(name, columns_of(variables.kind)[name])).split(" (")[0]
    start = start if start in trained else trained[0]
    return {"name": name, "key": keys[name], "words": words, "start": start, "choices": choices}


def _shares(rows):
    """[{whole, part, range}] of lengths of which one is within another: the least and largest part/whole of the data."""
    variables = rows.variables
    ranges = Bounds.of(variables, rows.values, rows.level).ranges
    return [{"whole": whole, "part": part, "range": list(ranges[share])} for whole, part, share in variables.shares]


def _model(networks):
    """Weights (outputs, inputs) and biases by layer of each member, and the scalers."""
    members = [
        [{"weight": _rounded(layer.weight), "bias": _rounded(layer.bias)} for layer in n if isinstance(layer, torch.nn.Linear)]
        for n in networks.members
    ]
    scalers = {"features": networks.feature_scaler.to_dict(), "targets": networks.target_scaler.to_dict()}
    return {"members": members} | scalers


def _rounded(tensor):
    return [_rounded(row) for row in tensor] if tensor.ndim > 1 else [float(f"{v:.{DIGITS}g}") for v in tensor.tolist()]


def _target(rows, i, keys):
    """A target: what may be asked for and when it is met; `tolerance` is that of a success, relative or in its unit."""
    name, column = rows.targets[i], rows.y[:, i]
    quantity, span = columns_of(rows.variables.kind)[name], float(np.ptp(column))
    low, high = PHYSICAL.get(name, (-np.inf, np.inf))
    least, largest = max(low, quantity.least), min(high, quantity.largest)
    beyond = (column.min() - 10 * span, column.max() + 10 * span)  # of a target that may be any number
    return _named(name, quantity) | {
        "key": keys[name],
        "words": quantity.label or in_text(short(name, quantity)),
        "colour": COLOURS[i % len(COLOURS)],
        "physical": [v if isfinite(v) else None for v in (low, high)],
        "limits": [limit if isfinite(limit) else other for limit, other in zip((least, largest), beyond, strict=True)],
        "step": _round_step(span / STEPS_OF_TARGET),
        "met": MET.get(name, 0.01 * float(column.std())),
        "tolerance": tolerance(name),
        "relative": name not in ABSOLUTE,
    }


def _simulated(rows):
    """[{level, angle, values: [[target, …], …]}]: what was simulated, in six digits."""
    groups = {}
    for key, values in zip(zip(rows.level.tolist(), rows.angle.tolist(), strict=True), rows.y.tolist(), strict=True):
        groups.setdefault(key, []).append([float(f"{v:.6g}") for v in values])
    return [{"level": level or None, "angle": angle, "values": values} for (level, angle), values in groups.items()]


def _scores(variant, targets):
    keys = ("R2", "MAE", "coverage")
    return {name: {key: variant["grouped"][name][key] for key in keys} for name in targets}


def _has_depinning(rows):
    return {"mu0_Hc_T", "phi_p"} <= {*rows.targets}


def _half_widths(rows, predicted):
    """{quantity: [[angle, half width], …]} of the targets and of µ0Hp, all from the same left-out rows."""
    level = angle_levels(rows.angle)

    def widths(true, guess):
        return [[angle, width] for angle, width in half_widths(guess - true, level).items() if angle is not None]

    found = {name: widths(rows.y[:, i], predicted[:, i]) for i, name in enumerate(rows.targets)}
    if _has_depinning(rows):
        Hc, phi_p = (rows.targets.index(name) for name in ("mu0_Hc_T", "phi_p"))
        found[DEPINNING] = widths(*(y[:, Hc] * (1 - y[:, phi_p]) for y in (rows.y, predicted)))
    return found
