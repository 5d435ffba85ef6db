"""Phases given by composition and temperature, in any kind: their K1, µ0Ms and A, and why there is no such phase.

The numbers stand in a sample's content beside composition, temperature and the checksum of the model that they are of. A
content that has them is taken as it is: no later model changes what a planned sample is.
"""

from functools import cache, lru_cache, partial
from hashlib import sha256
from importlib.resources import files

import numpy as np

from hardmag.errors import ImpossibleStructure, InvalidValue
from hardmag.materials import MU0
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.nanostructures.kind import Follows

GROUPS = {"rare earths": RARE_EARTHS, "metals": METALS}
SHARES = ("La", "Ce", "Pr", "Nd", "Co", "Ni")  # elements whose share may be given beside a composition
CONSTANTS = ("K1_MJ_per_m3", "mu0_Ms_T", "A_pJ_per_m")
ROOM_K = 300.0
DIGITS = 9  # of a constant that follows from a composition, in its unit
SHA256 = "intrinsic_sha256"


@cache
def model_sha256():
    """Checksum of the model's file."""
    return sha256((files("hardmag.materials") / "intrinsic.json").read_bytes()).hexdigest()


def composition_of(what, text, shares):
    """The Composition of a phase, in which some elements have other shares ({element: share}) than in its formula.

    Raises ImpossibleStructure where those of a group exceed 1; InvalidValue for a text that is no formula, and where no element
    is left to take the rest.
    """
    for group, elements in GROUPS.items():
        own = {element: share for element, share in shares.items() if element in elements}
        if sum(own.values()) > 1 + 1e-9:
            given = ", ".join(f"{element} = {share:g}" for element, share in own.items())
            raise ImpossibleStructure(f"{what}: shares of {group} must sum to at most 1", given)
    return _parsed(text).with_shares(shares)


def constants_of(what, text, shares, temperature_K, sha256=None):
    """{constant: value} of CONSTANTS of a phase. what: it in words; sha256: of the model, where it must be a certain one.

    Raises ImpossibleStructure where it is no ferromagnet with an easy axis at this temperature, InvalidValue for another model
    and for an element that the model does not know, and both as composition_of.
    """
    if sha256 not in (None, model_sha256()):
        raise InvalidValue(f"{SHA256}: K1, Ms and A are of another model than that of this hardmag; plan again")
    composition, known = composition_of(what, text, shares), _model().covered
    foreign = [element for element in ELEMENTS if composition.share(element) > 0 and element not in known]
    if foreign:
        raise InvalidValue(f"{what}: {composition}: {foreign[0]} is not in the data of the model ({', '.join(known)})")
    found = _at(composition, float(temperature_K))
    given = f"{composition} at {temperature_K:g} K has Tc = {found['Tc_K']:.0f} K, K1 = {found['K1_MJ_per_m3']:.3g} MJ/m3"
    constants = {constant: round(found[constant], DIGITS) for constant in CONSTANTS}
    if min(constants["mu0_Ms_T"], constants["A_pJ_per_m"]) <= 0:
        raise ImpossibleStructure(f"{what} must be below its Curie temperature", given)
    if constants["K1_MJ_per_m3"] < 0:
        raise ImpossibleStructure(f"{what} must have an easy axis, K1 >= 0", given)
    return constants


def in_SI(constants):
    """(A in J/m, Ku in J/m³, Ms in A/m) of constants_of."""
    K1, Ms, A = (constants[name] for name in CONSTANTS)
    return A * 1e-12, K1 * 1e6, Ms / MU0


def composed(structure, name):
    """{parameter: value} of the constants of one of a kind's phases, {} where its composition is not given.

    structure: of a kind with the parameters NAME_composition, NAME_Nd, … (SHARES), NAME_K1_MJ_per_m3, … (CONSTANTS),
    temperature_K and SHA256. Raises ValueError, in one line, for parameters that do not go together.
    """
    shares = {element: share for element in SHARES if (share := getattr(structure, f"{name}_{element}")) is not None}
    text = getattr(structure, f"{name}_composition")
    if text is None:
        if shares:
            raise ValueError(f"{name}_{next(iter(shares))}: goes with {name}_composition")
        return {}
    own = [key for constant in CONSTANTS if (key := f"{name}_{constant}") in structure.model_fields_set]
    if structure.intrinsic_sha256 is not None and len(own) == len(CONSTANTS):  # a planned sample's
        return {key: getattr(structure, key) for key in own}
    if own:
        raise ValueError(f"{own[0]}: goes not with {name}_composition; give one or the other")
    temperature_K = ROOM_K if structure.temperature_K is None else structure.temperature_K
    found = constants_of(f"the {name}", text, shares, temperature_K, structure.intrinsic_sha256)
    return {f"{name}_{constant}": value for constant, value in found.items()}


def follows(name):
    """{column: Follows} of the constants of a phase."""
    also = tuple(f"{name}_{element}" for element in SHARES)
    rules = {constant: partial(_column, name, constant) for constant in CONSTANTS}
    return {f"{name}_{constant}": Follows((f"{name}_composition", "temperature_K"), r, also) for constant, r in rules.items()}


def shares_at(text, given, n):
    """(n, 8) shares of a composition in which some elements have given ones: {element: (n,)}.

    Where those exceed 1 nothing is left for the others: searches meet such designs before the kind refuses them.
    """
    found = np.tile(_parsed(text).shares, (n, 1))
    for elements in GROUPS.values():
        place = [ELEMENTS.index(element) for element in elements]
        own = [ELEMENTS.index(element) for element in elements if element in given]
        if not own:
            continue
        others = [k for k in place if k not in own]
        total = np.zeros(n)
        for k in own:
            found[:, k] = given[ELEMENTS[k]]
            total += found[:, k]
        had = found[:, others].sum(1)
        rest = np.where(had > 0, np.maximum(1 - total, 0), 0)
        found[:, others] *= (rest / np.where(had > 0, had, 1))[:, None]
        found[:, place] /= found[:, place].sum(1, keepdims=True)
    return found


def _column(name, constant, columns):
    """A constant of a phase, (n,) like its columns; above the Curie temperature 0."""
    temperature = np.asarray(columns["temperature_K"], dtype=float)
    given = {e: np.asarray(columns[key], dtype=float) for e in SHARES if (key := f"{name}_{e}") in columns}
    given = {element: share for element, share in given.items() if np.isfinite(share).all()}
    (text,) = set(np.ravel(columns[f"{name}_composition"]).tolist())
    values = _values(shares_at(text, given, len(temperature)).tobytes(), temperature.tobytes())[constant]
    return np.array([round(value, DIGITS) for value in values.tolist()])


@lru_cache(64)  # K1, Ms and A of a phase are asked for one after the other
def _values(shares, temperature_K):
    """{constant: (n,)} of the bytes of shares (n, 8) and temperatures (n,)."""
    return _model().at(np.frombuffer(shares).reshape(-1, len(ELEMENTS)), np.frombuffer(temperature_K))


@lru_cache(4096)  # designs of a loop often share a phase
def _at(composition, temperature_K):
    return {key: float(np.ravel(value)[0]) for key, value in _model().at(composition, temperature_K).items()}


@lru_cache(256)
def _parsed(text):
    return Composition.parse(text)


@cache
def _model():
    return IntrinsicModel.read()
