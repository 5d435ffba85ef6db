"""What a polycrystal is asked to be: its parameters, and what is refused of them.

After Kovacs et al. 2023 (Front. Mater. 9:1094055), sections 2.3.3 and 2.3.4, whose magnets are cubes of 160 grains.
"""

from functools import lru_cache
from math import inf, pi, prod
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from hardmag.errors import ImpossibleStructure
from hardmag.files import sha256
from hardmag.materials import ND2FE14B
from hardmag.nanostructures.composed import with_compositions
from hardmag.nanostructures.constants import CONSTANTS, K2_of, constant_of, published
from hardmag.nanostructures.grain_files import cells_of_file
from hardmag.nanostructures.kind import DIGITS, Kind, Quantity
from hardmag.nanostructures.laws import read_law

TABLES = ("tessellation", "seeds")  # parameters that name a file
FLATTEST = 2.5  # edge of tetrahedra over the thickness of a magnetic boundary: in a thinner one they are often unfit
SOME = {"second": "second_percent", "shell": "shell_nm"}  # phases that not all magnets have, and what asks for them
FREE_OF_POINTS = ("point_d", "exchange_l", "point_from", "points_per_edge", "reversal", "grain_A_pJ_per_m")  # grains with a law


def _number(unit, meaning, symbol="", label="", optional=False, **bounds):
    least = bounds.get("ge", bounds.get("gt"))
    largest = bounds.get("le", bounds.get("lt", inf))
    kind = float | None if optional else float
    return Annotated[kind, Field(allow_inf_nan=False, **bounds), Quantity(unit, meaning, least, largest, symbol, label)]


TILT = "largest angle of easy axes from z (cap), or standard deviation of their tilt about x and about y (fisher)"
THICKNESS = "thickness of the phase between two grains; give it or boundary_percent"
INCLUSIONS = "share of the magnet's volume in inclusions, not magnetic, where four grains meet"
SECOND = "share of the grains that are no pores, drawn at random, that are of a second phase"
SHELL = "thickness of a shell inside each grain, in cells or on a mesh"


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
    boundary_percent: _number("%", "thickness of that phase over grain_size_nm", "", "boundary", True, ge=0, lt=100) = None
    pore_percent: _number("%", "share of grains, drawn at random, that are pores", "", "pores", ge=0, lt=100) = 0.0
    inclusion_percent: _number("%", INCLUSIONS, "", "inclusions", True, ge=0, lt=100) = None
    second_percent: _number("%", SECOND, "", "second phase", True, ge=0, lt=100) = None
    shell_nm: _number("nm", SHELL, "", "shell", True, ge=0) = None
    grain_K1_MJ_per_m3: constant_of("grain", "K1_MJ_per_m3") = published(ND2FE14B, "K1_MJ_per_m3")
    grain_mu0_Ms_T: constant_of("grain", "mu0_Ms_T") = published(ND2FE14B, "mu0_Ms_T")
    grain_A_pJ_per_m: constant_of("grain", "A_pJ_per_m") = published(ND2FE14B, "A_pJ_per_m")
    boundary_K1_MJ_per_m3: _number("MJ/m3", "anisotropy constant of the boundary, along z", "$K_1$", "boundary", ge=0) = 0.0
    boundary_mu0_Ms_T: _number("T", "µ0·Ms of the boundary; 0: not magnetic", r"$\mu_0M_\mathrm{s}$", "boundary", ge=0) = 0.0
    boundary_A_pJ_per_m: _number("pJ/m", "exchange stiffness of the boundary", "$A$", "boundary", ge=0) = 0.0
    second_K1_MJ_per_m3: constant_of("second phase", "K1_MJ_per_m3", optional=True) = None
    second_mu0_Ms_T: constant_of("second phase", "mu0_Ms_T", optional=True) = None
    second_A_pJ_per_m: constant_of("second phase", "A_pJ_per_m", optional=True) = None
    shell_K1_MJ_per_m3: constant_of("shell", "K1_MJ_per_m3", optional=True) = None
    shell_mu0_Ms_T: constant_of("shell", "mu0_Ms_T", optional=True) = None
    shell_A_pJ_per_m: constant_of("shell", "A_pJ_per_m", optional=True) = None
    grain_K2_MJ_per_m3: K2_of("grain") = None
    second_K2_MJ_per_m3: K2_of("second phase") = None
    shell_K2_MJ_per_m3: K2_of("shell") = None


ByComposition = with_compositions("magnet", ("grain", *SOME), Ms_of={"boundary": "grain"})


class Parameters(ByComposition, _Magnet):
    """All parameters of a polycrystal, checked; those that follow from others too, so that they stand in a sample's content."""

    kind: Literal["polycrystal"] = "polycrystal"
    structure_seed: int | None = Field(
        default=None, ge=0, description="of the grains' places, sizes and axes; null: every realisation has others"
    )
    tessellation: Path | None = Field(
        default=None, description=".tess file of Neper, scaled to the mean size; its c-axes count"
    )
    tessellation_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")
    seeds: Path | None = Field(
        default=None,
        description="CSV of x_nm, y_nm, z_nm and, if wanted, weight_nm2 or radius_nm, axis_x, axis_y, axis_z, pore (0 or 1)",
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
    reversal: Literal["downhill", "always"] = Field(
        default="downhill",
        description="of grains: one with a point beyond its switching field reverses where that lowers its energy, or always",
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
            own = float(boundary_nm_of(vars(self)))
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
        never = ("grain_composition", *SOME.values(), "cell_nm", "edge_nm")
        composed = [key for key in never if getattr(self, key) is not None]
        changed = [key for key in FREE_OF_POINTS if getattr(self, key) != type(self).model_fields[key].default]
        if foreign := [*composed, *changed]:
            raise ValueError(f"{foreign[0]}: goes not with law")
        of_law = {"grain_mu0_Ms_T": law_of_file(self.law, found)[1], "grain_K1_MJ_per_m3": 0.0}
        self._set({key: value for key, value in of_law.items() if key not in self.model_fields_set} | {"law_sha256": found})
        return self

    @model_validator(mode="after")
    def _some(self):
        """Phases that not all magnets have: where they are asked for, their constants are given, or their composition is."""
        for name, asked in SOME.items():
            constants = [f"{name}_{constant}" for constant in CONSTANTS]
            lacking = [key for key in constants if getattr(self, key) is None]
            if getattr(self, asked) is not None and lacking:
                raise ValueError(f"{lacking[0]}: required key is missing, beside {asked} (or {name}_composition)")
            own = (f"{name}_composition", *constants, f"{name}_K2_MJ_per_m3")
            given = [key for key in own if getattr(self, key) is not None]
            if getattr(self, asked) is None and given:
                raise ValueError(f"{given[0]}: goes with {asked}")
        if self.shell_nm is not None and self.cell_nm is None and not self.meshed:
            raise ValueError("shell_nm: the reduced-order model has core/shell grains by their law; give cell_nm or edge_nm")
        if self.shell_nm and self.boundary_nm + 2 * self.shell_nm >= self.grain_size_nm:
            given = f"boundary_nm = {self.boundary_nm:g}, shell_nm = {self.shell_nm:g}, grain_size_nm = {self.grain_size_nm:g}"
            raise ImpossibleStructure("boundary_nm + 2 shell_nm must be < grain_size_nm", given)
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
                (
                    self.shell_nm and self.edge_nm > FLATTEST * self.shell_nm,
                    f"edge_nm: must be <= {FLATTEST:g} × shell_nm, which is to be resolved",
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
            for key in ("grain_K1_MJ_per_m3", "second_K1_MJ_per_m3"):
                if getattr(self, key) == 0 and self.law is None:
                    raise ValueError(f"{key}: must be > 0 in the reduced-order model; or give cell_nm or edge_nm")
            for key in ("grain_K2_MJ_per_m3", "second_K2_MJ_per_m3"):
                if getattr(self, key):
                    raise ValueError(f"{key}: the reduced-order model has K1 alone; give cell_nm or edge_nm")
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
        cells, _, _, pores = cells_of_file(key, path, found, self.box_nm)
        count = len(cells)
        if "grains" in self.model_fields_set and self.grains != count:
            raise ValueError(f"grains: {path} has {count}")
        known = {f"{key}_sha256": found, "grains": count}
        if key == "seeds":
            known["grain_size_nm"] = round((6 * prod(self.box_nm) / (pi * count)) ** (1 / 3), DIGITS)
            if "grain_size_nm" in self.model_fields_set and self.grain_size_nm != known["grain_size_nm"]:
                raise ValueError("grain_size_nm: goes not with seeds, whose box and number tell it")
        if pores is not None:
            if "pore_percent" in self.model_fields_set and round(count * self.pore_percent / 100) != pores.sum():
                raise ValueError(f"pore_percent: {path} says which of its cells are pores")
            known["pore_percent"] = round(100 * float(pores.mean()), DIGITS)
        self._set(known)


def boundary_nm_of(columns):
    """Thickness of a boundary that is given in per cent of the size: (n,)."""
    return np.round(np.asarray(columns["boundary_percent"]) * columns["grain_size_nm"] / 100, DIGITS)


@lru_cache(64)
def law_of_file(path, sha256):
    """(SwitchingLaw, mean µ0·Ms in T) of a file with that checksum."""
    return read_law(path)
