"""Neural posterior estimation: the distribution of the lengths that belong to queried targets, as a normalizing flow.

Greenberg et al., Automatic posterior transformation for likelihood-free inference (ICML 2019), in one round: the rows of
the dataset are draws from the prior, and the flow is fitted to them by maximum likelihood. Its variables are the
coordinates of hardmag.inverse.feasible, so that each draw is a feasible design; its context are both targets, α and
the properties of the Z phase.
"""

import numpy as np
import torch
import zuko
from sklearn.model_selection import GroupShuffleSplit

from hardmag.inverse.feasible import coordinates_of, features_at, values_at
from hardmag.inverse.reach import matching, target_distance
from hardmag.surrogates.network import fit
from hardmag.surrogates.rows import FEATURES, GEOMETRY, PRESCRIBED, TARGETS, VALIDATION_SHARE, geometry_of

TRANSFORMS, HIDDEN = 3, (48, 48)
DRAWS = 512  # designs drawn per query
CANDIDATES = 8192  # where lengths are prescribed: feasible designs of which DRAWS are kept by their weight
NEAREST = 20  # rows whose α and Z set are drawn from where these are left to design
CONSTANTS = slice(len(GEOMETRY), len(FEATURES))


def make_flow(variables, seed):
    """A neural spline flow (Durkan et al. 2019) of `variables` in fp64; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        context = len(TARGETS) + len(PRESCRIBED)
        return zuko.flows.NSF(variables, context, transforms=TRANSFORMS, hidden_features=HIDDEN).double()


def fit_flow(space, x, y, feature_scaler, target_scaler, *, seed, epochs):
    """(flow, Fit) fitted to features x (n, 8) and targets y (n, 2), in units; space: that of all lengths.

    15 % of the nanostructures are held out and end the training.
    """
    theta = coordinates_of(space, x[:, : len(GEOMETRY) + 1])
    context = torch.from_numpy(np.hstack([target_scaler.transform(y), feature_scaler.transform(x)[:, CONSTANTS]]))
    shuffle = GroupShuffleSplit(n_splits=1, test_size=VALIDATION_SHARE, random_state=seed)
    train, held_out = next(shuffle.split(x, groups=geometry_of(x)))
    flow = make_flow(theta.shape[1], seed)
    result = fit(
        flow,
        lambda inputs, given: -flow(given).log_prob(inputs).mean(),
        (theta[train], context[train]),
        (theta[held_out], context[held_out]),
        generator=torch.Generator().manual_seed(seed),
        epochs=epochs,
        patience=40,
        batch_size=128,
        learning_rate=1e-3,
    )
    return flow, result


def draw(designer, space, query, seed):
    """(values (n, 5), z_set (n,)) of DRAWS designs from the posterior at the query (2,), at what the space leaves free.

    α or a Z set left free are those of the NEAREST training rows to the query, drawn in equal shares. Where lengths are
    prescribed, designs drawn evenly from the rest are kept with the weight q(θ | query)/N(θ), the likelihood of the query
    up to a factor: the prior of the coordinates is normal.
    """
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        if all(name in space.names for name in designer.lengths.names):
            alpha, z_set = _constants(designer, space, query, DRAWS, rng)
            theta = designer.flow(_context(designer, query, alpha, z_set)).sample()
            values = values_at(designer.lengths, theta).numpy()
        else:
            alpha, z_set = _constants(designer, space, query, CANDIDATES, rng)
            values = values_at(space, torch.randn(CANDIDATES, len(space.names), dtype=torch.float64)).numpy()
            values[:, -1] = alpha
            theta = coordinates_of(designer.lengths, values)
            log_weight = designer.flow(_context(designer, query, alpha, z_set)).log_prob(theta) + theta.square().sum(1) / 2
            weight = torch.softmax(log_weight, 0).numpy()
            kept = rng.choice(CANDIDATES, DRAWS, p=weight / weight.sum())
            values, alpha, z_set = values[kept], alpha[kept], z_set[kept]
    values[:, -1] = alpha
    return values, z_set


def _context(designer, query, alpha, z_set):
    values = np.column_stack([np.zeros((len(alpha), len(GEOMETRY))), alpha])
    constants = designer.ensemble.feature_scaler.transform(features_at(values, z_set))[:, CONSTANTS]
    targets = np.tile(designer.ensemble.target_scaler.transform(query), (len(alpha), 1))
    return torch.from_numpy(np.hstack([targets, constants]))


def _constants(designer, space, query, n, rng):
    """(alpha (n,), z_set (n,)): what is prescribed, and otherwise from training rows with targets near the query."""
    rows = matching(designer, space)
    near = rows[np.argsort(target_distance(designer, designer.y[rows], query), kind="stable")[:NEAREST]]
    chosen = rng.choice(near, n)
    alpha = designer.x[chosen, FEATURES.index("alpha_deg")]
    return (np.full(n, space.fixed["alpha_deg"]) if "alpha_deg" in space.fixed else alpha), designer.z_set[chosen]
