"""Standard scaling of columns: mean ± standard deviation → ±1 (Yang et al., Supplementary Table 3)."""

from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation per column, in the columns' own units."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def fit(cls, x):
        """Scaler of the rows x (n, k), a numpy array. A constant column gets std 1 and therefore maps to 0."""
        constant = np.ptp(x, axis=0) == 0
        # The mean of equal numbers is not exactly that number; their first one is.
        mean = np.where(constant, x[0], x.mean(axis=0))
        std = np.where(constant, 1.0, x.std(axis=0))
        return cls(tuple(mean.tolist()), tuple(std.tolist()))

    def transform(self, x):
        """x (..., k) in units → scaled, numpy or torch as given."""
        return (x - _like(self.mean, x)) / _like(self.std, x)

    def inverse(self, z):
        """z (..., k) scaled → units, numpy or torch as given."""
        return z * _like(self.std, z) + _like(self.mean, z)

    def columns(self, which):
        """Scaler of some of the columns, a slice."""
        return Scaler(self.mean[which], self.std[which])

    def to_dict(self):
        """Plain lists, for JSON and HDF5."""
        return {"mean": list(self.mean), "std": list(self.std)}

    @classmethod
    def from_dict(cls, values):
        """The inverse of to_dict; also takes arrays."""
        return cls(*(tuple(float(v) for v in values[key]) for key in ("mean", "std")))


def _like(values, x):
    return x.new_tensor(values) if torch.is_tensor(x) else np.array(values)
