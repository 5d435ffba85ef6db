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
from hardmag.figures.networks import load_networks
from hardmag.files import atomic_path
from hardmag.nanostructures import KINDS

PARTS = files("hardmag.figures") / "explore_page"
NO_SCRIPT = "const KIND = {};"


def write_explore(predictor, predictor_scores, samples, output):
    """Write the page of one campaign.

    predictor: forward.h5, or designer.h5 where the scores are those of its ensemble; predictor_scores: list of the file of
    comparison.score_model of `f_nn` or `ensemble`, empty: no intervals; samples: the table both were made of. Raises UserError
    where a file belongs to another dataset.
    """
    networks, ranges, scored = load_networks(predictor, predictor_scores, samples)
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


def _part(name):
    return (PARTS / name).read_text(encoding="utf-8")
