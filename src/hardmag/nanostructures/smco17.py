"""The cellular nanostructure of SmCo-1:7 magnets in two dimensions, extruded along z.

The c-axis is y. Two families of 1:5 stripes at ± half the cell angle to c enclose diamonds of 2:17; Z platelets
perpendicular to c cut through both (Katter et al. 1996, as parameterised by Yang et al., Fig. 1c).
"""

from functools import partial
from math import cos, radians, sin
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from hardmag.errors import ImpossibleStructure
from hardmag.materials import GRAIN_BOUNDARY, SM2CO17, SMCO5, Z_PHASES
from hardmag.nanostructures.kind import Follows, Kind, Learned, Quantity
from hardmag.voxels import Voxels

CELL, STRIPE, PLATELET, BOUNDARY = range(4)  # order of the phase table

Face = Literal["x-", "x+", "y-", "y+"]

# Atoms per unit cell and its volume in Å³ (Yang et al., Supplementary Table 2).
UNIT_CELLS = {
    "2:17": ({"Sm": 2, "Co": 17}, 248.297),
    "1:5": ({"Sm": 1, "Co": 5}, 89.138),
    "Z": ({"Sm": 1, "Co": 9, "Zr": 2}, 181.968),
}
Z_SETS = "properties of the Z phase (Yang et al., Supplementary Table 4)"
GEOMETRY = ("L_nm", "d_nm", "wS_nm", "wZ_nm")


def _length(meaning, symbol, label):
    return Annotated[float, Field(gt=0), Quantity("nm", meaning, 0.1, 1e5, symbol, label)]


def _phase(unit, meaning, least, largest, symbol):
    return Quantity(unit, f"{meaning} of the Z phase", least, largest, symbol)


class SmCo17(Kind):
    """Parameters of one SmCo-1:7 nanostructure; lengths in nm."""

    c_axis: ClassVar = (0.0, 1.0, 0.0)
    described: ClassVar = {
        "phi_S": Quantity("1", "wS/L", 0, 1, r"$φ_\mathrm{S} = w_\mathrm{S}/L$"),
        "phi_Z": Quantity("1", "wZ/d", 0, 1, r"$φ_\mathrm{Z} = w_\mathrm{Z}/d$"),
        "Ms_Z_kA_per_m": _phase("kA/m", "spontaneous magnetisation", 1, 5000, r"$M_\mathrm{s}$ of Z"),
        "sigma_Z_mJ_per_m2": _phase("mJ/m2", "wall energy", 0.1, 1000, "$σ$ of Z"),
        "l_Z_nm": _phase("nm", "wall width", 0.1, 1e5, "$l$ of Z"),
    }
    composed: ClassVar = {
        "Sm_at_percent": Quantity("at%", "Sm from the voxel fractions (Supplementary eq. 1)"),
        "Co_at_percent": Quantity("at%", "Co, likewise"),
        "Zr_at_percent": Quantity("at%", "Zr, likewise"),
    }
    unseen: ClassVar = ("z_set",)
    drawn_against: ClassVar = ("alpha_deg", *GEOMETRY, "phi_S", "phi_Z")
    prescribed: ClassVar = {"alpha_deg": 0.0, "z_set": "dft"}
    first: ClassVar = {
        "nanostructure": {"size_nm": [64, 64, 32], "cell_nm": [0.8, 0.8, 2.0]},
        "design": {
            "kind": "sobol",
            "points": 8,
            "parameters": {
                "L_nm": {"min": 24, "max": 72},
                "d_nm": {"min": 11, "max": 50},
                "wS_nm": {"min": 3, "max": 12},
                "wZ_nm": {"min": 1, "max": 11},
                "alpha_deg": [0, 30, 60],
            },
        },
        "half_cycle": {"from_T": 2.0, "realisations": 2},
        "quality": {"max_cell_over_delta0": 1.8},
        "batching": {"samples": 6},
        "surrogate": {"epochs": 100, "trials": 4, "models": ["k_nearest", "f_nn"]},
    }
    palette: ClassVar = {"2:17": "#DDDDDD", "1:5": "#0072B2", "Z": "#E69F00", "boundary": "#555555"}
    keys: ClassVar = {"z_set": "z", "Ms_Z_kA_per_m": "Ms", "sigma_Z_mJ_per_m2": "sigma", "l_Z_nm": "l"}

    kind: Literal["smco17"] = "smco17"
    L_nm: _length("perpendicular period of the 1:5 stripes", "$L$", "1:5 period")
    d_nm: _length("period of the Z platelets", "$d$", "Z period")
    wS_nm: _length("thickness of the 1:5 stripes", r"$w_\mathrm{S}$", "1:5 thickness")
    wZ_nm: _length("thickness of the Z platelets", r"$w_\mathrm{Z}$", "Z thickness")
    z_set: Annotated[
        Literal["literature", "dft", "modified"],
        Quantity("", Z_SETS, symbol=r"Z set ($M_\mathrm{s}$, $σ$, $l$)", label="Z"),
    ] = "dft"
    size_nm: tuple[float, float, float] = Field(
        default=(128.0, 128.0, 32.0),
        description="edges of the box, rounded to whole cells; that along z counts only where more than one layer is solved",
    )
    cell_nm: tuple[float, float, float] = Field(default=(0.5, 0.5, 2.0), description="edges of a cell")
    layers: int | Literal["all"] = Field(default=1, description="cells along z; all: as many as size_nm asks for")
    cell_angle_deg: float = Field(default=60.0, gt=0, lt=180, description="between the two families of 1:5 stripes")
    boundary_layer_nm: float = Field(default=2.0, ge=0, description="thickness of the soft layer on the faces of the box")
    boundary_faces: tuple[Face, ...] = Field(default=("x-", "x+", "y-", "y+"), description="faces that have this layer")
    placement: Literal["centred", "random"] = Field(
        default="centred", description="a 2:17 cell in the middle of the box, or the pattern shifted at random per realisation"
    )

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
            given = ", ".join(f"{key} = {getattr(self, key):g}" for key in GEOMETRY)
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

    def refined(self):
        """The same cells of 2:17 in half the grid's cell across; along z nothing varies but moments."""
        return self._with(cell_nm=(self.cell_nm[0] / 2, self.cell_nm[1] / 2, self.cell_nm[2]))

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

    def descriptors(self):
        """Features beside the parameters: phi_S = wS/L, phi_Z = wZ/d, and the properties of the Z phase."""
        return {"phi_S": self.wS_nm / self.L_nm, "phi_Z": self.wZ_nm / self.d_nm, **z_properties(self.z_set)}

    def composition(self, fractions):
        """Sm, Co and Zr in at%; nothing where the box holds none of their phases."""
        if sum(fractions.get(phase, 0.0) for phase in UNIT_CELLS) == 0:
            return {}
        return {f"{element}_at_percent": share for element, share in composition_at_percent(fractions).items()}

    def title(self):
        """Its lengths."""
        symbols = {name: quantity.symbol for name, quantity in self.columns().items()}
        digits = dict(zip(GEOMETRY, (4, 4, 3, 3), strict=True))
        L, d, wS, wZ = (f"{symbols[name]} {getattr(self, name):.{digits[name]}g}" for name in GEOMETRY)
        return f"{L}, {d},\n{wS}, {wZ} nm"

    @classmethod
    def learned(cls):
        """Rows as Yang et al. have them: four lengths, the angle and the properties of Z → µ0Hc and Φp."""
        properties = {name: Follows(("z_set",), partial(_of_sets, name)) for name in z_properties("dft")}
        return Learned(
            features=(*GEOMETRY, "alpha_deg", *properties),
            structure=GEOMETRY,
            targets=("mu0_Hc_T", "phi_p"),
            follows=properties,
            level="z_set",
            shares=(("L_nm", "wS_nm", "phi_S"), ("d_nm", "wZ_nm", "phi_Z")),
            varied=False,
        )


def z_properties(z_set):
    """The three properties by which the paper describes a Z phase: Ms (kA/m), wall energy σ (mJ/m²), wall width l (nm)."""
    z = Z_PHASES[z_set]
    return {
        "Ms_Z_kA_per_m": z.Ms_A_per_m / 1e3,
        "sigma_Z_mJ_per_m2": z.wall_energy_J_per_m2 * 1e3,
        "l_Z_nm": z.wall_width_m * 1e9,
    }


def _of_sets(name, columns):
    """One of the three properties, of a column of Z sets: (n,)."""
    known = {z_set: z_properties(z_set)[name] for z_set in set(columns["z_set"].tolist())}
    return np.array([known[z_set] for z_set in columns["z_set"].tolist()])


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
