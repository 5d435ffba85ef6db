"""A core/shell grain of a Nd-Fe-B magnet: a brick of a core and a shell around it, in a ferromagnetic grain-boundary layer.

After Kovacs et al. 2023 (Front. Mater. 9:1094055), Fig. 1 and section 2.2: grains of 100-150 nm along a and b and 60-100 nm
along c, shell and layer 2-50 nm thick, turned by 0-45 degrees out of the field. The easy axis is the grain's c-axis, z.
"""

from functools import cached_property
from math import cos, radians, sin
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardmag.errors import ImpossibleStructure
from hardmag.materials import GRAIN_CORE, GRAIN_LAYER, GRAIN_SHELL, MU0, ND_AT_PERCENT, Phase, nd_lean
from hardmag.nanostructures.convex import Convex
from hardmag.nanostructures.mesher import load_gmsh, mesh_of, shape_of
from hardmag.voxels import Voxels

Point = tuple[float, float, float]
CORE, SHELL, LAYER = range(3)  # order of the phase table
NAMES = ("core", "shell", "layer")
COMPOSED = NAMES[:2]


def _property(phase, key):
    """Field of one property with the published phase's value as its default."""
    value = {"K1": phase.Ku_J_per_m3 / 1e6, "Ms": MU0 * phase.Ms_A_per_m, "A": phase.A_J_per_m * 1e12}[key]
    meaning = {"K1": "anisotropy constant (MJ/m³)", "Ms": "µ0·Ms (T)", "A": "exchange stiffness (pJ/m)"}[key]
    bounds = {"ge": 0} if key == "K1" else {"gt": 0}
    return Field(default=round(value, 12), allow_inf_nan=False, description=f"{meaning} of the {phase.name}", **bounds)


class CoreShell(BaseModel):
    """One core/shell grain; lengths in nm. a_nm, b_nm, c_nm: the grain, core and shell together, along x, y and z;
    shell_nm, layer_nm: thickness of the shell inside it and of the layer around it (0: none). The grain is turned by
    misorientation_deg towards azimuth_deg (from a to b): brick and crystal together, so that seen from the grain it is the
    field that is tilted. core_Nd, shell_Nd: share x of Nd in (Nd_x (Ce¾La¼)_1−x)2 Fe14B; K1 and Ms of that phase are then those
    of materials.nd_lean. Drawn in cells of cell_nm, (1, 1, 1) by default, to which lengths are rounded; or, with edge_nm, as a
    mesh of tetrahedra, to the letter. Only one of the two is given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["coreshell"] = "coreshell"
    a_nm: float = Field(default=100.0, gt=0, allow_inf_nan=False)
    b_nm: float = Field(default=100.0, gt=0, allow_inf_nan=False)
    c_nm: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    shell_nm: float = Field(default=10.0, ge=0, allow_inf_nan=False)
    layer_nm: float = Field(default=4.0, ge=0, allow_inf_nan=False)
    core_K1_MJ_per_m3: float = _property(GRAIN_CORE, "K1")
    core_mu0_Ms_T: float = _property(GRAIN_CORE, "Ms")
    core_A_pJ_per_m: float = _property(GRAIN_CORE, "A")
    shell_K1_MJ_per_m3: float = _property(GRAIN_SHELL, "K1")
    shell_mu0_Ms_T: float = _property(GRAIN_SHELL, "Ms")
    shell_A_pJ_per_m: float = _property(GRAIN_SHELL, "A")
    layer_K1_MJ_per_m3: float = _property(GRAIN_LAYER, "K1")
    layer_mu0_Ms_T: float = _property(GRAIN_LAYER, "Ms")
    layer_A_pJ_per_m: float = _property(GRAIN_LAYER, "A")
    misorientation_deg: float = Field(default=0.0, ge=0, le=45)
    azimuth_deg: float = Field(default=0.0, ge=0, lt=360)
    core_Nd: float | None = Field(default=None, ge=0, le=1, description="share of Nd in the core's rare earths")
    shell_Nd: float | None = Field(default=None, ge=0, le=1, description="share of Nd in the shell's rare earths")
    magnetostatics: Literal["with", "without"] = Field(
        default="with", description="without: no demagnetising field, for Hc* in µ0Hc = µ0Hc* − N_eff·µ0Ms"
    )
    cell_nm: tuple[float, float, float] | None = None
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

    easy_axis: ClassVar = (0.0, 0.0, 1.0)

    @model_validator(mode="before")
    @classmethod
    def _composed(cls, data):
        """K1 and Ms of phases whose composition is given, so that they stand in the sample's content and the dataset."""
        data = dict(data)
        for name in COMPOSED:
            share = data.get(f"{name}_Nd")
            if isinstance(share, (int, float)) and 0 <= share <= 1:
                phase = nd_lean(name, share)
                own = {"K1_MJ_per_m3": phase.Ku_J_per_m3 / 1e6, "mu0_Ms_T": MU0 * phase.Ms_A_per_m}
                for key, value in ((f"{name}_{key}", round(value, 9)) for key, value in own.items()):
                    if data.setdefault(key, value) != value:
                        raise ValueError(f"{key}: goes not with {name}_Nd; give one or the other")
        return data

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
        own = lambda name, key: getattr(self, f"{name}_{key}")  # noqa: E731
        return tuple(
            Phase(
                name,
                own(name, "A_pJ_per_m") * 1e-12,
                own(name, "K1_MJ_per_m3") * 1e6,
                own(name, "mu0_Ms_T") / MU0,
                self.easy_axis,
            )
            for name in NAMES
        )

    @property
    def bricks_nm(self):
        """Half extensions (x, y, z) of core, grain and grain with its layer, all centred at 0: {phase: (3,)}.

        A phase fills its brick but for the brick within; phases of thickness 0 are left out.
        """
        grain = np.array(self.extension_nm) / 2
        bricks = {CORE: grain - self.shell_nm}
        if self.shell_nm > 0:
            bricks[SHELL] = grain
        if self.layer_nm > 0:
            bricks[LAYER] = grain + self.layer_nm
        return bricks

    @cached_property
    def solids(self):
        """{phase: Convex, in nm} of core, grain and grain with its layer, as bricks_nm has them of a brick. Raises ValueError
        where there is no grain or no core."""
        grain = self._grain
        solids = {CORE: grain.moved(-self.shell_nm)}
        if self.shell_nm > 0:
            solids[SHELL] = grain
        if self.layer_nm > 0:
            solids[LAYER] = grain.moved(self.layer_nm)
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
        Nd = {name: getattr(self, f"{name}_Nd") for name in COMPOSED}
        if None not in Nd.values():
            found["Nd_at_percent"] = ND_AT_PERCENT * sum(share * found[f"phi_{name}"] for name, share in Nd.items())
        return found


def _depth(core, shell, layer):
    """Along one direction: 0 in the layer, 1 in the shell, 2 in the core."""
    return np.repeat([0, 1, 2, 1, 0], [layer, shell, core, shell, layer])
