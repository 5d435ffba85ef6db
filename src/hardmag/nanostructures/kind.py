"""What a kind of nanostructure is: the contract that campaigns, datasets, surrogates and figures rely on, with defaults.

A kind is a class of parameters, derived from `Kind`, with a `build`. All that the rest of hardmag knows of it stands here; a
kind overrides what differs. `hardmag.conformance.check_kind` tries a kind out, from plan to figures.
"""

import sys
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import inf
from pathlib import Path
from typing import ClassVar, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict

DIGITS = 6  # of numbers that are not given but drawn, refined or proposed: lengths to a femtometre
REMESHED = 0.93  # of the edge of a mesh that was unfit
# Unit of a column by the end of its name; of several ends the longest counts. ASCII, for readers of files.
UNITS = {
    "_nm": "nm",
    "_deg": "deg",
    "_T": "T",
    "_J_per_m3": "J/m3",
    "_MJ_per_m3": "MJ/m3",
    "_J_per_m": "J/m",
    "_pJ_per_m": "pJ/m",
    "_mJ_per_m2": "mJ/m2",
    "_A_per_m": "A/m",
    "_kA_per_m": "kA/m",
    "_at_percent": "at%",
    "_K": "K",
}


@dataclass(frozen=True)
class Quantity:
    """A column of the dataset. unit: '' of a text, '1' of a pure number; least, largest: what lies outside is in another unit,
    or wrong; symbol: in pictures, as matplotlib writes mathematics; label: words before it on an axis."""

    unit: str
    meaning: str
    least: float = -inf
    largest: float = inf
    symbol: str = ""
    label: str = ""

    @property
    def bounded(self):
        """Whether it has a range."""
        return (self.least, self.largest) != (-inf, inf)


@dataclass(frozen=True)
class Follows:
    """How a feature follows from columns.

    of: their names; function: of {column: (n,)} → (n,), and of no other columns; also: columns that it follows from too where
    the rows have them, as the share of an element that may be given. A text, but for the level (see Learned), is the same in
    all rows, or the feature does not follow.
    """

    of: tuple[str, ...]
    function: Callable
    also: tuple[str, ...] = ()

    @property
    def names(self):
        """All columns that it may follow from."""
        return (*self.of, *self.also)


@dataclass(frozen=True)
class Learned:
    """How a table of a kind becomes rows for surrogates, and what a design sets.

    features, targets: columns; structure: those that rows of one nanostructure share; angle: the feature by which intervals are
    told apart; follows: {feature: Follows}, of one that is a column: how it follows where a design sets those others, of one
    that is none, which is a further feature: how it is computed from a table too; an entry may use those before it; only:
    {column: text} of the rows that count; level: a column of texts from which features follow, '' for none; shares: (whole,
    part, name) of two lengths, of which designs keep part/whole within what the data have; varied: whether features that are
    the same in all rows are left out, the angle apart.
    """

    features: tuple[str, ...]
    structure: tuple[str, ...]
    targets: tuple[str, ...] = ("mu0_Hc_T",)
    angle: str = "alpha_deg"
    follows: dict[str, Follows] = field(default_factory=dict)
    only: dict[str, str] = field(default_factory=dict)
    level: str = ""
    shares: tuple[tuple[str, str, str], ...] = ()
    varied: bool = True


NOTHING = Learned(features=(), structure=())  # of a kind that models cannot learn of, for those who only draw its samples


class Kind(BaseModel):
    """Base of all kinds: a frozen class of parameters, whose field `kind` is its name. A subclass gives at least `build`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    c_axis: ClassVar = (0.0, 0.0, 1.0)  # the angle α of the field is counted from here …
    tilt_axis: ClassVar = (1.0, 0.0, 0.0)  # … towards here
    section_axis: ClassVar = "y"  # what pictures of its middle show beside x
    demag: ClassVar = True  # whether there is a demagnetising field
    meshed: ClassVar = False  # whether it is solved by finite elements
    files: ClassVar = ()  # parameters that name a file: where it lies is no part of a sample's id, its checksum is
    same_grid: ClassVar = ("size_nm",)  # parameters that samples with one grid, or one mesh, share: they go into one batch
    described: ClassVar[dict[str, Quantity]] = {}  # columns that `descriptors` gives
    composed: ClassVar[dict[str, Quantity]] = {}  # columns that `composition` gives
    coloured_by: ClassVar = "phase"  # what tells the parts of a section apart; or "axis": the angle between it and easy_axis
    measured_by: ClassVar = ()  # parameters that change how a nanostructure is measured, not what it is; α is one anyway
    unseen: ClassVar = ()  # parameters that no picture of a section shows, beside these
    drawn_against: ClassVar[tuple | None] = None  # columns against which Hc is drawn; None: what models learn from
    prescribed: ClassVar[dict[str, float | str]] = {}  # parameters of designs where neither a query nor the campaign has them
    first: ClassVar[dict] = {}  # sections of a small campaign, without its name and kind, to begin with (`hardmag init`)
    palette: ClassVar[dict[str, str]] = {}  # {phase: colour}, in the order in which they are listed; other phases get others
    keys: ClassVar[dict[str, str]] = {}  # {column: its key in addresses of explore.html}; else its name without the unit

    kind: str

    @abstractmethod
    def build(self, rng):
        """Voxels or a Mesh. rng: numpy Generator of the realisation, for what is drawn at random."""

    def content(self):
        """Everything that the structure depends on, as JSON values: part of a sample's id."""
        return self.model_dump(mode="json")

    def descriptors(self):
        """{column: value} of what follows from the parameters: the columns `described`."""
        return {}

    def composition(self, fractions):
        """{column: value} of what follows from the drawn volume fractions {phase: share}: the columns `composed`."""
        return {}

    @property
    def own_exchange(self):
        """Whether boundaries between phases have an exchange energy of their own."""
        return False

    def require(self):
        """Raise UserError where a library that it is drawn with is missing."""

    def turned(self, direction):
        """A direction (3,) of the laboratory as seen from the structure: another where that is drawn in a frame of its own."""
        return direction

    def title(self):
        """Its name in pictures: up to four of its numbers, or its kind."""
        columns, values = self.columns(), self.values()
        numbers = [name for name in values if columns[name].unit and name not in self.described and name not in EDGES]
        words = [f"{columns[name].symbol or without_unit(name).replace('_', ' ')} {values[name]:.3g}" for name in numbers[:4]]
        return ",\n".join(", ".join(pair) for pair in (words[:2], words[2:]) if pair) or self.kind

    @property
    def easy_axis(self):
        """Direction (3,) along which its magnetisation is shown, and rests: the c-axis of a part that is not aligned may be
        another than that from which α is counted."""
        return self.c_axis

    @property
    def shape(self):
        """(nx, ny, nz) of the grid, or (nodes, nx, ny, nz) of a mesh; overridden where drawing takes long."""
        return self.build(np.random.default_rng(0)).shape

    def refined(self):
        """The same structure, drawn in half the cell or with ⅔ of the edge; None where there is nothing to refine."""
        if (edge_nm := self._mesh_edge_nm) is not None:
            return self._with(edge_nm=round(edge_nm * 2 / 3, DIGITS))
        if isinstance(cell_nm := getattr(self, "cell_nm", None), tuple):
            return self._with(cell_nm=tuple(edge / 2 for edge in cell_nm))
        return None

    def remeshed(self):
        """The same structure in another mesh, no coarser; None of cells."""
        edge_nm = self._mesh_edge_nm
        return None if edge_nm is None else self._with(edge_nm=round(REMESHED * edge_nm, DIGITS))

    @property
    def _mesh_edge_nm(self):
        """Edge of a mesh that is made for it; None of cells, whatever is called edge_nm there, and of a mesh of one's own."""
        return getattr(self, "edge_nm", None) if self.meshed else None

    def _with(self, **changes):
        """The same structure but for some parameters, checked anew."""
        return type(self).model_validate(self.content() | changes)

    @classmethod
    @cache
    def columns(cls):
        """{column: Quantity} of what is known of a structure before it is simulated: numbers, texts and edges among its
        parameters, and what it is described by."""
        found = {}
        for name, parameter in cls.model_fields.items():
            if name == "kind":
                continue
            quantity = next((m for m in parameter.metadata if isinstance(m, Quantity)), None)
            edges = {column: q for column, (of, _, q) in EDGES.items() if of == name}
            if edges or not _is_value(parameter):
                found |= edges
            else:
                found[name] = quantity or Quantity(_unit(name, parameter), cls.meaning(name), *_bounds(parameter))
        return found | cls.described

    @classmethod
    def name(cls):
        """What `kind` says."""
        return cls.model_fields["kind"].default

    @classmethod
    def meaning(cls, parameter):
        """What a parameter is, in words."""
        quantity = next((m for m in cls.model_fields[parameter].metadata if isinstance(m, Quantity)), None)
        return quantity.meaning if quantity else cls.model_fields[parameter].description or ""

    @classmethod
    def may_lack(cls, column):
        """Whether a structure may have no value of a column, because it is that of a parameter whose default is None."""
        return column in cls.model_fields and cls.model_fields[column].get_default() is None

    @classmethod
    def levels(cls, parameter):
        """The texts that a parameter may be."""
        return get_args(cls.model_fields[parameter].annotation)

    @classmethod
    def script(cls):
        """What explore.html computes and draws of the kind: the file beside its own that ends in .js, '' without one."""
        home = getattr(sys.modules.get(cls.__module__), "__file__", None)  # None of a class that was typed in
        path = Path(home).with_suffix(".js") if home else None
        return path.read_text(encoding="utf-8") if path and path.exists() else ""

    def values(self):
        """{column: value} of the columns that this structure has."""
        dumped = self.model_dump(mode="json") | self.descriptors()
        found = {name: value for name, value in dumped.items() if isinstance(value, (int, float, str))}
        found |= {column: length for column, (name, n, _) in EDGES.items() if (length := edge(dumped.get(name), n)) is not None}
        return {name: value for name, value in found.items() if name in self.columns()}

    @classmethod
    def learned(cls):
        """Learned of this kind, None where models have nothing to learn from: by default µ0Hc of all its numbers."""
        numbers = tuple(name for name, quantity in cls.columns().items() if quantity.unit and name not in cls.described)
        numbers = tuple(name for name in numbers if name not in EDGES)
        if not numbers:
            return None
        structure = tuple(name for name in numbers if not name.endswith("_deg"))
        return Learned(features=(*numbers, "alpha_deg"), structure=structure or numbers)


# Columns of parameters that are three edges, or one that holds in all directions: {column: (parameter, direction)}.
EDGES = {
    "size_x_nm": ("size_nm", 0, Quantity("nm", "box edge along x", 0.01, 1e6)),
    "size_y_nm": ("size_nm", 1, Quantity("nm", "box edge along y", 0.01, 1e6)),
    "cell_nm": ("cell_nm", 0, Quantity("nm", "cell edge along x", 0.01, 1e6)),
}


def edge(edges, direction):
    """One of three edges, or the edge that holds in all directions; None where there is none."""
    if isinstance(edges, (list, tuple)):
        return edges[direction] if direction < len(edges) else None
    return edges


def without_unit(name):
    """A column's name without the unit at its end."""
    return name.removesuffix(max((end for end in UNITS if name.endswith(end)), key=len, default=""))


def _is_value(parameter):
    """Whether a parameter is a number, a text or a file."""
    return not any(word in str(parameter.annotation) for word in ("tuple", "list", "dict"))


def _unit(name, parameter):
    end = max((end for end in UNITS if name.endswith(end)), key=len, default=None)
    if end is not None:
        return UNITS[end]
    kinds = str(parameter.annotation)
    return "1" if "float" in kinds or "int" in kinds and "Literal" not in kinds else ""


def _bounds(parameter):
    """(least, largest) that a parameter may have by its own constraints."""
    low = [getattr(m, key) for m in parameter.metadata for key in ("gt", "ge") if getattr(m, key, None) is not None]
    high = [getattr(m, key) for m in parameter.metadata for key in ("lt", "le") if getattr(m, key, None) is not None]
    return (low or [-inf])[0], (high or [inf])[0]
