"""A polycrystal as grains: convex bodies that each have one phase, one easy axis, and one magnetic moment."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from hardmag.errors import InvalidValue
from hardmag.materials import MU0, Phase, by_name
from hardmag.polyhedron import Polyhedron
from hardmag.switching import SwitchingLaw

OVERLAP = 1e-9  # of the grains' volume: more may not be lacking beside them


@dataclass(frozen=True)
class Reading:
    """How the reduced-order model of Kovacs et al. 2023 (section 2.3.4) is read; the defaults are the paper's where it says.

    d: distance of the points of evaluation, in exchange lengths √(A/µ0Ms²); l: of the field M/l² along the moment, inf for
    none; distance_from: of d, from both faces of an edge or from the edge; per_edge: points on each edge; moments: rotating as
    Stoner-Wohlfarth moments in the mean field of their grain, or fixed along the easy axes; reversal: of a grain with a point
    beyond its switching field, where that lowers the energy (downhill) or always; near: radii of a grain within which its field
    is that of its polyhedron, and beyond which it is that of a dipole.
    """

    d: float = 1.44
    l: float = 1.24  # noqa: E741 — the paper's letter
    distance_from: Literal["faces", "edge"] = "faces"
    per_edge: int = 9
    moments: Literal["rotating", "fixed"] = "rotating"
    reversal: Literal["downhill", "always"] = "downhill"
    near: float = 2.5


@dataclass(frozen=True, eq=False)
class Grains:
    """What a polycrystal hands to the reduced-order model.

    bodies: of the g magnetic grains, which do not overlap, corners in m; phase: (g,) entries of `phases`; axis: easy axes
    (g, 3), unit vectors; others_m3: {name: volume} of what is not magnetic in the magnet; reading: of the model; laws: {entry
    of `phases`: SwitchingLaw} of those that switch by a law of their own in the mean field of all other grains, in place of
    Stoner and Wohlfarth's. Their K may be 0: their moments then stay along the easy axis.
    """

    bodies: tuple[Polyhedron, ...]
    phase: np.ndarray
    phases: tuple[Phase, ...]
    axis: np.ndarray
    others_m3: dict[str, float] = field(default_factory=dict)
    reading: Reading = field(default=Reading())
    laws: dict[int, SwitchingLaw] = field(default_factory=dict)

    def __post_init__(self):
        count = len(self.bodies)
        if not count:
            raise InvalidValue("there are no grains")
        if self.phase.shape != (count,) or self.axis.shape != (count, 3):
            raise InvalidValue(f"{count} grains need as many phases and axes, got {self.phase.shape} and {self.axis.shape}")
        if self.phase.min() < 0 or self.phase.max() >= len(self.phases):
            raise InvalidValue(f"grains hold phase index {self.phase.max()}, allowed are 0 to {len(self.phases) - 1}")
        if not np.allclose(np.linalg.norm(self.axis, axis=1), 1, atol=1e-9):
            raise InvalidValue("axes must be unit vectors")
        for p in np.unique(self.phase).tolist():
            phase = self.phases[p]
            if phase.K2_J_per_m3 or phase.Kc_J_per_m3:
                raise InvalidValue(f"phase {phase.name!r}: grains have K1 alone, K2 and Kc must be 0")
            if not (phase.Ms_A_per_m > 0 and (phase.Ku_J_per_m3 > 0 or p in self.laws)):
                raise InvalidValue(f"grains of phase {phase.name!r}: Ms and K must be > 0 in the reduced-order model")
        asked = zip(self.bodies, self.reading.d * self.exchange_lengths_m(), self.law_of_each(), strict=True)
        thin = sum(law is None and body.moved(-depth) is None for body, depth, law in asked)
        if thin:
            raise InvalidValue(
                f"{thin} of {count} grains are too thin for points {self.reading.d:g} exchange lengths inside their edges"
            )
        for name, volume in self.others_m3.items():
            if not volume >= -OVERLAP * self.volumes.sum():
                raise InvalidValue(f"the grains overlap: they leave {volume:.3g} m³ for {name}")

    @cached_property
    def volumes(self) -> np.ndarray:
        """Of the grains, in m³: (g,)."""
        return np.array([body.volume for body in self.bodies])

    @property
    def volume_m3(self) -> float:
        """Of the magnet."""
        return float(self.volumes.sum()) + sum(self.others_m3.values())

    def law_of_each(self) -> list[SwitchingLaw | None]:
        """Of the grains: (g,), None for Stoner and Wohlfarth's law."""
        return [self.laws.get(p) for p in self.phase.tolist()]

    def per_grain(self, key: str) -> np.ndarray:
        """One property of the phases: (g,)."""
        return np.array([getattr(p, key) for p in self.phases])[self.phase]

    @property
    def shape(self) -> tuple[int]:
        """(g,)."""
        return (len(self.bodies),)

    def fractions(self) -> dict[str, float]:
        """Share of each phase of the magnet's volume by name."""
        shares = by_name(self.phases, np.bincount(self.phase, self.volumes, len(self.phases)) / self.volume_m3)
        return shares | {name: max(volume, 0.0) / self.volume_m3 for name, volume in self.others_m3.items()}

    def mean_Ms_A_per_m(self) -> float:
        """Total moment over the magnet's volume."""
        return float(self.per_grain("Ms_A_per_m") @ self.volumes / self.volume_m3)

    def size_over_delta0(self) -> float:
        """0: no walls are resolved."""
        return 0.0

    def exchange_lengths_m(self) -> np.ndarray:
        """√(A/µ0Ms²) of each grain: (g,)."""
        return np.sqrt(self.per_grain("A_J_per_m") / (MU0 * self.per_grain("Ms_A_per_m") ** 2))
