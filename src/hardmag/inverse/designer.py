"""What the inverse methods are trained on and share: rows, an ensemble of forward networks with intervals, a flow."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from sklearn.model_selection import GroupKFold

import hardmag
from hardmag.errors import UserError
from hardmag.inverse.feasible import Bounds, features_at, space_of
from hardmag.inverse.posterior import fit_flow
from hardmag.materials import Z_PHASES
from hardmag.surrogates.conformal import angle_levels, half_widths
from hardmag.surrogates.f_nn import scores
from hardmag.surrogates.models import MEMBERS, Networks, fit_networks
from hardmag.surrogates.prediction import PHYSICAL, Prediction
from hardmag.surrogates.rows import FEATURES, TARGETS, geometry_of

ALPHA = FEATURES.index("alpha_deg")
FOLDS = 5  # in which nanostructures are left out for the intervals


@dataclass(frozen=True)
class Designer:
    """x (n, 8) features, y (n, 2) targets and z_set (n,) of the training rows; ensemble: f-NNs that differ in their start
    and in the nanostructures that ended their training; widths: {target: {angle, or None for any other: half width of the
    95 % interval}}; flow: see posterior; metadata: plain numbers and names, with `prescribed`, the α and Z set of the
    campaign's designs, and cell_nm, the edge of its voxels."""

    x: np.ndarray
    y: np.ndarray
    z_set: np.ndarray
    ensemble: Networks
    widths: dict
    flow: torch.nn.Module
    metadata: dict

    @cached_property
    def bounds(self):
        """Bounds of the training rows."""
        return Bounds.of(self.x, self.z_set)

    @cached_property
    def lengths(self):
        """Space of all lengths, the variables of the flow."""
        return space_of(self.bounds, {"alpha_deg": self.bounds.ranges["alpha_deg"][0]})

    @cached_property
    def training_range(self):
        """{feature: [least, largest]} of the training rows."""
        return {name: [float(column.min()), float(column.max())] for name, column in zip(FEATURES, self.x.T, strict=True)}

    def predict(self, values, z_set):
        """Prediction for values (n, 5) of CONTINUOUS and their Z sets: the mean over the members, clipped to what is physical,
        and half the 95 % interval."""
        x = features_at(values, z_set)
        members = self.ensemble.predict(x).members
        levels = self._levels(x[:, ALPHA])
        half = np.stack([[self.widths[t].get(level, self.widths[t][None]) for level in levels] for t in TARGETS], axis=1)
        return Prediction(np.clip(members.mean(axis=0), *PHYSICAL), members, half)

    def _levels(self, alpha):
        """The angles under which predictions are counted: binned where those of the training rows are."""
        return angle_levels(np.concatenate([alpha, self.x[:, ALPHA]]))[: len(alpha)].tolist()


def train_designer(rows, *, seed, epochs, prescribed, cell_nm):
    """Designer of rows (see rows.usable_rows). epochs: most of each network and of the flow; prescribed: {alpha_deg, z_set}
    where a query says nothing else; cell_nm: edge of the campaign's voxels, below which no phase is drawn. UserError for a Z
    set that is not known."""
    unknown = sorted(set(rows.level.tolist()) - set(Z_PHASES))
    if unknown:
        raise UserError(f"column z_set: {unknown[0]!r} is not one of {', '.join(Z_PHASES)}")
    ensemble = fit_networks(rows.x, rows.y, seed, members=MEMBERS, epochs=epochs)
    widths, left_out = _widths(rows, seed=seed, epochs=epochs)
    space = space_of(bounds := Bounds.of(rows.x, rows.level), {"alpha_deg": bounds.ranges["alpha_deg"][0]})
    flow, fitted = fit_flow(space, rows.x, rows.y, ensemble.feature_scaler, ensemble.target_scaler, seed=seed, epochs=epochs)
    metadata = {
        "hardmag_version": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
        "seed": seed,
        "epochs": epochs,
        "rows": len(rows.x),
        "geometries": len(np.unique(rows.geometry)),
        "flow_best_epoch": fitted.best_epoch,
        "flow_held_out_loss": fitted.best_loss,
        "prescribed": prescribed,
        "cell_nm": cell_nm,
        "R2_left_out": left_out,
    }
    return Designer(rows.x, rows.y, rows.level, ensemble, widths, flow, metadata)


def _widths(rows, *, seed, epochs):
    """(half widths, {target: R²}) from the errors of single networks on nanostructures left out in folds. Their own held-out
    ones would give too narrow intervals, as they end the training. The ensemble errs less: the intervals are rather wide."""
    errors = np.empty_like(rows.y)
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, left_out in folds.split(rows.x, groups=geometry_of(rows.x)):
        network = fit_networks(rows.x[train], rows.y[train], seed, epochs=epochs)
        errors[left_out] = network.predict(rows.x[left_out]).physical().mean - rows.y[left_out]
    level = angle_levels(rows.x[:, ALPHA])
    R2 = {target: own["R2"] for target, own in scores(rows.y, rows.y + errors).items()}
    return {target: half_widths(errors[:, i], level) for i, target in enumerate(TARGETS)}, R2
