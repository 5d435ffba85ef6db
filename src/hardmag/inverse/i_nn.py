"""Inverse surrogate i-NN: queried targets → what a design sets (Yang et al., eq. 5: µ0Hc, Φp → L, d, wS, wZ by 2-128-128-4)."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
import torch

import hardmag
from hardmag.errors import UserError
from hardmag.inverse.feasible import Bounds, feature_tensor, space_of, values_at
from hardmag.inverse.success import is_success
from hardmag.surrogates.f_nn import ForwardModel
from hardmag.surrogates.network import fit, perceptron
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.scaling import Scaler

WEIGHTS = (0.002, 0.02, 0.2)  # λ of eq. 5 to be tried; the paper's is 0.02


def layers(variables, space):
    """Widths of the layers of an i-NN that designs what the space leaves free (Supplementary Table 3)."""
    return (len(variables.targets), 128, 128, len(space.names))


@dataclass(frozen=True)
class InverseModel:
    """A trained i-NN. network maps scaled targets, by the forward model's scaler, to coordinates of the feasible set, from
    which values_at gives the design: whatever comes in, a possible one comes out.

    prescribed: {parameter: value} that designs hold for. ranges: those of Bounds, of the rows it was trained on. metadata:
    plain numbers (versions, seed, settings, losses).
    """

    network: torch.nn.Sequential
    forward: ForwardModel
    prescribed: dict
    ranges: dict
    metadata: dict

    @cached_property
    def space(self):
        """Space of its designs."""
        return space_for(self.forward.variables, self.ranges, self.prescribed)

    def values(self, queries):
        """(n, k) values of the designs for queries (n, t), in units."""
        with torch.no_grad():
            scaled = torch.from_numpy(self.forward.target_scaler.transform(queries))
            return values_at(self.space, self.network(scaled)).numpy()

    def features(self, queries):
        """(n, f) features, in units, of the designs for queries (n, t)."""
        return self.forward.variables.features_at(self.values(queries), _level(self.forward.variables, self.prescribed))


def train_inverse(forward, table, *, prescribed, seed, weight=0.02, epochs=100, batch_size=128, learning_rate=1e-3):
    """Train the i-NN through the f-NN `forward`, on the table that `forward` was trained on.

    prescribed: {parameter: value}, the level among them where there is one; numbers within the f-NN's training range.
    weight: λ of eq. 5. Queries are the targets of the f-NN's training rows, of every angle and level: any pair is a
    query, and λ is small enough for values that belong to others to matter little. The weights of the epoch
    with the least loss on the f-NN's validation rows are kept; the paper selects on its test rows, which here only
    serve the reported test_loss. The paper's 100 epochs are some 10⁴ steps on its 14,000 rows; a small table may need
    more epochs, namely where the metadata show a best_epoch close to the last.
    Raises UserError for wrong constants or for another table than the f-NN's.
    """
    variables = forward.variables
    prescribed = _checked(forward, prescribed)
    values, split = _rows_of_forward(forward, table).values, forward.parity["split"]
    ranges = _ranges(variables, values[split != "test"], prescribed)
    space = space_for(variables, ranges, prescribed)
    free = [variables.numbers.index(name) for name in space.names]
    scaler = _scaler_of(forward, space, values[split == "train"])
    targets = np.stack([forward.parity[name] for name in variables.targets], axis=1)
    x = torch.from_numpy(scaler.transform(values[:, free]))
    y = torch.from_numpy(forward.target_scaler.transform(targets))
    train, validation, test = ((y[split == name], x[split == name]) for name in ("train", "validation", "test"))

    generator = torch.Generator().manual_seed(seed)
    network = perceptron(layers(variables, space), generator)
    level = _level(variables, prescribed)

    def loss(queries, true_values):
        designed = values_at(space, network(queries))
        features = forward.feature_scaler.transform(feature_tensor(variables, designed, level))
        parts = dict(zip(variables.features, features.unbind(1), strict=True))
        own = dict(zip(space.names, scaler.transform(designed[:, free]).unbind(1), strict=True))
        scaled = torch.stack([parts.get(name, own[name]) for name in space.names], dim=1)
        return inverse_loss(scaled, true_values, queries, forward.network(features), weight)

    settings = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    result = fit(network, loss, train, validation, generator=generator, patience=epochs, **settings)
    metadata = {
        "hardmag_version": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
        "seed": seed,
        "weight": weight,
        **settings,
        **asdict(result),
        "test_loss": float(loss(*test)),
        "rows_train": len(train[0]),
    }
    return InverseModel(network, forward, prescribed, ranges, metadata)


def train_scanned(forward, table, *, prescribed, seed, epochs=100, weights=WEIGHTS):
    """The best of train_inverse with each of `weights`: whose designs for the targets of the validation rows are most
    often, by the f-NN, a success; metadata['weights_tried']: [{weight, share of such}]. Of equals, the first."""
    tried, best, best_share = [], None, -1.0
    for weight in weights:
        model = train_inverse(forward, table, prescribed=prescribed, seed=seed, weight=weight, epochs=epochs)
        share = _share_met(model)
        tried.append({"weight": weight, "share": share})
        if share > best_share:
            best, best_share = model, share
    return replace(best, metadata=best.metadata | {"weights_tried": tried})


def _share_met(model):
    chosen, targets = model.forward.parity["split"] == "validation", model.forward.variables.targets
    queries = np.stack([model.forward.parity[name][chosen] for name in targets], axis=1)
    return float(is_success(model.forward.predict(model.features(queries)).mean, queries, targets).mean())


def inverse_loss(values, true_values, queries, predicted, weight):
    """Yang et al., eq. 5: mean over rows of λ |I[Y] − X|² + |F[I[Y]] − Y|², norms over components, all scaled.

    values = I[Y] and true_values = X (n, k), queries = Y and predicted = F[I[Y]] (n, t), weight = λ.
    """
    SE_i = (values - true_values).square().sum(1)
    SE_f = (predicted - queries).square().sum(1)
    return (weight * SE_i + SE_f).mean()


def space_for(variables, ranges, prescribed):
    """Space of what an i-NN chooses from: all numbers that are not prescribed, within the ranges of its rows."""
    levels = (_level(variables, prescribed),)
    return space_of(Bounds(variables, ranges, levels), {name: v for name, v in prescribed.items() if name in variables.numbers})


def _ranges(variables, values, prescribed):
    """Ranges of Bounds for values (n, k) of which some are prescribed."""
    given = {variables.numbers.index(name): value for name, value in prescribed.items() if name in variables.numbers}
    rows = values.copy()
    for i, value in given.items():
        rows[:, i] = value
    return Bounds.of(variables, rows, np.empty(0)).ranges


def _level(variables, prescribed):
    return prescribed[variables.level] if variables.level else ""


def _scaler_of(forward, space, values):
    """Scaler of the numbers that are designed: as the forward model scales them, or by values (n, k) where they are no features
    of it."""
    names, features, known = space.numbers, forward.variables.features, forward.feature_scaler
    own = Scaler.fit(values)
    places = [(known, features.index(name)) if name in features else (own, names.index(name)) for name in space.names]
    return Scaler(tuple(scaler.mean[i] for scaler, i in places), tuple(scaler.std[i] for scaler, i in places))


def _checked(forward, prescribed):
    """The prescribed parameters as plain numbers and the level. UserError where they are no parameters, or outside the data."""
    variables = forward.variables
    unknown = sorted({*prescribed} - {*variables.names})
    if unknown or (variables.level and variables.level not in prescribed):
        wrong = f"{unknown[0]} is not a parameter" if unknown else f"{variables.level} is missing"
        raise UserError(f"prescribed: {wrong}; there are {', '.join(variables.names)}")
    for name in prescribed.keys() & {*variables.features}:
        if not forward.in_training_range(name, prescribed[name]):
            low, high = forward.metadata["training_range"][name]
            raise UserError(f"prescribed: {name} = {prescribed[name]} must be within {low:g} to {high:g} (training)")
    if variables.level and prescribed[variables.level] not in forward.metadata["levels"]:
        known = ", ".join(forward.metadata["levels"])
        raise UserError(f"prescribed: {variables.level} = {prescribed[variables.level]} must be one of {known} (training)")
    return {name: float(value) if name in variables.numbers else value for name, value in prescribed.items()}


def _rows_of_forward(forward, table):
    """Rows that the forward model was trained on, after a check that the table is the one they are of."""
    rows = rows_of(table, forward.variables.kind)
    if not np.array_equal(rows.row, forward.parity["row"]):
        raise UserError("table: has other rows than the table that the forward model was trained on")
    for i, name in enumerate(forward.variables.targets):
        if not np.array_equal(rows.y[:, i], forward.parity[name]):
            raise UserError(f"column {name}: differs from the table that the forward model was trained on")
    return rows
