"""Which features and targets go together: hierarchical clustering by rank correlation (Yang et al., Fig. 2g)."""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform


def cluster(rho):
    """(linkage, order) of k variables with the rank correlations rho (k, k).

    Distance 1 − |ρ|: 0 for variables that rise or fall together, 1 for unrelated ones. Average linkage, as the distance is
    not Euclidean: the height of a branch is the mean distance between the members of its two sides. linkage: (k − 1, 4)
    as SciPy writes it; order (k,): the variables so that no branches cross.
    """
    distance = 1 - np.abs(rho)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform((distance + distance.T) / 2), method="average", optimal_ordering=True)
    return tree, leaves_list(tree)
