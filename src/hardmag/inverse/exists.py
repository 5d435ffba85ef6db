"""Can this nanostructure exist? Its kind answers, for the parameters that designs set and those that all samples share."""

import json
from collections import Counter

import numpy as np
from pydantic import ValidationError

from hardmag.errors import UserError
from hardmag.files import complaint
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import DIGITS


def shared_parameters(table, rows):
    """Of a table's nanostructures what no design sets: {parameter: the value that most of the rows have}.

    Raises UserError for a table without the column that tells.
    """
    if "specification" not in table:
        raise UserError("table: no column specification; designs need it, as it tells how nanostructures are drawn")
    specifications = np.asarray(table["specification"])[rows.row]
    found = [json.loads(text)["nanostructure"] for text in dict.fromkeys(specifications.tolist())]
    names = dict.fromkeys(name for content in found for name in content if not rows.variables.sets(name))
    return {name: json.loads(_most_common([json.dumps(c.get(name)) for c in found])) for name in names}


def _most_common(texts):
    return Counter(texts).most_common(1)[0][0]


def impossible(variables, shared, parameters):
    """Why no such nanostructure exists or can be drawn, in one line, or None.

    shared: those of shared_parameters; parameters: {name: value} of what a design sets, and alpha_deg, which is none of its
    nanostructure's.
    """
    alpha_deg = parameters.get("alpha_deg", 0.0)
    if not 0 <= alpha_deg <= 90:
        return f"alpha_deg = {alpha_deg:g} must be from 0 to 90 degrees"
    try:
        structure(variables, shared, parameters)
    except ValidationError as error:
        return complaint(error)
    return None


def structure(variables, shared, parameters):
    """The nanostructure of what a design sets. Raises pydantic's ValidationError where there is none."""
    own = {name: value for name, value in parameters.items() if name != "alpha_deg"}
    own = {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in own.items()}
    given = {name: value for name, value in shared.items() if value is not None}
    return KINDS[variables.kind].model_validate(given | own)
