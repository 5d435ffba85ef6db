"""K1, µ0·Ms, A and K2 of a kind's phases as its parameters: NAME_K1_MJ_per_m3, NAME_mu0_Ms_T, NAME_A_pJ_per_m and, of phases
that may have it, NAME_K2_MJ_per_m3."""

from math import inf
from typing import Annotated

from pydantic import Field

from hardmag.materials import MU0
from hardmag.nanostructures.kind import Quantity

# Of a phase: unit, meaning, symbol, and its value in that unit.
CONSTANTS = {
    "K1_MJ_per_m3": ("MJ/m3", "anisotropy constant", "$K_1$", lambda phase: phase.Ku_J_per_m3 / 1e6),
    "mu0_Ms_T": ("T", "µ0·Ms", r"$\mu_0M_\mathrm{s}$", lambda phase: MU0 * phase.Ms_A_per_m),
    "A_pJ_per_m": ("pJ/m", "exchange stiffness", "$A$", lambda phase: phase.A_J_per_m * 1e12),
}


def constant_of(name, constant, optional=False):
    """Type of the parameter that is a constant of a phase, or None where that may be."""
    unit, meaning, symbol, _ = CONSTANTS[constant]
    bounds = {"ge": 0} if constant == "K1_MJ_per_m3" else {"gt": 0}
    kind = float | None if optional else float
    return Annotated[
        kind, Field(allow_inf_nan=False, **bounds), Quantity(unit, f"{meaning} of the {name}", 0, inf, symbol, name)
    ]


def K2_of(name):
    """Type of the parameter that is the second anisotropy constant of a phase, or None."""
    meaning = f"second anisotropy constant of the {name}; null: 0"
    return Annotated[float | None, Field(allow_inf_nan=False), Quantity("MJ/m3", meaning, -inf, inf, "$K_2$", name)]


def published(phase, constant):
    """The published Phase's value: the default of such a parameter."""
    return round(CONSTANTS[constant][3](phase), 12)


def in_SI(constants):
    """(A in J/m, Ku in J/m³, Ms in A/m) of {constant: value} of CONSTANTS."""
    K1, Ms, A = (constants[name] for name in CONSTANTS)
    return A * 1e-12, K1 * 1e6, Ms / MU0
