"""What claims on composition are judged by: the model, the measured rows, and scores on what it was not fitted to."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hardmag.intrinsic.explain import EACH, Background, Explanation, explain
from hardmag.intrinsic.tables import Measured
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import BACKGROUND_K, EXPLAINED, HOT_K

EXPLAINED_TARGETS = ("mu0_Ms_T", "K1_MJ_per_m3")


@dataclass(frozen=True)
class Evidence:
    """scores: of the sublattice model, as steps.score_model writes them: {"scores", "coverage": {scheme: {target: {…}}}}."""

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

    def score(self, target, key):
        """R2 or RMSE on compositions left out."""
        return self.scores["scores"]["composition"][target][key]

    def coverage(self, target, kind):
        """Share of measured values, of compositions left out, within the interval of a kind, cv_plus or bootstrap."""
        return self.scores["coverage"]["composition"][target][kind]


def explained(of, measured, players=EACH):
    """Explanation of EXPLAINED_TARGETS (2, …) of the paper's composition. of: IntrinsicModel.at or .spread; measured: shares
    (n, 8) of the rows; players: as for explain."""

    def predict(shares, T_K):
        found = of(shares, T_K)
        return np.stack([found[name] for name in EXPLAINED_TARGETS])

    return explain(predict, EXPLAINED, HOT_K, Background(measured, BACKGROUND_K), players)
