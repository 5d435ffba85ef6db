"""Overlap of two sets of compositions: whether those measured lie where another table, ab initio or of the literature, does."""

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

WITHIN = 0.95  # of the other set's own distances
NEIGHBOURS = 15  # of UMAP, its default
SEED = 0


@dataclass(frozen=True)
class Overlap:
    """Distances are shares of atoms of R, plus those of T, to be replaced.

    to_other: (n,) from each measured composition to the nearest of the other set; own: (m,) from each of the other set to its
    nearest neighbour there; reach: below which WITHIN of `own` are; share: of the measured that are within reach.
    """

    to_other: np.ndarray
    own: np.ndarray
    reach: float
    share: float


def overlap(measured, other):
    """Overlap of compositions measured (n, 8) with another set's, (m, 8); what is repeated counts once."""
    measured, other = distinct(measured), distinct(other)
    among = distances(other, other)
    np.fill_diagonal(among, np.inf)
    own, to_other = among.min(axis=1), distances(measured, other).min(axis=1)
    reach = float(np.quantile(own, WITHIN))
    return Overlap(to_other, own, reach, float(np.mean(to_other <= reach + 1e-9)))


def distinct(shares):
    """Compositions, each once, to 0.001 of a share."""
    return np.unique(np.round(shares, 3), axis=0)


def distances(a, b):
    """(n, m) between compositions (n, 8) and (m, 8)."""
    return np.abs(np.asarray(a)[:, None] - np.asarray(b)[None]).sum(axis=2) / 2


def plane(measured, other):
    """(measured (n, 2), other (m, 2), 'UMAP' or 'PCA'): both sets in a plane that was found from the other alone, by UMAP where
    umap-learn is installed. UMAP's distances between groups mean nothing, and it puts equal compositions at different places:
    the distances of `overlap` are what counts."""
    try:
        import umap
    except ImportError:
        found = PCA(2).fit(other)
        return found.transform(measured), found.transform(other), "PCA"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that a seed takes one thread
        found = umap.UMAP(n_neighbors=min(NEIGHBOURS, len(other) - 1), metric="manhattan", random_state=SEED).fit(other)
        return found.transform(measured), found.embedding_, "UMAP"
