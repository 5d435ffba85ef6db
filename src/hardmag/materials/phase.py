"""A magnetic phase: exchange stiffness, anisotropy, magnetisation and easy axis."""

from dataclasses import asdict, dataclass, replace
from math import atan, atanh, nan, pi, sqrt
from typing import Self

import numpy as np

from hardmag.errors import InvalidValue

MU0 = 4e-7 * pi  # T·m/A
SQUARE = 1e-6  # largest cosine between cubic axes
# Far beyond all magnets, which leaves room for problems at another scale; above it a unit is wrong for certain: in pJ/m and in
# erg/cm the numbers are larger. In other units constants may come out too small, as a soft magnet's may be.
LARGEST_A_J_per_m = 1e-7
ANISOTROPIES = ("Ku_J_per_m3", "K2_J_per_m3", "Kc_J_per_m3")

Direction = tuple[float, float, float]


@dataclass(frozen=True)
class Phase:
    """A homogeneous ferromagnet: E/V = K1 sin²θ + K2 sin⁴θ + Kc (α1²α2² + α2²α3² + α3²α1²), θ from the axis, α_i cosines.

    A_J_per_m: exchange stiffness, at most 1e-7 J/m; Ku_J_per_m3: first anisotropy constant K1, < 0 of an easy plane;
    Ms_A_per_m: spontaneous magnetisation; axis: easy axis (of an easy plane the hard one), normalised on construction;
    K2_J_per_m3: second anisotropy constant; Kc_J_per_m3: first constant of cubic anisotropy, > 0 if the cubic axes are easy;
    cubic_axes: two of these, at right angles, normalised likewise. A phase with Ms = 0 is empty space: all its constants must
    be 0.
    """

    name: str
    A_J_per_m: float
    Ku_J_per_m3: float
    Ms_A_per_m: float
    axis: Direction = (0.0, 1.0, 0.0)
    K2_J_per_m3: float = 0.0
    Kc_J_per_m3: float = 0.0
    cubic_axes: tuple[Direction, Direction] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))

    def __post_init__(self):
        for key in ("A_J_per_m", "Ms_A_per_m"):
            if not 0 <= getattr(self, key) < float("inf"):
                raise InvalidValue(f"phase {self.name!r}: {key} = {getattr(self, key)} must be a finite number >= 0")
        if self.A_J_per_m > LARGEST_A_J_per_m:
            allowed = f"must be at most {LARGEST_A_J_per_m:g} J/m; was it meant in pJ/m or erg/cm?"
            raise InvalidValue(f"phase {self.name!r}: A_J_per_m = {self.A_J_per_m:g} {allowed}")
        for key in ANISOTROPIES:
            if not abs(getattr(self, key)) < float("inf"):
                raise InvalidValue(f"phase {self.name!r}: {key} = {getattr(self, key)} must be a finite number")
        if self.Ms_A_per_m == 0 and any(getattr(self, key) for key in ("A_J_per_m", *ANISOTROPIES)):
            raise InvalidValue(f"phase {self.name!r}: Ms_A_per_m = 0 is empty space and needs A_J_per_m = Ku_J_per_m3 = 0")
        if self.Ms_A_per_m > 0 and self.A_J_per_m == 0:
            raise InvalidValue(f"phase {self.name!r}: A_J_per_m must be > 0 where Ms_A_per_m > 0")
        object.__setattr__(self, "axis", self._unit("axis", self.axis))
        if len(self.cubic_axes) != 2:
            raise InvalidValue(f"phase {self.name!r}: cubic_axes = {list(self.cubic_axes)} must be two directions")
        axes = tuple(self._unit("cubic_axes", axis) for axis in self.cubic_axes)
        if abs(np.dot(*axes)) > SQUARE:
            raise InvalidValue(f"phase {self.name!r}: cubic_axes = {list(self.cubic_axes)} must be at right angles")
        object.__setattr__(self, "cubic_axes", axes)

    def _unit(self, key, direction):
        length = sqrt(sum(c * c for c in direction)) if len(direction) == 3 else 0.0
        if not 0 < length < float("inf"):
            raise InvalidValue(f"phase {self.name!r}: {key} = {list(direction)} must be three numbers, not all zero")
        return tuple(c / length for c in direction)

    @property
    def cubic_frame(self) -> tuple[Direction, Direction, Direction]:
        """The cubic axes, all three: unit vectors at right angles."""
        first, second = np.array(self.cubic_axes)
        third = np.cross(first, second) / np.linalg.norm(np.cross(first, second))
        return tuple(map(tuple, np.array([first, np.cross(third, first), third]).tolist()))

    @property
    def delta0_m(self) -> float:
        """Wall parameter δ0 = √(A/K) in m, K the largest of |K1|, |K1 + K2| and |Kc|; infinite where these are 0."""
        K = max(abs(self.Ku_J_per_m3), abs(self.Ku_J_per_m3 + self.K2_J_per_m3), abs(self.Kc_J_per_m3))
        return sqrt(self.A_J_per_m / K) if K else float("inf")

    @property
    def wall_width_m(self) -> float:
        """Bloch wall width l = π √(A/K) in m (Yang et al., eq. 1)."""
        return pi * self.delta0_m

    @property
    def wall_energy_J_per_m2(self) -> float:
        """Bloch wall energy σ = 2 ∫ √(A (K1 sin²θ + K2 sin⁴θ)) dθ over half a turn, in J/m²: 4 √(A K1) without K2, eq. 1 of
        Yang et al. Not a number where the axis is not easy (K1 ≤ 0 or K1 + K2 ≤ 0), nor with cubic anisotropy."""
        K1, K2 = self.Ku_J_per_m3, self.K2_J_per_m3
        if not (K1 or K2 or self.Kc_J_per_m3):
            return 0.0
        if K1 <= 0 or K1 + K2 <= 0 or self.Kc_J_per_m3:
            return nan
        root = 2 * sqrt(self.A_J_per_m * K1)
        if K2 == 0:
            return 2 * root
        q = sqrt(abs(K2) / K1)
        return root * (1 + (1 + K2 / K1) / q * (atan(q) if K2 > 0 else atanh(q)))

    @property
    def anisotropy_field_T(self) -> float:
        """µ0·H_ani = 2 K1 / Ms in T (Yang et al., eq. 2): of M along its axis, whatever K2; 0 of empty space."""
        return 2 * self.Ku_J_per_m3 / self.Ms_A_per_m if self.Ms_A_per_m else 0.0

    def to_dict(self) -> dict[str, object]:
        """Plain numbers, for JSON and HDF5 attributes; K2, Kc and cubic axes where there are any."""
        values = asdict(self) | {"axis": list(self.axis), "cubic_axes": [list(axis) for axis in self.cubic_axes]}
        absent = ([] if self.Kc_J_per_m3 else ["Kc_J_per_m3", "cubic_axes"]) + ([] if self.K2_J_per_m3 else ["K2_J_per_m3"])
        return {key: value for key, value in values.items() if key not in absent}

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
