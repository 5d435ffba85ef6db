"""What every forward model gives."""

from dataclasses import dataclass

import numpy as np

PHYSICAL = {"mu0_Hc_T": (0.0, np.inf), "phi_p": (0.0, 1.0)}  # {target: (least, largest)}; others may be any number


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

    def physical(self, targets):
        """The same with µ0Hc >= 0 and 0 <= Φp <= 1. targets: names of the columns."""
        low, high = np.array([PHYSICAL.get(name, (-np.inf, np.inf)) for name in targets]).T
        members = None if self.members is None else np.clip(self.members, low, high)
        return Prediction(np.clip(self.mean, low, high), members, self.half_width)
