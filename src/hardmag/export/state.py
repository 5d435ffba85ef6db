"""The magnetisation at a field, simulated anew: of a case file, or of a realisation of a dataset's sample."""

import json
from dataclasses import replace
from math import inf
from pathlib import Path

import torch

from hardmag import PHYSICS_VERSION, __version__
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import atomic_path
from hardmag.micromagnetics.half_cycle import Status
from hardmag.nanostructures import ovf
from hardmag.nanostructures.mesh_files import load_meshio
from hardmag.nanostructures.state_files import write_state
from hardmag.simulate import load_case
from hardmag.solvers import run_half_cycles
from hardmag.voxels import Voxels

SUFFIXES = (".ovf", ".vtu")


class SimulationFailed(Exception):
    """The half-cycle did not come to the field. The message is its status, as not_converged."""


def of_case(path):
    """(HalfCycle, precision, remarks) of a case file. remarks: {name: value}, what the state is of."""
    return *load_case(path), {"case": path}


def of_sample(dataset, name, realisation):
    """The same of a realisation of a sample as it was simulated last. name: id of the sample or its beginning."""
    table = read_table(dataset)
    rows = [row for row, found in enumerate(table["id"]) if found.startswith(name)]
    if len(rows) != 1:
        raise UserError(f"{dataset}: of its samples {f'{len(rows)} begin' if rows else 'none begins'} with {name!r}")
    sample = Sample.from_dict(json.loads(table["specification"][rows[0]]))
    if sample.physics_version != PHYSICS_VERSION:
        raise UserError(
            f"{dataset}: sample {sample.id} is of physics version {sample.physics_version}, this version of hardmag has "
            f"{PHYSICS_VERSION}: it would have other states"
        )
    if realisation not in range(sample.realisations):
        raise UserError(f"sample {sample.id} has realisations 0 to {sample.realisations - 1}, not {realisation}")
    return half_cycle_of(sample, realisation), sample.precision, {"sample": sample.id, "realisation": realisation}


def export_state(run, precision, remarks, at_T, output):
    """Write the state of a HalfCycle at rest in the field at_T (µ0·H in T) as .ovf or .vtu.

    The half-cycle is run with its end at that field: before it, all is as in the whole one. It goes on where that ends, at
    reversal, so that any field of its axis can be had. Returns m_parallel there. Raises SimulationFailed, and UserError for a
    field outside the half-cycle's, for a file of another kind or that cannot be written, and for an OVF file of no grid.
    """
    suffix = Path(output).suffix
    if suffix not in SUFFIXES:
        raise UserError(f"{output}: must end in {' or '.join(SUFFIXES)}")
    if suffix == ".ovf" and not isinstance(run.body, Voxels):
        raise UserError(f"{output}: an OVF file holds cells of a grid; this structure has none, write .vtu")
    if not run.to_T <= at_T <= run.from_T:
        raise UserError(f"--at-field {at_T:g}: must be within {run.to_T:g} to {run.from_T:g} T, the fields of the half-cycle")
    if suffix == ".vtu":
        load_meshio()
    with atomic_path(output) as temporary:  # before the work, as the line above: what cannot be written is said at once
        curve, m = _simulated(replace(run, to_T=at_T, reversed_at=inf), precision)
        m_parallel = float(curve.m_parallel[-1])
        if suffix == ".vtu":
            write_state(run.body, temporary, m, at_T)
        else:
            ovf.write_ovf(temporary, run.body, m, remarks | _remarks(run, at_T, m_parallel))
    return m_parallel


def _simulated(run, precision):
    """(Curve, the state at its end) of a HalfCycle that comes to its last field."""
    torch.set_num_threads(1)  # as the jobs do: sums in another order round differently
    states, device = {}, "cuda" if torch.cuda.is_available() else "cpu"
    keep = lambda key, _, m: states.update({key: m})  # noqa: E731
    curve = run_half_cycles({0: run}, device=device, precision=precision, on_rest=keep)[0]
    if curve.status is not Status.NOT_REVERSED:  # how a half-cycle ends that comes to its last field
        raise SimulationFailed(curve.status.name.lower())
    return curve, states[0]


def _remarks(run, at_T, m_parallel):
    """{name: value} of what a state depends on beside its structure."""
    return {
        "mu0_H_T": f"{at_T:.9g}",
        "direction": " ".join(f"{component:.9g}" for component in run.unit_direction),
        "m_parallel": f"{m_parallel:.9g}",
        "periodic": " ".join(x for x, yes in zip("xyz", run.body.periodic, strict=True) if yes) or "no",
        "hardmag": __version__,
    }
