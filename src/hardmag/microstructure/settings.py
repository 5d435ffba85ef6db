"""What `workflow/rules/images.smk` is asked for: the settings file, as config/microstructure/demo.yaml."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardmag.api import nanostructure
from hardmag.errors import InvalidValue, UserError
from hardmag.files import read_yaml, validated
from hardmag.images.folders import read_folder
from hardmag.images.imaging import ImagingMode
from hardmag.images.magnet import FEWEST, MagnetParameters

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
FEWEST_PIXELS = 64  # of an image's edge, as for any micrograph
FOLLOWS = (
    "grains",
    "grain_size_nm",
    "size_spread",
    "aspect",
    "seeds",
    "box_nm",
    "tessellation",
    "pore_percent",
    "inclusion_percent",
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Known(_Section):
    """A magnet of which micrographs are made."""

    D_V_um: float
    spread: float
    boundary_um: float
    inclusion_share: float

    @model_validator(mode="after")
    def _is_possible(self):
        try:
            self.parameters()
        except InvalidValue as error:
            raise ValueError(str(error)) from None
        return self

    def parameters(self):
        return MagnetParameters(**self.model_dump())


class Made(_Section):
    """Micrographs of magnets that are known, made by a microscope that is simulated, to see what the rest finds of them."""

    samples: dict[str, Known] = Field(min_length=1, description="the magnets by name")
    images: int = Field(default=8, ge=2, description="of each magnet")
    field_um: float = Field(default=48.0, gt=0, description="edge of an image")
    pixel_um: float = Field(default=0.2, gt=0)

    @model_validator(mode="after")
    def _enough_pixels(self):
        if self.pixel_um > self.field_um / FEWEST_PIXELS:
            raise ValueError(f"pixel_um: must be <= field_um / {FEWEST_PIXELS}, got {self.pixel_um:g}")
        return self


class Detector(_Section):
    """How the detector shows boundaries and inclusions beside the grains; both: the network is to read either."""

    boundary: Literal["bright", "dark", "both"] = "bright"
    inclusion: Literal["bright", "dark", "both"] = "bright"

    def mode(self):
        return ImagingMode(boundary=self.boundary, inclusion=self.inclusion)


class Settings(_Section):
    """Which micrographs, what is known of the magnet besides, and how much is computed. Files lie beside the settings file."""

    name: str = Field(pattern=NAME, description="of the folder of results")
    seed: int = Field(default=1, ge=0, description="of all that is drawn at random")
    micrographs: Path | None = Field(
        default=None, description="table of samples, their images and properties (docs/micrographs.md)"
    )
    made: Made | None = None
    detector: Detector = Detector()
    magnet: dict = Field(description="of the kind polycrystal: phases, boundary_nm or boundary_percent, texture, temperature")
    variations: int = Field(default=10, ge=2, description="synthetic magnets of each sample that are demagnetised")
    grains: int = Field(default=160, ge=FEWEST, description="of each of them")
    from_T: float = Field(default=2.0, description="first applied field, µ0·H")
    to_T: float = Field(default=-10.0, description="last applied field")
    measured: str = Field(
        default="mu0_Hc_T", description="property of the table that holds a measured coercivity in T, if there is one"
    )

    @model_validator(mode="after")
    def _one_source(self):
        if (self.micrographs is None) == (self.made is None):
            raise ValueError("micrographs: give them or `made`, and not both")
        if wrong := sorted(set(self.magnet) & set(FOLLOWS)):
            raise ValueError(f"magnet.{wrong[0]}: follows from the micrographs")
        if not self.to_T < self.from_T:
            raise ValueError(f"to_T: must be < from_T = {self.from_T:g}, got {self.to_T:g}")
        return self


def read_settings(path):
    """Settings of a file; paths in it are taken from its folder. UserError for what is none, and for an impossible magnet."""
    path = Path(path)
    settings = validated(Settings, read_yaml(path), path)
    try:
        nanostructure("polycrystal", grains=settings.grains, grain_size_nm=1000.0, **settings.magnet)
    except UserError as error:
        raise UserError(f"{path}: magnet: {error}") from None
    table = path.parent / settings.micrographs if settings.micrographs else None
    return settings.model_copy(update={"micrographs": table})


def names_of(settings):
    """Names of the samples, known before anything is computed."""
    return tuple(settings.made.samples) if settings.made else tuple(sample.name for sample in read_folder(settings.micrographs))
