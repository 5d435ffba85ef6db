"""Models of Tc, µ0·Ms and K1 by composition and temperature behind one call, and what they are compared with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hardmag.errors import UserError
from hardmag.intrinsic.pls import choose_pls, first_regression, fit_pls
from hardmag.intrinsic.sublattice import (
    Expectation,
    choose_penalties,
    expectation,
    fit_curie,
    fit_sublattice,
    matrix,
    ridge,
    shares_of,
)
from hardmag.materials.composition import RARE_EARTHS
from hardmag.materials.intrinsic import Chain, Linear, Physics

MIXTURE = (*RARE_EARTHS, "Co", "Ni")


@dataclass(frozen=True)
class Given:
    """What models take beside the rows that they are fitted to. ab_initio: Properties of a user's table, or None: then the
    first regression is that of the literature, measured Tc and µ0·M of the pure compounds at 4 K."""

    physics: Physics
    expected: Expectation
    ab_initio: object = None

    @classmethod
    def of(cls, physics, ab_initio=None):
        """With the expectation that goes with the physics."""
        return cls(physics, expectation(physics.s_T), ab_initio)

    def first(self, curie):
        """{property: Linear} of the first of the two regressions of Kovacs et al."""
        if self.ab_initio is not None:
            return first_regression(self.ab_initio)
        columns = tuple(column.removesuffix(" m") for column in self.expected.mu0_Ms_T)
        return {"Tc_K": fit_curie(curie), "mu0_M0_T": Linear(columns, np.array([*self.expected.mu0_Ms_T.values()]))}


@dataclass(frozen=True)
class Model:
    """title: in tables; choose: function of Given, Measured and the rows with a Curie temperature → what is chosen by
    cross-validation among them; fit: function of these and of what was chosen → Chain."""

    title: str
    choose: Callable
    fit: Callable


def _nothing(given, measured, curie):
    return None


def _mean(given, measured, curie, chosen):
    means = [np.array([np.nanmean(getattr(measured, name))]) for name in ("mu0_Ms_T", "K1_MJ_per_m3")]
    return Chain(fit_curie(curie), *(Linear(("1",), mean) for mean in means))


def _mixture(given, measured, curie, chosen):
    fits = []
    for name in ("mu0_Ms_T", "K1_MJ_per_m3"):
        rows = measured.known(name)
        fits.append(Linear(MIXTURE, ridge(matrix(MIXTURE, shares_of(rows.shares)), getattr(rows, name), 1e-3)))
    return Chain(fit_curie(curie), *fits)


def _choose_pls(given, measured, curie):
    return choose_pls(given.physics, measured, curie)


def _pls(given, measured, curie, chosen):
    return fit_pls(given.physics, measured, curie, None, chosen)


def _choose_augmented(given, measured, curie):
    return choose_pls(given.physics, measured, curie, given.first(curie))


def _augmented(given, measured, curie, chosen):
    return fit_pls(given.physics, measured, curie, given.first(curie), chosen)


def _choose_sublattice(given, measured, curie):
    return choose_penalties(given.physics, measured, curie, given.expected)


def _sublattice(given, measured, curie, chosen):
    return fit_sublattice(given.physics, measured, curie, given.expected, chosen)


MODELS = {
    "mean": Model("mean of the rows", _nothing, _mean),
    "mixture": Model("in proportion to the elements", _nothing, _mixture),
    "pls": Model("PLS of composition", _choose_pls, _pls),
    "pls_augmented": Model("PLS augmented (Kovacs et al.)", _choose_augmented, _augmented),
    "sublattice": Model("sublattices", _choose_sublattice, _sublattice),
}


def choose(name, given, measured, curie):
    """What a model of MODELS chooses by cross-validation within these rows. UserError for another name."""
    if name not in MODELS:
        raise UserError(f"model: {name} is not one of {', '.join(MODELS)}")
    return MODELS[name].choose(given, measured, curie)


def fit(name, given, measured, curie, chosen=None):
    """Chain of a model of MODELS; chosen: of `choose`, by default of these rows."""
    chosen = choose(name, given, measured, curie) if chosen is None else chosen
    return MODELS[name].fit(given, measured, curie, chosen)
