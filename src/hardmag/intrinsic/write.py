"""A fitted model as the file that hardmag.materials reads."""

from dataclasses import asdict

import numpy as np

from hardmag.files import write_json
from hardmag.intrinsic.intervals import GROUPED_BY, bootstrap, left_out, stacked
from hardmag.intrinsic.models import MODELS, fit
from hardmag.intrinsic.splits import checksum
from hardmag.materials.composition import ELEMENTS
from hardmag.materials.intrinsic import FORMAT_VERSION, PROPERTIES

DIGITS = 6  # significant: a model fitted again elsewhere is the same file


def model_file(name, given, measured, curie, seed):
    """What the file holds, as JSON values."""
    chain = stacked([fit(name, given, measured, curie)])
    spread = stacked(bootstrap(name, given, measured, curie, seed))
    folds = {scheme: left_out(name, given, measured, curie, seed, scheme) for scheme in GROUPED_BY}
    columns = {}
    for part in (*PROPERTIES, *chain.extras):
        of = [_part(c, part).columns for c in (chain, spread, *(part.chain for part in folds.values()))]
        columns[part] = list(dict.fromkeys(column for some in of for column in some))
    present = measured.shares.any(axis=0)
    return {
        "format": FORMAT_VERSION,
        "origin": f"{MODELS[name].title}, fitted to {len(measured)} rows of {len(set(measured.source))} sources",
        "rows_sha256": checksum(measured),
        "covered": [element for element, there in zip(ELEMENTS, present, strict=True) if there],
        "physics": _rounded(asdict(given.physics)),
        "columns": columns,
        "fit": _coefficients(chain, columns, one=True),
        "bootstrap": _coefficients(spread, columns),
        "left_out": {scheme: _stored(part, columns) for scheme, part in folds.items()},
        "data": _rounded(np.unique(measured.shares, axis=0).tolist()),
    }


def write_model(path, name, given, measured, curie, seed):
    """Fit and write the file, atomically."""
    write_json(path, model_file(name, given, measured, curie, seed))


def _stored(part, columns):
    errors = {t: {"fold": fold.tolist(), "error": _rounded(error.tolist())} for t, (fold, error) in part.errors.items()}
    return {"folds": _coefficients(part.chain, columns), "errors": errors}


def _part(chain, name):
    return getattr(chain, name) if name in PROPERTIES else chain.extras[name]


def _coefficients(chain, columns, one=False):
    found = {}
    for part, wanted in columns.items():
        linear = _part(chain, part)
        table = np.zeros((len(linear.coefficients), len(wanted)))
        table[:, [wanted.index(column) for column in linear.columns]] = linear.coefficients
        found[part] = _rounded((table[0] if one else table).tolist())
    return found


def _rounded(value):
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, (list, tuple)) else value
