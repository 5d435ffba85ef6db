"""When a design counts as a success: µ0Hc within 5 % of the query and Φp within 0.03; other targets within 5 % too."""

import numpy as np

from hardmag.errors import UserError

RELATIVE = 0.05
ABSOLUTE = {"phi_p": 0.03}  # of targets that may be 0
ALLOWED = {  # {target: (whether a value may be asked for, in words)}
    "mu0_Hc_T": (lambda value: 0 < value < np.inf, "must be a finite number > 0"),
    "phi_p": (lambda value: 0 <= value <= 1, "must be in [0, 1]"),
}
ANY = (np.isfinite, "must be a finite number")


def tolerance(target):
    """The largest error that a success may have: a share of what is wanted, or of ABSOLUTE targets an amount."""
    return ABSOLUTE.get(target, RELATIVE)


def in_words(targets):
    """The largest errors that a success may have."""
    return " and ".join(f"{f'{ABSOLUTE[t]:g}' if t in ABSOLUTE else f'{100 * RELATIVE:g} %'} of {t}" for t in targets)


def checked_query(wanted, targets):
    """(t,) the query in the order of the targets, of {target: number}; NaN of a target that is not asked for. Raises UserError
    for what cannot be asked for."""
    for name, value in wanted.items():
        may, words = ALLOWED.get(name, ANY)
        if not may(value):
            raise UserError(f"query: {name} = {value} {words}")
    return np.array([wanted.get(name, np.nan) for name in targets], dtype=np.float64)


def tolerances(query, targets):
    """(..., t): the largest errors that a success may have, for queries (..., t)."""
    query = np.asarray(query, dtype=np.float64)
    scale = np.stack(
        [np.ones(query.shape[:-1]) if t in ABSOLUTE else np.abs(query[..., i]) for i, t in enumerate(targets)], axis=-1
    )
    return np.array([tolerance(target) for target in targets]) * scale


def misfit(values, query, targets):
    """(...,): the largest error in a target that is asked for, in tolerances; NaN where there is no value. A success has at
    most 1."""
    errors = np.abs(np.asarray(values) - query) / tolerances(query, targets)
    return np.where(np.isnan(query), 0, errors).max(axis=-1)


def is_success(values, query, targets):
    """(...,) bool; one without a value is none. The slack is for values that went through text."""
    return misfit(values, query, targets) <= 1 + 1e-9
