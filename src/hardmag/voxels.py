"""A nanostructure on a regular grid: phase indices and the table of phases."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hardmag.errors import InvalidValue
from hardmag.materials import Phase, by_name
from hardmag.outline import cells_within


@dataclass(frozen=True)
class Voxels:
    """What a nanostructure hands to the solver.

    index: integers (nx, ny, nz), entries of `phases`; cell_m: edge lengths of a cell (m);
    periodic: per direction. One layer that is periodic along z stands for a structure extruded along z.
    axis: easy axis per cell (3, nx, ny, nz), unit vectors, or None to take each phase's own.
    interfaces: (phase, phase, J in J/m²) of unlike phases, entries of `phases`: the boundary between them has an energy of
    J (1 − m·m′) per area, in place of exchange as in a solid.
    """

    index: np.ndarray
    phases: tuple[Phase, ...]
    cell_m: tuple[float, float, float]
    periodic: tuple[bool, bool, bool] = (False, False, False)
    axis: np.ndarray | None = field(default=None, repr=False)
    interfaces: tuple[tuple[int, int, float], ...] = ()

    def __post_init__(self):
        if not isinstance(self.index, np.ndarray):
            raise InvalidValue(f"index must be an array of integers (nx, ny, nz), got {type(self.index).__name__}")
        if self.index.ndim != 3 or not np.issubdtype(self.index.dtype, np.integer):
            raise InvalidValue(f"voxels must be integers (nx, ny, nz), got {self.index.dtype} of shape {self.index.shape}")
        if self.index.size == 0:
            raise InvalidValue("voxels are empty")
        low, high = int(self.index.min()), int(self.index.max())
        if low < 0 or high >= len(self.phases):
            bad = low if low < 0 else high
            raise InvalidValue(f"voxels hold phase index {bad}, allowed are 0 to {len(self.phases) - 1}")
        if len(self.cell_m) != 3 or not all(0 < c < float("inf") for c in self.cell_m):
            raise InvalidValue(f"cell = {list(self.cell_m)} must be three lengths > 0")
        if self.axis is not None and self.axis.shape != (3, *self.index.shape):
            raise InvalidValue(f"axis has shape {self.axis.shape}, expected {(3, *self.index.shape)}")
        pairs = [frozenset(pair[:2]) for pair in self.interfaces]
        if not all(len(pair) == 2 and pair <= set(range(len(self.phases))) for pair in pairs) or len(set(pairs)) < len(pairs):
            raise InvalidValue(f"interfaces = {list(self.interfaces)} must be between two unlike phases each, once")
        if not all(0 <= J < float("inf") for *_, J in self.interfaces):
            raise InvalidValue(f"interfaces = {list(self.interfaces)}: J must be ≥ 0 (J/m²)")
        if not any(self.phases[i].Ms_A_per_m > 0 for i in np.unique(self.index)):
            raise InvalidValue("no voxel is magnetic: every phase that occurs has Ms_A_per_m = 0")

    def per_cell(self, key: str) -> np.ndarray:
        """One property of the phases on the grid: (nx, ny, nz), fp64."""
        return np.array([getattr(p, key) for p in self.phases])[self.index]

    def easy_axis(self) -> np.ndarray:
        """Easy axis per cell: (3, nx, ny, nz), fp64."""
        if self.axis is not None:
            return self.axis
        return np.moveaxis(np.array([p.axis for p in self.phases])[self.index], -1, 0)

    @property
    def one_axis(self) -> bool:
        """Whether all cells share one easy axis by construction."""
        return self.axis is None and len({self.phases[i].axis for i in np.unique(self.index)}) == 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """(nx, ny, nz)."""
        return self.index.shape

    @cached_property
    def inside(self) -> np.ndarray:
        """Which cells belong to the magnet, see outline.py: (nx, ny, nz) bool."""
        magnetic = np.array([p.Ms_A_per_m > 0 for p in self.phases])[self.index]
        return cells_within(magnetic, self.periodic)

    def fractions(self) -> dict[str, float]:
        """Exact fraction of each phase of the magnet's volume by name."""
        counts = np.bincount(self.index[self.inside], minlength=len(self.phases))
        return by_name(self.phases, counts / counts.sum())

    def mean_Ms_A_per_m(self) -> float:
        """Total moment over the magnet's volume."""
        Ms = self.per_cell("Ms_A_per_m")
        return float(Ms.mean() if self.inside.all() else Ms[self.inside].mean())

    def size_over_delta0(self) -> float:
        """Largest ratio of cell edge to wall parameter δ0 over the phases present; > 1 means under-resolved walls.

        Along a periodic direction in which nothing varies no wall has to be resolved, so its edge does not count.
        """
        uniform = [p and bool((self.index == self.index.take([0], axis=d)).all()) for d, p in enumerate(self.periodic)]
        edges = [c for c, same in zip(self.cell_m, uniform, strict=True) if not same] or [min(self.cell_m)]
        return max(edges) / self.least_delta0_m

    @property
    def least_delta0_m(self) -> float:
        """Wall parameter δ0 = √(A/K) in m of the hardest phase present."""
        return min(self.phases[i].delta0_m for i in np.unique(self.index) if self.phases[i].Ms_A_per_m > 0)
