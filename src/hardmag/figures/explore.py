"""explore.html: a campaign's forward model in one page that runs by itself, to try nanostructures and to ask for designs.

The page's own text, style and code are the files of explore_page/; what is put in here is data: the networks' weights,
half widths of intervals, ranges of the inputs, the box. docs/explore.md says what a reader sees.
"""

import json
import re
from collections import Counter
from html import escape
from importlib.resources import files
from math import ceil, floor, log10
from pathlib import Path

import numpy as np
import torch

import hardmag
from hardmag.dataset.read import read_kind, read_table
from hardmag.errors import UserError
from hardmag.figures.style import GREEN, VERMILION
from hardmag.files import atomic_path, read_json, sha256
from hardmag.inverse.reach import NEIGHBOURS, QUANTILE
from hardmag.inverse.store import load_designer
from hardmag.inverse.success import TOLERANCE_HC, TOLERANCE_PHI_P
from hardmag.materials import Z_PHASES
from hardmag.nanostructures.smco17 import SmCo17, z_properties
from hardmag.surrogates.conformal import CONFIDENCE, angle_levels, half_widths
from hardmag.surrogates.models import Networks
from hardmag.surrogates.report import poor
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.store import load_forward

PARTS = files("hardmag.figures") / "explore_page"
# key (of the address and of `hardmag predict`), symbol, what it is, unit; in the order of the features
INPUTS = (
    ("L", "L", "period of 1:5 walls", "nm"),
    ("d", "d", "period of Z platelets", "nm"),
    ("wS", "wS", "thickness of 1:5 walls", "nm"),
    ("wZ", "wZ", "thickness of Z platelets", "nm"),
    ("alpha", "α", "field to c-axis", "°"),
    ("Ms", "Ms", "magnetisation of Z", "kA/m"),
    ("sigma", "σ", "wall energy of Z", "mJ/m²"),
    ("l", "l", "wall width of Z", "nm"),
)
BOX = ("size_nm", "cell_nm", "cell_angle_deg", "boundary_layer_nm", "boundary_faces")
DIGITS = 9  # of a weight, in decimal: the prediction stays the same to 1e-7
MARGIN = 0.25  # how far a slider goes beyond the training range, in parts of it
STEPS = 90  # of a slider, about, over the training range


def write_explore(predictor, predictor_scores, samples, output):
    """Write the page of one campaign.

    predictor: forward.h5, or designer.h5 where the scores are those of its ensemble; predictor_scores: list of the file of
    comparison.score_model of `f_nn` or `ensemble`, empty: no intervals; samples: the table both were made of. Raises UserError
    where a file belongs to another dataset.
    """
    scored = None
    for path in predictor_scores:
        scored = read_json(path)
        _check_origin(path, scored, samples)
    networks, ranges, metadata = _load(predictor, scored)
    _check_origin(predictor, metadata, samples)
    table, kind = read_table(samples), read_kind(samples)
    if "specification" not in table:
        raise UserError(f"{samples}: no column specification; the page draws the structures by it")
    data = page_data(networks, ranges, scored, table, kind)
    data |= {"campaign": Path(output).absolute().parent.name, "folder": str(Path(output).parent)}
    with atomic_path(output) as temporary:
        temporary.write_text(page(data), encoding="utf-8")


def page(data):
    """The HTML text: page.html with the other parts and the data (as JSON that no tag can end) in their places."""

    def part(match):
        name = match[1]
        if name == "poor":
            return f'<p id="poor" class="warning">{escape(data["poor"])}</p>' if data["poor"] else ""
        return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c") if name == "data" else _part(name)

    return re.sub(r"\{\{([a-z_.]+)\}\}", part, _part("page.html"))


def page_data(networks, training_range, scored, table, kind):
    """All that the page knows, as JSON values. training_range: {feature: [least, largest]} of the networks."""
    rows = rows_of(table, kind)
    structures = [json.loads(text)["nanostructure"] for text in np.asarray(table["specification"])[rows.row]]
    boxes = Counter(json.dumps({key: structure[key] for key in BOX}) for structure in structures)
    box = json.loads(boxes.most_common(1)[0][0])
    ranges = [training_range[name] for name in rows.features]
    alpha = rows.angle
    angles = np.unique(angle_levels(alpha))
    sets = [name for name in Z_PHASES if name in rows.level]
    return {
        "version": hardmag.__version__,
        "rows": len(rows.row),
        "geometries": int(rows.geometry.max()) + 1,
        "angles": angles.tolist() if set(angles) == set(alpha.round(3)) else None,
        "inputs": [_input(*i, *r, m, max(box["cell_nm"][:2])) for i, r, m in zip(INPUTS, ranges, _typical(rows), strict=True)],
        "z_sets": {name: {"values": list(z_properties(name).values()), "trained": name in sets} for name in Z_PHASES},
        "z_start": "dft" if "dft" in sets else sets[0],
        "box": box,
        "phases": [{"name": name, "colour": colour} for name, colour in SmCo17.palette.items()],
        "colours": {"mu0_Hc_T": GREEN, "phi_p": VERMILION},
        "model": _model(networks),
        "targets": _targets(rows),
        "reach": {"neighbours": NEIGHBOURS, "quantile": QUANTILE, "tolerances": [TOLERANCE_HC, TOLERANCE_PHI_P]},
        "scores": None if scored is None else _scores(scored["variants"][0], rows.targets),
        "poor": None if scored is None else poor({name: scored["variants"][0]["grouped"][name]["R2"] for name in rows.targets}),
        "half_widths": None if scored is None else _half_widths(rows, np.array(scored["variants"][0]["predicted"])),
        "confidence": CONFIDENCE,
    }


def _check_origin(path, content, dataset):
    if content.get("dataset_sha256") != sha256(dataset):
        raise UserError(f"{path}: made of another file than {dataset}; delete it and run again")


def _part(name):
    return (PARTS / name).read_text(encoding="utf-8")


def _load(model, scored):
    """(Networks, training range of each feature, metadata) of the file of a model."""
    if scored is not None and scored["variants"][0]["model"] == "ensemble":
        designer = load_designer(model)
        return designer.ensemble, designer.training_range, designer.metadata
    forward = load_forward(model)
    networks = Networks((forward.network,), forward.feature_scaler, forward.target_scaler)
    return networks, forward.metadata["training_range"], forward.metadata


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


def _targets(rows):
    """[{set, alpha, values: [[Hc, Φp], …]}]: what was simulated, by Z set and angle, in six digits."""
    alpha = rows.angle
    groups = {}
    for key, pair in zip(zip(rows.level.tolist(), alpha.tolist(), strict=True), rows.y.tolist(), strict=True):
        groups.setdefault(key, []).append([float(f"{v:.6g}") for v in pair])
    return [{"set": name, "alpha": angle, "values": values} for (name, angle), values in groups.items()]


def _scores(variant, targets):
    keys = ("R2", "MAE", "coverage")
    return {"label": variant["label"]} | {name: {key: variant["grouped"][name][key] for key in keys} for name in targets}


def _half_widths(rows, predicted):
    """{quantity: [[angle, half width], …]} of µ0Hc, Φp and µ0Hp = µ0Hc (1 − Φp), all from the same left-out rows."""
    level = angle_levels(rows.angle)

    def widths(true, guess):
        return [[angle, width] for angle, width in half_widths(guess - true, level).items() if angle is not None]

    Hc_phi = {name: widths(rows.y[:, i], predicted[:, i]) for i, name in enumerate(rows.targets)}
    return Hc_phi | {"mu0_Hp_T": widths(*(y[:, 0] * (1 - y[:, 1]) for y in (rows.y, predicted)))}


def _typical(rows):
    """(8,) values to start with: medians, so that wZ < d and wS < L hold as in every row; the field along the c-axis."""
    values = np.median(rows.x, axis=0)
    values[rows.features.index("alpha_deg")] = rows.angle.min()
    return values


def _input(key, symbol, text, unit, low, high, value, cell):
    """One input: training range, and limits and step of its slider; lengths at least a cell, so that it can be drawn."""
    span = (high - low) or 0.2 * abs(high) or 1.0
    step = _round_step(span / STEPS)
    least = cell if unit == "nm" and key != "l" else 0.0
    limits = [max(least, low - MARGIN * span), high + MARGIN * span] if key != "alpha" else [0.0, 90.0]
    limits = [ceil(limits[0] / step - 1e-9) * step, floor(limits[1] / step + 1e-9) * step]
    numbers = {"training": [low, high], "limits": limits, "step": step, "start": round(value / step) * step}
    shown = {name: np.round(number, 9).tolist() for name, number in numbers.items() if name != "training"}
    return {"key": key, "symbol": symbol, "text": text, "unit": unit} | numbers | shown


def _round_step(about):
    """The power of ten times 1, 2 or 5 at or below `about`."""
    ten = 10.0 ** floor(log10(about) + 1e-9)
    return ten * max(m for m in (1, 2, 5) if m * ten <= about * (1 + 1e-9))
