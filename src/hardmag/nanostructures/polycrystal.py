"""A polycrystal: grains of a power diagram in a box, apart by a grain-boundary phase, each with an easy axis of its own.

The texture's axis is z. The same structure is drawn as grains for the reduced-order model, in cells, or as a mesh.
"""

from dataclasses import replace
from math import pi
from typing import ClassVar

import numpy as np

from hardmag.errors import InvalidValue, UnfitStructure
from hardmag.grains import Grains, Reading
from hardmag.materials import MU0, Phase
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.grain_files import cells_of_file
from hardmag.nanostructures.kind import Follows, Learned, Quantity
from hardmag.nanostructures.mesher import load_gmsh
from hardmag.nanostructures.packing import polycrystal_cells
from hardmag.nanostructures.polycrystal_mesh import mesh_of, shape_of
from hardmag.nanostructures.polycrystal_parameters import TABLES, ByComposition, Parameters, boundary_nm_of, law_of_file
from hardmag.nanostructures.texture import cap, fisher
from hardmag.voxels import Voxels

ND_AT_PERCENT = 100 * 2 / 17  # of Nd2Fe14B, as of all R2T14B
GRAIN, BOUNDARY, PORE = range(3)  # order of the phase table
READING = {"d": "point_d", "l": "exchange_l", "distance_from": "point_from", "per_edge": "points_per_edge"}
READING |= {"moments": "moments", "near": "near_radii"}
SHAPE = ("grain_size_nm", "size_spread", "aspect", "misalignment_deg", "boundary_nm")


class Polycrystal(Parameters):
    """A polycrystal in a box whose edges follow from number and mean size of the grains. K1, Ms and A of the grains are given,
    or follow from grain_composition at temperature_K. Solved by the reduced-order model; by full micromagnetics in cells, with
    cell_nm, or on a mesh of tetrahedra, with edge_nm."""

    easy_axis: ClassVar = (0.0, 0.0, 1.0)
    section_axis: ClassVar = "z"
    coloured_by: ClassVar = "axis"
    files: ClassVar = (*TABLES, "law")
    same_grid: ClassVar = ("grains", "grain_size_nm", "aspect", "cell_nm", "edge_nm", "grid_nm")
    measured_by: ClassVar = ("magnetostatics",)
    unseen: ClassVar = (
        *(f"{p}_{c}" for p in ("grain", "boundary") for c in CONSTANTS),
        *READING.values(),
        *ByComposition.unseen,
    )
    palette: ClassVar = {"grain": "#DDDDDD", "boundary": "#333333", "pore": "#FFFFFF"}
    drawn_against: ClassVar = ("alpha_deg", *SHAPE, "grain_K1_MJ_per_m3", "grain_mu0_Ms_T", "temperature_K")
    described: ClassVar = {
        "Nd_at_percent": Quantity("at%", "Nd in the atoms of the grains", 0, 100, label="Nd in the grains"),
    }

    @property
    def extension_nm(self):
        """Edges of the box; of a file's in its proportions."""
        edges = np.ones(3)
        for key in TABLES:
            if (path := getattr(self, key)) is not None:
                edges = cells_of_file(key, path, getattr(self, f"{key}_sha256"), self.box_nm)[2]
        if self.seeds is not None:
            return tuple(edges.tolist())
        scale = (self.grains * pi / 6 * self.grain_size_nm**3 / edges.prod()) ** (1 / 3)
        return tuple((edges * scale).tolist())

    @property
    def pores(self):
        """How many of the grains are pores."""
        return round(self.grains * self.pore_percent / 100)

    @property
    def demag(self):
        """Whether there is a demagnetising field."""
        return self.magnetostatics == "with"

    @property
    def shape(self):
        """(nx, ny, nz) of the grid, (g,) grains of the reduced-order model, or, of a mesh, about its Mesh.shape."""
        if self.meshed:
            filled = self.boundary_mu0_Ms_T > 0
            return shape_of(self.grains, self.pores, self.extension_nm, self.boundary_nm, filled, self.edge_nm, self.grid_nm)
        if self.cell_nm is None:
            return (self.grains - self.pores,)
        return tuple(max(1, round(edge / cell)) for edge, cell in zip(self.extension_nm, self.cell_nm, strict=True))

    @property
    def meshed(self):
        """Whether it is solved by finite elements."""
        return self.edge_nm is not None

    def require(self):
        """Raise UserError where a mesh is asked for, and its mesher is missing."""
        if self.meshed:
            load_gmsh()

    @property
    def phases(self):
        """Phase table: grains, the boundary, pores."""
        Ms, A, K1 = self.boundary_mu0_Ms_T / MU0, self.boundary_A_pJ_per_m * 1e-12, self.boundary_K1_MJ_per_m3 * 1e6
        return self.phase("grain"), Phase("boundary", A, K1, Ms, self.easy_axis), Phase("pore", 0.0, 0.0, 0.0)

    def content(self):
        """Everything that the structure depends on, as JSON values: part of a sample's id."""
        return self.model_dump(mode="json", exclude_none=True)

    def bodies(self, rng):
        """(Polyhedra in nm, easy axes (g, 3)) of all grains, pores last, as the realisation's rng draws them.

        Raises UnfitStructure where a grain is thinner than the boundary.
        """
        rng = rng if self.structure_seed is None else np.random.default_rng(self.structure_seed)
        box, axes = np.array(self.extension_nm), None
        key = next((key for key in TABLES if getattr(self, key) is not None), None)
        if key is None:
            try:
                cells = polycrystal_cells(self.grains, self.size_spread, self.aspect, box, (self.periodic,) * 3, rng)
            except ValueError as error:
                raise UnfitStructure(str(error)) from None
        else:
            cells, axes, own = cells_of_file(key, getattr(self, key), getattr(self, f"{key}_sha256"), self.box_nm)
            cells = [cell.scaled(float(box[0] / own[0])) for cell in cells]
        order = rng.permutation(self.grains) if self.pores else np.arange(self.grains)
        if axes is None:
            axes = (cap if self.texture == "cap" else fisher)(self.grains, self.misalignment_deg, rng)
        shrunk = [cells[g].moved(-self.boundary_nm / 2) for g in order]
        thin = sum(body is None for body in shrunk)
        if thin:
            raise UnfitStructure(f"{thin} of {self.grains} grains are thinner than boundary_nm = {self.boundary_nm:g}")
        return shrunk, axes[order]

    def build(self, rng):
        """Grains, Voxels where cell_nm is given, or a Mesh where edge_nm is."""
        bodies, axes = self.bodies(rng)
        count = self.grains - self.pores
        if self.cell_nm is not None:
            return self._voxels(bodies, axes, count)
        # As of cells, what lies outside of all grains does not count.
        outline = float(np.prod(np.array(self.extension_nm) - self.boundary_nm))
        filled, solid = (sum(body.volume for body in some) for some in (bodies, bodies[:count]))
        others_m3 = {"boundary": (outline - filled) * 1e-27, "pore": (filled - solid) * 1e-27}
        if self.meshed:
            return self._mesh(bodies, axes, count, others_m3)
        try:
            return Grains(
                bodies=tuple(body.scaled(1e-9) for body in bodies[:count]),
                phase=np.zeros(count, dtype=np.int64),
                phases=self.phases[:1],
                axis=axes[:count],
                others_m3=others_m3,
                reading=Reading(**{key: getattr(self, name) for key, name in READING.items()}),
                laws={} if self.law is None else {GRAIN: law_of_file(self.law, self.law_sha256)[0]},
            )
        except InvalidValue as error:
            raise UnfitStructure(str(error)) from None

    def _mesh(self, bodies, axes, count, others_m3):
        """A phase for each grain, with its own easy axis, and one for the boundary where that is magnetic."""
        grain, boundary, _ = self.phases
        grains = [(body, replace(grain, axis=tuple(own))) for body, own in zip(bodies, axes[:count].tolist(), strict=False)]
        if boundary.Ms_A_per_m > 0:
            others_m3 = {"pore": others_m3["pore"]}
        else:
            boundary = None
        return mesh_of(grains, bodies[count:], boundary, self.extension_nm, others_m3, self.edge_nm, self.grid_nm)

    def _voxels(self, bodies, axes, count):
        """A cell has the phase and the axis of the grain that its centre lies in."""
        n, box = self.shape, np.array(self.extension_nm)
        cell = box / n
        index, axis = np.full(n, BOUNDARY, dtype=np.uint8), np.zeros((3, *n))
        axis[2] = 1.0
        for g, (body, own) in enumerate(zip(bodies, axes, strict=True)):
            low = np.floor(body.corners.min(0) / cell - 0.5).astype(int)
            high = np.ceil(body.corners.max(0) / cell + 0.5).astype(int)
            if not self.periodic:
                low, high = np.maximum(low, 0), np.minimum(high, n)
            ranges = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
            centres = np.stack(np.meshgrid(*((r + 0.5) * c for r, c in zip(ranges, cell, strict=True)), indexing="ij"), -1)
            place = np.meshgrid(*(r % k for r, k in zip(ranges, n, strict=True)), indexing="ij")
            inside = body.holds(centres)
            at = tuple(p[inside] for p in place)
            index[at] = GRAIN if g < count else PORE
            axis[(slice(None), *at)] = own[:, None]
        return Voxels(index, self.phases, tuple((cell * 1e-9).tolist()), (self.periodic,) * 3, axis)

    def title(self):
        """Number and size of its grains, boundary and texture."""
        lengths = f"{self.grains} grains, $D$ {self.grain_size_nm:.4g} nm,\n$t$ {self.boundary_nm:.3g} nm"
        pores = f", {self.pore_percent:.3g} % pores" if self.pores else ""
        return f"{lengths}, {self.texture} {self.misalignment_deg:.3g}°{pores}"

    def descriptors(self):
        """Nd in the grains, where their composition is given."""
        composition = self.composition_of("grain")
        return {} if composition is None else {"Nd_at_percent": ND_AT_PERCENT * composition.share("Nd")}

    @classmethod
    def learned(cls):
        """Shape, texture and constants → coercivity, remanence, squareness and energy product."""
        constants = tuple(f"grain_{constant}" for constant in CONSTANTS)
        return Learned(
            features=(*SHAPE, "pore_percent", *constants, "alpha_deg"),
            structure=(*SHAPE, "pore_percent", *constants),
            targets=("mu0_Hc_T", "m_r", "squareness", "BHmax_kJ_per_m3"),
            follows=cls.constants_follow() | {"boundary_nm": Follows(("boundary_percent", "grain_size_nm"), boundary_nm_of)},
            only={"magnetostatics": "with"},
        )
