"""Phases given by composition and temperature, in any kind: their K1, µ0Ms and A, and why there is no such phase.

A kind says once which of its phases can be so given: by its base `with_compositions`. The numbers stand in a sample's content
beside composition, temperature and the checksum of the model that they are of. A content that has them is taken as it is: no
later model changes what a planned sample is.
"""

from functools import cache, lru_cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, create_model, model_validator

from hardmag.errors import ImpossibleStructure, InvalidValue
from hardmag.materials import Phase
from hardmag.materials.composition import ELEMENTS, METALS, RARE_EARTHS, Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.nanostructures.constants import CONSTANTS, in_SI
from hardmag.nanostructures.kind import Follows, Kind

GROUPS = {"rare earths": RARE_EARTHS, "metals": METALS}
SHARES = ("La", "Ce", "Pr", "Nd", "Co", "Ni")  # elements whose share may be given beside a composition
ROOM_K = 300.0
DIGITS = 9  # of a constant that follows from a composition or from another phase's, in its unit
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


class Composed(Kind):
    """A kind some of whose phases can be given by composition. Its parameters for that are of `with_compositions`; a subclass
    has those for what follows: NAME_K1_MJ_per_m3, … (CONSTANTS) of all its phases."""

    by_composition: ClassVar[tuple[str, ...]]  # phases that can be so given
    Ms_of: ClassVar[dict[str, str]]  # {phase: another, of whose Ms it may have a share}

    @model_validator(mode="after")
    def _constants_of_compositions(self):
        """So that they stand in the sample's content and the dataset."""
        found = {key: value for name in self.by_composition for key, value in self._constants(name).items()}
        if found:
            found |= {"temperature_K": self._T_K, SHA256: self.intrinsic_sha256 or model_sha256()}
        elif self.temperature_K is not None:
            raise ValueError(f"temperature_K: goes with {' or '.join(f'{name}_composition' for name in self.by_composition)}")
        self._set(found)
        return self

    @model_validator(mode="after")
    def _shared_Ms(self):
        """Ms of a phase that has a share of another's."""
        for name, other in self.Ms_of.items():
            if getattr(self, f"{name}_Ms_of_{other}") is None:
                continue
            key, own = f"{name}_mu0_Ms_T", float(_Ms_of(name, other, vars(self)))
            if key in self.model_fields_set and getattr(self, key) != own:
                raise ValueError(f"{key}: goes not with {name}_Ms_of_{other}; give one or the other")
            self._set({key: own})
        return self

    def composition_of(self, name):
        """The Composition of a phase, None where it is not given."""
        text = getattr(self, f"{name}_composition")
        return text and composition_of(name, text, self._shares(name))

    def phase(self, name):
        """The Phase of its constants."""
        constants = in_SI({constant: getattr(self, f"{name}_{constant}") for constant in CONSTANTS})
        K2_MJ_per_m3 = getattr(self, f"{name}_K2_MJ_per_m3", None) or 0.0
        return Phase(name, *constants, self.easy_axis, K2_J_per_m3=K2_MJ_per_m3 * 1e6)

    @classmethod
    def constants_follow(cls):
        """{column: Follows} of the constants of phases."""
        found = {column: rule for name in cls.by_composition for column, rule in follows(name).items()}
        for name, other in cls.Ms_of.items():
            of = (f"{name}_Ms_of_{other}", f"{other}_mu0_Ms_T")
            found[f"{name}_mu0_Ms_T"] = Follows(of, partial(_Ms_of, name, other))
        return found

    @classmethod
    def script(cls):
        """Its own, after what all kinds with compositions share."""
        own = super().script()
        return own and (files("hardmag.nanostructures") / "composed.js").read_text(encoding="utf-8") + own

    @property
    def _T_K(self):
        return ROOM_K if self.temperature_K is None else self.temperature_K

    def _shares(self, name):
        return {element: share for element in SHARES if (share := getattr(self, f"{name}_{element}")) is not None}

    def _constants(self, name):
        """{parameter: value} of the constants of a phase, {} where its composition is not given."""
        shares, text = self._shares(name), getattr(self, f"{name}_composition")
        if text is None:
            if shares:
                raise ValueError(f"{name}_{next(iter(shares))}: goes with {name}_composition")
            return {}
        own = [key for constant in CONSTANTS if (key := f"{name}_{constant}") in self.model_fields_set]
        if self.intrinsic_sha256 is not None and len(own) == len(CONSTANTS):  # a planned sample's
            return {key: getattr(self, key) for key in own}
        if own:
            raise ValueError(f"{own[0]}: goes not with {name}_composition; give one or the other")
        found = constants_of(f"the {name}", text, shares, self._T_K, self.intrinsic_sha256)
        return {f"{name}_{constant}": value for constant, value in found.items()}

    def _set(self, found):
        for key, value in found.items():
            object.__setattr__(self, key, value)


def with_compositions(whole, names, Ms_of):
    """Composed whose phases `names` may be given by composition: the base of a kind. whole: what that is, in a word.

    Parameters of a kind stand in the order of its bases, the last first, and then its own.
    """
    fields = {f"{name}_composition": _formula(name) for name in names}
    fields["temperature_K"] = _positive(f"of the {whole}, beside a composition; null: {ROOM_K:g} there")
    fields |= {f"{name}_{element}": _share(name, element) for name in names for element in SHARES}
    for name, of in Ms_of.items():
        fields[f"{name}_Ms_of_{of}"] = _positive(f"Ms of the {name} over that of the {of}; null: {name}_mu0_Ms_T")
    meaning = "of the model that K1, Ms and A follow from; set when a campaign is planned"
    fields[SHA256] = Annotated[str | None, Field(description=meaning)]
    base = create_model("Composed", __base__=Composed, **{key: (annotation, None) for key, annotation in fields.items()})
    base.by_composition, base.Ms_of, base.unseen = names, Ms_of, tuple(fields)
    return base


def _formula(name):
    meaning = f'of the {name}: "Nd", "Ce0.75La0.25", "(Nd0.3La0.7)2(Fe0.9Co0.1)14B", …; null: its K1, Ms and A are given'
    return Annotated[str | None, Field(description=meaning)]


def _share(name, element):
    """Type of the share of an element in a phase."""
    group = "metals" if element in METALS else "rare earths"
    meaning = f"share of {element} in the {name}'s {group}, beside {name}_composition, whose others take the rest"
    return Annotated[float | None, Field(ge=0, le=1, description=meaning)]


def _positive(meaning):
    return Annotated[float | None, Field(gt=0, allow_inf_nan=False, description=meaning)]


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


def _Ms_of(name, other, columns):
    """µ0·Ms (T) of a phase that has a share of another's: (n,)."""
    return np.round(np.asarray(columns[f"{name}_Ms_of_{other}"]) * columns[f"{other}_mu0_Ms_T"], DIGITS)


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
