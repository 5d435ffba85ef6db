"""A nanostructure of the user's own: an integer array in a .npy file and a table of phases."""

import hashlib
from pathlib import Path
from tokenize import TokenError
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from hardmag.errors import UserError
from hardmag.materials import Phase
from hardmag.voxels import Voxels


def _not_zero(direction):
    if not 0 < sum(c * c for c in direction) < float("inf"):
        raise ValueError("must be three numbers, not all zero")
    return direction


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
    """voxels: .npy file of integers (nx, ny, nz), indices into phases; periodic per direction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    c_axis: ClassVar = (0.0, 0.0, 1.0)  # the angle α of the field is counted from here …
    tilt_axis: ClassVar = (1.0, 0.0, 0.0)  # … towards here

    kind: Literal["from_file"] = "from_file"
    voxels: Path
    voxels_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")
    cell_nm: tuple[float, float, float]
    periodic: tuple[bool, bool, bool] = (False, False, False)
    phases: tuple[PhaseSpec, ...]

    @field_validator("cell_nm")
    @classmethod
    def _lengths(cls, cell_nm):
        if not all(0 < edge < float("inf") for edge in cell_nm):
            raise ValueError(f"{list(cell_nm)} must be three lengths > 0")
        return cell_nm

    @field_validator("phases")
    @classmethod
    def _some(cls, phases):
        if not phases:
            raise ValueError("at least one phase is needed")
        return phases

    def build(self, rng):
        """Read the array; rng is not used: the structure is the same in every realisation."""
        if self.voxels_sha256 not in (None, self._digest()):
            raise UserError(f"{self.voxels}: the voxels have changed since the campaign was planned; plan it again")
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
                phases=tuple(p.phase() for p in self.phases),
                cell_m=tuple(c * 1e-9 for c in self.cell_nm),
                periodic=self.periodic,
            )
        except ValueError as error:
            raise UserError(f"{self.voxels}: {error}") from None

    def content(self):
        """Everything that the structure depends on, the bytes of the array included, as JSON values.

        The path only says where the array lies: it is no part of a sample's id.
        """
        return self.model_dump(mode="json") | {"voxels_sha256": self._digest()}

    def _digest(self):
        if not self.voxels.is_file():
            raise UserError(f"{self.voxels}: no such voxel file (key 'voxels')")
        return hashlib.sha256(self.voxels.read_bytes()).hexdigest()

    def descriptors(self):
        """No features beyond the parameters."""
        return {}
