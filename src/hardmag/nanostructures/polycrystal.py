"""A polycrystal: grains of a power diagram in a box, apart by a grain-boundary phase, each with an easy axis of its own.

The texture's axis is z. The same structure is drawn as grains for the reduced-order model, in cells, or as a mesh.
"""

from math import pi
from typing import ClassVar

import numpy as np

from hardmag.materials import MU0, Phase
from hardmag.nanostructures.constants import CONSTANTS
from hardmag.nanostructures.grain_files import cells_of_file
from hardmag.nanostructures.kind import Follows, Learned, Quantity
from hardmag.nanostructures.mesher import load_gmsh
from hardmag.nanostructures.polycrystal_drawn import READING, as_cells, as_grains, as_mesh, drawn
from hardmag.nanostructures.polycrystal_mesh import shape_of
from hardmag.nanostructures.polycrystal_parameters import SOME, TABLES, ByComposition, Parameters, boundary_nm_of

ND_AT_PERCENT = 100 * 2 / 17  # of Nd2Fe14B, as of all R2T14B
SHAPE = ("grain_size_nm", "size_spread", "aspect", "misalignment_deg", "boundary_nm")
SHARES = ("pore_percent", "inclusion_percent", *SOME.values())


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
        *(f"{p}_{c}" for p in ("grain", "boundary", *SOME) for c in CONSTANTS),
        *(f"{p}_K2_MJ_per_m3" for p in ("grain", *SOME)),
        *READING.values(),
        *ByComposition.unseen,
    )
    first: ClassVar = {
        "nanostructure": {"grains": 40},
        "design": {
            "kind": "sobol",
            "points": 24,
            "parameters": {
                "grain_size_nm": {"min": 50, "max": 2000, "scale": "log"},
                "misalignment_deg": {"min": 5, "max": 45},
                "boundary_percent": {"min": 1, "max": 6},
            },
        },
        "half_cycle": {"to_T": -10.0, "realisations": 2},
        "batching": {"samples": 6},
        "surrogate": {"epochs": 400, "trials": 4, "models": ["random_forest", "gaussian_process", "bootstrap"]},
    }
    palette: ClassVar = {
        "grain": "#DDDDDD",
        "boundary": "#333333",
        "pore": "#FFFFFF",
        "inclusion": "#CC79A7",
        "second": "#D55E00",
        "shell": "#0072B2",
    }
    drawn_against: ClassVar = ("alpha_deg", *SHAPE, *SHARES, "grain_K1_MJ_per_m3", "grain_mu0_Ms_T", "temperature_K")
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
    def seconds(self):
        """How many of the others are of the second phase."""
        return round((self.grains - self.pores) * (self.second_percent or 0.0) / 100)

    @property
    def outline_nm(self):
        """Edges of the magnet: a boundary that is not magnetic does not count outside of all grains."""
        counts = self.periodic or self.boundary_mu0_Ms_T > 0
        return tuple(edge - (0.0 if counts else self.boundary_nm) for edge in self.extension_nm)

    @property
    def demag(self):
        """Whether there is a demagnetising field."""
        return self.magnetostatics == "with"

    @property
    def shape(self):
        """(nx, ny, nz) of the grid, (g,) grains of the reduced-order model, or, of a mesh, about its Mesh.shape."""
        if self.meshed:
            layers = (self.boundary_nm, self.shell_nm or 0.0, self.boundary_mu0_Ms_T > 0)
            return shape_of(self.grains, self.pores, self.extension_nm, *layers, self.edge_nm, self.grid_nm)
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
        """Phase table: grains, the boundary, pores, and what else is asked for."""
        Ms, A, K1 = self.boundary_mu0_Ms_T / MU0, self.boundary_A_pJ_per_m * 1e-12, self.boundary_K1_MJ_per_m3 * 1e6
        found = [self.phase("grain"), Phase("boundary", A, K1, Ms, self.easy_axis), Phase("pore", 0.0, 0.0, 0.0)]
        if self.inclusion_percent is not None:
            found.append(Phase("inclusion", 0.0, 0.0, 0.0))
        return *found, *(self.phase(name) for name, asked in SOME.items() if getattr(self, asked) is not None)

    def content(self):
        """Everything that the structure depends on, as JSON values: part of a sample's id."""
        return self.model_dump(mode="json", exclude_none=True)

    def build(self, rng):
        """Voxels where cell_nm is given, a Mesh where edge_nm is, or else Grains."""
        how = as_cells if self.cell_nm is not None else as_mesh if self.meshed else as_grains
        return how(self, drawn(self, rng))

    def title(self):
        """Number and size of its grains, boundary and texture, and what not all have."""
        lengths = f"{self.grains} grains, $D$ {self.grain_size_nm:.4g} nm,\n$t$ {self.boundary_nm:.3g} nm"
        pores = f", {self.pore_percent:.3g} % pores" if self.pores else ""
        inclusions = [f"{self.inclusion_percent:.3g} % inclusions"] if self.inclusion_percent else []
        shell = [f"shell {self.shell_nm:.3g} nm"] if self.shell_nm else []
        second = f"{self.second_percent:.3g} % second phase" if self.seconds else ""
        lines = [f"{lengths}, {self.texture} {self.misalignment_deg:.3g}°{pores}", second, ", ".join(inclusions + shell)]
        return ",\n".join(line for line in lines if line)

    def descriptors(self):
        """Nd in the grains, where the compositions of all are given, and none has a shell."""
        second = self.seconds / (self.grains - self.pores)
        shares = {name: share for name, share in {"grain": 1 - second, "second": second}.items() if share}
        compositions = {name: self.composition_of(name) for name in shares}
        if self.shell_nm or None in compositions.values():
            return {}
        Nd = sum(share * compositions[name].share("Nd") for name, share in shares.items())
        return {"Nd_at_percent": ND_AT_PERCENT * Nd}

    @classmethod
    def learned(cls):
        """Shape, texture and constants → coercivity, remanence, squareness and energy product."""
        constants = tuple(f"{phase}_{constant}" for phase in ("grain", *SOME) for constant in (*CONSTANTS, "K2_MJ_per_m3"))
        return Learned(
            features=(*SHAPE, *SHARES, *constants, "alpha_deg"),
            structure=(*SHAPE, *SHARES, *constants),
            targets=("mu0_Hc_T", "m_r", "squareness", "BHmax_kJ_per_m3"),
            follows=cls.constants_follow() | {"boundary_nm": Follows(("boundary_percent", "grain_size_nm"), boundary_nm_of)},
            only={"magnetostatics": "with"},
        )
