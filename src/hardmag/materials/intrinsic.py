"""Intrinsic properties of R2T14B by composition and temperature, read from a file that hardmag.intrinsic writes.

Tc, µ0·Ms and K1 are each linear in columns, products of features: shares of the elements, the temperature, and laws of
temperature that follow from Tc (hardmag.materials.laws). So one form holds the sublattice model and partial least squares.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from hardmag.errors import InvalidValue, UserError, reason
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.materials.laws import T0_K, Law, kuzmin
from hardmag.materials.phase import MU0, Phase

SHIPPED = Path(__file__).with_name("intrinsic.json")
FORMAT_VERSION = 1
PROPERTIES = ("Tc_K", "mu0_Ms_T", "K1_MJ_per_m3")
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Linear:
    """Σ coefficient · column. columns: (c,) texts, 'Nd Co^2 q_Nd' for the product of features, '1' for a constant;
    coefficients: (c,), or (k, c) of k members."""

    columns: tuple
    coefficients: np.ndarray

    def __call__(self, features):
        """(n,), or (k, n) of members. features: {name: (n,) or (k, n)}."""
        total = 0.0
        for column, coefficient in zip(self.columns, np.moveaxis(np.asarray(self.coefficients), -1, 0), strict=True):
            total = total + coefficient[..., None] * product(column, features)
        return total


def product(column, features):
    """A column by its name: (n,) or (k, n)."""
    value = 1.0
    for name, power in _factors(column):
        value = value * (features[name] if power == 1 else features[name] ** power)
    return value


@cache
def _factors(column):
    """((name, power), …) of a column; none of '1'."""
    words = (word.partition("^") for word in column.split() if word != "1")
    return tuple((name, int(power or 1)) for name, _, power in words)


@dataclass(frozen=True)
class Physics:
    """What a fit takes from elsewhere.

    s: {R: shape of Kuz'min's law in R2Fe14B}; s_Co: in R2Co14B; s_T: of the transition metals alone; T_exponent: K1 of the
    transition metals ∝ m_T to it above T0_K, and constant below; laws: {R: Law}; A_pJ_per_m: exchange stiffness where Tc is
    A_Tc_K and the magnetisation over that at 0 K is A_m, A ∝ Tc · m to A_exponent.
    """

    s: dict
    s_Co: float
    s_T: float
    T_exponent: float
    laws: dict
    A_pJ_per_m: float
    A_Tc_K: float
    A_m: float
    A_exponent: float

    @classmethod
    def from_dict(cls, given):
        return cls(**given | {"laws": {R: Law(**table) for R, table in given["laws"].items()}})


@dataclass(frozen=True)
class Chain:
    """Tc, then what follows from it: `extras` ({name: Linear}, further features, in this order), µ0·Ms and K1."""

    Tc_K: Linear
    mu0_Ms_T: Linear
    K1_MJ_per_m3: Linear
    extras: dict = field(default_factory=dict)

    def features(self, physics, shares, T_K):
        """{name: (n,) or (k, n)}. shares (n, 8) in the order of ELEMENTS, T_K (n,)."""
        found = dict(zip(ELEMENTS, np.asarray(shares, dtype=float).T, strict=True))
        found["T"] = np.broadcast_to(np.asarray(T_K, dtype=float), found["Fe"].shape) / T0_K
        found["Tc"] = np.maximum(self.Tc_K(found), 1.0)
        found |= self._laws(physics, found, found["T"] * T0_K)
        for name, linear in self.extras.items():
            found[name] = linear(found)
        return found

    def _laws(self, physics, shares, T_K):
        Tc_K, Co = shares["Tc"], shares["Co"]
        s = sum(shares[R] * s for R, s in physics.s.items()) * (1 - Co) + Co * physics.s_Co
        m_T = kuzmin(T_K, Tc_K, physics.s_T)
        above = np.minimum(m_T / np.maximum(kuzmin(T0_K, Tc_K, physics.s_T), 1e-9), 1.0)
        laws = {"m": kuzmin(T_K, Tc_K, s), "m_0": kuzmin(T0_K, Tc_K, s), "q_T": above**physics.T_exponent * (m_T > 0)}
        return laws | {f"q_{R}": law(T_K, m_T) * (m_T > 0) for R, law in physics.laws.items()}

    def at(self, physics, shares, T_K):
        """{property: (n,) or (k, n)}; 0 from Tc on, and never below 0 but for K1, which may prefer the plane."""
        features = self.features(physics, shares, T_K)
        ordered = features["m"] > 0
        Ms = np.maximum(self.mu0_Ms_T(features), 0.0) * ordered
        A = physics.A_pJ_per_m * features["Tc"] / physics.A_Tc_K * (features["m"] / physics.A_m) ** physics.A_exponent
        K1 = self.K1_MJ_per_m3(features) * ordered
        return {"Tc_K": features["Tc"] + 0 * Ms, "mu0_Ms_T": Ms, "K1_MJ_per_m3": K1, "A_pJ_per_m": A}


@dataclass(frozen=True)
class LeftOut:
    """Models of folds that leave out whole groups of rows. chain: with (k, c) coefficients; errors: {property: (fold (r,),
    absolute error (r,))} of the rows that a fold left out."""

    chain: Chain
    errors: dict

    def interval(self, physics, shares, T_K):
        """{property: (low (n,), high (n,))}, 95 %, by CV+."""
        members = self.chain.at(physics, shares, T_K)
        return {name: cross_interval(members[name], *self.errors[name]) for name in PROPERTIES}


@dataclass(frozen=True)
class IntrinsicModel:
    """A fitted model. chain: of all data; bootstrap: the same with (k, c) coefficients; left_out: {"composition", "family":
    LeftOut}; data: (n, 8) compositions; covered: elements; origin: what it is, for tables."""

    physics: Physics
    chain: Chain
    bootstrap: Chain
    left_out: dict
    data: np.ndarray
    covered: tuple
    origin: str

    @classmethod
    def read(cls, path=None):
        """The model of a file, by default the one that comes with hardmag. UserError for what is no such file."""
        return _read(Path(path or SHIPPED).resolve())

    def at(self, composition, temperature_K):
        """{Tc_K, mu0_Ms_T, K1_MJ_per_m3, A_pJ_per_m: (n,)}; composition: a Composition or shares (n, 8) in the order of
        ELEMENTS; temperature_K: number or (n,)."""
        return self.chain.at(self.physics, *_rows(composition, temperature_K))

    def spread(self, composition, temperature_K):
        """{property: (k, n)} of fits to bootstrap samples: how far the fit depends on which rows were measured, as Kovacs et
        al. 2023 give it. No interval of a measurement: it leaves out the errors of rows, and all that was not fitted, as K1
        of the transition metals."""
        return self._members(self.bootstrap, composition, temperature_K)

    def _members(self, chain, composition, temperature_K):
        found = chain.at(self.physics, *_rows(composition, temperature_K))
        return {name: found[name] for name in PROPERTIES}

    def interval(self, composition, temperature_K):
        """{property: (low (n,), high (n,))}, 95 %, of a measurement in another laboratory (CV+, see `cross_interval`).

        Where compositions of the same elements are in the data, from folds that left out compositions; else from folds that
        left out all of the same elements, which is wider. Errors were measured at the data's temperatures, and are taken to be
        as large at others; from Tc on there is nothing to be wrong about.
        """
        shares, T_K = _rows(composition, temperature_K)
        found = self.left_out["composition"].interval(self.physics, shares, T_K)
        wider = self.left_out["family"].interval(self.physics, shares, T_K)
        near, ordered = self.has_family(shares), self.chain.at(self.physics, shares, T_K)["mu0_Ms_T"] > 0
        for name in PROPERTIES:
            known = True if name == "Tc_K" else ordered
            found[name] = tuple(np.where(near, *pair) * known for pair in zip(found[name], wider[name], strict=True))
        return found

    def has_family(self, composition):
        """(n,) whether the data have a composition of the same elements."""
        shares, _ = _rows(composition, T0_K)
        return ((shares > 0)[:, None, :] == (self.data > 0)[None]).all(axis=2).any(axis=1)

    def measured_once(self, composition):
        """Elements of a Composition that stand in one composition of the data only: what they bring rests on that alone."""
        times = (self.data > 0).sum(axis=0)
        return tuple(element for element, n in zip(ELEMENTS, times, strict=True) if n == 1 and composition.share(element) > 0)

    def distance(self, composition):
        """(n,) to the nearest composition of the data: the share of atoms of R, plus that of T, to be replaced."""
        return apart(_rows(composition, T0_K)[0], self.data).min(axis=1)

    def nearest(self, composition):
        """The Composition of the data that is nearest to one."""
        shares = self.data[apart(_rows(composition, T0_K)[0], self.data)[0].argmin()]
        sums = [shares[: len(RARE_EARTHS)].sum(), shares[len(RARE_EARTHS) :].sum()]  # 1 but for the digits of the file
        return Composition(tuple(shares / np.repeat(sums, (len(RARE_EARTHS), len(METALS)))))

    @property
    def usual_distance(self):
        """That within which 95 % of the compositions of the data have another: what is farther than that is far from them."""
        between = apart(self.data, self.data)
        np.fill_diagonal(between, np.inf)
        return float(np.quantile(between.min(axis=1), CONFIDENCE))

    def phase(self, name, composition, temperature_K, axis=(0.0, 0.0, 1.0)):
        """Phase of a composition at a temperature. InvalidValue in one line where it is none: from Tc on, an element that the
        model was not fitted to, or a K1 < 0, whose easy directions lie in the plane."""
        foreign = [element for element in ELEMENTS if composition.share(element) > 0 and element not in self.covered]
        if foreign:
            raise InvalidValue(f"{name}: {composition}: {foreign[0]} is not in the model's data ({', '.join(self.covered)})")
        found = {key: float(value[0]) for key, value in self.at(composition, temperature_K).items()}
        if found["mu0_Ms_T"] == 0:
            raise InvalidValue(f"{name}: {composition} is not magnetic at {temperature_K:g} K, its Tc is {found['Tc_K']:.0f} K")
        if found["K1_MJ_per_m3"] < 0:
            raise InvalidValue(
                f"{name}: {composition} has K1 = {found['K1_MJ_per_m3']:.2f} MJ/m³ at {temperature_K:g} K: no easy axis"
            )
        A, K1 = found["A_pJ_per_m"] * 1e-12, found["K1_MJ_per_m3"] * 1e6
        return Phase(name, A, K1, found["mu0_Ms_T"] / MU0, axis)


def apart(shares, others):
    """(n, m) distances of compositions, shares (n, 8) and (m, 8): the share of atoms of R, plus that of T, to be replaced."""
    return np.abs(shares[:, None, :] - others[None]).sum(axis=2) / 2


def cross_interval(members, fold, error):
    """(low (n,), high (n,)), 95 %, of CV+ (Barber, Candès, Ramdas and Tibshirani, Ann. Statist. 49, 486 (2021)).

    members (k, n): predictions of the models of k folds; fold, error (r,): of rows left out, by which model, and the absolute
    error there.
    """
    rank = min(int(np.ceil(CONFIDENCE * (len(error) + 1))), len(error))
    low = np.sort(members[fold] - error[:, None], axis=0)[len(error) - rank]
    return low, np.sort(members[fold] + error[:, None], axis=0)[rank - 1]


def _rows(composition, temperature_K):
    shares = composition.shares if isinstance(composition, Composition) else composition
    shares = np.atleast_2d(np.asarray(shares, dtype=float))
    return shares, np.broadcast_to(np.asarray(temperature_K, dtype=float), len(shares))


@cache
def _read(path):
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: not a readable model of intrinsic properties: {reason(error)}") from None
    found = given.get("format") if isinstance(given, dict) else None
    if found != FORMAT_VERSION:
        raise UserError(
            f"{path}: format {found}, this version of hardmag reads models of intrinsic properties of {FORMAT_VERSION}"
        )
    try:
        return _model(given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{path}: a damaged model of intrinsic properties: {type(error).__name__} {error}") from None


def _model(given):
    columns = {name: tuple(words) for name, words in given["columns"].items()}
    chain_of = lambda stored: _chain(columns, stored)  # noqa: E731
    return IntrinsicModel(
        physics=Physics.from_dict(given["physics"]),
        chain=chain_of(given["fit"]),
        bootstrap=chain_of(given["bootstrap"]),
        left_out={scheme: _left_out(chain_of(part["folds"]), part["errors"]) for scheme, part in given["left_out"].items()},
        data=np.array(given["data"]),
        covered=tuple(given["covered"]),
        origin=given["origin"],
    )


def _left_out(chain, errors):
    return LeftOut(chain, {name: (np.array(e["fold"]), np.array(e["error"])) for name, e in errors.items()})


def _chain(columns, stored):
    linear = {name: Linear(columns[name], np.array(values, dtype=float)) for name, values in stored.items()}
    return Chain(**{name: linear.pop(name) for name in PROPERTIES}, extras=linear)
