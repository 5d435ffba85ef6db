"""laboratory.html: a page that places micrographs and curves among a campaign's samples, in the browser and from one file.

The page's own text, style and code are the files of laboratory_page/; its base style and its ticks are the explorer's. What is
put in beside is data. docs/laboratory.md says what a reader sees.
"""

import json
import re
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.images.curves import CurveMap
from hardmag.images.labels import COLOURS, MAIN
from hardmag.images.micrographs import MIN_PIXELS
from hardmag.images.sample_map import correlation, fit_map
from hardmag.images.spectra import DROPPED, FLOOR_FROM, folding

PARTS = files("hardmag.figures")
PAGE = "laboratory_page/page.html"
RULES = {"dropped": DROPPED, "floor_from": FLOOR_FROM, "least_pixels": MIN_PIXELS, "colours": COLOURS, "main": MAIN}
WORDS = {  # what each map is of, and how the page speaks of it
    "labels": {
        "of": "main phases in segmented images",
        "one": "a segmented image",
        "about": "This map is of the spectra of the main phase; images in the three colours of the phases are placed in it.",
        "title": "Power spectra",
        "x_label": "k (1/µm)",
        "y_label": "S (µm²)",
        "logarithmic": True,
    },
    "grey": {
        "of": "grey images",
        "one": "a grey image",
        "about": "This map is of the spectra of the grey images, less their noise. Its first component follows the contrast as "
        "much as the structure: compare images of one microscope with one setting.",
        "title": "Power spectra, less the noise",
        "x_label": "k (1/µm)",
        "y_label": "S (µm²)",
        "logarithmic": True,
    },
    "curves": {
        "of": "curves",
        "one": "a curve",
        "about": "This map is of the curves of the samples, each divided by the mean of its absolute values.",
        "title": "Curves",
        "x_label": "first column",
        "y_label": "second column over its mean",
        "logarithmic": False,
    },
}


@dataclass(frozen=True)
class Property:
    """A number of each sample that colours the map. values: {sample: number, NaN where not known}."""

    name: str
    label: str
    values: dict


def placed(kind, sample_map, spectra, properties, single_images=None):
    """What the page holds of one map, `kind` of WORDS. sample_map: SampleMap, or of curves a CurveMap; spectra: (samples, n) of
    its samples; properties: those that correlations are given of; single_images: of `recognised`, where there are any."""
    of_curves = isinstance(sample_map, CurveMap)
    return WORDS[kind] | {
        "grid": (sample_map.x if of_curves else sample_map.k_per_um).tolist(),
        "mean": (sample_map.mean if of_curves else sample_map.mean_ln_S).tolist(),
        "components": sample_map.components.tolist(),
        "explained": sample_map.explained.tolist(),
        "names": list(sample_map.names),
        "scores": sample_map.scores.tolist(),
        "spectra": np.asarray(spectra).tolist(),
        "recognised": single_images,
        "correlation": {one.name: _correlation(sample_map, one) for one in properties},
    }


def recognised(k_per_um, spectra):
    """How often an image that is left out lies nearest to its own sample in the map of all others: {share, images, chance}.

    spectra: of each sample (images, n) at k_per_um (n,). The map is fitted anew without each image: one that knows it would
    show it too near. chance: the share where places say nothing. None where no sample has two images.
    """
    names, means, own = range(len(spectra)), [of.mean(axis=0) for of in spectra], []
    for number, of in enumerate(spectra):
        for k in range(len(of) if len(of) > 1 else 0):
            rest = np.delete(of, k, axis=0).mean(axis=0)
            if (rest > 0).all() and (of[k] > 0).all():
                others = fit_map(names, k_per_um, [*means[:number], rest, *means[number + 1 :]])
                away = np.linalg.norm(others.scores - others.place(of[k]), axis=1)
                own.append(away.argmin() == number)
            else:  # it lacks the phase, and has no place
                own.append(False)
    return {"share": float(np.mean(own)), "images": len(own), "chance": 1 / len(spectra)} if own else None


def absent(kind, reason):
    """What the page says of a map that cannot be made."""
    return WORDS[kind] | {"absent": str(reason)}


def _correlation(sample_map, one):
    """Of the first score with a property; None where too few values are known, or all are the same."""
    try:
        found = correlation(sample_map, {name: one.values[name] for name in sample_map.names})
    except UserError:
        return None
    return {"r": float(found.r[0]), "chance_r": found.chance_r, "samples": found.samples}


def write_laboratory(campaign, properties, maps, output):
    """Write the page. campaign: its name; properties: of the samples, the first colours the map at first; maps: {kind: of
    `placed` or `absent`}, the first is shown at first."""
    data = {
        "campaign": campaign,
        "properties": [
            {"name": one.name, "label": one.label, "values": {k: v if np.isfinite(v) else None for k, v in one.values.items()}}
            for one in properties
        ],
        "maps": maps,
        "rules": RULES | {"folding": folding().tolist()},
    }
    with atomic_path(output) as temporary:
        temporary.write_text(page(data), encoding="utf-8")


def page(data):
    """The HTML text: page.html with the other parts and the data (as JSON that no tag can end) in their places."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return re.sub(r"\{\{([a-z_./]+)\}\}", lambda match: text if match[1] == "data" else _part(match[1]), _part(PAGE))


def _part(name):
    return (PARTS / name).read_text(encoding="utf-8")
