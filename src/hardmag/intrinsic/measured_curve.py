"""Measured magnetisation curves: read with their units, corrected for demagnetisation and foreign phases, and their figures."""

import re
from dataclasses import dataclass, replace

import numpy as np

from hardmag.errors import UserError
from hardmag.intrinsic.columns import read_lines, read_table
from hardmag.loops import Loop, analyse
from hardmag.magnitudes import MAGNITUDES
from hardmag.materials import MU0
from hardmag.materials.composition import METALS, RARE_EARTHS, MOLAR_MASS_g_per_mol

MU0_WORD = "(?:[µμ]0|mu0)?[ _*·]?"
FIELD = re.compile(rf"(applied |magnetic |internal )?field|{MU0_WORD}H(_T)?|H_A_per_m", re.IGNORECASE)
MOMENT = re.compile(
    rf"(long |dc )?moment( free ctr| fixed ctr)?|(mass )?magneti[sz]ation|polari[sz]ation|J(_T)?|M_A_per_m|{MU0_WORD}M(_T)?",
    re.IGNORECASE,
)
FIELD_UNITS = {"T": 1.0, "mT": 1e-3, "Oe": 1e-4, "kOe": 0.1, "A/m": MU0, "kA/m": 1e3 * MU0}
POLARISATION_UNITS = {"T": 1.0, "mT": 1e-3, "G": 1e-4, "A/m": MU0, "kA/m": 1e3 * MU0, "emu/cm3": 1e3 * MU0}
MOMENT_UNITS = {"emu": 1e-3, "Am2": 1.0}  # in A·m²
PER_MASS_UNITS = {"emu/g": 1.0, "Am2/kg": 1.0}  # in A·m²/kg
LEAST_FIELD_T = 0.01  # no hard magnet is measured within less
BACKWARD = 0.02  # of the range of fields: how far noise may take the internal field back


@dataclass(frozen=True)
class MeasuredCurve:
    """mu0_H_T: (n,) fields in the order of the measurement; J_T: (n,) polarisation µ0·M; T_K: (n,) temperature, or NaN."""

    mu0_H_T: np.ndarray
    J_T: np.ndarray
    T_K: np.ndarray


def read_magnetometer(path, volume_mm3=None, mass_mg=None, density_g_per_cm3=None):
    """MeasuredCurve of a magnetometer's text file: a Quantum Design .DAT file, a table or a CSV file whose header has units.

    A moment needs the volume, or a mass and the density; a moment per mass the density. The mass is also read from a line
    INFO,<mg>,SAMPLE_MASS. Rows without a field or a moment are left out, as instruments write them between measurements.
    UserError for units that are missing or unknown, and for fields and polarisations no magnet is measured with.
    """
    table = read_table(path, after="[Data]")
    at_field, to_T = _column(table, "field", FIELD, FIELD_UNITS)
    at_moment, size = _column(table, "magnetisation", MOMENT, POLARISATION_UNITS | MOMENT_UNITS | PER_MASS_UNITS)
    unit = table.columns[at_moment].unit
    if unit in MOMENT_UNITS:
        size *= MU0 / (1e-9 * _volume_mm3(path, volume_mm3, mass_mg, density_g_per_cm3))
    elif unit in PER_MASS_UNITS:
        if density_g_per_cm3 is None:
            raise UserError(f"{path}: a moment in {unit} needs density_g_per_cm3")
        size *= MU0 * 1e3 * density_g_per_cm3
    H, J = to_T * table.numbers(at_field), size * table.numbers(at_moment)
    at_K = next(
        (n for n, column in enumerate(table.columns) if (column.name.lower(), column.unit) == ("temperature", "K")), None
    )
    T = np.full(len(H), np.nan) if at_K is None else table.numbers(at_K)
    there = np.isfinite(H) & np.isfinite(J)
    if not there.any():
        raise UserError(f"{path}: no row has a field and a moment")
    curve = MeasuredCurve(H[there], J[there], T[there])
    _check(path, curve, table.columns[at_field], table.columns[at_moment])
    return curve


def _column(table, what, names, units):
    """(index, size of its unit in ours) of the column of a quantity."""
    found = [n for n, column in enumerate(table.columns) if names.fullmatch(column.name)]
    if not found:
        there = ", ".join(column.name for column in table.columns)
        raise UserError(f"{table.path}: no column of the {what}; columns are {there}")
    column = table.columns[found[0]]
    if column.unit not in units:
        given = f"unknown unit ({column.unit})" if column.unit else "no unit"
        raise UserError(f"{table.path}: column {column.name}: {given}; allowed are {', '.join(units)}")
    return found[0], units[column.unit]


def _volume_mm3(path, volume_mm3, mass_mg, density_g_per_cm3):
    if volume_mm3 is not None:
        return volume_mm3
    cells = [line.split(",") for line in read_lines(path) if line.strip().endswith(",SAMPLE_MASS")]
    if mass_mg is None and cells:
        try:
            mass_mg = float(cells[0][1])
        except ValueError:
            raise UserError(f"{path}: SAMPLE_MASS: {cells[0][1].strip()!r} is not a number of mg") from None
    if mass_mg is None or density_g_per_cm3 is None:
        raise UserError(f"{path}: a moment needs volume_mm3, or mass_mg and density_g_per_cm3")
    return mass_mg / density_g_per_cm3


def _check(path, curve, field, moment):
    largest, complaint = np.abs(curve.mu0_H_T).max(), MAGNITUDES["_T"].complaint(np.abs(curve.mu0_H_T).max())
    if not complaint and largest < LEAST_FIELD_T:
        complaint = f"must reach {LEAST_FIELD_T:g} T; was it meant in T?"
    if complaint:
        raise UserError(f"{path}: column {field.name} ({field.unit}): µ0·H of at most {largest:g} T {complaint}")
    complaint = MAGNITUDES["Ms_T"].complaint(np.abs(curve.J_T).max())
    if complaint:
        raise UserError(f"{path}: column {moment.name} ({moment.unit}): µ0·M of {np.abs(curve.J_T).max():.3g} T {complaint}")


def falling(curve):
    """The branch of a loop from its largest field to the least. What came before saturation and the way back are left out."""
    H = curve.mu0_H_T
    top, bottom = int(np.argmax(H)), int(np.argmin(H))
    # Of a loop that ends where it began, noise says which end is the largest: the branch is the wider of the two that follow.
    from_top, to_bottom = (top, top + int(np.argmin(H[top:]))), (int(np.argmax(H[: bottom + 1])), bottom)
    first, last = max(from_top, to_bottom, key=lambda ends: H[ends[0]] - H[ends[1]])
    return _part(curve, slice(first, last + 1))


def saturated(curve):
    """What a loop holds of fields that fall from saturation, by falling field above 0, for the joint fit.

    That is its falling branch above 0, and its rising branch below 0 with the signs of fields and polarisations turned: the
    same curve once more. Where both are there, they are averaged by pairs of points that are neighbours in field, so that the
    noise falls by √2. In the other half of a loop grains reverse one by one.
    """
    turned = replace(curve, mu0_H_T=-curve.mu0_H_T, J_T=-curve.J_T)
    branches = [_part(branch, branch.mu0_H_T > 0) for branch in map(falling, (curve, turned))]
    branches = [branch for branch in branches if len(branch.J_T) > 1]
    if not branches:
        raise UserError("a loop needs a branch of at least two falling fields above 0")
    columns = np.hstack([[branch.mu0_H_T, branch.J_T, branch.T_K] for branch in branches])
    columns = columns[:, np.argsort(-columns[0], kind="stable")]
    if len(branches) == 2:
        columns = columns[:, : columns.shape[1] // 2 * 2].reshape(3, -1, 2).mean(axis=2)
    return MeasuredCurve(*columns)


def _part(curve, points):
    return MeasuredCurve(curve.mu0_H_T[points], curve.J_T[points], curve.T_K[points])


def internal(curve, demagnetisation):
    """The curve over the internal field µ0·H − N·J; N: from 0 of a long rod along the field to 1 of a plate across it, or that
    of demagnetisation_of_powder, which may lie below 0."""
    if not -1 / 3 <= demagnetisation <= 1:
        raise UserError(f"demagnetisation factor {demagnetisation:g} must be within 0 to 1, or of a powder -1/3 to 2/3")
    return replace(curve, mu0_H_T=curve.mu0_H_T - demagnetisation * curve.J_T)


def demagnetisation_of_powder(pellet, filling):
    """N of the field that turns the moments of grains in a pellet: filling · (N − 1/3), where J is that of the grains.

    A grain that is near to a sphere has a field of its own along its moment, which does not turn it; the others are felt as
    the pellet's field in Lorentz's spherical hole. pellet: N of the pellet's shape; filling: share of its volume that the
    grains fill.
    """
    if not (0 <= pellet <= 1 and 0 < filling <= 1):
        raise UserError(f"pellet = {pellet:g} must be within 0 to 1, filling = {filling:g} above 0 and at most 1")
    return filling * (pellet - 1 / 3)


def of_main_phase(curve, fraction):
    """The curve of the main phase alone, where all else counts as nothing. fraction: of the volume; or of the mass, where J
    comes from a moment, a mass and the density of the main phase."""
    if not 0 < fraction <= 1:
        raise UserError(f"fraction of the main phase {fraction:g} must be above 0 and at most 1")
    return replace(curve, J_T=curve.J_T / fraction)


def main_phase_mass_fraction(atoms):
    """Mass fraction of R2T14B in an alloy {element: atoms}, as much as its scarcest part allows; the rest is another phase."""
    groups = {"R": (RARE_EARTHS, 2), "T": (METALS, 14), "B": (("B",), 1)}
    unknown = [element for element in atoms if element not in MOLAR_MASS_g_per_mol]
    if unknown:
        raise UserError(f"alloy: {unknown[0]} is none of {', '.join(MOLAR_MASS_g_per_mol)}")
    mass_of = lambda group: sum(atoms.get(e, 0.0) * MOLAR_MASS_g_per_mol[e] for e in group)  # noqa: E731
    count_of = {name: sum(atoms.get(e, 0.0) for e in group) for name, (group, _) in groups.items()}
    if min(count_of.values()) <= 0:
        raise UserError(f"alloy: no {min(count_of, key=count_of.get)}; R2T14B needs rare earths, Fe, Co or Ni, and B")
    formulas = min(count_of[name] / number for name, (_, number) in groups.items())
    main = sum(formulas * number / count_of[name] * mass_of(group) for name, (group, number) in groups.items())
    return float(main / mass_of(MOLAR_MASS_g_per_mol))


def figures(curve, Js_T, demagnetisation=0.0):
    """(Loop, µ0·Hk in T) of a measured loop or demagnetisation curve: the figures that simulations have, by the same code.

    Its falling branch counts. Where noise takes the internal field back by a little, points are
    left out; where it runs back further, the demagnetisation factor is too large for the curve: UserError.
    """
    branch = internal(falling(curve), demagnetisation)
    H, m = branch.mu0_H_T, branch.J_T / Js_T
    lowest = np.minimum.accumulate(H)
    back = float(np.max(H - lowest))
    if back > BACKWARD * np.ptp(H):
        raise UserError(
            f"demagnetisation factor {demagnetisation:g}: the internal field runs back by {back:.3g} T; is N too large?"
        )
    kept = np.concatenate([[True], np.diff(lowest) < 0])
    if kept.sum() < 2:
        raise UserError("a loop needs a branch of at least two falling fields")
    loop: Loop = analyse(H[kept], m[kept], Js_T / MU0)
    return loop, loop.squareness * loop.mu0_Hc_T
