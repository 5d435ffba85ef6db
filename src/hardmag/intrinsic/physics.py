"""What the models of composition take from physics: laws of temperature, and values of pure R2T14B.

None of it is fitted to the rows that the models are tested on, but for one number: the scale of the crystal field's A_2^0. It
shapes K1(T) of Nd and Pr, whose law is 1 at room temperature by construction.
"""

import numpy as np
from scipy.optimize import brentq

from hardmag.intrinsic.crystal_field import IONS, anisotropy
from hardmag.intrinsic.tables import END_MEMBERS, MEASURED, read_measured
from hardmag.materials.composition import ELEMENTS
from hardmag.materials.intrinsic import Physics
from hardmag.materials.laws import T0_K, Law, kuzmin

NO_MOMENT = ("Ce", "Y")  # R without a 4f moment whose values at 4 and 295 K agree; La's do not
SINGLE_CRYSTALS = "single crystals"  # in a source's name
T_EXPONENT = 2  # of K1 of the transition metals above T0; from 1 to 3 it moves K1(433 K) of Nd2Fe14B by ±0.1 MJ/m³
A_ND = 8.0  # pJ/m at 300 K: Coey 2010, p. 401, as taken by Kovacs et al. 2023
A_EXPONENT = 1.2  # A ∝ m^1.2 of Nd2Fe14B: Gong et al., Phys. Rev. B 99, 214409 (2019); mean-field theory has 2
TEMPERATURES = np.concatenate([[4.0], np.arange(10.0, 200, 10), np.arange(200.0, 1001, 25)])
MAGNETISATIONS = np.linspace(0.0, 1.0, 21)


def end_members():
    """{(R, T): {"4": µ0·Ms (T) at 4 K, "295": at 295 K or None, "Tc": K}} of R2T14B, Herbst 1991."""
    table, found = read_measured(END_MEMBERS), {}
    for shares, T_K, Ms, Tc_K in zip(table.shares, table.T_K, table.mu0_Ms_T, table.Tc_K, strict=True):
        R, T = (ELEMENTS[i] for i in np.flatnonzero(shares))
        if T_K < 298:  # the row at 298 K is of Y2Fe14B's anisotropy
            found.setdefault((R, T), {"Tc": float(Tc_K)})[f"{T_K:.0f}"] = float(Ms)
    return found


def shapes(members):
    """{R: s} of Kuz'min's law, from µ0·Ms at 4 K and 295 K and Tc of R2Fe14B; of La the mean of Ce and Y."""
    found = {}
    for (R, T), member in members.items():
        if T == "Fe" and R != "La":
            ratio = member["295"] / member["4"]
            found[R] = brentq(lambda s, m=member, r=ratio: float(kuzmin(295.0, m["Tc"], s)) - r, -1.0, 2.0)
    return found | {"La": float(np.mean([found[R] for R in NO_MOMENT]))}


def anisotropy_of_metals():
    """K1 (MJ/m³) of the transition metals at room temperature: that of Y2Fe14B, whose R has none."""
    table = read_measured(END_MEMBERS)
    return float(table.known("K1_MJ_per_m3").K1_MJ_per_m3[0])


def field_scale(members, s_T):
    """The scale of A_2^0 by which the crystal field gives K1 of Nd2Fe14B and Pr2Fe14B as measured on single crystals, the
    transition metals' part taken off: least squares of the two."""
    table = read_measured(MEASURED)
    wanted = {}
    for R in IONS:
        pure = (table.shares[:, ELEMENTS.index(R)] == 1) & (table.shares[:, ELEMENTS.index("Fe")] == 1)
        single = np.array([SINGLE_CRYSTALS in source for source in table.source])
        wanted[R] = float(table.K1_MJ_per_m3[pure & single][0]) - anisotropy_of_metals()

    def excess(scale):
        return sum(_at_room(R, members, s_T, scale) / wanted[R] - 1 for R in IONS)

    return brentq(excess, 0.5, 1.5, xtol=1e-4)


def _at_room(R, members, s_T, scale=1.0):
    m = float(kuzmin(T0_K, members[R, "Fe"]["Tc"], s_T))
    return float(anisotropy(IONS[R].with_A20(scale), T0_K, m)[0])


def unscaled(members, s_T):
    """{R: K1 (MJ/m³) at T0_K} by the published crystal field: what a model expects of Nd and Pr before it sees rows."""
    return {R: _at_room(R, members, s_T) for R in IONS}


def physics():
    """The Physics of all models."""
    members = end_members()
    s = shapes(members)
    scale = field_scale(members, s["Y"])
    laws = {R: _law(R, members, s["Y"], scale) for R in IONS}
    Tc_K = members["Nd", "Fe"]["Tc"]
    return Physics(s, 1.0, s["Y"], T_EXPONENT, laws, A_ND, Tc_K, float(kuzmin(T0_K, Tc_K, s["Nd"])), A_EXPONENT)


def _law(R, members, s_T, scale):
    ion, at_room = IONS[R].with_A20(scale), _at_room(R, members, s_T, scale)
    values = [[float(anisotropy(ion, T, m)[0]) / at_room if m else 0.0 for m in MAGNETISATIONS] for T in TEMPERATURES]
    return Law(tuple(TEMPERATURES.tolist()), tuple(MAGNETISATIONS.tolist()), tuple(tuple(row) for row in values))
