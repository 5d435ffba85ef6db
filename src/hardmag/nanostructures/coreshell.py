"""A core/shell grain of a Nd-Fe-B magnet: a brick of a core and a shell around it, in a ferromagnetic grain-boundary layer.

After Kovacs et al. 2023 (Front. Mater. 9:1094055), Fig. 1 and section 2.2: grains of 100-150 nm along a and b and 60-100 nm
along c, shell and layer 2-50 nm thick, turned by 0-45 degrees out of the field. The easy axis is the grain's c-axis, z.
"""

from functools import cached_property
from math import cos, inf, radians, sin
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from hardmag.errors import ImpossibleStructure
from hardmag.materials import GRAIN_CORE, GRAIN_LAYER, GRAIN_SHELL, MU0, stoner_wohlfarth_field
from hardmag.nanostructures.composed import with_compositions
from hardmag.nanostructures.constants import CONSTANTS, K2_of, constant_of, published
from hardmag.nanostructures.convex import Convex
from hardmag.nanostructures.kind import Follows, Kind, Learned, Quantity
from hardmag.nanostructures.mesher import load_gmsh, mesh_of, shape_of
from hardmag.voxels import Voxels

Point = tuple[float, float, float]
CORE, SHELL, LAYER = range(3)  # order of the phase table
NAMES = ("core", "shell", "layer")
COMPOSED = NAMES[:2]
GEOMETRY = ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm")
ANGLES = ("misorientation_deg", "azimuth_deg", "alpha_deg")
PROPERTIES = tuple(f"{phase}_{key}" for phase in NAMES for key in (*CONSTANTS, "K2_MJ_per_m3"))
SWITCHING = tuple(f"{name}_{column}" for name in COMPOSED for column in ("K1_MJ_per_m3", "mu0_Ms_T"))
ND_AT_PERCENT = 100 * 2 / 17  # of Nd2Fe14B, as of all R2T14B


def _length(meaning, label, symbol="", **bounds):
    return Annotated[float, Field(allow_inf_nan=False, **bounds), Quantity("nm", meaning, 0, 1e5, symbol, label)]


class _Grain(Kind):
    """Lengths, constants of the phases and angles: the parameters that stand before those of compositions."""

    a_nm: _length("the grain, core and shell together, along x", "grain", "$a$", gt=0) = 100.0
    b_nm: _length("the grain's edge along y", "grain", "$b$", gt=0) = 100.0
    c_nm: _length("the grain's edge along z, its c-axis", "grain", "$c$", gt=0) = 60.0
    shell_nm: _length("thickness of the shell inside the grain; 0: none", "shell", ge=0) = 10.0
    layer_nm: _length("thickness of the layer around the grain; 0: none", "layer", ge=0) = 4.0
    core_K1_MJ_per_m3: constant_of("core", "K1_MJ_per_m3") = published(GRAIN_CORE, "K1_MJ_per_m3")
    core_mu0_Ms_T: constant_of("core", "mu0_Ms_T") = published(GRAIN_CORE, "mu0_Ms_T")
    core_A_pJ_per_m: constant_of("core", "A_pJ_per_m") = published(GRAIN_CORE, "A_pJ_per_m")
    shell_K1_MJ_per_m3: constant_of("shell", "K1_MJ_per_m3") = published(GRAIN_SHELL, "K1_MJ_per_m3")
    shell_mu0_Ms_T: constant_of("shell", "mu0_Ms_T") = published(GRAIN_SHELL, "mu0_Ms_T")
    shell_A_pJ_per_m: constant_of("shell", "A_pJ_per_m") = published(GRAIN_SHELL, "A_pJ_per_m")
    layer_K1_MJ_per_m3: constant_of("layer", "K1_MJ_per_m3") = published(GRAIN_LAYER, "K1_MJ_per_m3")
    layer_mu0_Ms_T: constant_of("layer", "mu0_Ms_T") = published(GRAIN_LAYER, "mu0_Ms_T")
    layer_A_pJ_per_m: constant_of("layer", "A_pJ_per_m") = published(GRAIN_LAYER, "A_pJ_per_m")
    core_K2_MJ_per_m3: K2_of("core") = None
    shell_K2_MJ_per_m3: K2_of("shell") = None
    layer_K2_MJ_per_m3: K2_of("layer") = None
    misorientation_deg: Annotated[
        float,
        Field(ge=0, le=45),
        Quantity("deg", "of the grain's c-axis from the texture's", 0, 45, label="misorientation"),
    ] = 0.0
    azimuth_deg: float = Field(default=0.0, ge=0, lt=360, description="towards which it is turned, from a to b")


_ByComposition = with_compositions("grain", COMPOSED, Ms_of={"layer": "shell"})


class CoreShell(_ByComposition, _Grain):
    """One core/shell grain; lengths in nm. It is turned by misorientation_deg towards azimuth_deg: brick and crystal together,
    so that seen from the grain it is the field that is tilted. K1, Ms and A of a phase whose composition is given
    (core_composition, with core_Nd, … beside it, at temperature_K) follow from that, and are not given. Drawn in cells, to
    which lengths are rounded; or, with edge_nm, as a mesh of tetrahedra, to the letter. Only one of the two is given.
    """

    easy_axis: ClassVar = (0.0, 0.0, 1.0)
    section_axis: ClassVar = "z"  # a grain is cut along its c-axis
    same_grid: ClassVar = (*GEOMETRY, "edge_nm", "grid_nm")
    measured_by: ClassVar = ("misorientation_deg", "azimuth_deg", "magnetostatics")
    unseen: ClassVar = (*PROPERTIES, *_ByComposition.unseen)
    described: ClassVar = {
        **{f"phi_{name}": Quantity("1", f"share of the {name}, before lengths are rounded to cells", 0, 1) for name in NAMES},
        "Nd_at_percent": Quantity(
            "at%", "Nd in the atoms of core and shell, the layer counted as free of it", 0, 100, label="Nd in the grain"
        ),
    }
    first: ClassVar = {
        "nanostructure": {"b_nm": 24, "cell_nm": [1, 1, 1], "core_composition": "Ce0.75La0.25", "shell_composition": "Nd"},
        "design": {
            "kind": "sobol",
            "points": 24,
            "parameters": {
                "a_nm": {"min": 16, "max": 28},
                "c_nm": {"min": 12, "max": 20},
                "shell_nm": {"min": 1, "max": 5},
                "layer_nm": {"min": 1, "max": 3},
                "core_Nd": {"min": 0, "max": 1},
                "misorientation_deg": {"min": 0, "max": 30},
            },
        },
        "half_cycle": {"to_T": -10.0, "realisations": 1},
        "batching": {"samples": 6},
        "surrogate": {"epochs": 400, "trials": 4, "models": ["random_forest", "gaussian_process", "bootstrap"]},
    }
    drawn_against: ClassVar = (
        "alpha_deg",
        "a_nm",
        "c_nm",
        "shell_nm",
        "layer_nm",
        "core_K1_MJ_per_m3",
        "shell_K1_MJ_per_m3",
        "misorientation_deg",
        "temperature_K",
    )
    palette: ClassVar = {"core": "#DDDDDD", "shell": "#0072B2", "layer": "#E69F00"}

    kind: Literal["coreshell"] = "coreshell"
    magnetostatics: Literal["with", "without"] = Field(
        default="with", description="without: no demagnetising field, for Hc* in µ0Hc = µ0Hc* − N_eff·µ0Ms"
    )
    cell_nm: tuple[float, float, float] | None = Field(
        default=None, description="edges of a cell; null: (1, 1, 1), or a mesh where edge_nm is given"
    )
    edge_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh: mean edge of its tetrahedra at surface and interfaces"
    )
    grid_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh: cell of the demagnetising field's grid; null: edge_nm"
    )
    rounding_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh: radius of the grain's edges and corners"
    )
    corners_nm: tuple[Point, ...] | None = Field(
        default=None, description="of a mesh: the grain is the convex hull of these points; a_nm, b_nm, c_nm follow from them"
    )
    seeds_nm: tuple[Point, ...] | None = Field(
        default=None, description="of a mesh: the grain is the Voronoi cell of the first of these points, likewise"
    )

    @model_validator(mode="before")
    @classmethod
    def _cells_without_a_mesh(cls, data):
        none = isinstance(data, dict) and data.get("edge_nm") is None and data.get("cell_nm") is None
        return data | {"cell_nm": (1.0, 1.0, 1.0)} if none else data

    @model_validator(mode="after")
    def _polyhedron(self):
        """a_nm, b_nm and c_nm of a polyhedron: the box around it."""
        given = [key for key in ("corners_nm", "seeds_nm") if getattr(self, key) is not None]
        if not given:
            return self
        if len(given) > 1 or not self.meshed:
            raise ValueError(f"{given[0]}: goes with edge_nm" + (", and not with seeds_nm" if len(given) > 1 else ""))
        try:
            low, high = self._grain.box
        except ValueError as error:
            raise ValueError(f"{given[0]}: {error}") from None
        for key, edge in zip(("a_nm", "b_nm", "c_nm"), (high - low).round(6).tolist(), strict=True):
            if key in self.model_fields_set and getattr(self, key) != edge:
                raise ValueError(f"{key}: goes not with {given[0]}")
            object.__setattr__(self, key, edge)
        return self

    @model_validator(mode="after")
    def _possible(self):
        if self.meshed and self.cell_nm is not None:
            raise ValueError("edge_nm asks for a mesh, cell_nm for cells: give one of the two")
        for key in ("grid_nm", "rounding_nm"):
            if getattr(self, key) is not None and not self.meshed:
                raise ValueError(f"{key} goes with edge_nm")
        if not all(0 < edge < float("inf") for edge in self.cell_nm or ()):
            raise ValueError(f"cell_nm = {list(self.cell_nm)} must be three lengths > 0")
        reason = self.impossible()
        if reason:
            given = ", ".join(f"{key} = {getattr(self, key):g}" for key in ("a_nm", "b_nm", "c_nm", "shell_nm", "layer_nm"))
            raise ImpossibleStructure(reason, given if self.meshed else f"{given}, cell_nm = {list(self.cell_nm)}")
        return self

    def impossible(self):
        """Why this grain cannot be drawn, in words without numbers, or None."""
        thin = min((t for t in (self.shell_nm, self.layer_nm) if t > 0), default=float("inf"))
        cell_nm = self.cell_nm or (0.0, 0.0, 0.0)
        room = zip(self.extension_nm, cell_nm, strict=True)
        checks = (
            (2 * self.shell_nm < min(self.extension_nm), "shell_nm must be < half the grain's shortest extension"),
            (not self.meshed or self._is_body(), "shell_nm must leave a core, and rounding_nm something flat of each face"),
            (thin >= max(cell_nm), "shell_nm and layer_nm must be 0 or >= the cell's edge"),
            (all(e - 2 * self.shell_nm >= c for e, c in room), "the core must be at least one cell wide"),
        )
        return next((reason for holds, reason in checks if not holds), None)

    def _is_body(self):
        try:
            return bool(self.solids)
        except ValueError:
            return False

    @property
    def meshed(self):
        """Whether it is solved by finite elements."""
        return self.edge_nm is not None

    @property
    def extension_nm(self):
        """(a, b, c)."""
        return self.a_nm, self.b_nm, self.c_nm

    @property
    def phases(self):
        """Phase table in the order of the voxel indices."""
        return tuple(self.phase(name) for name in NAMES)

    @property
    def bricks_nm(self):
        """Half extensions (x, y, z) of core, grain and grain with its layer, all centred at 0: {phase: (3,)}.

        A phase fills its brick but for the brick within; phases of thickness 0 are left out.
        """
        return self._nested(np.array(self.extension_nm) / 2, np.add)

    @cached_property
    def solids(self):
        """{phase: Convex, in nm} of core, grain and grain with its layer, as bricks_nm has them of a brick. Raises ValueError
        where there is no grain or no core."""
        return self._nested(self._grain, Convex.moved)

    def _nested(self, grain, moved):
        """{phase: its solid} without phases of thickness 0. moved: function of the grain and by how much its faces move out."""
        solids = {CORE: moved(grain, -self.shell_nm)}
        if self.shell_nm > 0:
            solids[SHELL] = grain
        if self.layer_nm > 0:
            solids[LAYER] = moved(grain, self.layer_nm)
        return solids

    @cached_property
    def _grain(self):
        if self.corners_nm is not None:
            grain = Convex.hull(self.corners_nm)
        else:
            grain = Convex.brick(self.extension_nm) if self.seeds_nm is None else Convex.voronoi(self.seeds_nm)
        return grain.rounded(self.rounding_nm or 0.0)

    @property
    def shape(self):
        """(nx, ny, nz) of the grid, or, of a mesh, about its Mesh.shape."""
        if self.meshed:
            return shape_of(self.solids, self.edge_nm, self.grid_nm)
        return tuple(core + 2 * (shell + layer) for core, shell, layer in self._cells)

    @cached_property
    def _cells(self):
        """Per direction, cells across the core, the shell and the layer on one side."""
        counts = []
        for extension, cell in zip(self.extension_nm, self.cell_nm, strict=True):
            shell, layer = round(self.shell_nm / cell), round(self.layer_nm / cell)
            counts.append((max(1, round((extension - 2 * self.shell_nm) / cell)), shell, layer))
        return counts

    def require(self):
        """Raise UserError where a mesh is asked for, and its mesher is missing."""
        if self.meshed:
            load_gmsh()

    def build(self, rng):
        """Draw the grain; rng is not used: the structure is the same in every realisation."""
        if self.meshed:
            return mesh_of(self, self.edge_nm, grid_nm=self.grid_nm)
        depth = np.meshgrid(*(_depth(*counts) for counts in self._cells), indexing="ij", sparse=True)
        index = np.minimum(np.minimum(*depth[:2]), depth[2])  # 0 in the layer, 1 in the shell, 2 in the core
        return Voxels(
            index=(LAYER - index).astype(np.uint8),
            phases=self.phases,
            cell_m=tuple(c * 1e-9 for c in self.cell_nm),
        )

    def turned(self, direction):
        """A direction (3,) of the laboratory, whose z the grain's c-axis is turned away from, as seen from the grain."""
        theta, phi = radians(self.misorientation_deg), radians(self.azimuth_deg)
        back = np.array([[cos(phi), sin(phi), 0], [-sin(phi), cos(phi), 0], [0, 0, 1]])
        tilt = np.array([[cos(theta), 0, -sin(theta)], [0, 1, 0], [sin(theta), 0, cos(theta)]])
        return tuple(float(c) for c in back.T @ tilt @ back @ np.asarray(direction, dtype=float))

    @property
    def demag(self):
        """Whether there is a demagnetising field."""
        return self.magnetostatics == "with"

    @property
    def c_axis(self):
        """The texture's axis, seen from the grain: the angle α of the field is counted from here …"""
        return self.turned((0.0, 0.0, 1.0))

    @property
    def tilt_axis(self):
        """… towards here."""
        return self.turned((1.0, 0.0, 0.0))

    def content(self):
        """Everything that the structure depends on, as JSON values: part of a sample's id."""
        return self.model_dump(mode="json", exclude_none=True)

    def title(self):
        """Its lengths."""
        return f"$a$ {self.a_nm:.3g}, $c$ {self.c_nm:.3g},\nshell {self.shell_nm:.2g}, layer {self.layer_nm:.2g} nm"

    @classmethod
    def learned(cls):
        """As the regressor of Kovacs et al. 2023 sees grains: geometry, intrinsic properties of each phase, and the smaller of
        the Stoner-Wohlfarth switching fields of core and shell → µ0Hc, with their demagnetising field."""
        return Learned(
            features=(*GEOMETRY, *ANGLES, *PROPERTIES),
            structure=(*GEOMETRY, *PROPERTIES),
            angle="misorientation_deg",
            follows=cls.constants_follow() | {"mu0_H_sw_T": Follows((*ANGLES, *SWITCHING), smaller_switching_field)},
            only={"magnetostatics": "with"},
        )

    def descriptors(self):
        """Features beside the parameters: the volume fractions of the phases as asked for, before they are rounded to cells,
        and, where the composition is given, Nd in the atoms of core and shell, the layer counted as free of it."""
        if self.meshed:
            volumes = {phase: solid.volume for phase, solid in self.solids.items()}
        else:  # bricks: a loop asks this of thousands of designs, and hulls take milliseconds
            volumes = {phase: float(np.prod(2 * half)) for phase, half in self.bricks_nm.items()}
        total, inner, shares = max(volumes.values()), 0.0, dict.fromkeys(range(3), 0.0)
        for phase, volume in volumes.items():
            shares[phase], inner = (volume - inner) / total, volume
        found = {f"phi_{name}": shares[phase] for phase, name in enumerate(NAMES)}
        compositions = {name: self.composition_of(name) for name in COMPOSED}
        if None not in compositions.values():
            Nd = sum(own.share("Nd") * found[f"phi_{name}"] for name, own in compositions.items())
            found["Nd_at_percent"] = ND_AT_PERCENT * Nd
        return found


def smaller_switching_field(columns):
    """µ0·H_sw (T) of the softer of core and shell (Stoner and Wohlfarth), of columns of ANGLES and PROPERTIES: (n,).

    In the laboratory the field is (sin α, 0, cos α) and the c-axis is turned by the misorientation towards the azimuth.
    """
    theta, phi, alpha = (np.radians(columns[name]) for name in ANGLES)
    cosine = np.sin(alpha) * np.sin(theta) * np.cos(phi) + np.cos(alpha) * np.cos(theta)
    psi = np.arccos(np.clip(np.abs(cosine), 0, 1))
    K1, Ms = ([columns[f"{p}_{key}"] for p in COMPOSED] for key in ("K1_MJ_per_m3", "mu0_Ms_T"))
    Ms = [np.where(M > 0, M, inf) for M in Ms]  # above its Curie temperature a phase holds against no field
    fields = [stoner_wohlfarth_field(K * 1e6, M / MU0, psi) for K, M in zip(K1, Ms, strict=True)]
    return np.minimum(*fields)


def _depth(core, shell, layer):
    """Along one direction: 0 in the layer, 1 in the shell, 2 in the core."""
    return np.repeat([0, 1, 2, 1, 0], [layer, shell, core, shell, layer])
