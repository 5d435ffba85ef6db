"""What every forward model gives."""

from dataclasses import dataclass

import numpy as np

PHYSICAL = (np.array([0.0, 0.0]), np.array([np.inf, 1.0]))  # least and largest µ0Hc (T) and Φp


@dataclass(frozen=True)
class Prediction:
    """mean (n, t) of the targets, in units; members (k, n, t): what each model of an ensemble predicts, None of a single one;
    half_width (n, t): half the 95 % interval, infinite where it is not known, None of a model that does not know its errors."""

    mean: np.ndarray
    members: np.ndarray | None = None
    half_width: np.ndarray | None = None

    @property
    def deviation(self):
        """(n, t) standard deviation over the members."""
        return self.members.std(axis=0)

    def physical(self):
        """The same with µ0Hc >= 0 and, where it is the second target, 0 <= Φp <= 1."""
        low, high = (bound[: self.mean.shape[1]] for bound in PHYSICAL)
        members = None if self.members is None else np.clip(self.members, low, high)
        return Prediction(np.clip(self.mean, low, high), members, self.half_width)
