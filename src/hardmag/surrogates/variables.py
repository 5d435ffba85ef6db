"""What a design sets, and the features of models that follow from it."""

from dataclasses import asdict, dataclass

import numpy as np

from hardmag.errors import UserError
from hardmag.nanostructures import KINDS

SAME = 1e-6  # between what follows by a rule and a value that may have gone through text or fp32


@dataclass(frozen=True)
class Variables:
    """kind: name of the nanostructures' kind; numbers: parameters that are numbers, in the order of a design's values; level:
    the text that a design sets, '' without one; fixed: {parameter: the one number or text that it is in the data}, of what
    else the features follow from; features, targets: names, in the order of models; angle: the feature that intervals are
    told apart by.
    """

    kind: str
    numbers: tuple[str, ...]
    level: str
    fixed: dict[str, float | str]
    features: tuple[str, ...]
    targets: tuple[str, ...]
    angle: str

    @property
    def names(self):
        """All that a design sets."""
        return (*self.numbers, *([self.level] if self.level else []))

    @property
    def learned(self):
        """What the kind says of itself (nanostructures.kind.Learned)."""
        return KINDS[self.kind].learned()

    @property
    def shares(self):
        """(whole, part, name) of those lengths of which designs set both."""
        return tuple(share for share in self.learned.shares if {*share[:2]} <= {*self.numbers})

    @property
    def structure(self):
        """Numbers that are not the angle."""
        return tuple(name for name in self.numbers if name != self.angle)

    @property
    def constants(self):
        """Features that do not follow from the structure's numbers: the angle, and the properties of the level."""
        return tuple(name for name in self.features if not self.sources(name) & {*self.structure})

    @property
    def followed(self):
        """Features that follow from numbers, without being one of them."""
        return tuple(name for name in self.features if name not in self.numbers and self.sources(name) & {*self.numbers})

    def sources(self, name):
        """The parameters that a feature follows from."""
        rule = self.learned.follows.get(name)
        if name in self.names or name in self.fixed or rule is None:
            return {name}
        also = {*rule.also} & {*self.names, *self.fixed}
        return set().union(*(self.sources(column) for column in (*rule.of, *also)))

    def sets(self, parameter):
        """Whether a design gives a parameter of the nanostructure: itself, by those that it follows from, or by what follows
        from it."""
        rules = self.learned.follows
        known = {*self.names, *self.fixed}
        if parameter in self.fixed:
            return False
        if parameter in self.names or any(parameter in rules[name].names for name in known & rules.keys()):
            return True
        return parameter in rules and self.sources(parameter) <= known

    def features_at(self, values, level=""):
        """(n, f) features of values (n, k) and of a level, or (n,) levels."""
        columns = self.columns_at(values, level)
        return np.stack([columns[name] for name in self.features], axis=1)

    def columns_at(self, values, level=""):
        """{column: (n,)} of what a design sets, what is fixed, and all that follows from them; values, level: as above."""
        values = np.asarray(values, dtype=np.float64)
        n = len(values)
        columns = dict(zip(self.numbers, values.T, strict=True)) | {name: np.full(n, v) for name, v in self.fixed.items()}
        if self.level:
            columns[self.level] = np.broadcast_to(np.asarray(level, dtype=str), (n,))
        for name, rule in self.learned.follows.items():
            if name not in columns and columns.keys() >= {*rule.of}:
                columns[name] = rule.function(columns)
        return columns

    def column(self, x, name):
        """One feature (n,) of x (n, f)."""
        return x[:, self.features.index(name)]

    def to_dict(self):
        """JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values):
        """The inverse of to_dict. Raises UserError for a kind that is not known."""
        if values["kind"] not in KINDS:
            raise UserError(f"nanostructures of kind {values['kind']!r} are not known; there are {', '.join(KINDS)}")
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def variables_of(kind, features, columns):
    """Variables of models with these features. columns: {name: (n,) numbers or texts} of the rows that they learn from.

    A feature that follows from parameters which all rows have is not set by a design, but those are. Parameters of one value
    are fixed, unless the kind has its features in any case (Learned.varied).
    """
    learned = KINDS[kind].learned()

    def sources(name):
        rule = learned.follows.get(name)
        if rule is None or not _holds(rule, columns, name, learned.level):
            return [name]
        return [source for column in rule.names if not _lacks(columns.get(column)) for source in sources(column)]

    found = dict.fromkeys(source for name in features for source in sources(name))
    texts = [name for name in found if name != learned.level and _is_text(columns[name])]
    numbers = [name for name in found if name != learned.level and name not in texts]
    free = [name for name in numbers if name == learned.angle or not learned.varied or np.ptp(columns[name]) > 0]
    return Variables(
        kind=kind,
        numbers=tuple(free),
        level=learned.level,
        fixed={name: float(columns[name][0]) for name in numbers if name not in free}
        | {name: str(columns[name][0]) for name in texts},
        features=tuple(features),
        targets=learned.targets,
        angle=learned.angle,
    )


def _holds(rule, columns, name, level):
    """Whether a feature follows by a rule in these rows: they all have what it follows from, the same text, and the value that
    follows. Rows of an older model of materials do not."""
    found = {name: columns.get(name) for name in rule.names if name in rule.of or not _lacks(columns.get(name))}
    if any(_lacks(column) for column in found.values()):
        return False
    texts = {own for own, column in found.items() if _is_text(column)}
    finite = all(np.isfinite(column).all() for own, column in found.items() if own not in texts)
    if not finite or any(own != level and len({*found[own].tolist()}) > 1 for own in texts):
        return False
    return np.allclose(rule.function(found), columns[name], rtol=SAME, atol=SAME)


def _lacks(column):
    """Whether no row has a value of a column."""
    return column is None or not (column.astype(str) != "" if _is_text(column) else np.isfinite(column)).any()


def _is_text(column):
    return column.dtype.kind in "UO"
