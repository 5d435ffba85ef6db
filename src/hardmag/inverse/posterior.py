"""Neural posterior estimation: the distribution of the structures that belong to queried targets, as a normalizing flow.

Greenberg et al., Automatic posterior transformation for likelihood-free inference (ICML 2019), in one round: the rows of
the dataset are draws from the prior, and the flow is fitted to them by maximum likelihood. Its variables are the
coordinates of hardmag.inverse.feasible, so that each draw is a feasible design; its context are the targets, the angle and
the properties of the level.
"""

import numpy as np
import torch
import zuko
from sklearn.model_selection import GroupShuffleSplit

from hardmag.inverse.feasible import coordinates_of, values_at
from hardmag.inverse.reach import matching, target_distance
from hardmag.surrogates.network import fit
from hardmag.surrogates.rows import VALIDATION_SHARE

TRANSFORMS, HIDDEN = 3, (48, 48)
DRAWS = 512  # designs drawn per query
CANDIDATES = 8192  # where numbers are prescribed: feasible designs of which DRAWS are kept by their weight
NEAREST = 20  # rows whose angle and level are drawn from where these are left to design


def make_flow(variables, context, seed):
    """A neural spline flow (Durkan et al. 2019) of `variables` given `context` numbers, in fp64; the global random state stays
    as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return zuko.flows.NSF(variables, context, transforms=TRANSFORMS, hidden_features=HIDDEN).double()


def fit_flow(space, rows, feature_scaler, target_scaler, *, seed, epochs):
    """(flow, Fit) fitted to Rows; space: that of all numbers but the angle.

    15 % of the nanostructures are held out and end the training.
    """
    theta = coordinates_of(space, rows.values)
    constants = feature_scaler.transform(rows.x)[:, _constants_at(rows.variables)]
    context = torch.from_numpy(np.hstack([target_scaler.transform(rows.y), constants]))
    shuffle = GroupShuffleSplit(n_splits=1, test_size=VALIDATION_SHARE, random_state=seed)
    train, held_out = next(shuffle.split(rows.x, groups=rows.geometry))
    flow = make_flow(theta.shape[1], context.shape[1], seed)
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


def _constants_at(variables):
    return [variables.features.index(name) for name in variables.constants]


def draw(designer, space, query, seed):
    """(values (n, k), level (n,)) of DRAWS designs from the posterior at the query (t,), at what the space leaves free.

    An angle or a level left free are those of the NEAREST training rows to the query, drawn in equal shares. Where other
    numbers are prescribed, designs drawn evenly from the rest are kept with the weight q(θ | query)/N(θ), the likelihood of the
    query up to a factor: the prior of the coordinates is normal.
    """
    rng, structures = np.random.default_rng(seed), designer.structures
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        if all(name in space.names for name in structures.names):
            alpha, level = _angle_and_level(designer, space, query, DRAWS, rng)
            theta = designer.flow(_context(designer, query, alpha, level)).sample()
            values = values_at(structures, theta).numpy()
        else:
            alpha, level = _angle_and_level(designer, space, query, CANDIDATES, rng)
            values = values_at(space, torch.randn(CANDIDATES, len(space.names), dtype=torch.float64)).numpy()
            values = _turned(designer, values, alpha)
            theta = coordinates_of(structures, values)
            log_weight = designer.flow(_context(designer, query, alpha, level)).log_prob(theta) + theta.square().sum(1) / 2
            weight = torch.softmax(log_weight, 0).numpy()
            kept = rng.choice(CANDIDATES, DRAWS, p=weight / weight.sum())
            values, alpha, level = values[kept], alpha[kept], level[kept]
    return _turned(designer, values, alpha), level


def _turned(designer, values, alpha):
    """values (n, k) at other angles (n,)."""
    turned, variables = values.copy(), designer.variables
    turned[:, variables.numbers.index(variables.angle)] = alpha
    return turned


def _context(designer, query, alpha, level):
    values = _turned(designer, np.tile(designer.values[0], (len(alpha), 1)), alpha)
    features = designer.ensemble.feature_scaler.transform(designer.variables.features_at(values, level))
    targets = np.tile(designer.ensemble.target_scaler.transform(query), (len(alpha), 1))
    return torch.from_numpy(np.hstack([targets, features[:, _constants_at(designer.variables)]]))


def _angle_and_level(designer, space, query, n, rng):
    """(angle (n,), level (n,)): what is prescribed, and otherwise from training rows with targets near the query."""
    rows, angle = matching(designer, space), designer.variables.angle
    near = rows[np.argsort(target_distance(designer, designer.y[rows], query), kind="stable")[:NEAREST]]
    chosen = rng.choice(near, n)
    own = designer.angle(designer.x)[chosen]
    return (np.full(n, space.fixed[angle]) if angle in space.fixed else own), designer.level[chosen]
