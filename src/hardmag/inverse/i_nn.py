"""Inverse surrogate i-NN 2-128-128-4: queried µ0Hc and Φp → L, d, wS, wZ (Yang et al., eq. 5)."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
import torch

import hardmag
from hardmag.errors import UserError
from hardmag.inverse.feasible import Bounds, space_of, values_at
from hardmag.inverse.success import is_success
from hardmag.surrogates.f_nn import ForwardModel
from hardmag.surrogates.network import fit, perceptron
from hardmag.surrogates.rows import GEOMETRY, PRESCRIBED, TARGETS

LAYERS = (len(TARGETS), 128, 128, len(GEOMETRY))
WEIGHTS = (0.002, 0.02, 0.2)  # λ of eq. 5 to be tried; the paper's is 0.02
LENGTHS, CONSTANTS = slice(0, len(GEOMETRY)), slice(len(GEOMETRY), None)  # columns of the features


@dataclass(frozen=True)
class InverseModel:
    """A trained i-NN. network maps scaled targets, by the forward model's scaler, to coordinates of the feasible set, from
    which values_at gives the lengths: whatever comes in, a possible design comes out.

    prescribed: {alpha_deg, Ms_Z_kA_per_m, sigma_Z_mJ_per_m2, l_Z_nm}, the constants that designs hold for. ranges: those of
    Bounds, of the rows it was trained on. metadata: plain numbers (versions, seed, settings, losses).
    """

    network: torch.nn.Sequential
    forward: ForwardModel
    prescribed: dict
    ranges: dict
    metadata: dict

    @cached_property
    def space(self):
        """Space of its designs."""
        return _space(self.ranges)

    def features(self, queries):
        """(n, 8) features, in units, of the designs for queries (n, 2), T and 1."""
        with torch.no_grad():
            queries = torch.from_numpy(self.forward.target_scaler.transform(queries))
            lengths = scaled_lengths(self.network(queries), self.space, self.forward)
            scaled = full_features(lengths, _constants(self.forward, self.prescribed))
        return self.forward.feature_scaler.inverse(scaled.numpy())


def impossible(L_nm, d_nm, wS_nm, wZ_nm):
    """Why no such nanostructure exists, or None. Whether a voxel size can draw it is another question."""
    for name, value in zip(GEOMETRY, (L_nm, d_nm, wS_nm, wZ_nm), strict=True):
        if not value > 0:
            return f"{name} = {value:.4g} must be > 0"
    if not wS_nm < L_nm:
        return f"wS_nm = {wS_nm:.4g} must be < L_nm = {L_nm:.4g}"
    if not wZ_nm < d_nm:
        return f"wZ_nm = {wZ_nm:.4g} must be < d_nm = {d_nm:.4g}"
    return None


def train_inverse(forward, table, *, prescribed, seed, weight=0.02, epochs=100, batch_size=128, learning_rate=1e-3):
    """Train the i-NN through the f-NN `forward`, on the table that `forward` was trained on.

    prescribed: {alpha_deg, Ms_Z_kA_per_m, sigma_Z_mJ_per_m2, l_Z_nm}, constants within the f-NN's training range.
    weight: λ of eq. 5. Queries are the targets of the f-NN's training rows, of every angle and Z set: any pair is a
    query, and λ is small enough for lengths that belong to other constants to matter little. The weights of the epoch
    with the least loss on the f-NN's validation rows are kept; the paper selects on its test rows, which here only
    serve the reported test_loss. The paper's 100 epochs are some 10⁴ steps on its 14,000 rows; a small table may need
    more epochs, namely where the metadata show a best_epoch close to the last.
    Raises UserError for wrong constants or for another table than the f-NN's.
    """
    _check_prescribed(forward, prescribed)
    lengths, split = _lengths(forward, table), forward.parity["split"]
    targets = np.stack([forward.parity[name] for name in TARGETS], axis=1)
    x = torch.from_numpy(forward.feature_scaler.columns(LENGTHS).transform(lengths))
    y = torch.from_numpy(forward.target_scaler.transform(targets))
    train, validation, test = ((y[split == name], x[split == name]) for name in ("train", "validation", "test"))

    generator = torch.Generator().manual_seed(seed)
    network = perceptron(LAYERS, generator)
    constants = _constants(forward, prescribed)
    ranges = _ranges(lengths[split != "test"], prescribed["alpha_deg"])
    space = _space(ranges)

    def loss(queries, true_lengths):
        designed = scaled_lengths(network(queries), space, forward)
        return inverse_loss(designed, true_lengths, queries, forward.network, constants, weight)

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
    return InverseModel(network, forward, {name: float(prescribed[name]) for name in PRESCRIBED}, ranges, metadata)


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
    chosen = model.forward.parity["split"] == "validation"
    queries = np.stack([model.forward.parity[name][chosen] for name in TARGETS], axis=1)
    return float(is_success(model.forward.predict(model.features(queries)).mean, queries).mean())


def scaled_lengths(coordinates, space, forward):
    """(n, 4) scaled lengths of the f-NN at coordinates (n, 4) of the feasible set; of those, as many count as it has."""
    lengths = values_at(space, coordinates[:, : len(space.names)])[:, LENGTHS]
    return forward.feature_scaler.columns(LENGTHS).transform(lengths)


def _space(ranges):
    """What an i-NN chooses from: all lengths; one angle; its Z set stands in `prescribed`, as properties."""
    return space_of(Bounds(ranges, ()), {})


def _ranges(lengths, alpha_deg):
    """Ranges of Bounds for lengths (n, 4) at one angle."""
    rows = np.column_stack([lengths, np.full(len(lengths), alpha_deg, dtype=np.float64)])
    return Bounds.of(rows, np.empty(0)).ranges


def inverse_loss(lengths, true_lengths, queries, forward_network, constants, weight):
    """Yang et al., eq. 5: mean over rows of λ |I[Y] − X|² + |F[I[Y]] − Y|², norms over components, all scaled.

    lengths = I[Y] and true_lengths = X (n, 4), queries = Y (n, 2), constants (4,), weight = λ.
    """
    SE_i = (lengths - true_lengths).square().sum(1)
    SE_f = (forward_network(full_features(lengths, constants)) - queries).square().sum(1)
    return (weight * SE_i + SE_f).mean()


def full_features(lengths, constants):
    """(n, 4) scaled lengths and (4,) scaled constants → (n, 8) scaled features of the f-NN."""
    return torch.cat([lengths, constants.expand(len(lengths), -1)], dim=1)


def _constants(forward, prescribed):
    """(4,) prescribed values, scaled."""
    values = np.array([prescribed[name] for name in PRESCRIBED], dtype=np.float64)
    return torch.from_numpy(forward.feature_scaler.columns(CONSTANTS).transform(values))


def _check_prescribed(forward, prescribed):
    if set(prescribed) != set(PRESCRIBED):
        raise UserError(f"prescribed: keys {', '.join(sorted(prescribed))}; must be exactly {', '.join(PRESCRIBED)}")
    for name in PRESCRIBED:
        if not forward.in_training_range(name, prescribed[name]):
            low, high = forward.metadata["training_range"][name]
            raise UserError(f"prescribed: {name} = {prescribed[name]} must be within {low:g} to {high:g} (training)")


def _lengths(forward, table):
    """(n, 4) lengths of the forward model's rows, after a check that the table is the one it was trained on."""
    row = forward.parity["row"]
    for name in (*GEOMETRY, *TARGETS):
        if name not in table:
            raise UserError(f"table: no column {name}")
        if len(table[name]) != forward.metadata["rows_in_table"]:
            raise UserError(
                f"column {name}: {len(table[name])} rows, but the forward model was trained on a table of "
                f"{forward.metadata['rows_in_table']}"
            )
    for name in TARGETS:
        if not np.array_equal(np.asarray(table[name])[row], forward.parity[name]):
            raise UserError(f"column {name}: differs from the table that the forward model was trained on")
    return np.stack([np.asarray(table[name], dtype=np.float64)[row] for name in GEOMETRY], axis=1)
