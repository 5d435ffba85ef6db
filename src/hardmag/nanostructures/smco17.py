"""The cellular nanostructure of SmCo-1:7 magnets in two dimensions, extruded along z.

The c-axis is y. Two families of 1:5 stripes at ± half the cell angle to c enclose diamonds of 2:17; Z platelets
perpendicular to c cut through both (Katter et al. 1996, as parameterised by Yang et al., Fig. 1c).
"""

from math import cos, radians, sin
from typing import ClassVar, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardmag.errors import ImpossibleStructure
from hardmag.materials import GRAIN_BOUNDARY, SM2CO17, SMCO5, Z_PHASES
from hardmag.voxels import Voxels

CELL, STRIPE, PLATELET, BOUNDARY = range(4)  # order of the phase table

Face = Literal["x-", "x+", "y-", "y+"]

# Atoms per unit cell and its volume in Å³ (Yang et al., Supplementary Table 2).
UNIT_CELLS = {
    "2:17": ({"Sm": 2, "Co": 17}, 248.297),
    "1:5": ({"Sm": 1, "Co": 5}, 89.138),
    "Z": ({"Sm": 1, "Co": 9, "Zr": 2}, 181.968),
}


class SmCo17(BaseModel):
    """Parameters of one SmCo-1:7 nanostructure; lengths in nm.

    L_nm: perpendicular period of a family of 1:5 stripes, wS_nm: their thickness; d_nm: period of the Z platelets,
    wZ_nm: their thickness; size_nm: the box, rounded to whole cells; its z-edge is only used when more than one layer
    is solved. placement: the pattern with a 2:17 cell in the middle of the box, or shifted at random per realisation.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    c_axis: ClassVar = (0.0, 1.0, 0.0)  # the angle α of the field is counted from here …
    tilt_axis: ClassVar = (1.0, 0.0, 0.0)  # … towards here

    kind: Literal["smco17"] = "smco17"
    L_nm: float = Field(gt=0)
    d_nm: float = Field(gt=0)
    wS_nm: float = Field(gt=0)
    wZ_nm: float = Field(gt=0)
    z_set: Literal["literature", "dft", "modified"] = "dft"
    size_nm: tuple[float, float, float] = (128.0, 128.0, 32.0)
    cell_nm: tuple[float, float, float] = (0.5, 0.5, 2.0)
    layers: int | Literal["all"] = 1
    cell_angle_deg: float = Field(default=60.0, gt=0, lt=180)
    boundary_layer_nm: float = Field(default=2.0, ge=0)
    boundary_faces: tuple[Face, ...] = ("x-", "x+", "y-", "y+")
    placement: Literal["centred", "random"] = "centred"

    @model_validator(mode="after")
    def _possible(self):
        if self.layers != "all" and self.layers < 1:
            raise ValueError(f"layers = {self.layers} must be a whole number >= 1, or 'all'")
        for key in ("size_nm", "cell_nm"):
            if not all(0 < edge < float("inf") for edge in getattr(self, key)):
                raise ValueError(f"{key} = {list(getattr(self, key))} must be three lengths > 0")
        if any(s < c for s, c in zip(self.size_nm, self.cell_nm, strict=True)):
            raise ValueError(f"size_nm {list(self.size_nm)} must be at least cell_nm {list(self.cell_nm)}")
        reason = self.impossible()
        if reason:
            given = ", ".join(f"{key} = {getattr(self, key):g}" for key in ("L_nm", "d_nm", "wS_nm", "wZ_nm"))
            raise ImpossibleStructure(reason, f"{given}, cell_nm = {list(self.cell_nm)}")
        return self

    def impossible(self):
        """Why this structure cannot be drawn, in words without numbers, or None."""
        checks = (
            (self.wZ_nm < self.d_nm, "wZ_nm must be < d_nm"),
            (self.wS_nm < self.L_nm, "wS_nm must be < L_nm"),
            (min(self.wZ_nm, self.wS_nm) >= max(self.cell_nm[:2]), "wS_nm and wZ_nm must be >= the cell's edge"),
            (2 * self.boundary_layer_nm < min(self.size_nm[:2]), "boundary_layer_nm must be < half the box"),
        )
        return next((reason for holds, reason in checks if not holds), None)

    @property
    def phases(self):
        """Phase table in the order of the voxel indices."""
        return (SM2CO17, SMCO5, Z_PHASES[self.z_set], GRAIN_BOUNDARY)

    @property
    def shape(self):
        """(nx, ny, nz) of the grid."""
        nx, ny, nz = (max(1, round(s / c)) for s, c in zip(self.size_nm, self.cell_nm, strict=True))
        return nx, ny, nz if self.layers == "all" else self.layers

    def build(self, rng):
        """Draw the structure. rng (numpy Generator) serves the random placement only."""
        nx, ny, layers = self.shape
        x = (np.arange(nx) + 0.5 - nx / 2)[:, None] * self.cell_nm[0]  # cell centres, box centre at 0
        y = (np.arange(ny) + 0.5 - ny / 2)[None, :] * self.cell_nm[1]

        # Phases of the three periodic families; 0.5 puts a 2:17 cell in the middle.
        shift = np.full(3, 0.5) if self.placement == "centred" else rng.random(3)
        half = radians(self.cell_angle_deg / 2)
        u_plus = (x * cos(half) + y * sin(half)) / self.L_nm
        u_minus = (x * cos(half) - y * sin(half)) / self.L_nm
        v = np.broadcast_to(y / self.d_nm, (nx, ny))

        index = np.full((nx, ny), CELL, dtype=np.uint8)
        stripe = _inside(u_plus + shift[0], self.wS_nm / self.L_nm) | _inside(u_minus + shift[1], self.wS_nm / self.L_nm)
        index[stripe] = STRIPE
        index[_inside(v + shift[2], self.wZ_nm / self.d_nm)] = PLATELET
        self._draw_boundary(index)
        return Voxels(
            index=np.repeat(index[:, :, None], layers, axis=2),
            phases=self.phases,
            cell_m=tuple(c * 1e-9 for c in self.cell_nm),
            periodic=(False, False, True),
        )

    def _draw_boundary(self, index):
        tx, ty = (round(self.boundary_layer_nm / c) for c in self.cell_nm[:2])
        slabs = {"x-": np.s_[:tx, :], "x+": np.s_[-tx:, :], "y-": np.s_[:, :ty], "y+": np.s_[:, -ty:]}
        for face in self.boundary_faces:
            if (tx if face[0] == "x" else ty) > 0:
                index[slabs[face]] = BOUNDARY

    def content(self):
        """Everything that the structure depends on, as JSON values: part of a sample's id."""
        return self.model_dump(mode="json")

    def descriptors(self):
        """Features beside the parameters: phi_S = wS/L, phi_Z = wZ/d, and the properties of the Z phase."""
        return {"phi_S": self.wS_nm / self.L_nm, "phi_Z": self.wZ_nm / self.d_nm, **z_properties(self.z_set)}


def z_properties(z_set):
    """The three properties by which the paper describes a Z phase: Ms (kA/m), wall energy σ (mJ/m²), wall width l (nm)."""
    z = Z_PHASES[z_set]
    return {
        "Ms_Z_kA_per_m": z.Ms_A_per_m / 1e3,
        "sigma_Z_mJ_per_m2": z.wall_energy_J_per_m2 * 1e3,
        "l_Z_nm": z.wall_width_m * 1e9,
    }


def _inside(u, share):
    """Where a pattern of period 1 with bars of width `share` around each whole number is 'on'.

    Bars are half open: one whose edges fall on cell centres has its number of cells, whatever the rounding.
    """
    from_edge = u + share / 2
    return from_edge - np.floor(from_edge + 1e-9) < share - 1e-9


def composition_at_percent(fractions):
    """Atomic fractions (at%) from volume fractions of the phases '2:17', '1:5' and 'Z'; other phases do not count.

    f_A = Σ_p φ_p n_A,p / V_p  /  Σ_p φ_p n_p / V_p with n atoms per unit cell of volume V (Yang et al., Supplementary
    eq. 1 and Table 2, weighting unit cells by their atoms: only so does 32 % of Z give the paper's 5 at% of Zr).
    """
    atoms = {"Sm": 0.0, "Co": 0.0, "Zr": 0.0}
    for phase, (cell, volume) in UNIT_CELLS.items():
        for element, n in cell.items():
            atoms[element] += fractions.get(phase, 0.0) * n / volume
    total = sum(atoms.values())
    if total == 0:
        raise ValueError("no volume of 2:17, 1:5 or Z to take a composition of")
    return {element: 100 * n / total for element, n in atoms.items()}
