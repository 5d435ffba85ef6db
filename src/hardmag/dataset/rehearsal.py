"""A campaign's dataset as it would be if all went well: by it one can tell beforehand what can be made of the real one."""

import json

import numpy as np

from hardmag.campaign.samples import field_direction
from hardmag.dataset.build import described, tabulated
from hardmag.dataset.schema import TARGETS, TEXTS, columns_of, fractions

ACROSS = 1e-6  # cosine of field and easy axis below which there is no hysteresis


def rehearsed(samples):
    """Table, as read_table gives it, of samples: all accepted, their coercivities and the like made up, all different.

    A sample whose field lies across its easy axis has none. Raises UserError where a kind does not describe its samples.
    """
    rows, kind = [described(sample) for sample in samples], samples[0].kind
    drawn = fractions(kind.palette) | kind.composed
    for number, (row, sample) in enumerate(zip(rows, samples, strict=True), start=1):
        value = number / len(samples) if _has_coercivity(sample) else None
        row |= {"status": "accepted", "failure": "", "rescue_round": 0, "realisations": 1, "evaluations": 1}
        row |= dict.fromkeys(drawn, 0.5) | dict.fromkeys(TARGETS, value)
        row["specification"] = json.dumps(sample.to_dict())
    return {
        name: np.array(values, dtype=object if isinstance(values[0], str) else None)
        for name, values in tabulated(rows, columns_of(kind.name()) | TEXTS).items()
    }


def _has_coercivity(sample):
    structure = sample.structure
    field = field_direction(sample.alpha_deg, structure.c_axis, structure.tilt_axis)
    return abs(float(np.dot(structure.easy_axis, field))) > ACROSS
