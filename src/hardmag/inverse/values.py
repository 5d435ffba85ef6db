"""Answers of the surrogates as values; their text is what the command line prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardmag.inverse.success import in_words, is_success

if TYPE_CHECKING:
    from pandas import DataFrame

BEHIND = "behind ±: half the 95 % interval of the prediction"


@dataclass(frozen=True)
class Predicted:
    """What the models of a campaign predict for one nanostructure.

    parameters: {name: value}, what it was asked for and what the campaign prescribes. mean: {target: value}, mu0_Hc_T in T;
    std: {target: standard deviation over the networks}; half_width: {target: half the 95 % interval, None where unknown};
    extrapolated: features that lie outside the training range, where no interval holds; least: {column: amount} of what designs
    were to have little of; remark: what must be said of models that predict poorly, or None.
    """

    parameters: dict[str, float | str]
    mean: dict[str, float]
    std: dict[str, float]
    half_width: dict[str, float | None]
    extrapolated: tuple[str, ...] = ()
    least: dict[str, float] = field(default_factory=dict)
    remark: str | None = None

    def __str__(self) -> str:
        values = ", ".join(f"{target} = {mean:.3f} ± {self._half(target)}" for target, mean in self.mean.items())
        lines = [*([self.remark] if self.remark else []), values, BEHIND]
        if self.extrapolated:
            outside = ", ".join(self.extrapolated)
            lines.append(f"extrapolated: {outside} lie outside the training range, where no interval holds")
        return "\n".join(lines)

    def row(self) -> dict[str, float | str | None]:
        """Parameters, and per target its mean, standard deviation (_std) and half interval (_half_width), in one mapping."""
        parts = {"": self.mean, "_std": self.std, "_half_width": self.half_width}
        return (
            self.parameters
            | self.least
            | {f"{target}{end}": part[target] for target in self.mean for end, part in parts.items()}
        )

    def _half(self, target):
        width = self.half_width[target]
        return "unknown" if width is None else f"{width:.3f}"

    def _line(self):
        given = self.parameters | {column: float(f"{amount:.4g}") for column, amount in self.least.items()}
        cells = [(value if isinstance(value, str) else f"{value:.10g}").rjust(_width(name)) for name, value in given.items()]
        cells += [f"{mean:.3f} ± {self._half(t)} ({self.std[t]:.3f})".rjust(26) for t, mean in self.mean.items()]
        return "".join(cells)


def _width(name):
    """Of the column of a parameter, in characters."""
    return max(12, len(name) + 2)


@dataclass(frozen=True)
class Designs:
    """Nanostructures for wanted properties, or why there are none.

    wanted: {target: value}. designs: distinct ones, the best first, with what is predicted of each. count: how many were asked
    for. refusal: one line that says why there is no design, or None. nearest: {target: value} within reach that is nearest to
    what was refused, None where there is none or nothing was refused. remark: as of Predicted.
    """

    wanted: dict[str, float]
    designs: tuple[Predicted, ...]
    count: int
    refusal: str | None = None
    nearest: dict[str, float] | None = None
    remark: str | None = None

    @property
    def met(self) -> int:
        """Number of designs whose predicted mean is what was wanted: µ0Hc within 5 %, Φp within 0.03; not their intervals."""
        return sum(self._meets(design.mean) for design in self.designs)

    def _meets(self, values):
        targets = tuple(self.wanted)
        return bool(is_success([values[target] for target in targets], [self.wanted[target] for target in targets], targets))

    def _surely(self, design):
        """Whether the whole interval is what was wanted."""
        if any(design.half_width[target] is None for target in self.wanted):
            return False
        ends = [{target: design.mean[target] + side * design.half_width[target] for target in self.wanted} for side in (-1, 1)]
        return all(map(self._meets, ends))

    def table(self) -> DataFrame:
        """One row per design, the best first: parameters, predictions, `_std` and `_half_width` (NaN: unknown)."""
        import pandas as pd  # half a second, which those who want no table do without

        return pd.DataFrame([design.row() for design in self.designs])

    def __str__(self) -> str:
        if self.refusal is not None:
            return self.refusal
        first = self.designs[0]
        names = [name.rjust(_width(name)) for name in first.parameters | first.least] + [
            f"{target:>26s}" for target in first.mean
        ]
        found = len(self.designs)
        lines = [*([self.remark] if self.remark else []), "".join(names), *(design._line() for design in self.designs)]
        lines += [
            f"{self.met} of {found} have predictions within {in_words(self.wanted)}; "
            f"{sum(map(self._surely, self.designs))} with all of the interval",
            f"{BEHIND}; in brackets: standard deviation over the networks",
        ]
        if found < self.count:
            lines.append(f"no more than {found} distinct design{'s were' if found > 1 else ' was'} found")
        return "\n".join(lines)
