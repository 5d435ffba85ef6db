"""What `workflow/rules/intrinsic.smk` fits: the settings file, as config/intrinsic/literature.yaml."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hardmag.files import read_yaml, validated
from hardmag.intrinsic.models import MODELS
from hardmag.intrinsic.tables import CURIE, MEASURED, read_ab_initio, read_measured


class Settings(BaseModel):
    """Which tables models of composition are fitted to, and how they are tested. Files lie beside the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", description="of the folder of results")
    seed: int = Field(default=1, ge=0, description="of splits and bootstrap samples")
    own_tables: bool = Field(default=True, description="whether the tables that come with hardmag count")
    measured: tuple[Path, ...] = Field(default=(), description="further tables of measured properties")
    curie_temperatures: tuple[Path, ...] = Field(default=(), description="further tables of Curie temperatures")
    ab_initio: Path | None = Field(default=None, description="table of computed properties for the first regression")
    model: Literal[tuple(MODELS)] = Field(default="sublattice", description="which of the models is written for others to use")
    compared: tuple[Literal[tuple(MODELS)], ...] = Field(default=tuple(MODELS), description="which are tested")
    repeats: int = Field(default=20, ge=1, description="of the five folds of each scheme")

    def tables(self):
        """(Measured, Measured with a Curie temperature, Properties or None)."""
        measured = (*([MEASURED] if self.own_tables else []), *self.measured)
        curie = (*([CURIE] if self.own_tables else []), *self.curie_temperatures)
        computed = read_ab_initio(self.ab_initio) if self.ab_initio else None
        return read_measured(*measured), read_measured(*curie).known("Tc_K"), computed


def read_settings(path):
    """Settings of a file; paths in it are taken from its folder. UserError for what is none."""
    path = Path(path)
    settings = validated(Settings, read_yaml(path), path)
    beside = lambda files: tuple(path.parent / file for file in files)  # noqa: E731
    computed = path.parent / settings.ab_initio if settings.ab_initio else None
    return settings.model_copy(
        update={
            "measured": beside(settings.measured),
            "curie_temperatures": beside(settings.curie_temperatures),
            "ab_initio": computed,
        }
    )
