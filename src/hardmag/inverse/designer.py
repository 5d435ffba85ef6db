"""What the inverse methods are trained on and share: rows, an ensemble of forward networks with intervals, a flow."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from pydantic import ValidationError
from sklearn.model_selection import GroupKFold

import hardmag
from hardmag.inverse.exists import impossible, structure
from hardmag.inverse.feasible import Bounds, space_of
from hardmag.inverse.posterior import fit_flow
from hardmag.surrogates.conformal import angle_levels, half_widths
from hardmag.surrogates.f_nn import scores
from hardmag.surrogates.models import MEMBERS, Networks, fit_networks
from hardmag.surrogates.prediction import Prediction
from hardmag.surrogates.scaling import Scaler
from hardmag.surrogates.variables import Variables

FOLDS = 5  # in which nanostructures are left out for the intervals


@dataclass(frozen=True)
class Designer:
    """variables: what a design sets, and names of features and targets; values (n, k), level (n,), x (n, f) features and y
    (n, t) targets of the training rows; ensemble: f-NNs that differ in their start and in the nanostructures that ended their
    training; widths: {target: {angle, or None for any other: half width of the 95 % interval}}; flow: see posterior; metadata:
    plain numbers and names, with `prescribed`, the parameters of the campaign's designs where a query says nothing else, and
    `shared`, those of its nanostructures that no design sets."""

    variables: Variables
    values: np.ndarray
    level: np.ndarray
    x: np.ndarray
    y: np.ndarray
    ensemble: Networks
    widths: dict
    flow: torch.nn.Module
    metadata: dict

    @cached_property
    def bounds(self):
        """Bounds of the training rows."""
        return Bounds.of(self.variables, self.values, self.level)

    @cached_property
    def structures(self):
        """Space of all numbers but the angle, the variables of the flow."""
        return space_of_structures(self.bounds)

    @cached_property
    def scaler(self):
        """Scaler of the values."""
        return Scaler.fit(self.values)

    @cached_property
    def training_range(self):
        """{feature: [least, largest]} of the training rows."""
        ranges = zip(self.variables.features, self.x.T, strict=True)
        return {name: [float(column.min()), float(column.max())] for name, column in ranges}

    def angle(self, x):
        """The angle (n,) of features x (n, f)."""
        return self.variables.column(x, self.variables.angle)

    def predict(self, values, level):
        """Prediction for values (n, k) and their levels: the mean over the members, clipped to what is physical, and half the
        95 % interval."""
        x = self.variables.features_at(values, level)
        members = self.ensemble.predict(x).members
        levels = self._levels(self.angle(x))
        widths = (self.widths[target] for target in self.variables.targets)
        half = np.stack([[own.get(level, own[None]) for level in levels] for own in widths], axis=1)
        mean = Prediction(members.mean(axis=0)).physical(self.variables.targets).mean
        return Prediction(mean, members, half)

    def parameters(self, values, level):
        """{parameter: value} of a design's values (k,) and level."""
        numbers = dict(zip(self.variables.numbers, values.tolist(), strict=True))
        return numbers | ({self.variables.level: str(level)} if self.variables.level else {})

    def impossible(self, parameters):
        """Why a nanostructure of these {parameter: value} does not exist or cannot be drawn, or None."""
        return impossible(self.variables, self.metadata["shared"], parameters)

    def amount(self, column, values, level):
        """What a design of values (k,) and a level has in a column of its kind; NaN where it does not exist."""
        try:
            found = structure(self.variables, self.metadata["shared"], self.parameters(values, level))
        except ValidationError:
            return np.nan
        return found.values().get(column, np.nan)

    def _levels(self, alpha):
        """The angles under which predictions are counted: binned where those of the training rows are."""
        return angle_levels(np.concatenate([alpha, self.angle(self.x)]))[: len(alpha)].tolist()


def space_of_structures(bounds):
    """Space of all numbers but the angle."""
    angle = bounds.variables.angle
    return space_of(bounds, {angle: bounds.ranges[angle][0]} if angle in bounds.ranges else {})


def train_designer(rows, *, seed, epochs, prescribed, shared):
    """Designer of rows (see rows.rows_of). epochs: most of each network and of the flow; prescribed: {parameter: value} where a
    query says nothing else; shared: see exists.shared_parameters."""
    ensemble = fit_networks(rows.x, rows.y, rows.geometry, seed, members=MEMBERS, epochs=epochs)
    widths, left_out = _widths(rows, seed=seed, epochs=epochs)
    space = space_of_structures(Bounds.of(rows.variables, rows.values, rows.level))
    flow, fitted = fit_flow(space, rows, ensemble.feature_scaler, ensemble.target_scaler, seed=seed, epochs=epochs)
    metadata = {
        "hardmag_version": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
        "seed": seed,
        "epochs": epochs,
        "rows": len(rows.x),
        "geometries": len(np.unique(rows.geometry)),
        "flow_best_epoch": fitted.best_epoch,
        "flow_held_out_loss": fitted.best_loss,
        "prescribed": {name: value for name, value in prescribed.items() if name in rows.variables.names},
        "shared": shared,
        "R2_left_out": left_out,
    }
    return Designer(rows.variables, rows.values, rows.level, rows.x, rows.y, ensemble, widths, flow, metadata)


def _widths(rows, *, seed, epochs):
    """(half widths, {target: R²}) from the errors of single networks on nanostructures left out in folds. Their own held-out
    ones would give too narrow intervals, as they end the training. The ensemble errs less: the intervals are rather wide."""
    errors = np.empty_like(rows.y)
    folds = GroupKFold(FOLDS, shuffle=True, random_state=seed)
    for train, left_out in folds.split(rows.x, groups=rows.geometry):
        network = fit_networks(rows.x[train], rows.y[train], rows.geometry[train], seed, epochs=epochs)
        errors[left_out] = network.predict(rows.x[left_out]).physical(rows.targets).mean - rows.y[left_out]
    level = angle_levels(rows.angle)
    R2 = {target: own["R2"] for target, own in scores(rows.y, rows.y + errors, rows.targets).items()}
    return {target: half_widths(errors[:, i], level) for i, target in enumerate(rows.targets)}, R2
