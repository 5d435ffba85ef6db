"""The nanostructures that a design may be: a map from all of R^k onto them, so that no method can leave them.

Feasible is what lies within the training data in L, d, wS, wZ, α, and in the shares phi_S = wS/L and phi_Z = wZ/d. As
the data hold 0 < wS < L and 0 < wZ < d and structures that were built from voxels, so do all designs.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.rows import FEATURES, GEOMETRY

CONTINUOUS = (*GEOMETRY, "alpha_deg")  # order of the values of a design; its Z set stands beside
PAIRS = (("L_nm", "wS_nm", "phi_S"), ("d_nm", "wZ_nm", "phi_Z"))  # period, thickness, their share
STEP = 0.01  # nm and degrees: designs are rounded to it
EDGE = 1e-3  # training rows on an edge of the feasible set are taken to lie so far inside, in units of its width


@dataclass(frozen=True)
class Bounds:
    """ranges: {name: (least, largest)} of CONTINUOUS and of both shares in the data; z_sets: the names in the data."""

    ranges: dict
    z_sets: tuple

    @classmethod
    def of(cls, x, z_set):
        """Bounds of features x (n, 8) and names z_set (n,)."""
        columns = {name: x[:, FEATURES.index(name)] for name in CONTINUOUS}
        columns |= {share: columns[thin] / columns[period] for period, thin, share in PAIRS}
        ranges = {name: (float(column.min()), float(column.max())) for name, column in columns.items()}
        return cls(ranges, tuple(str(name) for name in np.unique(z_set)))


@dataclass(frozen=True)
class Space:
    """The feasible designs at what is prescribed.

    names: the k of CONTINUOUS that are left to design; fixed: {name: value} of the others; intervals: {name: (low, high)}
    of those left but the thicknesses, whose interval follows from their period; thickness: {name: (low, high)} of the
    box; shares: {name: (low, high)}; z_sets: names to choose from.
    """

    names: tuple
    fixed: dict
    intervals: dict
    thickness: dict
    shares: dict
    z_sets: tuple


def space_of(bounds, prescribed):
    """Space of what `prescribed` ({parameter: value}, of CONTINUOUS and z_set) leaves to design.

    Parameters that have one value in the data are fixed too. Raises UserError for an unknown parameter, and for values
    outside the data's ranges or that leave another parameter no room.
    """
    unknown = sorted(set(prescribed) - {*CONTINUOUS, "z_set"})
    if unknown:
        raise UserError(f"prescribed: {unknown[0]} is not a parameter; there are {', '.join(CONTINUOUS)}, z_set")
    z_sets = bounds.z_sets
    if "z_set" in prescribed:
        if prescribed["z_set"] not in z_sets:
            raise UserError(f"prescribed: z_set = {prescribed['z_set']} is not in the data; there are {', '.join(z_sets)}")
        z_sets = (prescribed["z_set"],)
    ranges, fixed = bounds.ranges, {}
    for name in CONTINUOUS:
        low, high = ranges[name]
        if name in prescribed:
            slack = 1e-6 * max(abs(low), abs(high))  # a value that went through text or fp32 still counts
            if not low - slack <= prescribed[name] <= high + slack:
                raise UserError(f"prescribed: {name} = {prescribed[name]:g} must be within {low:.6g} to {high:.6g} (the data)")
            fixed[name] = float(prescribed[name])
        elif low == high:
            fixed[name] = low
    intervals = {}
    for period, thin, share in PAIRS:
        low, high = _period_interval(ranges, fixed, period, thin, share)
        if period not in fixed:
            intervals[period] = low, high
    if "alpha_deg" not in fixed:
        intervals["alpha_deg"] = _inward(*ranges["alpha_deg"])
    return Space(
        names=tuple(name for name in CONTINUOUS if name not in fixed),
        fixed=fixed,
        intervals=intervals,
        thickness={thin: ranges[thin] for _, thin, _ in PAIRS},
        shares={share: ranges[share] for _, _, share in PAIRS},
        z_sets=z_sets,
    )


def _period_interval(ranges, fixed, period, thin, share):
    """(low, high) of a period such that its thickness has room. UserError if there is none."""
    a, b = ranges[share]
    if period in fixed and thin in fixed:
        value = fixed[thin] / fixed[period]
        if not a * (1 - 1e-6) <= value <= b * (1 + 1e-6):
            given = f"{thin} = {fixed[thin]:g} and {period} = {fixed[period]:g}"
            raise UserError(f"prescribed: {given} make {share} = {value:.4g}, must be within {a:.4g} to {b:.4g} (the data)")
        return fixed[period], fixed[period]
    low, high = (fixed[period],) * 2 if period in fixed else ranges[period]
    if thin in fixed:
        low, high = _inward(max(low, fixed[thin] / b), min(high, fixed[thin] / a))
    else:
        # Room for two steps: min(w1, b L) − max(w0, a L) >= 2 STEP, four linear conditions on L.
        w0, w1 = ranges[thin]
        room = 2 * STEP
        least = max(low, (w0 + room) / b, room / (b - a) if b > a else np.inf)
        most = min(high, (w1 - room) / a) if w1 - w0 >= room else -np.inf
        low, high = (least, most) if period in fixed else _inward(least, most)
    if not low <= high:
        given = " and ".join(f"{name} = {fixed[name]:g}" for name in (period, thin) if name in fixed) or "the data"
        raise UserError(
            f"prescribed: {given} leaves no {thin if period in fixed else period} with {share} in {a:.4g} to {b:.4g}"
        )
    return low, high


def _inward(low, high):
    """The interval between whole steps; what is one but for rounding counts."""
    with np.errstate(invalid="ignore"):
        return float(np.ceil(low / STEP - 1e-6) * STEP), float(np.floor(high / STEP + 1e-6) * STEP)


def _thickness_interval(space, thin, share, period):
    """(low, high) of a thickness at periods (n,), torch or numpy."""
    (w0, w1), (a, b) = space.thickness[thin], space.shares[share]
    clip = torch.clamp if torch.is_tensor(period) else np.clip
    return clip(a * period, w0, None), clip(b * period, None, w1)


def values_at(space, theta):
    """(n, 5) values of CONTINUOUS, feasible, at any coordinates theta (n, k) in fp64; differentiable almost everywhere.

    Coordinates are probits: standard normal ones spread a period evenly over its interval, and each thickness evenly over
    what the period leaves it.
    """
    share_of_way = dict(zip(space.names, torch.special.ndtr(theta).unbind(1), strict=True))
    values = {name: theta.new_full((len(theta),), value) for name, value in space.fixed.items()}
    for name, (low, high) in space.intervals.items():
        values[name] = low + share_of_way[name] * (high - low)
    for period, thin, share in PAIRS:
        if thin not in values:
            low, high = _thickness_interval(space, thin, share, values[period])
            values[thin] = low + share_of_way[thin] * (high - low)
    return torch.stack([values[name] for name in CONTINUOUS], dim=1)


def coordinates_of(space, values):
    """(n, k) coordinates, fp64 tensor, of values (n, 5): the inverse of values_at. Values outside, or less than EDGE of the
    way from an edge, are taken to be there."""
    column = dict(zip(CONTINUOUS, np.asarray(values, dtype=np.float64).T, strict=True))
    intervals = dict(space.intervals)
    for period, thin, share in PAIRS:
        if thin in space.names:
            intervals[thin] = _thickness_interval(space, thin, share, column[period])
    way = []
    for name in space.names:
        low, high = intervals[name]
        width = np.maximum(np.asarray(high) - low, STEP)  # outside the feasible periods a thickness has no room
        way.append(np.clip((column[name] - low) / width, EDGE, 1 - EDGE))
    stacked = np.stack(way, axis=1) if way else np.empty((len(values), 0))
    return torch.special.ndtri(torch.from_numpy(stacked))


def snapped(space, values):
    """(n, 5) values rounded to STEP and moved into the space where rounding, or they themselves, lie outside. What is
    fixed has its value exactly."""
    column = dict(zip(CONTINUOUS, np.array(values, dtype=np.float64).T, strict=True))
    column |= {name: np.full(len(values), value) for name, value in space.fixed.items()}
    for name, (low, high) in space.intervals.items():
        column[name] = _stepped(column[name], low, high)
    for period, thin, share in PAIRS:
        if thin in space.names:
            low, high = _thickness_interval(space, thin, share, column[period])
            low, high = np.ceil(low / STEP - 1e-6) * STEP, np.floor(high / STEP + 1e-6) * STEP
            column[thin] = _stepped(column[thin], low, high)
    return np.stack([column[name] for name in CONTINUOUS], axis=1)


def _stepped(column, low, high):
    return np.clip(column, low, high).round(2)


def is_feasible(bounds, values, slack=1e-6):
    """(n,) bool: whether values (n, 5) lie within the bounds. slack: relative, for numbers that went through text."""
    column = dict(zip(CONTINUOUS, np.asarray(values, dtype=np.float64).T, strict=True))
    inside = np.ones(len(values), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        column |= {share: column[thin] / column[period] for period, thin, share in PAIRS}
        for name, (low, high) in bounds.ranges.items():
            margin = slack * max(abs(low), abs(high))
            inside &= (column[name] >= low - margin) & (column[name] <= high + margin)
    return inside


def features_at(values, z_set):
    """(n, 8) features, in the order of FEATURES, of values (n, 5) and the name of a Z set or (n,) names."""
    values = np.asarray(values, dtype=np.float64)
    names = np.broadcast_to(np.asarray(z_set, dtype=str), (len(values),))
    known = {name: list(z_properties(str(name)).values()) for name in np.unique(names)}
    return np.column_stack([values, np.array([known[name] for name in names]).reshape(len(values), 3)])
