"""What claims on composition are judged by: the model, the measured rows, and scores on what it was not fitted to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hardmag.intrinsic.explain import Background, Explanation, explain
from hardmag.intrinsic.tables import Measured
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import BACKGROUND_K, EXPLAINED, HOT_K

EXPLAINED_TARGETS = ("mu0_Ms_T", "K1_MJ_per_m3")


@dataclass(frozen=True)
class Evidence:
    """scores: {"sublattice": {"composition": {target: {"R2", "RMSE", "coverage": {"cv_plus", "bootstrap"}}}}, "noise_floor":
    {target: number}}, of which parts may be missing."""

    model: IntrinsicModel
    measured: Measured
    scores: dict

    @cached_property
    def members(self) -> Explanation:
        """The explanation of the paper's composition, (2, k) of the bootstrap's k fits."""
        return explained(self.model.spread, self.measured.shares)

    @cached_property
    def fitted(self) -> Explanation:
        """The same of the model itself, (2,)."""
        return explained(self.model.at, self.measured.shares)

    def score(self, target, *names):
        """A number of the scores by composition, NaN where there is none."""
        found = self.scores.get("sublattice", {}).get("composition", {}).get(target, {})
        for name in names:
            found = found.get(name, {})
        return float(found) if isinstance(found, int | float) else np.nan


def explained(of, measured):
    """Explanation of EXPLAINED_TARGETS (2, …) of the paper's composition. of: IntrinsicModel.at or .spread; measured: shares
    (n, 8) of the rows."""

    def predict(shares, T_K):
        found = of(shares, T_K)
        return np.stack([found[name] for name in EXPLAINED_TARGETS])

    return explain(predict, EXPLAINED, HOT_K, Background(measured, BACKGROUND_K))
