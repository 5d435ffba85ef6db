"""Table of core/shell grains → checked rows for training: geometry, intrinsic properties, a switching field → µ0Hc.

After Kovacs et al. 2023: their regressor sees the geometry, the intrinsic properties of each phase, and the smaller of the
Stoner-Wohlfarth switching fields of core and shell.
"""

import json

import numpy as np

from hardmag.errors import UserError
from hardmag.materials import MU0, stoner_wohlfarth_field
from hardmag.surrogates.rows import MIN_GEOMETRIES, MIN_ROWS, TARGETS, Rows, usable_rows

GEOMETRY = ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm")
ANGLES = ("misorientation_deg", "azimuth_deg", "alpha_deg")
PROPERTIES = tuple(f"{p}_{q}" for p in ("core", "shell", "layer") for q in ("K1_MJ_per_m3", "mu0_Ms_T", "A_pJ_per_m"))
SWITCHING = "mu0_H_sw_T"
GRAIN_TARGETS = TARGETS[:1]


SMCO17, CORESHELL = "smco17", "coreshell"  # kinds of nanostructures whose tables are known


def kind_of(table):
    """Kind of the nanostructures of a dataset's table, by their specifications; of a table without these: smco17."""
    specifications = table.get("specification", ())
    return json.loads(specifications[0])["nanostructure"]["kind"] if len(specifications) else SMCO17


def rows_of(table):
    """Rows of a dataset's table. Raises UserError for a kind that is not known, and as usable_rows and usable_grains do."""
    kind = kind_of(table)
    if kind not in (SMCO17, CORESHELL):
        raise UserError(f"table: no forward model knows nanostructures of kind {kind}")
    return usable_grains(table) if kind == CORESHELL else usable_rows(table)


def targets_of(table):
    """What surrogates learn: µ0Hc, and Φp but of single grains, of which it says nothing."""
    return GRAIN_TARGETS if kind_of(table) == CORESHELL else TARGETS


def usable_grains(table):
    """Rows that are accepted, have a coercivity, and were simulated with their demagnetising field.

    x: GEOMETRY, ANGLES and PROPERTIES that vary, the misorientation in any case, and SWITCHING; y: µ0Hc; geometry: grains
    equal in all but the angles. Raises UserError for a missing column, a value that is not finite, a constant coercivity,
    or fewer than MIN_ROWS rows or MIN_GEOMETRIES grains.
    """
    needed = (*GEOMETRY, *ANGLES, *PROPERTIES)
    missing = [name for name in (*needed, *GRAIN_TARGETS, "status", "magnetostatics") if name not in table]
    if missing:
        raise UserError(f"table: no column {', '.join(missing)}")
    columns = {name: np.asarray(table[name], dtype=np.float64) for name in needed}
    Hc = np.asarray(table[GRAIN_TARGETS[0]], dtype=np.float64)
    accepted = (table["status"] == "accepted") & (table["magnetostatics"] == "with")
    for name, values in columns.items():
        bad = accepted & ~np.isfinite(values)
        if bad.any():
            raise UserError(f"column {name}: row {np.flatnonzero(bad)[0]} of {len(bad)}: must be a finite number")
    row = np.flatnonzero(accepted & np.isfinite(Hc))
    if len(row) < MIN_ROWS:
        raise UserError(f"table: {len(row)} accepted rows with a coercivity, at least {MIN_ROWS} are needed to train")
    if np.ptp(Hc[row]) == 0:
        raise UserError(f"column {GRAIN_TARGETS[0]}: {Hc[row[0]]:g} in every usable row, nothing to learn from")
    of_grain = np.stack([columns[name][row] for name in (*GEOMETRY, *PROPERTIES)], axis=1)
    geometry = np.unique(of_grain.round(6), axis=0, return_inverse=True)[1].ravel()
    if geometry.max() + 1 < MIN_GEOMETRIES:
        raise UserError(f"table: {geometry.max() + 1} grains, at least {MIN_GEOMETRIES} are needed")
    columns[SWITCHING] = smaller_switching_field(columns)
    features = [n for n, v in columns.items() if np.ptp(v[row]) > 0 or n == "misorientation_deg"]
    counts = {
        "rows_in_table": len(Hc),
        "rows_not_accepted": int((table["status"] != "accepted").sum()),
        "rows_without_magnetostatics": int((table["magnetostatics"] != "with").sum()),
        "rows_used": len(row),
    }
    x = np.stack([columns[name][row] for name in features], axis=1)
    none = np.full(len(row), "")
    return Rows(row, x, Hc[row, None], geometry, none, counts, tuple(features), GRAIN_TARGETS)


def smaller_switching_field(columns):
    """µ0·H_sw (T) of the softer of core and shell (Stoner and Wohlfarth), of columns of ANGLES and PROPERTIES: (n,).

    In the laboratory the field is (sin α, 0, cos α) and the c-axis is turned by the misorientation towards the azimuth.
    """
    theta, phi, alpha = (np.radians(columns[name]) for name in ANGLES)
    cosine = np.sin(alpha) * np.sin(theta) * np.cos(phi) + np.cos(alpha) * np.cos(theta)
    psi = np.arccos(np.clip(np.abs(cosine), 0, 1))
    K1, Ms = ([columns[f"{p}_{key}"] for p in ("core", "shell")] for key in ("K1_MJ_per_m3", "mu0_Ms_T"))
    fields = [stoner_wohlfarth_field(K * 1e6, M / MU0, psi) for K, M in zip(K1, Ms, strict=True)]
    return np.minimum(*fields)
