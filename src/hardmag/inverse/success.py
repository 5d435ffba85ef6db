"""When a design counts as a success: µ0Hc within 5 % of the query and Φp within 0.03."""

import numpy as np

from hardmag.errors import UserError
from hardmag.surrogates.rows import TARGETS

TOLERANCE_HC, TOLERANCE_PHI_P = 0.05, 0.03  # relative; absolute


def checked_query(mu0_Hc_T, phi_p):
    """(2,) the query. Raises UserError unless µ0Hc is finite and > 0, and Φp in [0, 1]."""
    if not 0 < mu0_Hc_T <= np.finfo(float).max:
        raise UserError(f"query: {TARGETS[0]} = {mu0_Hc_T} must be a finite number > 0")
    if not 0 <= phi_p <= 1:
        raise UserError(f"query: {TARGETS[1]} = {phi_p} must be in [0, 1]")
    return np.array([mu0_Hc_T, phi_p], dtype=np.float64)


def tolerances(query):
    """(..., 2): the largest errors that a success may have, for queries (..., 2)."""
    query = np.asarray(query, dtype=np.float64)
    return np.stack([TOLERANCE_HC * query[..., 0], np.full(query.shape[:-1], TOLERANCE_PHI_P)], axis=-1)


def misfit(targets, query):
    """(...,): the larger of both errors, in tolerances; NaN where there is no target. A success has at most 1."""
    return (np.abs(np.asarray(targets) - query) / tolerances(query)).max(axis=-1)


def is_success(targets, query):
    """(...,) bool; one without a target is none. The slack is for targets that went through text."""
    return misfit(targets, query) <= 1 + 1e-9
