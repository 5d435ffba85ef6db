"""Files of switching laws, which `hardmag switching-law` writes and polycrystals read: JSON."""

from dataclasses import asdict

import numpy as np

from hardmag.errors import InvalidValue, UserError, reason
from hardmag.files import read_json, write_json
from hardmag.switching import SwitchingLaw

WHAT, VERSION = "hardmag switching law", 1
NUMBERS = ("angles_deg", "mu0_H_sw_T")  # of the table


def write_law(path, law, mu0_Ms_T, about):
    """A law and the mean µ0·Ms (T) of its nanostructure. about: {key: JSON value} of where it is from."""
    write_json(path, {"what": WHAT, "format_version": VERSION} | about | {"mu0_Ms_T": mu0_Ms_T} | asdict(law))


def read_law(path):
    """(SwitchingLaw, mean µ0·Ms in T) of a file. Raises UserError with one line: file, key, and what is allowed."""
    try:
        data = read_json(path)
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({reason(error)})") from None
    if not isinstance(data, dict) or data.get("what") != WHAT:
        raise UserError(f"{path}: holds no switching law; `hardmag switching-law` writes one")
    if data.get("format_version") != VERSION:
        raise UserError(f"{path}: format_version: {data.get('format_version')!r}, this version of hardmag reads {VERSION}")
    missing = [key for key in (*NUMBERS, "mu0_Ms_T") if key not in data]
    if missing:
        raise UserError(f"{path}: {missing[0]}: required key is missing")
    table = [_numbers(path, key, data[key]) for key in NUMBERS]
    (mu0_Ms_T,) = _numbers(path, "mu0_Ms_T", [data["mu0_Ms_T"]])
    if not 0 < mu0_Ms_T < np.inf:
        raise UserError(f"{path}: mu0_Ms_T: must be > 0, got {mu0_Ms_T:g}")
    try:
        return SwitchingLaw(*table), mu0_Ms_T
    except InvalidValue as error:
        raise UserError(f"{path}: {error}") from None


def _numbers(path, key, values):
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        raise UserError(f"{path}: {key}: must be {'numbers' if key in NUMBERS else 'a number'}")
    return tuple(float(value) for value in values)
