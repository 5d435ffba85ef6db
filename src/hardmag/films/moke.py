"""Coercivity of a film from its MOKE loop, by a step and a line fitted to each branch; folders of a pulsed magnet's loops."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy

from hardmag.errors import UserError
from hardmag.films.maps import wafer_map
from hardmag.intrinsic.columns import read_lines
from hardmag.magnitudes import MAGNITUDES

PLACES, WIDTHS = 41, (0.01, 0.03, 0.1)  # of the first search: coercivities, and widths over the largest field
CLEAR = 5.0  # standard errors: a smaller step is none
EDGE = 0.95  # of the largest field: of a step that ends beyond it too little is seen
TRIALS = 100  # of a fit, which takes 10 where there is a step
LEAST = 20  # points of a branch
FILE = re.compile(r"p?(?P<number>\d+)_x(?P<x>[-+]?\d+(?:\.\d+)?)_y(?P<y>[-+]?\d+(?:\.\d+)?)_magnetization\.txt")
HEADER_LINES = 2


@dataclass(frozen=True)
class Coercivity:
    """mu0_Hc_T: half the distance between the two steps, NaN for a reason; error_T: its standard error; shift_T: their mean."""

    mu0_Hc_T: float
    error_T: float
    shift_T: float
    reason: str


def coercivity(mu0_H_T, signal):
    """Coercivity of a loop: fields (n,) in the order of the measurement, over both polarities, and signals (n,) in any unit.

    Least squares of a·erf((H − Hc)/w) + b·H + c·t + d, with an Hc for the rising and one for the falling branch; t is the
    number of the sample, so that neither a slope nor a drift counts. NaN with a reason where no step is CLEAR standard errors
    high, and where it lies too near the largest field to tell whether all has reversed.
    """
    H, y = np.asarray(mu0_H_T, dtype=float), np.asarray(signal, dtype=float)
    if H.shape != y.shape or H.ndim != 1:
        raise UserError(f"loop: fields and signals must be as many, got {H.shape} and {y.shape}")
    if not (np.isfinite(H).all() and np.isfinite(y).all()):
        raise UserError("loop: fields and signals must be finite numbers")
    largest = min(H.max(initial=0.0), -H.min(initial=0.0))
    if largest <= 0:
        raise UserError("loop: the fields must have both polarities")
    rising = _rising(H)
    if min(rising.sum(), (~rising).sum()) < LEAST:
        raise UserError(f"loop: a branch has {min(rising.sum(), (~rising).sum())} points; {LEAST} at least are needed")
    (up, down, width, height, *_), covariance = _fit(H, y, rising, largest)
    if not abs(height) > CLEAR * np.sqrt(covariance[3, 3]):
        return Coercivity(np.nan, np.nan, np.nan, f"does not reverse within {largest:.3g} T")
    if max(abs(up), abs(down)) + width > EDGE * largest:
        return Coercivity(np.nan, np.nan, np.nan, f"does not saturate within {largest:.3g} T")
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    return Coercivity(float(up - down) / 2, float(np.sqrt(variance)) / 2, float(up + down) / 2, "")


def _rising(H):
    """Mask of the branch that rises from the least to the largest field; the other falls. One of the two may hold both ends of
    the record, as after a pulse, which begins and ends at 0."""
    top, bottom = int(np.argmax(H)), int(np.argmin(H))
    between = np.zeros(len(H), dtype=bool)
    between[min(top, bottom) : max(top, bottom) + 1] = True
    return between if bottom < top else ~between


def _fit(H, y, rising, largest):
    """(p, covariance) of p = (Hc rising, Hc falling, w, a, b, c, d)."""
    time = np.linspace(-1, 1, len(H))

    def columns(up, down, width):
        step = scipy.special.erf((H - np.where(rising, up, down)) / width)
        return np.stack([step, H, time, np.ones_like(H)], axis=1)

    def off_of(place, width):
        A = columns(place, -place, width)
        return np.sum((y - A @ np.linalg.lstsq(A, y)[0]) ** 2)

    starts = [(place, width * largest) for place in np.linspace(0, largest, PLACES)[1:-1] for width in WIDTHS]
    place, width = min(starts, key=lambda start: off_of(*start))
    start = [place, -place, width, *np.linalg.lstsq(columns(place, -place, width), y)[0]]
    least = np.median(np.abs(np.diff(H))) / 2 + 1e-9 * largest  # a step within one of the fields' has no width of its own
    low = [-largest, -largest, min(least, width / 2), *[-np.inf] * 4]
    high = [largest, largest, 2 * largest, *[np.inf] * 4]
    off = lambda p: columns(*p[:3]) @ p[3:] - y  # noqa: E731
    found = scipy.optimize.least_squares(off, start, bounds=(low, high), x_scale="jac", max_nfev=TRIALS)
    norm = np.maximum(np.linalg.norm(found.jac, axis=0), 1e-300)
    inverse = np.linalg.pinv((found.jac / norm).T @ (found.jac / norm)) / np.outer(norm, norm)
    return found.x, 2 * found.cost / (len(H) - len(start)) * inverse


def read_moke(folder, peak_T):
    """{"mu0_Hc_T", "mu0_Hc_error_T": WaferMap} of a folder of pulsed MOKE measurements, one pair of files per position.

    pN_xX_yY_magnetization.txt holds the signal in V, pN_xX_yY_pulse.txt that of a coil around the field, so that the field is
    its integral; peak_T: the largest field, known of the magnet. Two lines of header each, then samples and shots,
    whichever way round: there are more samples than shots, and shots are averaged. A pair of files that is cut is refused.
    """
    complaint = MAGNITUDES["_T"].complaint(peak_T)
    if complaint or not peak_T > 0:
        raise UserError(f"peak_T = {peak_T:g} {complaint or 'must be above 0'}")
    names = [(FILE.fullmatch(path.name), path) for path in sorted(Path(folder).glob("*_magnetization.txt"))]
    wrong = next((path for match, path in names if not match), None)
    if wrong or not names:
        raise UserError(f"{wrong or folder}: files must be named as p1_x-10_y25_magnetization.txt")
    found = [coercivity(*_loop(path, peak_T)) for _, path in names]
    x, y = ([float(match[axis]) for match, _ in names] for axis in ("x", "y"))
    reasons = [one.reason for one in found]
    return {
        "mu0_Hc_T": wafer_map(folder, "mu0_Hc_T", "T", x, y, [one.mu0_Hc_T for one in found], reasons),
        "mu0_Hc_error_T": wafer_map(folder, "mu0_Hc_error_T", "T", x, y, [one.error_T for one in found], reasons),
    }


def _loop(path, peak_T):
    """(fields in T, signal in V) of one position, the mean over its shots."""
    signal, coil = (_record(Path(str(path).replace("_magnetization", kind))) for kind in ("_magnetization", "_pulse"))
    if signal.shape != coil.shape:
        raise UserError(f"{path}: {signal.shape} numbers, but {coil.shape} of the pulse; one of the files may be cut")
    voltage = coil.mean(axis=1)
    field = np.cumsum(voltage - voltage.mean())  # 0 before and after the pulses, whatever the amplifier's offset
    if not np.abs(field).max() > 0:
        raise UserError(f"{path}: the pulse beside it holds no field")
    return peak_T * field / np.abs(field).max(), signal.mean(axis=1)


def _record(path):
    """(samples, shots) of one file."""
    rows = [line.split() for line in read_lines(path)[HEADER_LINES:] if line.strip()]
    if not rows or len(set(map(len, rows))) != 1:
        raise UserError(f"{path}: {len(rows)} rows, not all of one length; the file may be cut")
    try:
        record = np.array(rows, dtype=float)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from None
    return record if record.shape[0] >= record.shape[1] else record.T
