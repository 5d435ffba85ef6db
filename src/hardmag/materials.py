"""A magnetic phase and the published phases of SmCo-1:7 and Nd-Fe-B magnets, each with its source."""

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


# Yang et al., Supplementary Table 4. The c-axis of the nanostructure is y.
SM2CO17 = Phase("2:17", 19.60e-12, 3.9e6, 987.7e3)
SMCO5 = Phase("1:5", 8.60e-12, 18.3e6, 810.8e3)
Z_PHASES = {
    "literature": Phase("Z", 0.48e-12, 2.1e6, 310.4e3),
    "dft": Phase("Z", 4.83e-12, 2.1e6, 290.0e3),
    "modified": Phase("Z", 0.70e-12, 1.4e6, 310.4e3),
}
# Grain-boundary layer: A and Ms of 2:17, no anisotropy (Yang et al., Supplementary Note 1.2).
GRAIN_BOUNDARY = SM2CO17.with_(name="boundary", Ku_J_per_m3=0.0)

# Coey 2010, p. 401, room temperature, as taken by Kovacs et al. 2023, section 2.2.1. The c-axis of the grains is z.
ND2FE14B = Phase("Nd2Fe14B", 8.0e-12, 4.9e6, 1.61 / MU0, (0.0, 0.0, 1.0))
# Kovacs et al. 2023, section 3.2: an almost Nd-free core, a shell that protects it, a soft grain-boundary layer around both.
GRAIN_CORE = Phase("core", 8.0e-12, 0.7e6, 1.04 / MU0, (0.0, 0.0, 1.0))
GRAIN_SHELL = Phase("shell", 8.0e-12, 3.77e6, 1.45 / MU0, (0.0, 0.0, 1.0))
GRAIN_LAYER = Phase("layer", 8.0e-12, 0.0, 1.1 / MU0, (0.0, 0.0, 1.0))

# R2Fe14B at 295 K: µ0·Ms (T), µ0·Ha (T); Herbst 1991 (Rev. Mod. Phys. 63, 819). K1 = Ha·Ms/2, K2 left out.
_R2FE14B = {"Nd": (1.604, 7.3), "Ce": (1.199, 2.6), "La": (1.379, 2.0)}
ND_AT_PERCENT = 100 * 2 / 17  # of Nd2Fe14B


def nd_lean_constants(Nd):
    """K1 (J/m³) and Ms (A/m) of (Nd_x (Ce¾La¼)_1−x)2 Fe14B at room temperature: the grains of Kovacs et al. 2023, Fig. 13.

    Nd: x in [0, 1], a number or an array. Both lie between those of Nd2, Ce2 and La2Fe14B in proportion to the rare earths.
    """
    shares = {"Nd": Nd, "Ce": 0.75 * (1 - Nd), "La": 0.25 * (1 - Nd)}
    Ms = sum(share * _R2FE14B[R][0] / MU0 for R, share in shares.items())
    K1 = sum(share * _R2FE14B[R][0] * _R2FE14B[R][1] / (2 * MU0) for R, share in shares.items())
    return K1, Ms


def stoner_wohlfarth_field(K1, Ms, psi):
    """Switching field µ0·H_sw of a coherent particle without a demagnetising field.

    Parameters: K1 (J/m³), Ms (A/m), psi: angle between field and easy axis (rad, 0 to π/2); broadcastable.
    Returns: T, same shape. Source: Stoner & Wohlfarth 1948, eq. as in Kovacs et al. 2023, §2.3.4.
    """
    return 2 * K1 / Ms * (np.sin(psi) ** (2 / 3) + np.cos(psi) ** (2 / 3)) ** -1.5
