"""When a design counts as a success: µ0Hc within 5 % of the query and Φp within 0.03."""

import numpy as np

from hardmag.errors import UserError

TOLERANCE_HC, TOLERANCE_PHI_P = 0.05, 0.03  # relative, also of targets without a tolerance of their own; absolute
BOUNDS = {"mu0_Hc_T": "must be a finite number > 0", "phi_p": "must be in [0, 1]"}
Y = ("mu0_Hc_T", "phi_p")


def in_words(targets):
    """The largest errors that a success may have."""
    return " and ".join(f"{TOLERANCE_PHI_P if n == 'phi_p' else f'{100 * TOLERANCE_HC:g} %'} of {n}" for n in targets)


def checked_query(wanted, targets):
    """(t,) the query in the order of the targets, of {target: number}. Raises UserError unless µ0Hc is finite and > 0, Φp in
    [0, 1] and others finite."""
    for name in targets:
        value = wanted[name]
        allowed = 0 <= value <= 1 if name == "phi_p" else np.isfinite(value) and (value > 0 or name != "mu0_Hc_T")
        if not allowed:
            raise UserError(f"query: {name} = {value} {BOUNDS.get(name, 'must be a finite number')}")
    return np.array([wanted[name] for name in targets], dtype=np.float64)


def tolerances(query, targets=Y):
    """(..., t): the largest errors that a success may have, for queries (..., t)."""
    query = np.asarray(query, dtype=np.float64)
    allowed = [
        np.full(query.shape[:-1], TOLERANCE_PHI_P) if name == "phi_p" else TOLERANCE_HC * np.abs(query[..., i])
        for i, name in enumerate(targets)
    ]
    return np.stack(allowed, axis=-1)


def misfit(values, query, targets=Y):
    """(...,): the largest error, in tolerances; NaN where there is no value. A success has at most 1."""
    return (np.abs(np.asarray(values) - query) / tolerances(query, targets)).max(axis=-1)


def is_success(values, query, targets=Y):
    """(...,) bool; one without a value is none. The slack is for values that went through text."""
    return misfit(values, query, targets) <= 1 + 1e-9
