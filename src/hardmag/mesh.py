"""A nanostructure as tetrahedra: nodes, elements, the phase of each, and the checks that a mesh must pass."""

import hashlib
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Self

import numpy as np
import scipy

from hardmag.errors import InvalidValue, UnfitMesh
from hardmag.materials import Phase, by_name
from hardmag.outline import elements_within

FLAT = 1e-6  # of the cube of an element's longest edge: a smaller volume is none
MIN_DIHEDRAL_DEG = 5.0
MAX_ASPECT_RATIO = 10.0
COARSEST = 2.0  # times δ0: largest size inside (Kovacs et al. 2023, section 2.2.1)
WIDEST = 1.7  # times that: what the mean edge of single elements may reach
EDGES = tuple(combinations(range(4), 2))
FACES = np.array([(1, 3, 2), (0, 2, 3), (0, 3, 1), (0, 1, 2)])  # opposite to each node, seen anticlockwise from outside


@dataclass(frozen=True, eq=False)
class Mesh:
    """What a nanostructure hands to the finite elements.

    nodes: (n, 3) in m; tetrahedra: (e, 4) indices of nodes, of positive volume; phase: (e,) entries of `phases`, whose easy
    axes the elements take; grid_m: edge of the regular grid on which the demagnetising field is computed; others_m3:
    {name: volume} of what is not magnetic in the magnet, and not meshed.
    """

    nodes: np.ndarray
    tetrahedra: np.ndarray
    phase: np.ndarray
    phases: tuple[Phase, ...]
    grid_m: float = field(default=1e-9)
    others_m3: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        if self.nodes.ndim != 2 or self.nodes.shape[1] != 3 or not np.isfinite(self.nodes).all():
            raise InvalidValue(f"nodes must be finite numbers (n, 3), got shape {self.nodes.shape}")
        if self.tetrahedra.ndim != 2 or self.tetrahedra.shape[1] != 4 or not len(self.tetrahedra):
            raise InvalidValue(f"tetrahedra must be indices (e, 4), got shape {self.tetrahedra.shape}")
        if self.tetrahedra.min() < 0 or self.tetrahedra.max() >= len(self.nodes):
            raise InvalidValue(f"tetrahedra name nodes beyond the {len(self.nodes)} that there are")
        if self.phase.shape != (len(self.tetrahedra),):
            raise InvalidValue(f"phase has shape {self.phase.shape}, expected {(len(self.tetrahedra),)}")
        if not 0 < self.grid_m < float("inf"):
            raise InvalidValue(f"grid_m = {self.grid_m} must be a length > 0")
        self._check_phases()
        self._check_elements()

    def _check_phases(self):
        if self.phase.min() < 0 or self.phase.max() >= len(self.phases):
            bad = self.phase.min() if self.phase.min() < 0 else self.phase.max()
            raise InvalidValue(f"elements hold phase index {bad}, allowed are 0 to {len(self.phases) - 1}")
        if not any(self.phases[p].Ms_A_per_m > 0 for p in np.unique(self.phase)):
            raise InvalidValue("no element is magnetic: every phase that occurs has Ms_A_per_m = 0")

    def _check_elements(self):
        flat = np.abs(self.volumes) <= FLAT * self.edges.max(1) ** 3
        inverted = self.volumes < 0
        for bad, what in ((flat, "have no volume"), (inverted & ~flat, "are inverted (nodes in the wrong order)")):
            if bad.any():
                raise InvalidValue(f"{bad.sum()} of {len(bad)} elements {what}, the first is number {np.flatnonzero(bad)[0]}")
        unique, first = np.unique(np.sort(self.tetrahedra, axis=1), axis=0, return_index=True)
        if len(unique) < len(self.tetrahedra):
            second = np.setdiff1d(np.arange(len(self.tetrahedra)), first)
            raise InvalidValue(f"{len(second)} elements stand twice, one of them is number {second[0]}")
        loose = len(self.nodes) - len(np.unique(self.tetrahedra))
        if loose:
            raise InvalidValue(f"{loose} of {len(self.nodes)} nodes belong to no element")

    @cached_property
    def volumes(self) -> np.ndarray:
        """Signed volume of each element in m³: (e,)."""
        a, b, c, d = (self.nodes[self.tetrahedra[:, k]] for k in range(4))
        return np.einsum("ei,ei->e", np.cross(b - a, c - a), d - a) / 6

    @cached_property
    def edges(self) -> np.ndarray:
        """Lengths of the six edges of each element in m: (e, 6)."""
        corners = self.nodes[self.tetrahedra]
        return np.stack([np.linalg.norm(corners[:, i] - corners[:, j], axis=1) for i, j in EDGES], axis=1)

    @cached_property
    def geometry(self) -> str:
        """Digest of all but the properties of the phases: meshes with the same one may be solved in one batch."""
        parts = (self.nodes, self.tetrahedra, self.phase, np.array([self.grid_m, len(self.phases)]))
        return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()

    def with_phases(self, phases: Sequence[Phase]) -> Self:
        """The same mesh of other materials, in the same order."""
        if len(phases) != len(self.phases):
            raise InvalidValue(f"{len(phases)} phases given, the mesh has {len(self.phases)}")
        other = copy(self)  # what was found out about the elements goes along
        object.__setattr__(other, "phases", tuple(phases))
        other._check_phases()
        return other

    @cached_property
    def grid(self) -> tuple[tuple[int, ...], tuple[float, ...], np.ndarray]:
        """(n, cell_m, origin) of the grid that fills the box of the nodes with cells of about grid_m."""
        low, high = self.nodes.min(0), self.nodes.max(0)
        n = [max(1, round(float(length) / self.grid_m)) for length in high - low]
        return tuple(n), tuple(float(length) / k for length, k in zip(high - low, n, strict=True)), low

    @property
    def shape(self) -> tuple[int, ...]:
        """(nodes, nx, ny, nz): as many nodes, and cells of the grid."""
        return len(self.nodes), *self.grid[0]

    @cached_property
    def at_faces(self) -> np.ndarray:
        """Which elements have a face on the surface or on an interface of two phases: (e,) bool."""
        faces = np.sort(self.tetrahedra[:, FACES], axis=2).reshape(-1, 3)
        order = np.lexsort(faces.T)
        one, other = order[:-1], order[1:]
        shared = (faces[one] == faces[other]).all(1)
        one, other = one[shared], other[shared]
        outside = np.ones(len(faces), bool)
        outside[one] = outside[other] = self.phase[one // 4] != self.phase[other // 4]
        return outside.reshape(-1, 4).any(1)

    def per_element(self, key: str) -> np.ndarray:
        """One property of the phases: (e,), fp64."""
        return np.array([getattr(p, key) for p in self.phases])[self.phase]

    def phase_volumes(self) -> np.ndarray:
        """Volume of each phase in m³, empty space around the magnet included: (number of phases,)."""
        return np.bincount(self.phase, self.volumes, minlength=len(self.phases))

    @property
    def inside(self) -> np.ndarray:
        """Which elements belong to the magnet, see outline.py: (e,) bool."""
        return elements_within(self.nodes, self.tetrahedra, self.per_element("Ms_A_per_m") > 0)

    def fractions(self) -> dict[str, float]:
        """Fraction of each phase of the magnet's volume by name."""
        inside, total = self.inside, self.volume_m3
        volumes = np.bincount(self.phase[inside], self.volumes[inside], minlength=len(self.phases))
        return by_name(self.phases, volumes / total) | {name: v / total for name, v in self.others_m3.items()}

    @property
    def volume_m3(self) -> float:
        """Of the magnet."""
        return float(self.volumes[self.inside].sum()) + sum(self.others_m3.values())

    def mean_Ms_A_per_m(self) -> float:
        """Total moment over the magnet's volume."""
        return float(self.per_element("Ms_A_per_m") @ self.volumes / self.volume_m3)

    def size_over_delta0(self) -> float:
        """Largest ratio of edge to wall parameter δ0 over the phases present: of the mean edge at surface and interfaces, where
        reversal begins. How much wider elements may be inside is for `Quality.complaint`."""
        sizes, occurring = self.edges.mean(1), np.unique(self.phase)
        magnetic = [p for p in occurring if self.phases[p].Ms_A_per_m > 0]
        return max(float(sizes[self.at_faces & (self.phase == p)].mean()) / self.phases[p].delta0_m for p in magnetic)

    @cached_property
    def min_dihedral_deg(self) -> float:
        """Smallest angle between two faces of an element."""
        return float(np.degrees(_dihedrals(self.nodes[self.tetrahedra]).min()))

    @cached_property
    def max_aspect_ratio(self) -> float:
        """Largest ratio of an element's longest edge to 2√6 times the radius of its inscribed sphere: 1 if it is regular."""
        return float(_aspect_ratios(self).max())

    def quality(self) -> "Quality":
        """Figures of the elements, see Quality."""
        return Quality(
            elements=len(self.tetrahedra),
            nodes=len(self.nodes),
            min_dihedral_deg=self.min_dihedral_deg,
            max_aspect_ratio=self.max_aspect_ratio,
            mean_edge_m=float(self.edges.mean()),
            max_size_over_delta0=float((self.edges.mean(1) / self.per_element("delta0_m")).max()),
        )


@dataclass(frozen=True)
class Quality:
    """min_dihedral_deg, max_aspect_ratio: of the Mesh; max_size_over_delta0: largest mean edge of an element over the wall
    parameter √(A/K) of its phase."""

    elements: int
    nodes: int
    min_dihedral_deg: float
    max_aspect_ratio: float
    mean_edge_m: float
    max_size_over_delta0: float

    def complaint(self, max_size_over_delta0: float) -> str | None:
        """The first thing that is wrong with the mesh on one line, or None."""
        for wrong, text in (
            (
                self.min_dihedral_deg < MIN_DIHEDRAL_DEG,
                f"smallest dihedral angle {self.min_dihedral_deg:.2g}° must be >= {MIN_DIHEDRAL_DEG:g}°",
            ),
            (
                self.max_aspect_ratio > MAX_ASPECT_RATIO,
                f"largest aspect ratio {self.max_aspect_ratio:.3g} must be <= {MAX_ASPECT_RATIO:g}",
            ),
            (
                self.max_size_over_delta0 > max_size_over_delta0,
                f"an element is {self.max_size_over_delta0:.3g} wall parameters √(A/K) wide, allowed are "
                f"{max_size_over_delta0:g}",
            ),
        ):
            if wrong:
                return text
        return None


def fit(mesh, name, max_size_over_delta0):
    """Raise UnfitMesh where the quality of the mesh does not do for a simulation."""
    complaint = mesh.quality().complaint(max_size_over_delta0)
    if complaint is not None:
        raise UnfitMesh(f"{name}: {complaint}")


def ordered(nodes, tetrahedra):
    """(nodes, tetrahedra) with the used nodes alone, neighbours near each other in memory (reverse Cuthill-McKee)."""
    used, tetrahedra = np.unique(tetrahedra, return_inverse=True)
    nodes, tetrahedra = nodes[used], tetrahedra.reshape(-1, 4)
    i, j = (tetrahedra[:, [e[k] for e in EDGES]].ravel() for k in (0, 1))
    graph = scipy.sparse.coo_array((np.ones(len(i), np.int8), (i, j)), shape=(len(nodes),) * 2).tocsr()
    order = scipy.sparse.csgraph.reverse_cuthill_mckee((graph + graph.T).tocsr(), symmetric_mode=True)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return nodes[order], place[tetrahedra]


def _face_normals(corners):
    """Normals of the faces opposite to each node, twice the face's area long: (e, 4, 3)."""
    return np.stack(
        [np.cross(corners[:, j] - corners[:, i], corners[:, k] - corners[:, i]) for i, j, k in FACES],
        axis=1,
    )


def _dihedrals(corners):
    """The six angles between faces of each element in rad: (e, 6)."""
    n = _face_normals(corners)
    n = n / np.linalg.norm(n, axis=2, keepdims=True)
    return np.stack([np.pi - np.arccos(np.clip((n[:, i] * n[:, j]).sum(1), -1, 1)) for i, j in EDGES], axis=1)


def _aspect_ratios(mesh):
    surface = np.linalg.norm(_face_normals(mesh.nodes[mesh.tetrahedra]), axis=2).sum(1) / 2
    return mesh.edges.max(1) * surface / (2 * 6**0.5 * 3 * mesh.volumes)
