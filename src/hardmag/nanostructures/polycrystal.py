"""A polycrystal: grains of a power diagram in a box, apart by a grain-boundary phase, each with an easy axis of its own.

After Kovacs et al. 2023 (Front. Mater. 9:1094055), sections 2.3.3 and 2.3.4, whose magnets are cubes of
160 grains. The texture's axis is z. The same structure is drawn as grains for the reduced-order model, in cells, or as a mesh.
"""

from dataclasses import replace
from functools import lru_cache
from math import inf, pi, prod
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from hardmag.errors import ImpossibleStructure, InvalidValue, UnfitStructure
from hardmag.files import sha256
from hardmag.grains import Grains, Reading
from hardmag.materials import MU0, ND2FE14B, Phase
from hardmag.nanostructures.composed import with_compositions
from hardmag.nanostructures.constants import CONSTANTS, constant_of, published
from hardmag.nanostructures.grain_files import cells_of_file
from hardmag.nanostructures.kind import DIGITS, Follows, Kind, Learned, Quantity
from hardmag.nanostructures.laws import read_law
from hardmag.nanostructures.mesher import load_gmsh
from hardmag.nanostructures.packing import polycrystal_cells
from hardmag.nanostructures.polycrystal_mesh import mesh_of, shape_of
from hardmag.nanostructures.texture import cap, fisher
from hardmag.voxels import Voxels

ND_AT_PERCENT = 100 * 2 / 17  # of Nd2Fe14B, as of all R2T14B
PHASES = ("grain", "boundary", "pore")  # order of the phase table
GRAIN, BOUNDARY, PORE = range(3)
TABLES = ("tessellation", "seeds")  # parameters that name a file
READING = {"d": "point_d", "l": "exchange_l", "distance_from": "point_from", "per_edge": "points_per_edge"}
READING |= {"moments": "moments", "near": "near_radii"}
FLATTEST = 2.5  # edge of tetrahedra over the thickness of a magnetic boundary: in a thinner one they are often unfit
FREE_OF_POINTS = ("point_d", "exchange_l", "point_from", "points_per_edge", "grain_A_pJ_per_m")  # grains with a law
SHAPE = ("grain_size_nm", "size_spread", "aspect", "misalignment_deg", "boundary_nm")


def _number(unit, meaning, symbol="", label="", optional=False, **bounds):
    least = bounds.get("ge", bounds.get("gt"))
    largest = bounds.get("le", bounds.get("lt", inf))
    kind = float | None if optional else float
    return Annotated[kind, Field(allow_inf_nan=False, **bounds), Quantity(unit, meaning, least, largest, symbol, label)]


TILT = "largest angle of easy axes from z (cap), or standard deviation of their tilt about x and about y (fisher)"
THICKNESS = "thickness of the phase between two grains; give it or boundary_percent"


class _Magnet(Kind):
    """Grains and what lies between them: the parameters that stand before those of compositions."""

    grains: int = Field(default=100, ge=1, le=100_000, description="how many, pores included; of a file: as many as it has")
    grain_size_nm: _number("nm", "diameter of a sphere of the mean volume of a grain", "$D$", "grain size", gt=0) = 100.0
    size_spread: _number("1", "standard deviation of ln(size), log-normal; 0: all alike", "", "spread", ge=0, le=1) = 0.0
    aspect: _number("1", "of grains flattened along z: how many times wider than thick", "", "aspect ratio", gt=0, le=20) = 1.0
    texture: Literal["cap", "fisher"] = Field(
        default="cap", description="easy axes evenly within misalignment_deg of z, or after von Mises and Fisher"
    )
    misalignment_deg: _number("deg", TILT, "", "misalignment", ge=0, le=180) = 20.0
    boundary_nm: _number("nm", THICKNESS, "$t$", "boundary", True, ge=0) = None
    boundary_percent: _number("%", "likewise, of grain_size_nm", "", "boundary", True, ge=0, lt=100) = None
    pore_percent: _number("%", "share of grains, drawn at random, that are pores", "", "pores", ge=0, lt=100) = 0.0
    grain_K1_MJ_per_m3: constant_of("grain", "K1_MJ_per_m3") = published(ND2FE14B, "K1_MJ_per_m3")
    grain_mu0_Ms_T: constant_of("grain", "mu0_Ms_T") = published(ND2FE14B, "mu0_Ms_T")
    grain_A_pJ_per_m: constant_of("grain", "A_pJ_per_m") = published(ND2FE14B, "A_pJ_per_m")
    boundary_K1_MJ_per_m3: _number("MJ/m3", "anisotropy constant of the boundary, along z", "$K_1$", "boundary", ge=0) = 0.0
    boundary_mu0_Ms_T: _number("T", "µ0·Ms of the boundary; 0: not magnetic", r"$\mu_0M_\mathrm{s}$", "boundary", ge=0) = 0.0
    boundary_A_pJ_per_m: _number("pJ/m", "exchange stiffness of the boundary", "$A$", "boundary", ge=0) = 0.0


_ByComposition = with_compositions("magnet", ("grain",), Ms_of={"boundary": "grain"})


class Polycrystal(_ByComposition, _Magnet):
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
        *_ByComposition.unseen,
    )
    palette: ClassVar = {"grain": "#DDDDDD", "boundary": "#333333", "pore": "#FFFFFF"}
    drawn_against: ClassVar = ("alpha_deg", *SHAPE, "grain_K1_MJ_per_m3", "grain_mu0_Ms_T", "temperature_K")
    described: ClassVar = {
        "Nd_at_percent": Quantity("at%", "Nd in the atoms of the grains", 0, 100, label="Nd in the grains"),
    }

    kind: Literal["polycrystal"] = "polycrystal"
    structure_seed: int | None = Field(
        default=None, ge=0, description="of the grains' places, sizes and axes; null: every realisation has others"
    )
    tessellation: Path | None = Field(
        default=None, description=".tess file of Neper, scaled to the mean size; its c-axes count"
    )
    tessellation_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")
    seeds: Path | None = Field(
        default=None, description="CSV of x_nm, y_nm, z_nm and, if wanted, weight_nm2 or radius_nm, axis_x, axis_y, axis_z"
    )
    seeds_sha256: str | None = Field(default=None, description="likewise")
    box_nm: tuple[float, float, float] | None = Field(
        default=None, description="of seeds of a file: edges of their box, from 0"
    )
    periodic: bool = Field(default=False, description="whether the structure goes on beyond the box; of cells only")
    magnetostatics: Literal["with", "without"] = Field(
        default="with", description="without: no demagnetising field, for Hc* in µ0Hc = µ0Hc* − N_eff·µ0Ms"
    )
    cell_nm: tuple[float, float, float] | None = Field(default=None, description="edges of a cell, for full micromagnetics")
    edge_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh, likewise: mean edge of its tetrahedra at grains' faces"
    )
    grid_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh: cell of the demagnetising field's grid; null: edge_nm"
    )
    point_d: float = Field(
        default=1.44, gt=0, allow_inf_nan=False, description="of grains: points lie so many exchange lengths inside their edges"
    )
    exchange_l: float = Field(
        default=1.24, gt=0, allow_inf_nan=False, description="of grains: l of the exchange-like field M/l²"
    )
    point_from: Literal["faces", "edge"] = Field(
        default="faces", description="of grains: whether that is the distance from both faces of an edge, or from the edge"
    )
    points_per_edge: int = Field(default=9, ge=1, le=200, description="of grains")
    moments: Literal["rotating", "fixed"] = Field(
        default="rotating", description="of grains: as Stoner-Wohlfarth particles in their mean field, or along the easy axis"
    )
    near_radii: float = Field(
        default=2.5,
        ge=2,
        le=100,
        allow_inf_nan=False,
        description="of grains: within so many radii fields are those of polyhedra",
    )
    law: Path | None = Field(
        default=None,
        description="file of `hardmag switching-law`, by which grains switch in place of Stoner-Wohlfarth; their Ms is its own,"
        " and without grain_K1_MJ_per_m3 their moments do not rotate",
    )
    law_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")

    @model_validator(mode="after")
    def _one_source(self):
        given = [key for key in TABLES if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError("seeds: goes not with tessellation; give one or the other")
        if (self.box_nm is not None) != (self.seeds is not None):
            raise ValueError(
                "box_nm: goes with seeds" if self.seeds is None else "box_nm: required key is missing, beside seeds"
            )
        if not all(0 < edge < inf for edge in (*(self.box_nm or ()), *(self.cell_nm or ()))):
            raise ValueError("box_nm and cell_nm must be three lengths > 0 each")
        if given:
            self._check_file(given[0])
        return self

    @model_validator(mode="after")
    def _boundary(self):
        """Its thickness, in nm too where it is given in per cent."""
        if self.boundary_percent is None and self.boundary_nm is None:
            raise ValueError(
                "boundary_nm: required key is missing (or boundary_percent): it decides what grains do to each other"
            )
        if self.boundary_percent is not None:
            own = float(_boundary_nm(vars(self)))
            if "boundary_nm" in self.model_fields_set and self.boundary_nm != own:
                raise ValueError("boundary_nm: goes not with boundary_percent; give one or the other")
            self._set({"boundary_nm": own})
        return self

    @model_validator(mode="after")
    def _by_law(self):
        """What grains with a law have of it, and need not."""
        if self.law is None:
            return self
        found = self._checksum("law")
        composed = [key for key in ("grain_composition", "cell_nm", "edge_nm") if getattr(self, key) is not None]
        changed = [key for key in FREE_OF_POINTS if getattr(self, key) != type(self).model_fields[key].default]
        if foreign := [*composed, *changed]:
            raise ValueError(f"{foreign[0]}: goes not with law")
        of_law = {"grain_mu0_Ms_T": _law_of_file(self.law, found)[1], "grain_K1_MJ_per_m3": 0.0}
        self._set({key: value for key, value in of_law.items() if key not in self.model_fields_set} | {"law_sha256": found})
        return self

    @model_validator(mode="after")
    def _solvable(self):
        boundary = [getattr(self, f"boundary_{constant}") for constant in CONSTANTS]
        if self.boundary_mu0_Ms_T == 0 and any(boundary):
            raise ValueError("boundary_mu0_Ms_T: must be > 0 beside boundary_K1_MJ_per_m3 or boundary_A_pJ_per_m")
        if self.boundary_mu0_Ms_T > 0 and self.boundary_A_pJ_per_m == 0:
            raise ValueError("boundary_A_pJ_per_m: must be > 0 where boundary_mu0_Ms_T is")
        if self.meshed:
            for wrong, text in (
                (self.cell_nm is not None, "edge_nm asks for a mesh, cell_nm for cells: give one of the two"),
                (self.periodic, "periodic: meshes are not periodic; give cell_nm in place of edge_nm"),
                (self.boundary_nm == 0, "boundary_nm: must be > 0 with edge_nm: grains of a mesh lie apart"),
                (
                    self.boundary_mu0_Ms_T > 0 and self.edge_nm > FLATTEST * self.boundary_nm,
                    f"edge_nm: must be <= {FLATTEST:g} × boundary_nm, which is magnetic and to be resolved",
                ),
            ):
                if wrong:
                    raise ValueError(text)
        elif self.grid_nm is not None:
            raise ValueError("grid_nm goes with edge_nm")
        elif self.cell_nm is None:
            if self.boundary_mu0_Ms_T > 0:
                raise ValueError("boundary_mu0_Ms_T: the reduced-order model has no magnetic boundary; give cell_nm or edge_nm")
            if self.periodic:
                raise ValueError("periodic: the reduced-order model has no periodic magnets; give cell_nm")
            if self.grain_K1_MJ_per_m3 == 0 and self.law is None:
                raise ValueError("grain_K1_MJ_per_m3: must be > 0 in the reduced-order model; or give cell_nm or edge_nm")
        if self.boundary_nm >= self.grain_size_nm:
            raise ImpossibleStructure(
                "boundary_nm must be < grain_size_nm",
                f"boundary_nm = {self.boundary_nm:g}, grain_size_nm = {self.grain_size_nm:g}",
            )
        return self

    def _checksum(self, key):
        """Of a file; one that has changed is refused."""
        path = getattr(self, key)
        if not path.is_file():
            raise ValueError(f"{key}: {path} does not exist")
        found, known = sha256(path), getattr(self, f"{key}_sha256")
        if known not in (None, found):
            raise ValueError(f"{key}: {path} has changed since the campaign was planned")
        return found

    def _check_file(self, key):
        """Its checksum and its number of grains; of seeds, whose box is given, their mean size too."""
        path, found = getattr(self, key), self._checksum(key)
        count = len(cells_of_file(key, path, found, self.box_nm)[0])
        if "grains" in self.model_fields_set and self.grains != count:
            raise ValueError(f"grains: {path} has {count}")
        known = {f"{key}_sha256": found, "grains": count}
        if key == "seeds":
            known["grain_size_nm"] = round((6 * prod(self.box_nm) / (pi * count)) ** (1 / 3), DIGITS)
            if "grain_size_nm" in self.model_fields_set and self.grain_size_nm != known["grain_size_nm"]:
                raise ValueError("grain_size_nm: goes not with seeds, whose box and number tell it")
        self._set(known)

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
                laws={} if self.law is None else {GRAIN: _law_of_file(self.law, self.law_sha256)[0]},
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
            follows=cls.constants_follow() | {"boundary_nm": Follows(("boundary_percent", "grain_size_nm"), _boundary_nm)},
            only={"magnetostatics": "with"},
        )


def _boundary_nm(columns):
    """Thickness of a boundary that is given in per cent of the size: (n,)."""
    return np.round(np.asarray(columns["boundary_percent"]) * columns["grain_size_nm"] / 100, DIGITS)


@lru_cache(64)
def _law_of_file(path, sha256):
    """(SwitchingLaw, mean µ0·Ms in T) of a file with that checksum."""
    return read_law(path)
