"""Forward surrogate f-NN: features of a nanostructure → µ0Hc, and Φp (Yang et al., eq. 4: 8-64-64-2)."""

from dataclasses import asdict, dataclass

import numpy as np
import torch

import hardmag
from hardmag.errors import UserError
from hardmag.surrogates.network import fit, perceptron
from hardmag.surrogates.prediction import Prediction
from hardmag.surrogates.rows import rows_of, split_by_geometry, within_range
from hardmag.surrogates.scaling import Scaler
from hardmag.surrogates.variables import Variables


def layers(variables):
    """Widths of the layers of an f-NN (Supplementary Table 3)."""
    return (len(variables.features), 64, 64, len(variables.targets))


@dataclass(frozen=True)
class ForwardModel:
    """A trained f-NN. network maps scaled features to scaled targets, unclipped: this is what eq. 5 differentiates. variables:
    names of both.

    metadata: plain numbers and names (versions, seed, settings, row counts, scores, training_range per feature).
    parity: dict of columns, one entry per usable row: row (index into the table), split ('train', 'validation',
    'test'), and of each target its true value and, with _predicted, the model's.
    """

    variables: Variables
    network: torch.nn.Sequential
    feature_scaler: Scaler
    target_scaler: Scaler
    metadata: dict
    parity: dict

    def predict(self, features):
        """Prediction of the targets of features (n, f), in units.

        The network knows no bounds: results are clipped to what is physical, µ0Hc >= 0 and 0 <= Φp <= 1. Outside
        metadata['training_range'] they are extrapolations. Raises UserError for another shape or a feature that is not
        finite.
        """
        features, names = np.asarray(features, dtype=np.float64), self.variables.features
        if features.ndim != 2 or features.shape[1] != len(names):
            raise UserError(f"features: shape {features.shape}, must be (n, {len(names)}): {', '.join(names)}")
        bad = np.argwhere(~np.isfinite(features))
        if len(bad):
            raise UserError(f"features: {names[bad[0][1]]} of row {bad[0][0]} must be a finite number")
        with torch.no_grad():
            scaled = self.network(torch.from_numpy(self.feature_scaler.transform(features)))
        return Prediction(self.target_scaler.inverse(scaled.numpy())).physical(self.variables.targets)

    def in_training_range(self, name, value):
        """Whether a feature's value lies between the least and the largest of the training rows."""
        return within_range(value, *self.metadata["training_range"][name])


def train_forward(table, kind, *, seed, epochs=2000, patience=100, batch_size=128, learning_rate=1e-3):
    """Train the f-NN on a table of nanostructures of a kind (see rows.rows_of, also for the UserErrors it raises).

    Mean squared error of the scaled targets, Adam (Yang et al., eq. 4 and Supplementary Table 3; the patience is ours:
    the paper only says that it stopped at epoch 247). Rows are split by geometry, about 68 : 12 : 20, into training,
    validation (ends the training) and test. The scalers see the training rows only. The same table and seed give the
    same model on one machine. Scores are those of `predict`.
    """
    rows = rows_of(table, kind)
    split = split_by_geometry(rows, seed)
    train = split == "train"
    feature_scaler, target_scaler = Scaler.fit(rows.x[train]), Scaler.fit(rows.y[train])
    x, y = (torch.from_numpy(s.transform(v)) for s, v in ((feature_scaler, rows.x), (target_scaler, rows.y)))

    generator = torch.Generator().manual_seed(seed)
    network = perceptron(layers(rows.variables), generator)
    settings = {"epochs": epochs, "patience": patience, "batch_size": batch_size, "learning_rate": learning_rate}
    result = fit(
        network,
        lambda features, targets: torch.nn.functional.mse_loss(network(features), targets),
        (x[train], y[train]),
        (x[split == "validation"], y[split == "validation"]),
        generator=generator,
        **settings,
    )
    metadata = {
        "hardmag_version": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
        "seed": seed,
        **settings,
        **asdict(result),
        **rows.counts,
        **{f"rows_{name}": int((split == name).sum()) for name in ("train", "validation", "test")},
        "geometries": int(rows.geometry.max()) + 1,
        "levels": {str(name): int(n) for name, n in zip(*np.unique(rows.level, return_counts=True), strict=True)},
        "training_range": {
            name: [float(column.min()), float(column.max())]
            for name, column in zip(rows.features, rows.x[train].T, strict=True)
        },
    }
    predicted = ForwardModel(rows.variables, network, feature_scaler, target_scaler, {}, {}).predict(rows.x).mean
    metadata["scores"] = {
        name: scores(rows.y[split == name], predicted[split == name], rows.targets) for name in ("train", "test")
    }
    parity = {"row": rows.row, "split": split}
    for i, name in enumerate(rows.targets):
        parity |= {name: rows.y[:, i], f"{name}_predicted": predicted[:, i]}
    return ForwardModel(rows.variables, network, feature_scaler, target_scaler, metadata, parity)


def scores(true, predicted, targets):
    """{target: {R2, MAE}} of two arrays (n, t); R2 = 1 − SSE/SST, NaN if the true values are all equal.

    The paper's R² is SS_reg/SS_tot (Supplementary eq. 11), which a poor model can bring above 1; it is not used here.
    """
    result = {}
    for i, name in enumerate(targets):
        error, spread = predicted[:, i] - true[:, i], true[:, i] - true[:, i].mean()
        sst = float(spread @ spread) if np.ptp(true[:, i]) else 0.0
        r2 = 1 - float(error @ error) / sst if sst else float("nan")
        result[name] = {"R2": r2, "MAE": float(np.abs(error).mean())}
    return result
