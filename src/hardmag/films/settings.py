"""What `workflow/rules/films.smk` is asked for: the settings file, as config/film/wafer.yaml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardmag.errors import InvalidValue, UserError, meant
from hardmag.files import read_yaml, validated
from hardmag.magnitudes import implausible
from hardmag.materials.composition import ELEMENTS, Composition
from hardmag.nanostructures import KINDS

STRICT = ConfigDict(extra="forbid", frozen=True)
NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
WINDOWS_deg = ((28.0, 31.0), (40.5, 45.5))  # of Kovacs et al. 2023, 206 features with Nd, La, Ce and Fe
STEP_deg = 0.04
# Of simulated grains: all else follows from the composition, or is not for the reduced-order model.
SHAPE = ("grains", "grain_size_nm", "size_spread", "aspect", "texture", "misalignment_deg", "boundary_nm", "boundary_percent")
ALSO = ("pore_percent", "magnetostatics")


class Made(BaseModel):
    """A film that is made, with a law that is known (hardmag.films.synthetic)."""

    model_config = STRICT

    noise_T: float = Field(default=0.05, ge=0, le=1, description="how far µ0Hc scatters around the law, standard deviation")


class Source(BaseModel):
    """Where the measurements of one film are: made, or files beside the settings file."""

    model_config = STRICT

    made: Made | None = Field(default=None, description="a film that is made in place of files")
    table: Path | None = Field(default=None, description="a row per position: x, y, elements, and other columns with units")
    patterns: Path | None = Field(default=None, description="folder of X-ray patterns, .ras, .xrdml or .xy")
    moke: Path | None = Field(default=None, description="folder of MOKE loops, the target then")
    peak_T: float | None = Field(default=None, description="largest field of those loops")
    target: str = Field(default="Hc", description="column of the table that holds µ0Hc, where there are no loops")
    inputs: tuple[str, ...] = Field(default=(), description="columns that count besides elements, with squares and products")
    windows_deg: tuple[tuple[float, float], ...] = Field(
        default=WINDOWS_deg, min_length=1, description="of patterns that count"
    )
    step_deg: float = Field(default=STEP_deg, gt=0, description="at which patterns are sampled")
    composition: str | None = Field(default=None, description="of the grains where shares are 0, such as Nd")
    shares: dict[Literal[ELEMENTS], str] = Field(
        default={},
        description="columns of the table with shares of the grains' rare earths or metals, in place of all elements",
    )

    @model_validator(mode="after")
    def _whole(self):
        if (self.made is None) == (self.table is None):
            raise ValueError("either made or table must be given")
        if (self.moke is None) != (self.peak_T is None):
            raise ValueError("moke and peak_T belong together")
        if self.made and (self.patterns or self.moke or self.inputs):
            raise ValueError("made brings its patterns and loops; patterns, moke and inputs must not be given")
        if bool(self.shares) != (self.composition is not None):
            raise ValueError("composition and shares belong together")
        if self.made and self.shares:
            raise ValueError("made brings its composition; shares must not be given")
        if self.composition is not None:
            try:
                Composition.parse(self.composition)
            except InvalidValue as error:
                raise ValueError(str(error)) from None
        wrong = next((window for window in self.windows_deg if not 0 < window[0] < window[1]), None)
        if wrong:
            raise ValueError(f"windows_deg: {list(wrong)} must rise and lie above 0°")
        return self

    def in_folder(self, folder, peak_T):
        """The Source of the files that write_film wrote."""
        files = {"table": folder / "edx.csv", "patterns": folder / "xrd", "moke": folder / "moke", "peak_T": peak_T}
        return self.model_copy(update={"made": None} | files)

    @property
    def files(self):
        """What must be there."""
        return tuple(path for path in (self.table, self.patterns, self.moke) if path)


class Simulated(BaseModel):
    """Flawless grains, whose coercivity by the composition of each position is held against what was measured."""

    model_config = STRICT

    magnet: dict = Field(description="of the kind polycrystal: grains, grain_size_nm, misalignment_deg, boundary_nm, …")
    temperature_K: float = Field(default=300.0, gt=0, description="at which coercivities were measured")

    @model_validator(mode="after")
    def _shape_only(self):
        if wrong := next((key for key in self.magnet if key not in SHAPE + ALSO), None):
            raise ValueError(f"magnet.{wrong}: must be one of {', '.join(SHAPE + ALSO)}")
        return self


class Settings(BaseModel):
    """Films, each a page's section; name: of the folder of results."""

    model_config = STRICT

    name: str = Field(pattern=NAME)
    seed: int = Field(default=1, ge=0, description="of what is made, of folds and of bags")
    repeats: int = Field(default=5, ge=1, le=100, description="of the five folds of each scheme")
    simulated: Simulated | None = Field(default=None, description="grains to hold the films' coercivities against")
    films: dict[Annotated[str, Field(pattern=NAME)], Source] = Field(min_length=1)

    def film(self, name):
        """One Source; UserError for a name that is none."""
        if name not in self.films:
            raise UserError(f"no film {name}; there are {', '.join(self.films)}{meant(name, self.films)}")
        return self.films[name]


def read_settings(path):
    """Settings of a file; paths in it are taken from its folder. UserError for what is none."""
    path = Path(path)
    settings = validated(Settings, read_yaml(path), path)
    beside = lambda file: path.parent / file if file else None  # noqa: E731
    films = {
        name: source.model_copy(update={key: beside(getattr(source, key)) for key in ("table", "patterns", "moke")})
        for name, source in settings.films.items()
    }
    missing = next((file for source in films.values() for file in source.files if not file.exists()), None)
    if missing:
        raise UserError(f"{path}: {missing} does not exist")
    if settings.simulated:
        if wrong := implausible(settings.simulated.magnet):
            raise UserError(f"{path}: simulated.magnet: {wrong}")
        validated(KINDS["polycrystal"], settings.simulated.magnet, path, "simulated.magnet")
    return settings.model_copy(update={"films": films})
