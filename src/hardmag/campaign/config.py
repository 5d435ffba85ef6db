"""The typed model of a campaign file. Unknown keys, wrong units and impossible ranges are refused by name."""

import os
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PrivateAttr, Tag, model_validator

from hardmag.errors import UserError
from hardmag.files import read_yaml, validated
from hardmag.magnitudes import implausible
from hardmag.nanostructures import KINDS

Level = Annotated[float, Field(allow_inf_nan=False, strict=True)] | int | str


class Strict(BaseModel):
    """Base of all configuration models."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Strict):
    """An interval to be sampled by a Latin hypercube or a Sobol sequence, evenly or, with scale: log, in its logarithm."""

    min: float = Field(allow_inf_nan=False)
    max: float = Field(allow_inf_nan=False)
    scale: Literal["linear", "log"] = Field(default="linear", exclude_if=lambda scale: scale == "linear")

    @model_validator(mode="after")
    def _ordered(self):
        if not self.min < self.max:
            raise ValueError(f"min = {self.min:g} must be < max = {self.max:g}")
        if self.scale == "log" and self.min <= 0:
            raise ValueError(f"min = {self.min:g} must be > 0 with scale: log")
        return self

    def __repr__(self):
        return f"{self.min:g} to {self.max:g}"

    def at(self, share):
        """The value at a share of the way from min to max; arrays too."""
        if self.scale == "log":
            return self.min * (self.max / self.min) ** share
        return self.min + share * (self.max - self.min)


def _branch(value):
    """Which of the two forms a parameter is meant to have. Angle brackets keep the tag out of messages."""
    return "<range>" if isinstance(value, (dict, Range)) else "<levels>"


Parameter = Annotated[Annotated[Range, Tag("<range>")] | Annotated[list[Level], Tag("<levels>")], Discriminator(_branch)]


class Design(Strict):
    """Points × levels: the points of a table, Latin hypercube or Sobol sequence (none for a grid), each combined with
    every combination of the parameters that are given as lists of levels."""

    kind: Literal["grid", "latin_hypercube", "sobol", "table"] = Field(description="where the points come from")
    parameters: dict[str, Parameter] = Field(
        default={}, description="parameter of the nanostructure, or alpha_deg: {min, max} to sample, or a list of levels"
    )
    points: int | None = Field(default=None, gt=0, description="number of points of a Latin hypercube or Sobol sequence")
    file: Path | None = Field(default=None, description="CSV of a table, relative to the campaign file")
    made_by: Path | None = Field(
        default=None,
        description="your Snakefile that writes that table, relative to the campaign file; it runs before the plan",
    )

    @model_validator(mode="after")
    def _complete(self):
        sampled = [k for k, v in self.parameters.items() if isinstance(v, Range)]
        empty = [k for k, v in self.parameters.items() if v == []]
        if empty:
            raise ValueError(f"parameters.{empty[0]}: needs at least one level")
        if self.kind in ("latin_hypercube", "sobol"):
            if not sampled:
                raise ValueError(f"a {self.kind} needs at least one parameter given as {{min, max}}")
            if self.points is None:
                raise ValueError(f"a {self.kind} needs 'points'")
        elif sampled:
            raise ValueError(f"parameters.{sampled[0]}: {{min, max}} needs kind latin_hypercube or sobol, not {self.kind}")
        if (self.kind == "table") != (self.file is not None):
            raise ValueError("'file' goes with kind table, and with no other")
        if self.made_by is not None and self.file is None:
            raise ValueError("'made_by' goes with 'file'")
        return self


class Bounds(Strict):
    """min ≤ value < below; either may be left out."""

    min: float | None = None
    below: float | None = None

    def holds(self, value):
        """Whether value lies within."""
        return (self.min is None or value >= self.min) and (self.below is None or value < self.below)


class Domain(Strict):
    """A simulation box and the points of the design that it serves."""

    size_nm: tuple[float, float, float] = Field(description="edges of the box")
    where: dict[str, Bounds] = Field(default={}, description="parameter: {min, below}; only such points")
    also: int = Field(default=0, ge=0, description="number of other points, drawn at random, that are simulated here again")


class HalfCycleSettings(Strict):
    """How each half-cycle is run."""

    from_T: float = Field(default=1.0, gt=0, description="first applied field µ0·H")
    to_T: float = Field(default=-12.0, lt=0, description="last applied field; the run ends when the sample has reversed")
    step_T: float = Field(default=0.64, gt=0, description="longest field step; best a power of two times resolution_T")
    resolution_T: float | None = Field(
        default=0.01, gt=0, allow_inf_nan=False, description="to which jumps of M are located; null: all steps are step_T long"
    )
    tolerance_T: float = Field(default=1e-3, gt=0, description="at rest when the torque is below it in every cell")
    max_iterations: int = Field(default=2000, gt=0, description="field evaluations at one field")
    kick: float = Field(default=0.005, ge=0, lt=0.2, description="disturbance (rad) at each new field")
    tilt_deg: float = Field(
        default=0.5, ge=0, lt=10, description="misalignment of the field, its azimuth drawn per realisation"
    )
    realisations: int = Field(default=5, ge=1, le=100, description="half-cycles per sample")
    precision: Literal["fp32", "fp64"] = Field(default="fp32", description="floating-point type of the solver")
    interface_strength: float = Field(default=1.0, ge=0, le=1, description="S: scales exchange between different phases")
    exchange: Literal["variational", "yang_eq7"] = Field(
        default="variational", description="formula between unlike cells; yang_eq7 only to reproduce that paper"
    )

    @model_validator(mode="after")
    def _steps(self):
        steps = (self.from_T - self.to_T) / self.step_T
        if not 2 <= steps <= 100_000:
            raise ValueError(f"step_T = {self.step_T:g} makes {steps:.3g} steps from from_T to to_T; allowed are 2 to 100000")
        return self


class Quality(Strict):
    """What is accepted, and how often a sample may be corrected."""

    max_spread_T: float = Field(default=1.0, gt=0, description="largest standard deviation of Hc over realisations")
    max_cell_over_delta0: float = Field(default=1.1, gt=0, description="largest cell edge over wall parameter √(A/K)")
    max_outlier_deviation: float = Field(
        default=8.0, gt=0, description="standard deviations off its neighbours in the design beyond which a sample is run again"
    )
    rescue_rounds: int = Field(default=2, ge=0, le=9, description="rounds of correction before quarantine")
    max_quarantine_fraction: float = Field(default=0.02, ge=0, le=1, description="more than this fails the campaign")


class Batching(Strict):
    """How samples are packed into jobs."""

    samples: int = Field(default=25, ge=1, description="samples per job")
    slots: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        default="auto",
        description="half-cycles in flight on one device; auto: up to 8 on a CPU, of 65536 cells in all, up to 256 on a GPU",
    )
    max_runtime_min: int = Field(default=1440, ge=10, description="longest time limit (min) that a job may ask for")


ForwardModelName = Literal[
    "k_nearest",
    "neural_network",
    "gradient_boosting",
    "decision_tree",
    "random_forest",
    "support_vector",
    "f_nn",
    "ensemble",
    "gaussian_process",
    "bootstrap",
]


class Surrogate(Strict):
    """Training of the forward and inverse networks, and the comparison of forward models."""

    epochs: int = Field(default=2000, ge=1, description="most epochs of the forward network")
    inverse_epochs: int = Field(default=100, ge=1, description="epochs of the inverse network")
    prescribed: dict[str, Level] | None = Field(
        default=None,
        description="parameter: value, of inverse designs where a query says nothing else; null: as its kind has it",
    )
    models: list[ForwardModelName] = Field(
        default=[name for name in get_args(ForwardModelName) if name != "bootstrap"],
        min_length=1,
        description="forward models to be compared",
    )
    trials: int = Field(default=20, ge=1, description="settings tried per model and fold, for models with settings to search")


class Verification(Strict):
    """Inverse designs put to the test: queries within reach of the data, designs for each, and their simulation."""

    queries: int = Field(default=50, ge=1, description="targets of unseen samples to design for")
    designs: int = Field(default=5, ge=1, description="designs that each method may give for a query")
    prescribed: dict[str, Level] = Field(
        default={}, description="parameter: value, of all designs; else each query has the angle and the level of its sample"
    )


GoalName = Annotated[str, Field(pattern=r"^(coercivity|disagreement|(maximise|minimise) [A-Za-z0-9_:]+)$")]


class ActiveLearning(Strict):
    """A closed loop: fit, propose samples, simulate them, fit again. At most cycles × samples are simulated."""

    cycles: int = Field(ge=1, le=99, description="most cycles")
    samples: int = Field(ge=1, description="samples proposed in a cycle")
    goals: list[GoalName] = Field(
        default=["coercivity"],
        min_length=1,
        description="coercivity: large; maximise COLUMN, minimise COLUMN: of the dataset; several: their Pareto front; "
        "disagreement, alone: of the ensemble",
    )
    explore: float = Field(
        default=0.25, ge=0, le=1, description="share of samples that fill the design space, a Sobol sequence"
    )
    parameters: dict[str, Parameter] = Field(
        default={}, description="{min, max} or list of levels to choose from, in place of those of design.parameters"
    )
    cycles_without_gain: int = Field(default=2, ge=1, description="stop after so many with no gain beyond the noise")
    max_evaluations: int | None = Field(
        default=None,
        ge=1,
        description="no further cycle once those before took as many field evaluations, rescues included",
    )

    @model_validator(mode="after")
    def _goals(self):
        if len(set(self.goals)) < len(self.goals):
            raise ValueError("goals: each may stand once")
        if "disagreement" in self.goals and len(self.goals) > 1:
            raise ValueError("goals: disagreement goes alone")
        return self


class Campaign(Strict):
    """A campaign file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", description="folder below results/")]
    seed: int = Field(default=1, ge=0, description="of the design and the surrogates, not of the samples")
    nanostructure: dict = Field(description="kind, and the parameters that all samples share")
    design: Design
    dataset: list[Path] = Field(
        default=[],
        description="finished datasets, relative to the campaign file, that models, analysis and maps stand on beside its own",
    )
    domains: list[Domain] = Field(default=[], description="boxes; without them nanostructure.size_nm serves every point")
    half_cycle: HalfCycleSettings = HalfCycleSettings()
    quality: Quality = Quality()
    batching: Batching = Batching()
    surrogate: Surrogate = Surrogate()
    verification: Verification | None = Field(default=None, description="without it, no design is simulated")
    active_learning: ActiveLearning | None = Field(default=None, description="without it, the design's samples are all")
    any_magnitude: bool = Field(default=False, description="take numbers outside the ranges of docs/configuration.md")

    @model_validator(mode="after")
    def _plausible(self):
        wrong = None if self.any_magnitude else implausible(self.model_dump(exclude_unset=True))
        if wrong:
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _known_parameters(self):
        kind = self.nanostructure.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise ValueError(f"nanostructure.kind: {kind!r} is not one of {', '.join(KINDS)}")
        shared = set(KINDS[kind].model_fields)
        places = [("nanostructure", self.nanostructure, shared)]
        places.append(("design.parameters", self.design.parameters, shared | {"alpha_deg"}))
        places.append(("active_learning.parameters", self.search_space, shared | {"alpha_deg"}))
        places.append(("surrogate.prescribed", self.surrogate.prescribed or {}, shared | {"alpha_deg"}))
        places.append(("verification.prescribed", getattr(self.verification, "prescribed", {}), shared | {"alpha_deg"}))
        places += [(f"domains.{i}.where", d.where, shared | {"alpha_deg"}) for i, d in enumerate(self.domains)]
        for place, keys, known in places:
            for key in keys:
                if key not in known:
                    raise ValueError(f"{place}.{key}: unknown parameter; allowed are {', '.join(sorted(known))}")
        for key in self.design.parameters:
            if key in self.nanostructure:
                raise ValueError(f"design.parameters.{key}: stands in nanostructure too; give one or the other")
        if self.active_learning and not any(isinstance(v, Range) for v in self.search_space.values()):
            raise ValueError("active_learning.parameters: give at least one as {min, max}; the design has levels alone")
        for key in KINDS[kind].files:
            if not isinstance(self.nanostructure.get(key, ""), str):
                raise ValueError(f"nanostructure.{key}: {self.nanostructure[key]!r} must be the name of a file")
            for place in ("design", "active_learning"):
                levels = getattr(getattr(self, place), "parameters", {}).get(key, [])
                if isinstance(levels, Range) or not all(isinstance(level, str) for level in levels):
                    raise ValueError(f"{place}.parameters.{key}: must be names of files")
        return self

    _folder: Path = PrivateAttr(default=Path())  # of the campaign file

    def beside(self, parameters):
        """Parameters of the nanostructure with the files that they name looked up beside the campaign file."""
        return parameters | {
            key: str(self._folder / parameters[key]) for key in self.nanostructure_kind.files if key in parameters
        }

    @property
    def search_space(self):
        """{parameter: Range or levels} in which the active learning looks; empty without it."""
        return self.design.parameters | self.active_learning.parameters if self.active_learning else {}

    @property
    def nanostructure_kind(self):
        """The class of the nanostructure."""
        return KINDS[self.nanostructure["kind"]]


def load_campaign(path):
    """Read and validate a campaign file. Paths inside it are taken relative to it."""
    path = Path(path)
    data = read_yaml(path)
    campaign = validated(Campaign, data, path)
    changes = {}
    if campaign.design.file is not None:
        names = {key: name for key in ("file", "made_by") if (name := getattr(campaign.design, key)) is not None}
        files = {key: Path(os.path.normpath(path.parent / name)) for key, name in names.items()}
        needed = "made_by" if "made_by" in files else "file"  # what is made need not be there yet
        if not files[needed].is_file():
            raise UserError(f"{path}: design.{needed}: {files[needed]} does not exist")
        changes["design"] = campaign.design.model_copy(update=files)
    campaign._folder = path.parent
    changes["nanostructure"] = campaign.beside(campaign.nanostructure)
    changes["dataset"] = [_joined_file(path, name) for name in campaign.dataset]
    twice = sorted({str(name) for name in changes["dataset"] if changes["dataset"].count(name) > 1})
    if twice:
        raise UserError(f"{path}: dataset: {twice[0]} stands twice")
    return campaign.model_copy(update=changes)


def _joined_file(campaign_file, name):
    """Path of a dataset that the campaign file names, without the steps through its own folder."""
    file = Path(os.path.normpath(campaign_file.parent / name))
    if not file.is_file():
        raise UserError(f"{campaign_file}: dataset: {file} does not exist")
    return file
