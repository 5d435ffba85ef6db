"""A sample: a design point with all that its result depends on, and the half-cycles that follow from it."""

import hashlib
import json
from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np

from hardmag import PHYSICS_VERSION
from hardmag.nanostructures import KINDS


@dataclass(frozen=True)
class Sample:
    """A design point and how to simulate it.

    id: hash of all that the result depends on; a corrected sample keeps it, for it answers the same question about the same
    magnet. nanostructure: content of its kind; half_cycle: that section of the campaign file; both of JSON values.
    seed_offset: of its realisations, where a correction wants others than those of the first attempt.
    """

    id: str
    physics_version: int
    nanostructure: dict
    alpha_deg: float
    half_cycle: dict
    seed_offset: int = 0

    @classmethod
    def of(cls, structure, alpha_deg, half_cycle):
        """The sample of a structure, an angle and settings. Where files lie that a structure names is no part of its id."""
        content = {
            "physics_version": PHYSICS_VERSION,
            "nanostructure": structure.content(),
            "alpha_deg": alpha_deg,
            "half_cycle": half_cycle,
        }
        structure_content = {k: v for k, v in content["nanostructure"].items() if k not in structure.files}
        text = json.dumps(content | {"nanostructure": structure_content}, sort_keys=True, separators=(",", ":"))
        return cls(hashlib.sha256(text.encode()).hexdigest()[:16], **content)

    @classmethod
    def from_dict(cls, content):
        """The sample that to_dict has described."""
        return cls(**content)

    def to_dict(self):
        """As files hold it: JSON values."""
        return {name: value for name, value in vars(self).items() if name != "seed_offset" or value}

    @property
    def kind(self):
        """The class of its nanostructure."""
        return KINDS[self.nanostructure["kind"]]

    @property
    def structure(self):
        """Its nanostructure, checked anew at each call."""
        return self.kind.model_validate(self.nanostructure)

    @property
    def realisations(self):
        """How many half-cycles it has."""
        return self.half_cycle["realisations"]

    @property
    def precision(self):
        """Of the solver, 'fp32' or 'fp64'."""
        return self.half_cycle["precision"]


def seed_of(sample_id, realisation):
    """Seed of one realisation: depends on the sample's id and the realisation's number alone."""
    return int(hashlib.sha256(f"{sample_id}:{realisation}".encode()).hexdigest()[:12], 16)


def field_direction(alpha_deg, c_axis, tilt_axis, tilt_deg=0.0, azimuth=0.0):
    """Unit vector at angle α from c_axis towards tilt_axis, then tilted by tilt_deg towards azimuth (rad) around it."""
    c, t = np.asarray(c_axis), np.asarray(tilt_axis)
    alpha, tilt = radians(alpha_deg), radians(tilt_deg)
    along = cos(alpha) * c + sin(alpha) * t
    across = -sin(alpha) * c + cos(alpha) * t
    return cos(tilt) * along + sin(tilt) * (cos(azimuth) * across + sin(azimuth) * np.cross(along, across))


def drawn(sample, realisation):
    """(seed, misalignment azimuth in rad, body) of one realisation of a sample: what its half-cycle begins with."""
    seed = seed_of(sample.id, sample.seed_offset + realisation)
    rng = np.random.default_rng(seed)
    return seed, rng.uniform(0, 2 * pi), sample.structure.build(rng)


def half_cycle_of(sample, realisation):
    """One realisation of a sample: its own placement, misalignment azimuth and disturbance, all from its seed."""
    from hardmag.micromagnetics.half_cycle import HalfCycle  # imports torch, which describing a structure does without

    settings, structure = sample.half_cycle, sample.structure
    seed, azimuth, body = drawn(sample, realisation)
    direction = field_direction(sample.alpha_deg, structure.c_axis, structure.tilt_axis, settings["tilt_deg"], azimuth)
    return HalfCycle(
        body=body,
        direction=tuple(float(c) for c in direction),
        seed=seed,
        demag=structure.demag,
        **{k: v for k, v in settings.items() if k not in ("realisations", "precision", "tilt_deg")},
    )
