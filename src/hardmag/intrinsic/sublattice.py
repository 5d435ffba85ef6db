"""The sublattice model: R and T each bring their magnetisation and anisotropy, with their own laws of temperature.

Tc, µ0·Ms and K1 are linear in few columns that physics names. Those of Ms and K1 are fitted as what is left of an expectation:
µ0·Ms of the pure compounds at 4 K, and K1 of Y2Fe14B and of the published crystal field. The penalty that draws them there is
chosen by cross-validation within the rows of the fit.
"""

from dataclasses import dataclass

import numpy as np

from hardmag.intrinsic.physics import anisotropy_of_metals, end_members, unscaled
from hardmag.intrinsic.splits import split
from hardmag.materials.composition import ELEMENTS, RARE_EARTHS
from hardmag.materials.intrinsic import Chain, Linear, Physics, product

OF_TC = tuple(RARE_EARTHS) + ("Co", "Co^2", "Co^3", "Ni", "Ni^2")
TC_PENALTY = 1e-3  # keeps what the rows do not tell, as Ce with Co, finite
# What R brings to the moment does not depend on Co; the anisotropy of Pr and Nd does, as Co changes their crystal field. La and
# Ce have no 4f moment, so no anisotropy of their own.
MAGNETISATION = tuple(f"{word} m" for word in ("La", "Ce", "Pr", "Nd", "Co", "Co^2", "Ni"))
ANISOTROPY = ("Co q_T", "Co^2 q_T", "Ni q_T")
ANISOTROPY += tuple(f"{R}{word} q_{R}" for R in ("Pr", "Nd") for word in ("", " Co", " Co^2"))
REPEATS = 5
PENALTIES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
HUBER = 1.345  # standard deviations from which an error counts linearly: 95 % efficiency for a normal distribution


@dataclass(frozen=True)
class Expectation:
    """{column: coefficient} before any row is seen, of µ0·Ms (T) and K1 (MJ/m³)."""

    mu0_Ms_T: dict
    K1_MJ_per_m3: dict


def expectation(s_T):
    """From the pure compounds at 4 K, and from the crystal field. Ce2Co14B is unknown: it is taken to lose as the others do."""
    members = end_members()
    iron = {R: member["4"] for (R, T), member in members.items() if T == "Fe"}
    cobalt = {R: member["4"] for (R, T), member in members.items() if T == "Co"}
    lost = float(np.mean([cobalt[R] / iron[R] for R in cobalt]))
    Ms = {f"{R} m": value for R, value in iron.items()}
    Ms |= {f"{R} Co m": cobalt.get(R, lost * value) - value for R, value in iron.items()}
    K1 = {"q_T": anisotropy_of_metals()} | {f"{R} q_{R}": value for R, value in unscaled(members, s_T).items()}
    return Expectation(Ms, K1)


COLUMNS = {"mu0_Ms_T": MAGNETISATION, "K1_MJ_per_m3": ANISOTROPY}


def choose_penalties(physics: Physics, measured, curie, expected: Expectation):
    """{target: the one of PENALTIES with the least error on compositions left out}."""
    Tc = fit_curie(curie)
    return {target: _penalty(*_problem(physics, Tc, measured, expected, target)) for target in COLUMNS}


def fit_sublattice(physics: Physics, measured, curie, expected: Expectation, penalties) -> Chain:
    """Chain of rows of Measured, and of rows with a Curie temperature."""
    Tc, found = fit_curie(curie), {}
    for target, columns in COLUMNS.items():
        A, left, _ = _problem(physics, Tc, measured, expected, target)
        total = dict(getattr(expected, target))
        for name, value in zip(columns, ridge(A, left, penalties[target]).tolist(), strict=True):
            total[name] = total.get(name, 0.0) + value
        found[target] = Linear(tuple(total), np.array([*total.values()]))
    return Chain(Tc, **found)


def fit_curie(curie):
    """Linear of Tc (K): Huber's loss, so that one laboratory's error does not move it."""
    rows = curie.known("Tc_K")
    columns = matrix(OF_TC, shares_of(rows.shares))
    return Linear(OF_TC, huber(columns, rows.Tc_K, TC_PENALTY))


def shares_of(shares):
    """Features that need no temperature: {element: (n,)} of shares (n, 8)."""
    return dict(zip(ELEMENTS, np.asarray(shares, dtype=float).T, strict=True))


def matrix(columns, features):
    """(n, c) of columns by their names."""
    rows = len(features["Fe"])
    return np.stack([np.broadcast_to(product(name, features), rows) for name in columns], axis=1)


def _problem(physics, Tc, measured, expected, target):
    """Columns (n, c), what is left of the target (n,) after the expectation, and the rows."""
    rows, prior = measured.known(target), getattr(expected, target)
    features = Chain(Tc, Tc, Tc).features(physics, rows.shares, rows.T_K)
    left = getattr(rows, target) - matrix(prior, features) @ np.array([*prior.values()])
    return matrix(COLUMNS[target], features), left, rows


def _penalty(A, left, rows):
    folds = split(rows, "composition", REPEATS, 0)
    errors = {penalty: 0.0 for penalty in PENALTIES}
    for fold in folds:
        for k in np.unique(fold):
            fitted = fold != k
            for penalty in PENALTIES:
                error = left[~fitted] - A[~fitted] @ ridge(A[fitted], left[fitted], penalty)
                errors[penalty] += float(error @ error)
    return min(errors, key=errors.get)


def ridge(A, b, penalty, weight=1.0):
    """(c,) least squares of A (n, c) x = b (n,) with penalty · |x|²."""
    weighted = A * np.broadcast_to(weight, len(b))[:, None]
    return np.linalg.solve(weighted.T @ A + penalty * np.eye(A.shape[1]), weighted.T @ b)


def huber(A, b, penalty):
    """The same with Huber's loss, by iterated weights; the scale is the median error's."""
    x = ridge(A, b, penalty)
    for _ in range(50):
        error = np.abs(b - A @ x)
        scale = 1.4826 * np.median(error)
        x = ridge(A, b, penalty, np.minimum(1.0, HUBER * scale / np.maximum(error, 1e-12)))
    return x
