"""A nanostructure of the user's own: a .npy file of integers, or a mesh in a .msh or .vtu file, and a table of phases."""

import hashlib
from functools import lru_cache
from pathlib import Path
from tokenize import TokenError
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hardmag.errors import UserError
from hardmag.materials import Phase
from hardmag.nanostructures.mesh_files import from_mesh
from hardmag.voxels import Voxels


def _not_zero(direction):
    if not 0 < sum(c * c for c in direction) < float("inf"):
        raise ValueError("must be three numbers, not all zero")
    return direction


FILES = ("voxels", "mesh")  # keys that name a file: where it lies is no part of a sample's id, its checksum is
Direction = Annotated[tuple[float, float, float], AfterValidator(_not_zero)]  # of any length


class PhaseSpec(BaseModel):
    """One phase as written in a configuration."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    A_J_per_m: float = Field(ge=0, allow_inf_nan=False)
    Ku_J_per_m3: float = Field(ge=0, allow_inf_nan=False)
    Ms_A_per_m: float = Field(ge=0, allow_inf_nan=False)
    axis: Direction = (0.0, 0.0, 1.0)

    def phase(self):
        """The phase, with its consistency checked."""
        return Phase(**self.model_dump())


class FromFile(BaseModel):
    """voxels: .npy file of integers (nx, ny, nz), indices into phases, in cells of cell_nm; periodic per direction. Or mesh:
    .msh file in nm whose physical volumes are named like the phases, or .vtu with cell data `phase`, their indices; grid_nm:
    cell of the demagnetising field's grid.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    c_axis: ClassVar = (0.0, 0.0, 1.0)  # the angle α of the field is counted from here …
    tilt_axis: ClassVar = (1.0, 0.0, 0.0)  # … towards here

    kind: Literal["from_file"] = "from_file"
    voxels: Path | None = None
    voxels_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")
    cell_nm: tuple[float, float, float] | None = None
    periodic: tuple[bool, bool, bool] = (False, False, False)
    mesh: Path | None = None
    mesh_sha256: str | None = Field(default=None, description="likewise")
    grid_nm: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    phases: tuple[PhaseSpec, ...]

    @field_validator("cell_nm")
    @classmethod
    def _lengths(cls, cell_nm):
        if not all(0 < edge < float("inf") for edge in cell_nm or ()):
            raise ValueError(f"{list(cell_nm)} must be three lengths > 0")
        return cell_nm

    @field_validator("phases")
    @classmethod
    def _some(cls, phases):
        if not phases:
            raise ValueError("at least one phase is needed")
        return phases

    @model_validator(mode="after")
    def _one_file(self):
        given = [key for key in FILES if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError("voxels: goes not with mesh" if given else "voxels: required key is missing (or mesh)")
        needed, foreign = ("grid_nm", "cell_nm") if self.meshed else ("cell_nm", "grid_nm")
        if getattr(self, needed) is None:
            raise ValueError(f"{needed}: required key is missing")
        if getattr(self, foreign) is not None or (self.meshed and any(self.periodic)):
            raise ValueError(f"{foreign if getattr(self, foreign) is not None else 'periodic'}: goes not with {given[0]}")
        return self

    @property
    def meshed(self):
        """Whether it is solved by finite elements."""
        return self.mesh is not None

    @property
    def _file(self):
        """(key, path) of the file."""
        return next((key, getattr(self, key)) for key in FILES if getattr(self, key) is not None)

    def build(self, rng):
        """Read the file; rng is not used: the structure is the same in every realisation."""
        (key, path), digest = self._file, self._digest()
        if getattr(self, f"{key}_sha256") not in (None, digest):
            raise UserError(f"{path}: the {key} has changed since the campaign was planned; plan it again")
        try:
            phases = tuple(p.phase() for p in self.phases)
        except ValueError as error:
            raise UserError(f"{path}: {error}") from None
        return _mesh(path, digest, phases, self.grid_nm) if self.meshed else self._voxels(phases)

    def _voxels(self, phases):
        try:
            index = np.load(self.voxels, allow_pickle=False)
        except FileNotFoundError:
            raise UserError(f"{self.voxels}: no such voxel file (key 'voxels')") from None
        except (ValueError, OSError, EOFError, SyntaxError, TokenError) as error:
            text = " ".join(str(error).split())
            raise UserError(f"{self.voxels}: not a readable .npy array (key 'voxels'): {text}") from None
        if not isinstance(index, np.ndarray):
            raise UserError(f"{self.voxels}: an archive, not a .npy array (key 'voxels')")
        try:
            return Voxels(
                index=index,
                phases=phases,
                cell_m=tuple(c * 1e-9 for c in self.cell_nm),
                periodic=self.periodic,
            )
        except ValueError as error:
            raise UserError(f"{self.voxels}: {error}") from None

    def content(self):
        """Everything that the structure depends on, the bytes of the file included, as JSON values.

        The path only says where the file lies: it is no part of a sample's id.
        """
        return self.model_dump(mode="json", exclude_none=True) | {f"{self._file[0]}_sha256": self._digest()}

    def _digest(self):
        key, path = self._file
        if not path.is_file():
            raise UserError(f"{path}: no such {'voxel' if key == 'voxels' else key} file (key '{key}')")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def descriptors(self):
        """No features beyond the parameters."""
        return {}


@lru_cache(1)
def _mesh(path, digest, phases, grid_nm):
    """The mesh in a file of these bytes, read and checked once for all realisations."""
    return from_mesh(path, phases, grid_nm)
