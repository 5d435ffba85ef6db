"""A nanostructure of the user's own: a .npy or OVF file of integers or a .msh or .vtu file of a mesh, and phases."""

import hashlib
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hardmag.errors import UserError
from hardmag.magnitudes import MAGNITUDES
from hardmag.materials import Phase
from hardmag.nanostructures import ovf
from hardmag.nanostructures.composed import ROOM_K, constants_of, model_sha256
from hardmag.nanostructures.constants import in_SI
from hardmag.nanostructures.kind import Kind
from hardmag.nanostructures.mesh_files import from_mesh
from hardmag.voxels import Voxels


def _not_zero(direction):
    if not 0 < sum(c * c for c in direction) < float("inf"):
        raise ValueError("must be three numbers, not all zero")
    return direction


SI = ("A_J_per_m", "Ku_J_per_m3", "Ms_A_per_m")  # constants of a phase, which follow from its composition
ALSO = ("K2_J_per_m3", "Kc_J_per_m3", "cubic_axes")  # what it may have beside these
FILES = ("voxels", "mesh")  # keys that name a file: where it lies is no part of a sample's id, its checksum is
Direction = Annotated[tuple[float, float, float], AfterValidator(_not_zero)]  # of any length


class PhaseSpec(BaseModel):
    """One phase as written in a configuration: by its constants, or by composition and temperature, from which they follow."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    A_J_per_m: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    Ku_J_per_m3: float | None = Field(default=None, allow_inf_nan=False)
    Ms_A_per_m: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    composition: str | None = None
    temperature_K: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    intrinsic_sha256: str | None = None
    axis: Direction = (0.0, 0.0, 1.0)
    K2_J_per_m3: float | None = Field(default=None, allow_inf_nan=False)
    Kc_J_per_m3: float | None = Field(default=None, allow_inf_nan=False)
    cubic_axes: tuple[Direction, Direction] | None = None

    @model_validator(mode="after")
    def _one_way(self):
        if self.cubic_axes is not None and self.Kc_J_per_m3 is None:
            raise ValueError("cubic_axes: goes with Kc_J_per_m3")
        given = [key for key in SI if getattr(self, key) is not None]
        if self.composition is None:
            foreign = [key for key in ("temperature_K", "intrinsic_sha256") if getattr(self, key) is not None]
            if foreign:
                raise ValueError(f"{foreign[0]}: goes with composition")
            if len(given) < len(SI):
                missing = next(key for key in SI if key not in given)
                raise ValueError(f"{missing}: required key is missing (or give composition and temperature_K)")
        elif self.intrinsic_sha256 is None or len(given) < len(SI):  # else it is a planned sample's
            if given:
                raise ValueError(f"{given[0]}: goes not with composition; give one or the other")
            temperature_K = ROOM_K if self.temperature_K is None else self.temperature_K
            constants = constants_of(f"phase {self.name!r}", self.composition, {}, temperature_K, self.intrinsic_sha256)
            found = dict(zip(SI, in_SI(constants), strict=True))
            for key, value in (found | {"temperature_K": temperature_K, "intrinsic_sha256": model_sha256()}).items():
                object.__setattr__(self, key, value)
        return self

    def phase(self):
        """The phase, with its consistency checked."""
        return Phase(**self.model_dump(include={"name", "axis", *SI, *ALSO}, exclude_none=True))


class InterfaceSpec(BaseModel):
    """The boundary between two phases, by their names, across which exchange is of a strength of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    between: tuple[str, str]
    exchange_J_per_m2: float = Field(ge=0, allow_inf_nan=False)


class FromFile(Kind):
    """Cells or a mesh from one file of the user's own: voxels in cells, or mesh with grid_nm."""

    files: ClassVar = FILES

    kind: Literal["from_file"] = "from_file"
    voxels: Path | None = Field(
        default=None,
        description=".npy file of whole numbers (nx, ny, nz), indices into phases; or OVF file, whose header has the cells",
    )
    voxels_sha256: str | None = Field(default=None, description="of the file's bytes; set when a campaign is planned")
    cell_nm: tuple[float, float, float] | None = Field(default=None, description="edges of a cell; not needed of an OVF file")
    periodic: tuple[bool, bool, bool] = Field(default=(False, False, False), description="per direction, of voxels")
    mesh: Path | None = Field(
        default=None,
        description=".msh file in nm, its volumes named like the phases; or .vtu file, its cell data `phase` their indices",
    )
    mesh_sha256: str | None = Field(default=None, description="likewise")
    grid_nm: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="of a mesh: cell of the demagnetising field's grid"
    )
    phases: tuple[PhaseSpec, ...] = Field(description="in the order of their indices")
    interfaces: tuple[InterfaceSpec, ...] | None = Field(
        default=None,
        description="of voxels: boundaries between two phases that have an exchange energy per area of their own",
    )

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
        knows_cells = self.voxels is not None and self.voxels.suffix.lower() in ovf.SUFFIXES
        if getattr(self, needed) is None and not knows_cells:
            raise ValueError(f"{needed}: required key is missing")
        if getattr(self, foreign) is not None or (self.meshed and any(self.periodic)):
            raise ValueError(f"{foreign if getattr(self, foreign) is not None else 'periodic'}: goes not with {given[0]}")
        return self

    @model_validator(mode="after")
    def _boundaries(self):
        if self.interfaces and self.meshed:
            raise ValueError("interfaces: goes not with mesh")
        names, seen = [phase.name for phase in self.phases], set()
        for number, interface in enumerate(self.interfaces or ()):
            for name in interface.between:
                if name not in names:
                    raise ValueError(f"interfaces.{number}.between: {name!r} is not one of the phases {', '.join(names)}")
            pair = frozenset(interface.between)
            if len(pair) == 1 or pair in seen:
                raise ValueError(f"interfaces.{number}.between: must be two unlike phases, each pair once")
            seen.add(pair)
        return self

    @property
    def own_exchange(self):
        """Whether boundaries between phases have an exchange energy of their own."""
        return bool(self.interfaces)

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
        index, cell_nm = self._cells()
        place = {phase.name: k for k, phase in enumerate(phases)}
        pairs = ((*(place[name] for name in i.between), i.exchange_J_per_m2) for i in self.interfaces or ())
        try:
            return Voxels(
                index=_whole(index),
                phases=phases,
                cell_m=tuple(c * 1e-9 for c in cell_nm),
                periodic=self.periodic,
                interfaces=tuple(pairs),
            )
        except ValueError as error:
            raise UserError(f"{self.voxels}: {error}") from None

    def _cells(self):
        """(array, cell_nm) of the voxel file."""
        if not ovf.is_ovf(self.voxels):
            if self.cell_nm is None:
                raise UserError(f"{self.voxels}: an array; cell_nm: required key is missing")
            return _array(self.voxels), self.cell_nm
        try:
            index, cell_nm = ovf.read_ovf(self.voxels)
        except ValueError as error:
            raise UserError(f"{self.voxels}: not a readable OVF file (key 'voxels'): {error}") from None
        wrong = MAGNITUDES["_nm"].complaint(min(cell_nm)) or MAGNITUDES["_nm"].complaint(max(cell_nm))
        if wrong or min(cell_nm) == 0:
            raise UserError(f"{self.voxels}: its cells are {list(cell_nm)} nm, edges {wrong or 'must be > 0'}")
        if self.cell_nm is not None and not np.allclose(self.cell_nm, cell_nm, rtol=1e-5, atol=0):
            raise UserError(f"{self.voxels}: its cells are {list(cell_nm)} nm, cell_nm says {list(self.cell_nm)}: leave it out")
        return index, cell_nm

    def content(self):
        """Everything that the structure depends on, the bytes of the file included, as JSON values.

        The path only says where the file lies: it is no part of a sample's id.
        """
        content = self.model_dump(mode="json", exclude_none=True) | {f"{self._file[0]}_sha256": self._digest()}
        if self.voxels is not None and self.cell_nm is None:  # an OVF file has it
            content["cell_nm"] = list(self._cells()[1])
        return content

    def _digest(self):
        key, path = self._file
        if not path.is_file():
            raise UserError(f"{path}: no such {'voxel' if key == 'voxels' else key} file (key '{key}')")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def refined(self):
        """None: the file is what it is."""

    @classmethod
    def learned(cls):
        """None: what a file holds is in no column."""


@lru_cache(1)
def _mesh(path, digest, phases, grid_nm):
    """The mesh in a file of these bytes, read and checked once for all realisations."""
    return from_mesh(path, phases, grid_nm)


def _array(path):
    """The array of a .npy file. Raises UserError in one line for any other."""
    with open(path, "rb") as file:
        begin = file.read(6)
    if begin != np.lib.format.MAGIC_PREFIX:
        what = (
            f"an archive of arrays ({_names(path)}); save one with numpy.save"
            if begin.startswith(b"PK")
            else ("empty" if not begin else "neither a .npy array nor an OVF file")
        )
        raise UserError(f"{path}: not a readable voxel file (key 'voxels'): {what}")
    try:
        return np.load(path, allow_pickle=False)
    except Exception as error:  # noqa: BLE001 — of a damaged header NumPy raises what its parts raise, from EOFError to TokenError
        text = "it holds Python objects" if "pickle" in str(error) else " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"{path}: not a readable .npy array (key 'voxels'): {text}") from None


def _names(path):
    try:
        return ", ".join(name.removesuffix(".npy") for name in zipfile.ZipFile(path).namelist())
    except zipfile.BadZipFile:
        return "damaged"


def _whole(index):
    """Indices as integers: booleans, and floats that are whole numbers, are taken for what they mean."""
    if index.dtype == bool:
        return index.astype(np.uint8)
    if not np.issubdtype(index.dtype, np.floating):
        return index
    index = index.astype(np.float64)
    odd = ~(np.abs(index) < 2**31) | (index != np.floor(index))
    if odd.any():
        first = np.unravel_index(np.argmax(odd), index.shape)
        raise ValueError(f"voxels must be whole numbers, got {index[first]:g} in cell {[int(k) for k in first]}")
    return index.astype(np.int64)
