"""explore.html: a campaign's forward model in one page that runs by itself, to try nanostructures and to ask for designs.

The page's own text, style and code are the files of explore_page/, and what a kind computes and draws there its own script
(Kind.script). What is put in beside is data (figures.explore_data). docs/explore.md says what a reader sees.
"""

import json
import re
from html import escape
from importlib.resources import files
from pathlib import Path

from hardmag.dataset.read import read_kind, read_table
from hardmag.errors import UserError
from hardmag.figures.explore_data import page_data
from hardmag.files import atomic_path, read_json, sha256
from hardmag.inverse.store import load_designer
from hardmag.nanostructures import KINDS
from hardmag.surrogates.models import Networks
from hardmag.surrogates.store import load_forward

PARTS = files("hardmag.figures") / "explore_page"
NO_SCRIPT = "const KIND = {};"


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
        temporary.write_text(page(data, KINDS[kind].script()), encoding="utf-8")


def page(data, script):
    """The HTML text: page.html with the other parts, the script of the kind and the data (as JSON that no tag can end) in their
    places."""
    placed = {
        "poor": f'<p id="poor" class="warning">{escape(data["poor"])}</p>' if data["poor"] else "",
        "kind.js": script or NO_SCRIPT,
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }

    def part(match):
        return placed[match[1]] if match[1] in placed else _part(match[1])

    return re.sub(r"\{\{([a-z_.]+)\}\}", part, _part("page.html"))


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
