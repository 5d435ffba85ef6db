"""The nanostructures that a design may be: a map from all of R^k onto them, so that no method can leave them.

Feasible is what lies within the training data in each number that a design sets, and in the shares that the kind names
(Learned.shares), a part within a whole: as the data hold 0 < part < whole, so do all designs. What else a kind forbids, it says
of each design (hardmag.inverse.exists).
"""

from dataclasses import dataclass
from math import floor, log10

import numpy as np
import torch

from hardmag.errors import UserError
from hardmag.surrogates.variables import Variables

STEP = 0.01  # nm and degrees: designs are rounded to it
STEPS = 100  # of other numbers over the data's range, at least; a power of ten
EDGE = 1e-3  # training rows on an edge of the feasible set are taken to lie so far inside, in units of its width
DIFFERENCE = 1e-4  # between two numbers, in units of the larger of 1 and them, for the slope of what follows from them


@dataclass(frozen=True)
class Bounds:
    """variables: what a design sets; ranges: {name: (least, largest)} of its numbers and of the shares in the data; levels: the
    names in the data."""

    variables: Variables
    ranges: dict
    levels: tuple

    @classmethod
    def of(cls, variables, values, level):
        """Bounds of values (n, k) and levels (n,)."""
        columns = dict(zip(variables.numbers, np.asarray(values, dtype=np.float64).T, strict=True))
        columns |= {share: columns[part] / columns[whole] for whole, part, share in variables.shares}
        ranges = {name: (float(column.min()), float(column.max())) for name, column in columns.items()}
        return cls(variables, ranges, tuple(str(name) for name in np.unique(level)))

    def step(self, name):
        """To which designs are rounded."""
        low, high = self.ranges[name]
        if name.endswith(("_nm", "_deg")) or low == high:
            return STEP
        return 10.0 ** floor(log10((high - low) / STEPS) + 1e-9)


@dataclass(frozen=True)
class Space:
    """The feasible designs at what is prescribed.

    bounds: those of the data; names: the k numbers that are left to design; fixed: {name: value} of the others; intervals:
    {name: (low, high)} of those left but the parts of shares, whose interval follows from their whole; levels: names to choose
    from.
    """

    bounds: Bounds
    names: tuple
    fixed: dict
    intervals: dict
    levels: tuple

    @property
    def numbers(self):
        """Order of the values of a design."""
        return self.bounds.variables.numbers


def space_of(bounds, prescribed):
    """Space of what `prescribed` ({parameter: value}) leaves to design.

    Parameters that have one value in the data are fixed too. Raises UserError for an unknown parameter, and for values
    outside the data's ranges or that leave another parameter no room.
    """
    variables = bounds.variables
    unknown = sorted(set(prescribed) - {*variables.names})
    if unknown:
        raise UserError(f"prescribed: {unknown[0]} is not a parameter; there are {', '.join(variables.names)}")
    levels = bounds.levels
    if variables.level in prescribed:
        level = prescribed[variables.level]
        if level not in levels:
            raise UserError(f"prescribed: {variables.level} = {level} is not in the data; there are {', '.join(levels)}")
        levels = (level,)
    ranges, fixed = bounds.ranges, {}
    for name in variables.numbers:
        low, high = ranges[name]
        if name in prescribed:
            slack = 1e-6 * max(abs(low), abs(high))  # a value that went through text or fp32 still counts
            if not low - slack <= prescribed[name] <= high + slack:
                raise UserError(f"prescribed: {name} = {prescribed[name]:g} must be within {low:.6g} to {high:.6g} (the data)")
            fixed[name] = float(prescribed[name])
        elif low == high:
            fixed[name] = low
    intervals, parts = {}, {part for _, part, _ in variables.shares}
    for whole, part, share in variables.shares:
        low, high = _interval_of_whole(ranges, fixed, whole, part, share)
        if whole not in fixed:
            intervals[whole] = low, high
    for name in variables.numbers:
        if name not in fixed and name not in parts and name not in intervals:
            intervals[name] = _inward(*ranges[name], bounds.step(name))
    names = tuple(name for name in variables.numbers if name not in fixed)
    return Space(bounds, names, fixed, intervals, levels)


def _interval_of_whole(ranges, fixed, whole, part, share):
    """(low, high) of a length such that the part of it has room. UserError if there is none."""
    a, b = ranges[share]
    if whole in fixed and part in fixed:
        value = fixed[part] / fixed[whole]
        if not a * (1 - 1e-6) <= value <= b * (1 + 1e-6):
            given = f"{part} = {fixed[part]:g} and {whole} = {fixed[whole]:g}"
            raise UserError(f"prescribed: {given} make {share} = {value:.4g}, must be within {a:.4g} to {b:.4g} (the data)")
        return fixed[whole], fixed[whole]
    low, high = (fixed[whole],) * 2 if whole in fixed else ranges[whole]
    if part in fixed:
        low, high = _inward(max(low, fixed[part] / b), min(high, fixed[part] / a), STEP)
    else:
        # Room for two steps: min(w1, b L) − max(w0, a L) >= 2 STEP, four linear conditions on L.
        w0, w1 = ranges[part]
        room = 2 * STEP
        least = max(low, (w0 + room) / b, room / (b - a) if b > a else np.inf)
        most = min(high, (w1 - room) / a) if w1 - w0 >= room else -np.inf
        low, high = (least, most) if whole in fixed else _inward(least, most, STEP)
    if not low <= high:
        given = " and ".join(f"{name} = {fixed[name]:g}" for name in (whole, part) if name in fixed) or "the data"
        raise UserError(f"prescribed: {given} leaves no {part if whole in fixed else whole} with {share} in {a:.4g} to {b:.4g}")
    return low, high


def _inward(low, high, step):
    """The interval between whole steps; what is one but for rounding counts."""
    with np.errstate(invalid="ignore"):
        return float(np.ceil(low / step - 1e-6) * step), float(np.floor(high / step + 1e-6) * step)


def _interval_of_part(space, part, share, whole):
    """(low, high) of a part at lengths (n,) of the whole, torch or numpy."""
    (w0, w1), (a, b) = space.bounds.ranges[part], space.bounds.ranges[share]
    clip = torch.clamp if torch.is_tensor(whole) else np.clip
    return clip(a * whole, w0, None), clip(b * whole, None, w1)


def values_at(space, theta):
    """(n, k) values of all numbers, feasible, at any coordinates theta (n, free) in fp64; differentiable almost everywhere.

    Coordinates are probits: standard normal ones spread a number evenly over its interval, and a part of another evenly over
    what that leaves it.
    """
    share_of_way = dict(zip(space.names, torch.special.ndtr(theta).unbind(1), strict=True))
    values = {name: theta.new_full((len(theta),), value) for name, value in space.fixed.items()}
    for name, (low, high) in space.intervals.items():
        values[name] = low + share_of_way[name] * (high - low)
    for whole, part, share in space.bounds.variables.shares:
        if part not in values:
            low, high = _interval_of_part(space, part, share, values[whole])
            values[part] = low + share_of_way[part] * (high - low)
    return torch.stack([values[name] for name in space.numbers], dim=1)


def coordinates_of(space, values):
    """(n, free) coordinates, fp64 tensor, of values (n, k): the inverse of values_at. Values outside, or less than EDGE of the
    way from an edge, are taken to be there."""
    column = dict(zip(space.numbers, np.asarray(values, dtype=np.float64).T, strict=True))
    intervals = dict(space.intervals)
    for whole, part, share in space.bounds.variables.shares:
        if part in space.names:
            intervals[part] = _interval_of_part(space, part, share, column[whole])
    way = []
    for name in space.names:
        low, high = intervals[name]
        width = np.maximum(np.asarray(high) - low, space.bounds.step(name))  # outside the feasible a part has no room
        way.append(np.clip((column[name] - low) / width, EDGE, 1 - EDGE))
    stacked = np.stack(way, axis=1) if way else np.empty((len(values), 0))
    return torch.special.ndtri(torch.from_numpy(stacked))


def snapped(space, values):
    """(n, k) values rounded to steps and moved into the space where rounding, or they themselves, lie outside. What is
    fixed has its value exactly."""
    column = dict(zip(space.numbers, np.array(values, dtype=np.float64).T, strict=True))
    column |= {name: np.full(len(values), value) for name, value in space.fixed.items()}
    for name, (low, high) in space.intervals.items():
        column[name] = _stepped(column[name], low, high, space.bounds.step(name))
    for whole, part, share in space.bounds.variables.shares:
        if part in space.names:
            low, high = _interval_of_part(space, part, share, column[whole])
            low, high = np.ceil(low / STEP - 1e-6) * STEP, np.floor(high / STEP + 1e-6) * STEP
            column[part] = _stepped(column[part], low, high, STEP)
    return np.stack([column[name] for name in space.numbers], axis=1)


def _stepped(column, low, high, step):
    digits = round(-log10(step))
    return np.clip(column, low, high).round(digits)


def is_feasible(bounds, values, slack=1e-6):
    """(n,) bool: whether values (n, k) lie within the bounds. slack: relative, for numbers that went through text."""
    column = dict(zip(bounds.variables.numbers, np.asarray(values, dtype=np.float64).T, strict=True))
    inside = np.ones(len(values), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        column |= {share: column[part] / column[whole] for whole, part, share in bounds.variables.shares}
        for name, (low, high) in bounds.ranges.items():
            margin = slack * max(abs(low), abs(high))
            inside &= (column[name] >= low - margin) & (column[name] <= high + margin)
    return inside


def feature_tensor(variables, values, level):
    """(n, f) features of values (n, k), a tensor, and of levels: differentiable.

    Numbers that are features are taken over. What follows from numbers by the kind's formulas, which numpy computes, has the
    slope of central differences.
    """
    known = values.detach().numpy()
    columns = dict(zip(variables.features, torch.from_numpy(variables.features_at(known, level)).unbind(1), strict=True))
    columns |= {name: values[:, i] for i, name in enumerate(variables.numbers) if name in columns}
    if variables.followed and values.requires_grad:
        slopes = _slopes(variables, known, level)
        for name in variables.followed:
            columns[name] = columns[name] + (slopes[name] * (values - values.detach())).sum(dim=1)
    return torch.stack([columns[name] for name in variables.features], dim=1)


def _slopes(variables, values, level):
    """{feature: (n, k) slopes} of the features that follow from numbers."""
    step = DIFFERENCE * np.maximum(1.0, np.abs(values))
    slopes = {name: np.empty_like(values) for name in variables.followed}
    for i in range(values.shape[1]):
        away = np.zeros_like(values)
        away[:, i] = step[:, i]
        above, below = (variables.features_at(values + sign * away, level) for sign in (1, -1))
        for name in variables.followed:
            rise = variables.column(above, name) - variables.column(below, name)
            slopes[name][:, i] = rise / (2 * step[:, i])
    return {name: torch.from_numpy(slope) for name, slope in slopes.items()}
