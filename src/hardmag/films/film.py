"""A graded film: what was measured at each position, joined, and the features that a regression sees."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError, meant
from hardmag.films.diffraction import standard_normal
from hardmag.films.maps import ELEMENT, WHOLE, read_maps
from hardmag.films.moke import read_moke
from hardmag.films.patterns import read_patterns
from hardmag.films.regression import Data

LEAST = 30  # positions: fewer say nothing in five folds of five folds


@dataclass(frozen=True, eq=False)
class Film:
    """data: what is regressed, y being µ0Hc in T; at_percent: {element: (n,)}; two_theta_deg: (channels,) and intensities: (n,
    channels) of whole patterns, None where there are none; left_out: {reason: how many positions}."""

    data: Data
    at_percent: dict
    two_theta_deg: np.ndarray | None
    intensities: np.ndarray | None
    left_out: dict


def read_film(source):
    """Film of a settings' Source: every position at which all was measured. UserError for what is wrong with its files."""
    maps = read_maps(source.table)
    loops = read_moke(source.moke, source.peak_T) if source.moke else None
    target = loops["mu0_Hc_T"] if loops else _column(source.table, maps, source.target)
    if target.unit != "T":
        raise UserError(
            f"{source.table}: column {source.target} is in {target.unit}; a coercivity must be a field, in T, mT or Oe"
        )
    elements = {name: maps[name] for name in _elements(maps)}
    inputs = {name: _column(source.table, maps, name) for name in source.inputs}
    if not (elements or inputs or source.patterns):
        raise UserError(f"{source.table}: no elements, and neither patterns nor inputs are given: nothing to predict from")
    x, y = target.x_mm, target.y_mm
    parts = {name: one.at(x, y) for name, one in (elements | inputs).items()}
    angles = patterns = None
    if source.patterns:
        angles, patterns = read_patterns(source.patterns)
        patterns = patterns.at(x, y)
    wanted = {"coercivity": target, **parts} | ({"pattern": patterns} if patterns else {})
    kept = np.ones(len(x), dtype=bool)
    left_out = Counter()
    for name, one in wanted.items():
        missing = kept & ~np.isfinite(one.values.reshape(len(x), -1)).all(axis=1)
        left_out.update(f"{name}: {one.reasons[n]}" for n in np.flatnonzero(missing))
        kept &= ~missing
    if kept.sum() < LEAST:
        why = "; ".join(f"{count} for {reason}" for reason, count in left_out.items())
        raise UserError(
            f"{source.table}: {kept.sum()} positions with all that counts; {LEAST} are needed ({why or 'no more rows'})"
        )
    at_percent = {name: 100 * parts[name].values[kept] / WHOLE[one.unit] for name, one in elements.items()}
    intensities = patterns.values[kept] if patterns else None
    names, X, block = _features(source, at_percent, {name: parts[name].values[kept] for name in inputs}, angles, intensities)
    data = Data(names, X, block, target.values[kept], x[kept], y[kept])
    return Film(data, at_percent, angles, intensities, dict(left_out))


def elements_of(source):
    """Names of the elements in a Source's table."""
    return _elements(read_maps(source.table))


def _elements(maps):
    return [name for name, one in maps.items() if ELEMENT.fullmatch(name) and one.unit in WHOLE]


def _column(path, maps, name):
    if name not in maps:
        raise UserError(f"{path}: no column {name}; there are {', '.join(maps)}{meant(name, maps)}")
    return maps[name]


def angles_of(source):
    """(channels,) angles at which patterns are sampled, both ends of each window included."""
    counts = [round((high - low) / source.step_deg) + 1 for low, high in source.windows_deg]
    return np.concatenate([np.linspace(*window, count) for window, count in zip(source.windows_deg, counts, strict=True)])


def _features(source, at_percent, inputs, angles, intensities):
    """(names, X (n, f), block (f,)): channels as standard normal variates of their windows, elements, inputs with products."""
    columns, sampled = {}, None
    if intensities is not None:
        at = angles_of(source)
        if at.min() < angles[0] - 1e-6 or at.max() > angles[-1] + 1e-6:
            raise UserError(
                f"{source.patterns}: patterns from {angles[0]:g}° to {angles[-1]:g}° do not hold windows_deg, "
                f"which reach from {at.min():g}° to {at.max():g}°"
            )
        sampled = standard_normal(np.array([np.interp(at, angles, one) for one in intensities]))
        columns |= {f"{angle:.2f}°": channel for angle, channel in zip(at, sampled.T, strict=True)}
    columns |= at_percent
    centred = {name: (one - one.mean()) / (one.std() or 1.0) for name, one in inputs.items()}
    columns |= centred
    names = list(centred)
    columns |= {f"{one} {two}": centred[one] * centred[two] for k, one in enumerate(names) for two in names[k:]}
    block = np.ones(len(columns), dtype=int)
    block[: 0 if sampled is None else sampled.shape[1]] = 0
    return tuple(columns), np.stack(list(columns.values()), axis=1), block
