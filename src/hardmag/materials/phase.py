"""A magnetic phase: exchange stiffness, anisotropy, magnetisation and easy axis."""

from dataclasses import asdict, dataclass, replace
from math import pi, sqrt
from typing import Self

import numpy as np

from hardmag.errors import InvalidValue

MU0 = 4e-7 * pi  # T·m/A


@dataclass(frozen=True)
class Phase:
    """A homogeneous ferromagnet with one uniaxial anisotropy constant.

    A_J_per_m: exchange stiffness; Ku_J_per_m3: anisotropy constant; Ms_A_per_m: spontaneous magnetisation;
    axis: easy axis, normalised on construction. A phase with Ms = 0 is empty space: it must have A = Ku = 0.
    """

    name: str
    A_J_per_m: float
    Ku_J_per_m3: float
    Ms_A_per_m: float
    axis: tuple[float, float, float] = (0.0, 1.0, 0.0)

    def __post_init__(self):
        for key in ("A_J_per_m", "Ku_J_per_m3", "Ms_A_per_m"):
            if not 0 <= getattr(self, key) < float("inf"):
                raise InvalidValue(f"phase {self.name!r}: {key} = {getattr(self, key)} must be a finite number >= 0")
        if self.Ms_A_per_m == 0 and (self.A_J_per_m or self.Ku_J_per_m3):
            raise InvalidValue(f"phase {self.name!r}: Ms_A_per_m = 0 is empty space and needs A_J_per_m = Ku_J_per_m3 = 0")
        if self.Ms_A_per_m > 0 and self.A_J_per_m == 0:
            raise InvalidValue(f"phase {self.name!r}: A_J_per_m must be > 0 where Ms_A_per_m > 0")
        length = sqrt(sum(c * c for c in self.axis)) if len(self.axis) == 3 else 0.0
        if not 0 < length < float("inf"):
            raise InvalidValue(f"phase {self.name!r}: axis = {list(self.axis)} must be three numbers, not all zero")
        object.__setattr__(self, "axis", tuple(c / length for c in self.axis))

    @property
    def delta0_m(self) -> float:
        """Wall parameter δ0 = √(A/K) in m; infinite where K = 0."""
        return sqrt(self.A_J_per_m / self.Ku_J_per_m3) if self.Ku_J_per_m3 else float("inf")

    @property
    def wall_width_m(self) -> float:
        """Bloch wall width l = π √(A/K) in m (Yang et al., eq. 1)."""
        return pi * self.delta0_m

    @property
    def wall_energy_J_per_m2(self) -> float:
        """Bloch wall energy σ = 4 √(A K) in J/m² (Yang et al., eq. 1)."""
        return 4 * sqrt(self.A_J_per_m * self.Ku_J_per_m3)

    @property
    def anisotropy_field_T(self) -> float:
        """µ0·H_ani = 2 K / Ms in T (Yang et al., eq. 2); 0 of empty space."""
        return 2 * self.Ku_J_per_m3 / self.Ms_A_per_m if self.Ms_A_per_m else 0.0

    def to_dict(self) -> dict[str, object]:
        """Plain numbers, for JSON and HDF5 attributes."""
        return asdict(self) | {"axis": list(self.axis)}

    def with_(self, **changes: object) -> Self:
        """A copy with some properties changed."""
        return replace(self, **changes)


def by_name(phases, shares):
    """{name: share} of phases; those of one name are added up."""
    totals = {}
    for phase, share in zip(phases, shares, strict=True):
        totals[phase.name] = totals.get(phase.name, 0.0) + float(share)
    return totals


def stoner_wohlfarth_field(K1, Ms, psi):
    """Switching field µ0·H_sw of a coherent particle without a demagnetising field.

    Parameters: K1 (J/m³), Ms (A/m), psi: angle between field and easy axis (rad, 0 to π/2); broadcastable.
    Returns: T, same shape. Source: Stoner & Wohlfarth 1948, eq. as in Kovacs et al. 2023, §2.3.4.
    """
    return 2 * K1 / Ms * (np.sin(psi) ** (2 / 3) + np.cos(psi) ** (2 / 3)) ** -1.5
