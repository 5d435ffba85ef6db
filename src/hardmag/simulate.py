"""One simulation by itself: a case file in, an HDF5 file with the half-cycle and its figures out."""

import os
from contextlib import contextmanager, nullcontext
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from hardmag.demagnetisation import DemagnetisationCurve
from hardmag.errors import UserError
from hardmag.files import atomic_path, read_yaml, validated
from hardmag.grains import Grains
from hardmag.loops import Loop, analyse, switch
from hardmag.magnitudes import implausible
from hardmag.mesh import Mesh
from hardmag.micromagnetics.at_once import AT_ONCE
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures import KINDS, refuse_on_a_mesh, refuse_unsolvable, refuse_with_interfaces
from hardmag.nanostructures.from_file import FILES, Direction
from hardmag.nanostructures.mesh_files import load_meshio
from hardmag.nanostructures.state_files import write_series, write_state
from hardmag.result_file import write_result
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

Exchange = Literal["variational", "yang_eq7"]
OWN_STRUCTURE = ("voxels", "cell_nm", "periodic", "mesh", "grid_nm", "phases", "interfaces")
NO_LOOP = Loop(*[float("nan")] * 6)


class FieldAxis(BaseModel):
    """The applied field: from_T down to to_T along direction (any length), in steps of at most step_T; jumps of M are
    located to resolution_T (null: all steps are step_T long)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    direction: Direction = Field(description="of the applied field, of any length")
    from_T: float = Field(allow_inf_nan=False, description="first applied field µ0·H")
    to_T: float = Field(allow_inf_nan=False, description="last applied field; the run ends when the sample has reversed")
    step_T: float = Field(gt=0, allow_inf_nan=False, description="longest field step")
    resolution_T: float | None = Field(
        default=0.01, gt=0, allow_inf_nan=False, description="to which jumps of M are located; null: all steps are step_T long"
    )

    @model_validator(mode="after")
    def _downwards(self):
        if not self.from_T > self.to_T:
            raise ValueError(f"from_T = {self.from_T:g} must be > to_T = {self.to_T:g}")
        if not 1 <= (self.from_T - self.to_T) / self.step_T <= 100_000:
            raise ValueError(f"step_T = {self.step_T:g} must make 1 to 100000 steps from from_T to to_T")
        return self


class Solver(BaseModel):
    """Settings of the half-cycle that have good defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance_T: float = Field(default=1e-3, gt=0, description="at rest when the torque is below it in every cell")
    max_iterations: int = Field(default=5000, gt=0, description="field evaluations at one field")
    kick: float = Field(default=0.005, ge=0, lt=0.2, description="disturbance (rad) at each new field")
    seed: int = Field(default=0, ge=0, description="of all that is drawn at random")
    precision: Literal["fp32", "fp64"] = Field(default="fp32", description="floating-point type of the solver")
    interface_strength: float = Field(default=1.0, ge=0, le=1, description="S: scales exchange between different phases")
    exchange: Exchange = Field(default="variational", description="formula between unlike cells, docs/exchange.md")


class Case(BaseModel):
    """A case file: the user's own voxels or mesh and its phases, or a nanostructure in their place."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    voxels: str | None = Field(default=None, description="array of indices into phases, .npy or .ovf; beside the case file")
    cell_nm: tuple[float, float, float] | None = Field(default=None, description="edges of a cell; an OVF file has them itself")
    periodic: tuple[bool, bool, bool] = Field(default=(False, False, False), description="per direction, of voxels")
    mesh: str | None = Field(default=None, description="tetrahedra, in place of voxels; beside the case file")
    grid_nm: float | None = Field(default=None, description="of a mesh, the cell of its demagnetising field, docs/coreshell.md")
    phases: list[dict] | None = Field(
        default=None, description="of voxels or mesh: name, A_J_per_m, Ku_J_per_m3, Ms_A_per_m, …"
    )
    interfaces: list[dict] | None = Field(
        default=None, description="of voxels: boundaries with an exchange energy of their own, docs/nanostructures.md"
    )
    nanostructure: dict | None = Field(default=None, description="its kind and parameters, in place of voxels, mesh and phases")
    field: FieldAxis = Field(description="the applied field: see below")
    solver: Solver = Field(default=Solver(), description="settings that have good defaults: see below")
    any_magnitude: bool = Field(default=False, description='take numbers outside the ranges of "Magnitudes"')

    @model_validator(mode="after")
    def _one_structure(self):
        given = [key for key in OWN_STRUCTURE if key in self.model_fields_set]
        if self.nanostructure is not None and given:
            raise ValueError(f"{given[0]}: goes not with 'nanostructure'; give one or the other")
        if self.nanostructure is None and not any(getattr(self, key) for key in FILES):
            raise ValueError("voxels: required key is missing (or give 'mesh' or 'nanostructure' in its place)")
        wrong = None if self.any_magnitude else implausible(self.model_dump(exclude_unset=True))
        if wrong:
            raise ValueError(wrong)
        return self


def load_case(path):
    """(HalfCycle, precision) of a case file."""
    path = Path(path)
    data = read_yaml(path)
    case = validated(Case, data, path)
    prefix, content = "", {key: data[key] for key in OWN_STRUCTURE if key in data} | {"kind": "from_file"}
    if case.nanostructure is not None:
        prefix, content = "nanostructure", dict(case.nanostructure)
        if not isinstance(content.get("kind"), str) or content["kind"] not in KINDS:
            raise UserError(f"{path}: nanostructure.kind: {content.get('kind')!r} is not one of {', '.join(KINDS)}")
    content |= {
        key: str(path.parent / content[key]) for key in KINDS[content["kind"]].files if isinstance(content.get(key), str)
    }
    try:
        structure = validated(KINDS[content["kind"]], content, path, prefix)
        run = prepared(structure, case.field, case.solver)
    except UserError as error:
        text = str(error)
        raise UserError(text if text.startswith(f"{path}:") else f"{path}: {text}") from None
    return run, case.solver.precision


def prepared(structure, field, solver):
    """The HalfCycle of a nanostructure, which is built, or of Voxels, a Mesh or Grains. field: FieldAxis; solver: Solver.

    Raises UserError where the structure cannot be built, and for settings that are for cells alone where it is a mesh.
    """
    settings, axis = solver.model_dump(exclude={"precision"}), field.model_dump()
    if isinstance(structure, (Voxels, Mesh, Grains)):
        if not isinstance(structure, Voxels):
            refuse_on_a_mesh(settings, "solver")
        elif structure.interfaces:
            refuse_with_interfaces(settings, "solver")
        return HalfCycle(body=structure, **axis, **settings)
    refuse_unsolvable(structure, settings, "solver")
    axis["direction"] = structure.turned(axis["direction"])
    body = structure.build(np.random.default_rng(solver.seed))
    return HalfCycle(body=body, demag=structure.demag, **axis, **settings)


def demagnetised(run, precision, on_rest=None):
    """The DemagnetisationCurve of a HalfCycle, on a GPU where there is one. on_rest: as run_half_cycles has it.

    A half-cycle that ends at to_T unreversed but beyond Hc is OK: it answers the question.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with _as_many_threads_as_help(run.body):
        curve = run_half_cycles({0: run}, device=device, precision=precision, on_rest=on_rest)[0]
    status, H, m, codes = _by_field(curve)
    loop = analyse(H, m, run.body.mean_Ms_A_per_m()) if status is Status.OK else NO_LOOP
    return DemagnetisationCurve(H, m, codes, status, loop, curve.evaluations)


@contextmanager
def _as_many_threads_as_help(body):
    """One thread for a small body: more would wait for each other for longer than they compute."""
    threads = torch.get_num_threads()
    if prod(body.shape[-3:]) <= AT_ONCE["cpu"]:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def simulate(case_path, output, vtu=None):
    """Run a case and write OUT.h5; returns the status as text: 'ok', or the code of what went wrong.

    vtu: folder for before.vtu and after.vtu, the last state before the switch and the first after it (loops.switch), of a
    half-cycle that is 'ok'; of Grains also for all states, state_0000.vtu and so on, with states.pvd.
    """
    run, precision = load_case(case_path)
    # Before the work: what cannot be written is said at once.
    with atomic_path(output) as temporary, _states_on_disk(vtu) as states:
        keep = None if states is None else lambda _, __, m: np.save(Path(states) / f"{len(os.listdir(states))}.npy", m)
        curve = demagnetised(run, precision, on_rest=keep)
        write_result(temporary, case_path, run, curve)
        if states is not None and curve.status is Status.OK:
            first = switch(curve.mu0_H_T, curve.m_parallel)
            for k, name in ((first, "before"), (first + 1, "after")):
                write_state(run.body, Path(vtu) / f"{name}.vtu", np.load(Path(states) / f"{k}.npy"), curve.mu0_H_T[k])
            if isinstance(run.body, Grains):
                kept = (np.load(Path(states) / f"{k}.npy") for k in range(len(curve.mu0_H_T)))
                write_series(run.body, vtu, zip(curve.mu0_H_T, kept, strict=True))
    return curve.status.name.lower()


def _states_on_disk(folder):
    """A folder inside `folder` for the states of a run, which may be too many for the memory; None without it."""
    if folder is None:
        return nullcontext()
    load_meshio()
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=folder, prefix=".states-")
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror})") from None


def _by_field(curve):
    """(status, fields, m_parallel, code at each field), the field at which a half-cycle failed included."""
    H, m, status = curve.mu0_H_T, curve.m_parallel, curve.status
    codes = np.full(len(H), int(Status.OK), dtype=np.int8)
    if status is Status.NOT_REVERSED and m.min() < 0:
        status = Status.OK
    elif status in (Status.NOT_SATURATED, Status.ENERGY_ROSE):  # at rest, but not as it should be
        codes[-1] = status
    elif status in (Status.NOT_CONVERGED, Status.NOT_A_NUMBER):  # never came to rest there
        H, m = np.append(H, curve.stopped_at_T), np.append(m, np.nan)
        codes = np.append(codes, np.int8(status))
    return status, H, m, codes
