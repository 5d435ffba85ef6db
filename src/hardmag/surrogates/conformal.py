"""95 % intervals from the errors on rows that a model was not fitted to, and how many true values they hold."""

import numpy as np

CONFIDENCE = 0.95
MIN_CALIBRATION = 100  # rows of one angle from which it has a width of its own; with fewer, those of all angles set it
MAX_LEVELS, BIN_DEG = 12, 15.0  # more angles than that were sampled, not listed: they are taken together in bins


def angle_levels(alpha_deg):
    """The angle (deg) under which each row is counted: its own, or the middle of its bin."""
    alpha_deg = np.asarray(alpha_deg, dtype=float).round(3)
    return alpha_deg if len(np.unique(alpha_deg)) <= MAX_LEVELS else (alpha_deg / BIN_DEG).round() * BIN_DEG


def half_width(errors):
    """Half the width of an interval around a prediction: the ⌈0.95 (n + 1)⌉-th of n absolute errors, so that for
    exchangeable rows a further one lies within with at least 95 % probability; infinite for n < 19."""
    rank = int(np.ceil(round(CONFIDENCE * (len(errors) + 1), 9)))
    return float(np.sort(np.abs(errors))[rank - 1]) if rank <= len(errors) else float("inf")


def half_widths(errors, level):
    """{level: half width} from the errors (n,) and levels (n,) of calibration rows; None: for any other level."""
    widths = {None: half_width(errors)}
    for value in np.unique(level):
        own = errors[level == value]
        widths[float(value)] = half_width(own) if len(own) >= MIN_CALIBRATION else widths[None]
    return widths


def cross_half_widths(errors, level, fold):
    """(n,) half widths for rows predicted in turn: each fold's from the errors in the other folds, so that no row
    counts for its own interval."""
    widths = np.empty(len(errors))
    for k in np.unique(fold):
        table = half_widths(errors[fold != k], level[fold != k])
        widths[fold == k] = [table.get(float(value), table[None]) for value in level[fold == k]]
    return widths


def coverage(errors, widths, level):
    """{"overall": share of rows within, "by_angle": {level: share}}."""
    within = np.abs(errors) <= widths
    return {
        "overall": float(within.mean()),
        "by_angle": {f"{value:g}": float(within[level == value].mean()) for value in np.unique(level)},
    }
