"""Microstructural parameters α and N_eff of µ0Hc = α 2K1/Ms − N_eff µ0Ms, from half-cycles with and without magnetostatics.

Kovacs et al. 2023, eq. 4 and below: α = Hc* µ0Ms/(2 K1) of the run without magnetostatics, N_eff = (Hc* − Hc)/Ms. A grain of
several phases has none K1 and Ms: those of its hardest phase are taken, so that α says what the rest takes away from it.
"""

import numpy as np

from hardmag.errors import UserError
from hardmag.materials import MU0

PHASES = ("core", "shell", "layer")
SAME = ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm", "misorientation_deg", "azimuth_deg", "alpha_deg")
SAME += tuple(f"{phase}_{key}" for phase in PHASES for key in ("K1_MJ_per_m3", "mu0_Ms_T", "A_pJ_per_m"))


def microstructural(table):
    """{column: (n,)} of grains that were simulated both ways: with, without (rows of the table), alpha, N_eff, mu0_Hc_T,
    mu0_Hc_star_T, and of their hardest phase mu0_Ms_T and two_K1_over_mu0_Ms2 = 2K1/(µ0Ms²).

    table: as of a dataset of kind coreshell. Raises UserError where there is no such pair.
    """
    usable = (table["status"] == "accepted") & np.isfinite(table["mu0_Hc_T"])
    keys = [tuple(round(float(table[name][row]), 6) for name in SAME) for row in range(len(usable))]
    rows = {(keys[row], table["magnetostatics"][row]): row for row in np.flatnonzero(usable)}
    pairs = [(row, rows[key, "without"]) for (key, how), row in rows.items() if how == "with" and (key, "without") in rows]
    if not pairs:
        raise UserError("dataset: no grain was simulated both with and without magnetostatics")
    both, without = (np.array(column) for column in zip(*pairs, strict=True))
    K1, Ms = _hardest(table, both)
    Hc, star = table["mu0_Hc_T"][both], table["mu0_Hc_T"][without]
    return {
        "with": both,
        "without": without,
        "mu0_Hc_T": Hc,
        "mu0_Hc_star_T": star,
        "alpha": star * Ms / (2 * K1),
        "N_eff": (star - Hc) / (MU0 * Ms),
        "mu0_Ms_T": MU0 * Ms,
        "two_K1_over_mu0_Ms2": 2 * K1 / (MU0 * Ms**2),
    }


def _hardest(table, rows):
    """(K1 in J/m³, Ms in A/m) of the phase of largest K1 that each grain has: (n,) each."""
    present = np.stack([table[f"fraction_{phase}"][rows] > 0 for phase in PHASES])
    K1, J = (np.stack([table[f"{p}_{key}"][rows] for p in PHASES]).astype(float) for key in ("K1_MJ_per_m3", "mu0_Ms_T"))
    hardest = np.where(present, K1, -1.0).argmax(axis=0)
    at = (hardest, np.arange(len(rows)))
    return K1[at] * 1e6, J[at] / MU0
