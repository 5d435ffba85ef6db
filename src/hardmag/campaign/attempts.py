"""Attempts at samples: packed into batches, each half-cycle of them with a record of what became of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hardmag.campaign.samples import Sample


@dataclass(frozen=True)
class Attempt:
    """A sample in a batch.

    key: the sample's id, or for a corrected one a hash of id and corrections; corrections: those that led to it, oldest first,
    as files hold them: {"failure": code, "detail": what was seen, "change": {name: [old, new]}}.
    """

    key: str
    sample: Sample
    corrections: list

    @classmethod
    def of(cls, sample, corrections=()):
        """The attempt at a sample after some corrections."""
        key, corrections = sample.id, list(corrections)
        if corrections:
            text = json.dumps([sample.id, sample.to_dict(), corrections], sort_keys=True)
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
        return cls(key, sample, corrections)

    @classmethod
    def from_dict(cls, content):
        """The attempt that to_dict has described."""
        return cls(content["key"], Sample.from_dict(content["sample"]), content["corrections"])

    def to_dict(self):
        """As files hold it: JSON values."""
        return {"key": self.key, "sample": self.sample.to_dict(), "corrections": self.corrections}


class HalfCycleKey(NamedTuple):
    """Which half-cycle of a batch: the attempt's key, and the number of the realisation."""

    key: str
    realisation: int


@dataclass(frozen=True)
class Batch:
    """The attempts of one job. round: 0 of the plan, then those of the rescue rounds."""

    name: str
    round: int
    attempts: list

    @classmethod
    def from_dict(cls, content):
        """The batch that to_dict has described."""
        return cls(content["batch"], content["round"], [Attempt.from_dict(entry) for entry in content["entries"]])

    def to_dict(self):
        """Content of batches/<batch>.json."""
        entries = [attempt.to_dict() for attempt in self.attempts]
        if self.round:  # samples of a rescue come out of batch files, in whose order of keys they have always been written
            entries = [entry | {"sample": dict(sorted(entry["sample"].items()))} for entry in entries]
        return {"batch": self.name, "round": self.round, "entries": entries}

    @property
    def samples(self):
        """{key of the attempt: its sample}."""
        return {attempt.key: attempt.sample for attempt in self.attempts}

    @property
    def half_cycles(self):
        """Keys of all of them."""
        return [HalfCycleKey(key, number) for key, sample in self.samples.items() for number in range(sample.realisations)]


@dataclass(frozen=True)
class Record:
    """What became of a half-cycle.

    key: of the attempt; status: how it ended, a name of outcome.Status or failures.Failure; evaluations: of the field;
    mean_Ms_A_per_m, cell_over_delta0, fractions {phase: share}: of what was built, NaN and empty where nothing was; mu0_H_T,
    m_parallel: (n,); detail: why a half-cycle came to nothing before it began.
    """

    key: str
    realisation: int
    status: str
    evaluations: int
    mean_Ms_A_per_m: float
    cell_over_delta0: float
    fractions: dict
    mu0_H_T: Sequence
    m_parallel: Sequence
    detail: str = ""

    @classmethod
    def from_dict(cls, content):
        """The record that to_dict has described."""
        return cls(**content)

    def to_dict(self):
        """As the journal holds it; JSON values where the curve is of lists."""
        return {name: value for name, value in vars(self).items() if name != "detail" or value}

    @property
    def half_cycle(self):
        """Which half-cycle it is of."""
        return HalfCycleKey(self.key, self.realisation)
