"""Inverse surrogate i-NN 2-128-128-4: queried µ0Hc and Φp → L, d, wS, wZ (Yang et al., eq. 5)."""

from dataclasses import asdict, dataclass, replace

import numpy as np
import torch

import hardmag
from hardmag.errors import UserError
from hardmag.surrogates.forward import ForwardModel
from hardmag.surrogates.network import fit, perceptron
from hardmag.surrogates.rows import GEOMETRY, PRESCRIBED, TARGETS
from hardmag.surrogates.success import is_success

LAYERS = (len(TARGETS), 128, 128, len(GEOMETRY))
WEIGHTS = (0.002, 0.02, 0.2)  # λ of eq. 5 to be tried; the paper's is 0.02
LENGTHS, CONSTANTS = slice(0, len(GEOMETRY)), slice(len(GEOMETRY), None)  # columns of the features


@dataclass(frozen=True)
class Design:
    """A proposed nanostructure, lengths in nm, exactly as the network gave it, and what the f-NN makes of it.

    mu0_Hc_T, phi_p: the f-NN's check of the design; it says nothing where `possible` is False, and little where a
    parameter is outside in_training_range. possible: all lengths > 0, wZ < d and wS < L; otherwise reason says why not.
    in_training_range: {parameter: bool}, whether it lies between the extremes of the f-NN's training rows.
    """

    L_nm: float
    d_nm: float
    wS_nm: float
    wZ_nm: float
    mu0_Hc_T: float
    phi_p: float
    possible: bool
    reason: str | None
    in_training_range: dict


@dataclass(frozen=True)
class InverseModel:
    """A trained i-NN. network maps scaled targets to scaled lengths, with the scalers of the forward model.

    prescribed: {alpha_deg, Ms_Z_kA_per_m, sigma_Z_mJ_per_m2, l_Z_nm}, the constants that designs hold for.
    metadata: plain numbers (versions, seed, settings, losses).
    """

    network: torch.nn.Sequential
    forward: ForwardModel
    prescribed: dict
    metadata: dict

    def design(self, mu0_Hc_T, phi_p):
        """Design for a queried coercivity (T) and Φp. Nothing is clipped: far from the training targets the i-NN can
        give impossible lengths, which the Design says. Raises UserError unless µ0Hc is finite and >= 0, Φp in [0, 1].
        """
        for name, value, limit in (("mu0_Hc_T", mu0_Hc_T, np.finfo(float).max), ("phi_p", phi_p, 1.0)):
            if not 0 <= value <= limit:
                allowed = "in [0, 1]" if name == "phi_p" else "a finite number >= 0"
                raise UserError(f"query: {name} = {value} must be {allowed}")
        features = self.features(np.array([[mu0_Hc_T, phi_p]], dtype=np.float64))
        check = self.forward.predict(features)[0]
        lengths = dict(zip(GEOMETRY, features[0].tolist(), strict=False))
        reason = impossible(**lengths)
        return Design(
            **lengths,
            **dict(zip(TARGETS, check.tolist(), strict=True)),
            possible=reason is None,
            reason=reason,
            in_training_range={name: self.forward.in_training_range(name, value) for name, value in lengths.items()},
        )

    def features(self, queries):
        """(n, 8) features of the designs for queries (n, 2), in units, as the network gives them."""
        with torch.no_grad():
            lengths = self.network(torch.from_numpy(self.forward.target_scaler.transform(queries)))
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

    def loss(queries, true_lengths):
        return inverse_loss(network(queries), true_lengths, queries, forward.network, constants, weight)

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
    return InverseModel(network, forward, {name: float(prescribed[name]) for name in PRESCRIBED}, metadata)


def train_scanned(forward, table, *, prescribed, seed, epochs=100, weights=WEIGHTS):
    """The best of train_inverse with each of `weights`: whose designs for the targets of the validation rows are most
    often possible and, by the f-NN, a success; metadata['weights_tried']: [{weight, share of such}]. Of equals, the first."""
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
    features = model.features(queries)
    possible = np.array([impossible(*row[LENGTHS]) is None for row in features])
    return float((possible & is_success(model.forward.predict(features), queries)).mean())


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
