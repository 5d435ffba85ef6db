"""Questions to the surrogates of a campaign: what is predicted for a nanostructure; designs for a query, or the refusal."""

from pathlib import Path

import numpy as np

from hardmag.errors import UserError, meant
from hardmag.inverse.feasible import space_of
from hardmag.inverse.propose import METHODS, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.sparing import check_column
from hardmag.inverse.store import load_designer, load_inverse
from hardmag.inverse.success import checked_query
from hardmag.inverse.values import Designs, Predicted
from hardmag.nanostructures import KINDS
from hardmag.surrogates.report import poor
from hardmag.surrogates.rows import within_range

SEED = 1  # of the starts and draws: the same question has the same answer
FREE = "free"  # instead of a value that the campaign prescribes: to be designed too


def predict(folder, parameters):
    """What the ensemble of results/<campaign> predicts for a nanostructure: a Predicted.

    parameters: {name: value} of what the campaign varies; what is left out is as the campaign prescribes it. Raises UserError
    where such a structure cannot exist, for unknown and missing parameters, and for missing files.
    """
    return prediction_of(load_designer(Path(folder) / "designer.h5"), parameters)


def prediction_of(designer, parameters):
    """Likewise of a Designer."""
    names = designer.variables.names
    unknown = [name for name in parameters if name not in names]
    if unknown:
        raise UserError(f"{unknown[0]}: not a parameter; there are {', '.join(names)}{meant(unknown[0], names)}")
    parameters = designer.metadata["prescribed"] | parameters
    missing = [name for name in names if name not in parameters]
    if missing:
        raise UserError(f"{missing[0]}: required parameter is missing; there are {', '.join(names)}")
    parameters = {name: _value(designer, name, parameters[name]) for name in names}
    reason = designer.impossible(parameters)
    if reason is not None:
        raise UserError(reason)
    return _predicted(designer, parameters)


def design(folder, wanted, prescribed, *, method, count, least=None):
    """Designs for {target: value}, of one target or more, from results/<campaign>, at most `count`, or their refusal.

    prescribed: {parameter: value} of what the campaign varies; what is left out is as the campaign prescribes it, or else
    designed, as what is FREE is. least: column of which they shall have little, such as Nd_at_percent of grains. Raises
    UserErrors of propose, for wrong arguments and for missing files.
    """
    designer = load_designer(Path(folder) / "designer.h5")
    variables, targets = designer.variables, designer.variables.targets
    if not wanted:
        raise UserError(f"wanted: must hold {' or '.join(targets)}, one or more, got nothing")
    if unknown := next((name for name in wanted if name not in targets), None):
        raise UserError(f"wanted: the models of this campaign predict {' and '.join(targets)}, not {unknown}")
    wanted = {name: _number(f"query: {name}", wanted[name]) for name in targets if name in wanted}
    query = checked_query(wanted, targets)
    if method not in METHODS:
        raise UserError(f"method: {method!r} is not one of {', '.join(METHODS)}")
    if len(wanted) < len(targets) and not METHODS[method].partial:
        able = ", ".join(name for name, one in METHODS.items() if one.partial)
        raise UserError(f"method: {method} needs all of {', '.join(targets)}; {able} need not")
    if not isinstance(count, int) or count < 1:
        raise UserError(f"count: {count!r} must be a whole number >= 1")
    if least is not None:
        check_column(variables, least)
    prescribed = designer.metadata["prescribed"] | prescribed
    prescribed = {name: value for name, value in prescribed.items() if value != FREE}
    given = {n: _number(f"prescribed: {n}", value) if n in variables.numbers else value for n, value in prescribed.items()}
    found = reach(designer, space_of(designer.bounds, given), query)
    if not found.reachable:
        refusal = f"out of reach of the data at what is prescribed: {_targets(wanted)}; "
        if found.nearest is None:
            refusal += "so is every target that is predicted with these parameters"
        else:
            refusal += f"the nearest {found.origin} target is {_targets(found.nearest)}"
        return Designs(wanted, (), count, refusal, found.nearest)
    inverse = (load_inverse(Path(folder) / "inverse.h5"),) if METHODS[method].candidates is None else ()
    proposals = propose(method, designer, query, given, count=count, seed=SEED, inverse=inverse, least=least)
    if not proposals:
        nothing = "no row of the data has what is prescribed; the other methods design beyond the rows"
        return Designs(
            wanted, (), count, f"no design is predicted to be what is wanted, of whatever {least}" if least else nothing
        )
    designs = tuple(_predicted(designer, p.parameters, least) for p in proposals)
    return Designs(wanted, designs, count, remark=_remark(designer))


def _predicted(designer, parameters, least=None):
    """Predicted of a nanostructure that can exist."""
    variables = designer.variables
    values, level = np.array([[parameters[name] for name in variables.numbers]]), parameters.get(variables.level, "")
    found = designer.predict(values, level)
    mean, std, half = (array[0].tolist() for array in (found.mean, found.deviation, found.half_width))
    features = dict(zip(variables.features, variables.features_at(values, level)[0].tolist(), strict=True))
    outside = (name for name, value in features.items() if not within_range(value, *designer.training_range[name]))
    return Predicted(
        parameters=parameters,
        mean=dict(zip(variables.targets, mean, strict=True)),
        std=dict(zip(variables.targets, std, strict=True)),
        half_width={t: width if np.isfinite(width) else None for t, width in zip(variables.targets, half, strict=True)},
        extrapolated=tuple(outside),
        least={least: float(designer.amount(least, values[0], level))} if least else {},
        remark=_remark(designer),
    )


def _remark(designer):
    """What to say first where the ensemble predicts poorly, or None."""
    return poor(designer.metadata["R2_left_out"])


def _value(designer, name, value):
    variables = designer.variables
    if name in variables.numbers:
        return _number(name, value)
    known = KINDS[variables.kind].levels(name)
    if value not in known:
        raise UserError(f"{name} = {value!r} is not one of {', '.join(known)}")
    return value


def _number(name, value):
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UserError(f"{name} = {value!r} must be a number") from None


def _targets(values):
    return ", ".join(f"{name} = {value:.3f}" for name, value in values.items())
