"""X-ray patterns of a wafer: read from Rigaku's .ras, PANalytical's .xrdml and plain .xy files, one per position."""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from hardmag.errors import UserError
from hardmag.films.maps import wafer_map
from hardmag.intrinsic.columns import read_lines

IN_NAME = re.compile(r"x(?P<x>[-+]?\d+(?:\.\d+)?)_y(?P<y>[-+]?\d+(?:\.\d+)?)", re.IGNORECASE)
ROUNDED = 0.1  # of a step: how far files round their angles


@dataclass(frozen=True, eq=False)
class Pattern:
    """two_theta_deg: (n,) in even steps; intensity: (n,) counts or counts per second; x_mm, y_mm: where, NaN if unknown."""

    two_theta_deg: np.ndarray
    intensity: np.ndarray
    x_mm: float
    y_mm: float


def read_pattern(path):
    """Pattern of one file. A position comes from the file, or from a name with x-10_y25 in it, in mm.

    Counts behind an attenuator are multiplied by its factor. UserError for a file that is cut, or whose steps are uneven.
    """
    path = Path(path)
    readers = {".ras": _ras, ".xrdml": _xrdml, ".xy": _xy}
    if path.suffix.lower() not in readers:
        raise UserError(f"{path}: patterns are read from {', '.join(readers)} files")
    angles, intensity, x, y = readers[path.suffix.lower()](path)
    in_name = IN_NAME.search(path.stem)
    if in_name and not (np.isfinite(x) and np.isfinite(y)):
        x, y = float(in_name["x"]), float(in_name["y"])
    if len(angles) < 2:
        raise UserError(f"{path}: {len(angles)} points; the file may be cut")
    steps = np.diff(angles)
    step = np.median(steps)
    uneven = np.flatnonzero(~(np.abs(steps - step) <= ROUNDED * abs(step)) | (steps <= 0))
    if len(uneven):
        n = uneven[0]
        raise UserError(
            f"{path}: step of {steps[n]:.4g}° at {angles[n]:.4f}°, where others are {step:.4g}°; steps must be even"
        )
    if not (np.isfinite(intensity).all() and np.min(intensity) >= 0):
        raise UserError(f"{path}: intensities must be numbers >= 0")
    return Pattern(angles, intensity, x, y)


def read_patterns(folder):
    """(two_theta_deg (channels,), WaferMap of intensities (n, channels)) of all patterns in a folder.

    All must have one axis: a pattern with another step or range is refused by its name, not interpolated.
    """
    paths = sorted(path for path in Path(folder).glob("*") if path.suffix.lower() in (".ras", ".xrdml", ".xy"))
    if not paths:
        raise UserError(f"{folder}: no .ras, .xrdml or .xy file")
    patterns = [read_pattern(path) for path in paths]
    axis = patterns[0].two_theta_deg
    for path, pattern in zip(paths, patterns, strict=True):
        if not np.isfinite(pattern.x_mm) or not np.isfinite(pattern.y_mm):
            raise UserError(f"{path}: no position; it must be in the file, or in its name as x-10_y25")
        own = pattern.two_theta_deg
        if len(own) != len(axis) or np.max(np.abs(own - axis)) > ROUNDED * (axis[1] - axis[0]):
            raise UserError(f"{path}: {_words(own)}, but {paths[0].name} has {_words(axis)}; all need the same angles")
    x, y = ([getattr(pattern, name) for pattern in patterns] for name in ("x_mm", "y_mm"))
    intensities = np.array([pattern.intensity for pattern in patterns])
    return axis, wafer_map(folder, "intensity", "counts", x, y, intensities, [""] * len(paths))


def _words(angles):
    return f"{len(angles)} angles from {angles[0]:.4g}° to {angles[-1]:.4g}° by {np.median(np.diff(angles)):.3g}°"


def _ras(path):
    """Rigaku: *KEY "value" lines, then rows of angle, counts and the attenuator's factor."""
    lines = [line.strip() for line in read_lines(path)]
    if lines.count("*RAS_INT_START") != 1 or "*RAS_INT_END" not in lines:
        raise UserError(f"{path}: must hold one scan from *RAS_INT_START to *RAS_INT_END; the file may be cut")
    keys = dict(line[1:].split(maxsplit=1) for line in lines if line.startswith("*") and len(line.split(maxsplit=1)) == 2)
    rows = _rows(path, lines[lines.index("*RAS_INT_START") + 1 : lines.index("*RAS_INT_END")], (2, 3))
    promised = keys.get("MEAS_DATA_COUNT", "").strip('"')
    if promised.isdigit() and int(promised) != len(rows):
        raise UserError(f"{path}: {len(rows)} points, but MEAS_DATA_COUNT is {promised}; the file may be cut")
    position = {axis: np.nan for axis in "XY"}
    for key, name in keys.items():
        if key.startswith("MEAS_COND_AXIS_NAME-") and name.strip('"') in position:
            text = keys.get(key.replace("NAME-", "POSITION-"), "").strip('"')
            position[name.strip('"')] = _number(path, f"position of {name}", text)
    factor = rows[:, 2] if rows.shape[1] == 3 else 1.0
    return rows[:, 0], rows[:, 1] * factor, position["X"], position["Y"]


def _xy(path):
    """Two columns, angle and counts; # and words begin a remark."""
    lines = [line.strip().replace(",", " ") for line in read_lines(path)]
    return *_rows(path, [line for line in lines if line and line[0] not in "#;'\""], (2,)).T, np.nan, np.nan


def _xrdml(path):
    """PANalytical: counts or intensities between the ends of the 2Theta axis; counts times beamAttenuationFactors."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise UserError(f"{path}: not valid XML ({error}); the file may be cut") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # versions of the format differ in their namespace
    scans = root.findall(".//dataPoints")
    if len(scans) != 1:
        raise UserError(f"{path}: {len(scans)} scans; must hold one")
    scan = scans[0]
    values = {name: scan.find(name) for name in ("counts", "intensities", "beamAttenuationFactors")}
    which = "counts" if values["counts"] is not None else "intensities"
    if values[which] is None:
        raise UserError(f"{path}: neither counts nor intensities; the file may be cut")
    intensity = _rows(path, [values[which].text or ""], None)[0]
    if which == "counts" and values["beamAttenuationFactors"] is not None:
        factors = _rows(path, [values["beamAttenuationFactors"].text or ""], None)[0]
        if len(factors) != len(intensity):
            raise UserError(f"{path}: {len(factors)} beamAttenuationFactors for {len(intensity)} counts; the file may be cut")
        intensity = intensity * factors
    angles = _axis(path, scan, "2Theta", len(intensity))
    if angles is None:
        raise UserError(f"{path}: no positions of the axis 2Theta")
    x, y = (_axis(path, scan, axis, 1) for axis in "XY")
    return angles, intensity, *(np.nan if place is None else place[0] for place in (x, y))


def _axis(path, scan, name, count):
    """(count,) positions of an axis, or None."""
    axis = next((positions for positions in scan.findall("positions") if positions.get("axis") == name), None)
    if axis is None:
        return None
    text = {kind: axis.findtext(f"{kind}Position") for kind in ("start", "end", "common")}
    listed = axis.findtext("listPositions")
    if listed is not None:
        found = _rows(path, [listed], None)[0]
    elif text["common"] is not None:
        found = np.full(count, _number(path, f"commonPosition of {name}", text["common"]))
    else:
        ends = [_number(path, f"{kind}Position of {name}", text[kind] or "") for kind in ("start", "end")]
        found = np.linspace(*ends, count)
    if len(found) != count:
        raise UserError(f"{path}: {len(found)} positions of {name} for {count} intensities; the file may be cut")
    return found


def _rows(path, lines, widths):
    """(rows, columns) of numbers; widths: how many columns there may be."""
    rows = [line.split() for line in lines]
    if not rows or len(set(map(len, rows))) != 1 or (widths and len(rows[0]) not in widths):
        raise UserError(f"{path}: {len(rows)} rows, not all of one length; the file may be cut")
    try:
        return np.array(rows, dtype=float)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None


def _number(path, what, text):
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{path}: {what}: {text!r} is not a number") from None
