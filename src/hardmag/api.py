"""Functions of the Python API, which `hardmag` offers by name. What takes long to import is imported when it is called.

A wrong argument is a UserError: one line with its name and what is allowed.
"""

from collections.abc import Mapping
from numbers import Real
from os import PathLike
from typing import Literal, Required, TypedDict

import numpy as np

from hardmag.control.places import dataset_file, results_folder
from hardmag.dataset.loaded import Dataset, load
from hardmag.demagnetisation import DemagnetisationCurve
from hardmag.errors import UserError, meant
from hardmag.files import validated
from hardmag.grains import Grains
from hardmag.inverse.values import Designs, Predicted
from hardmag.magnitudes import MAGNITUDES, implausible
from hardmag.materials import Phase
from hardmag.mesh import Mesh
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.composed import constants_of
from hardmag.nanostructures.constants import in_SI
from hardmag.nanostructures.kind import Kind
from hardmag.voxels import Voxels


class FieldAxis(TypedDict, total=False):
    """The applied field: from from_T down to to_T along direction (any length), in steps of at most step_T; jumps of M are
    located to resolution_T (0.01 T; None: all steps are step_T long)."""

    direction: Required[tuple[float, float, float]]
    from_T: Required[float]
    to_T: Required[float]
    step_T: Required[float]
    resolution_T: float | None


class SolverSettings(TypedDict, total=False):
    """Settings of the half-cycle that have good defaults: at rest below tolerance_T (1e-3) of torque, at most max_iterations
    (5000) per field, a disturbance of kick (0.005 rad) drawn from seed (0), precision ('fp32'), and of cells the share
    interface_strength (1) and the formula exchange ('variational') of the exchange between unlike phases."""

    tolerance_T: float
    max_iterations: int
    kick: float
    seed: int
    precision: Literal["fp32", "fp64"]
    interface_strength: float
    exchange: Literal["variational", "yang_eq7"]


def nanostructure(kind: str, *, any_magnitude: bool = False, **parameters: object) -> Kind:
    """A nanostructure of a kind, as a case file or a campaign describes it.

    kind: its name; an unknown one is refused with those that there are. parameters: those of docs/configuration.md, with units
    at the ends of their names (nm, deg, …). any_magnitude: whether numbers that look like another unit are taken as they are.
    The result has build(rng) → Voxels or Mesh, and can be given to half_cycle. Raises UserError for what is unknown, missing or
    impossible.
    """
    if kind not in KINDS:
        raise UserError(f"nanostructure: kind: {kind!r} is not one of {', '.join(KINDS)}{meant(str(kind), KINDS)}")
    given = _plain(parameters)
    if not any_magnitude and (wrong := implausible(given)):
        raise UserError(f"nanostructure: {wrong}")
    return validated(KINDS[kind], given | {"kind": kind}, "nanostructure")


def phase_of_composition(
    composition: str,
    temperature_K: float = 300.0,
    *,
    name: str | None = None,
    axis: tuple[float, float, float] = (0.0, 0.0, 1.0),
) -> Phase:
    """The phase of a compound R2T14B at a temperature: K1, Ms and A by the model that comes with hardmag (docs/composition.md).

    composition: "Nd", "Nd0.4La0.6" or "(Nd0.3La0.7)2(Fe0.9Co0.1)14B". name: by default the composition. axis: easy axis, of any
    length. Raises UserError for what is no composition, for an element that the model does not know, and where the compound is
    not magnetic or has no easy axis at this temperature.
    """
    if not isinstance(temperature_K, Real) or not temperature_K > 0:
        raise UserError(f"phase_of_composition: temperature_K = {temperature_K!r} must be a number > 0")
    name = str(composition) if name is None else name
    try:
        return Phase(name, *in_SI(constants_of(f"phase {name!r}", composition, {}, temperature_K)), axis)
    except ValueError as error:
        raise UserError(f"phase_of_composition: {error}") from None


def half_cycle(
    body: Voxels | Mesh | Grains | Kind,
    *,
    field: FieldAxis,
    solver: SolverSettings | None = None,
    any_magnitude: bool = False,
) -> DemagnetisationCurve:
    """Simulate the demagnetisation curve of a body, from saturation until it has reversed; on a GPU where there is one.

    body: Voxels, solved by finite differences, a Mesh, by finite elements, Grains, by the reduced-order model, or a
    nanostructure, which is built first, with what is random in it drawn from the solver's seed. field, solver: keys and
    defaults as of a case file, fields in T (µ0·H). any_magnitude: whether numbers that look like another unit are taken as they
    are. A simulation that fails raises nothing: look at the status of the result. Raises UserError for a wrong argument.
    """
    from hardmag import simulate

    if not isinstance(body, (Voxels, Mesh, Grains, Kind)):
        raise UserError(f"body: must be Voxels, a Mesh, Grains or a nanostructure, got {type(body).__name__}")
    sections = {}
    for name, model, given in (("field", simulate.FieldAxis, field), ("solver", simulate.Solver, solver or {})):
        if not isinstance(given, Mapping):
            raise UserError(f"{name}: must be a mapping of {', '.join(model.model_fields)}, got {type(given).__name__}")
        sections[name] = validated(model, _plain(given), "half_cycle", name)
    if not any_magnitude:
        _refuse_implausible(body, sections["field"].model_dump())
    run = simulate.prepared(body, sections["field"], sections["solver"])
    return simulate.demagnetised(run, sections["solver"].precision)


def load_dataset(path: str | PathLike[str]) -> Dataset:
    """The dataset of a campaign. path: its HDF5 file, results/<campaign> or the campaign file.

    Raises UserError for one that is missing, damaged or of another version.
    """
    return load(dataset_file(path))


def predict(campaign: str | PathLike[str], **parameters: float | str) -> Predicted:
    """What the surrogates of a campaign predict for one nanostructure: mean, deviation and 95 % interval of each target.

    campaign: results/<campaign> or the campaign file. parameters: those that the campaign varies, by the names of its dataset's
    columns, with units at their ends (alpha_deg=30, …); what the campaign prescribes for its designs may be left out. Raises
    UserError for an unknown or missing parameter, for a structure that cannot exist, and where nothing is trained yet.
    """
    from hardmag.inverse import answer

    return answer.predict(results_folder(campaign), parameters)


def design(
    campaign: str | PathLike[str],
    wanted: Mapping[str, float],
    *,
    method: str = "neural_adjoint",
    count: int = 5,
    least: str | None = None,
    **prescribed: float | str,
) -> Designs:
    """Nanostructures for wanted properties, with what the surrogates of a campaign predict of them, or the refusal.

    campaign: results/<campaign> or the campaign file. wanted: {target: value} of one or more targets of its surrogates, such as
    mu0_Hc_T in T. method: neural_adjoint or nearest, or, if all targets are wanted, posterior or i_nn (docs/inverse-design.md).
    count: most designs. least: a column of which they shall have as little as possible, such as Nd_at_percent of grains; the
    designs with the least come first. prescribed: parameters that are given, by name; "free" lets the method choose what the
    campaign prescribes otherwise. Raises UserError for a wrong argument, for what contradicts the data, and where nothing is
    trained yet; a query out of reach is a refusal, not an error.
    """
    from hardmag.inverse import answer

    return answer.design(results_folder(campaign), wanted, prescribed, method=method, count=count, least=least)


def _plain(given):
    """A mapping with Python's own numbers and lists in place of numpy's."""
    return {key: value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value for key, value in given.items()}


def _refuse_implausible(body, field):
    """Raise UserError for a field, phase or cell of a magnitude that no magnet has: it is in another unit."""
    wrong = implausible({"field": field})
    if wrong is None and isinstance(body, (Voxels, Mesh, Grains)):
        wrong = implausible({"phases": [phase.to_dict() for phase in body.phases]}, "body")
    if wrong is None and isinstance(body, Voxels):
        complaints = ((edge, MAGNITUDES["_nm"].complaint(edge * 1e9)) for edge in body.cell_m)
        wrong = next((f"body.cell_m: {edge:g} m {complaint}" for edge, complaint in complaints if complaint), None)
    if wrong is not None:
        raise UserError(f"half_cycle: {wrong}")
