"""Neural adjoint: gradient descent from many starts, through the ensemble of forward networks, to the queried targets.

Ren et al., Benchmarking deep inverse models over time, and the neural-adjoint method (NeurIPS 2020). Their boundary loss
is not needed: the coordinates of hardmag.inverse.feasible know no other than feasible designs.
"""

import numpy as np
import torch

from hardmag.inverse.feasible import feature_tensor, values_at
from hardmag.inverse.success import tolerances

STARTS, STEPS, LEARNING_RATE = 64, 100, 0.1


def descend(designer, space, query, seed):
    """(values (n, k), level (n,)) of STARTS descents towards the query (t,), a design each; every level of the space has its
    share of the starts.

    Minimised is the mean over the members of the squared misfit in tolerances: the squared misfit of the mean plus the
    variance of the members, so that designs that the members agree on are preferred.
    """
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(STARTS, len(space.names), generator=generator, dtype=torch.float64).requires_grad_(True)
    level = np.resize(np.array(space.levels), STARTS)
    optimiser = torch.optim.Adam([theta], lr=LEARNING_RATE)
    for _ in range(STEPS if space.names else 0):
        optimiser.zero_grad()
        expected_misfit(designer, values_at(space, theta), level, query).sum().backward()
        optimiser.step()
    with torch.no_grad():
        return values_at(space, theta).numpy(), level


def expected_misfit(designer, values, level, query):
    """(n,): mean over members of the sum over targets that are asked for of ((F(x) − query)/tolerance)², for values (n, k), a
    tensor, and their levels."""
    ensemble, variables = designer.ensemble, designer.variables
    scaled = ensemble.feature_scaler.transform(feature_tensor(variables, values, level))
    allowed = tolerances(query, variables.targets)
    query, tolerance = (torch.from_numpy(np.asarray(v, dtype=np.float64)) for v in (query, allowed))
    predicted = torch.stack([ensemble.target_scaler.inverse(network(scaled)) for network in ensemble.members])
    asked = ~query.isnan()
    return ((predicted[..., asked] - query[asked]) / tolerance[asked]).square().sum(dim=2).mean(dim=0)
