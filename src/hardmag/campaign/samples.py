"""A sample's specification → its half-cycles."""

import hashlib
from math import cos, pi, radians, sin

import numpy as np

from hardmag.nanostructures import KINDS


def seed_of(sample_id, realisation):
    """Seed of one realisation: depends on the sample's id and the realisation's number alone."""
    return int(hashlib.sha256(f"{sample_id}:{realisation}".encode()).hexdigest()[:12], 16)


def structure_of(sample):
    """The nanostructure of a specification."""
    content = sample["nanostructure"]
    return KINDS[content["kind"]].model_validate(content)


def field_direction(alpha_deg, c_axis, tilt_axis, tilt_deg=0.0, azimuth=0.0):
    """Unit vector at angle α from c_axis towards tilt_axis, then tilted by tilt_deg towards azimuth (rad) around it."""
    c, t = np.asarray(c_axis), np.asarray(tilt_axis)
    alpha, tilt = radians(alpha_deg), radians(tilt_deg)
    along = cos(alpha) * c + sin(alpha) * t
    across = -sin(alpha) * c + cos(alpha) * t
    return cos(tilt) * along + sin(tilt) * (cos(azimuth) * across + sin(azimuth) * np.cross(along, across))


def half_cycle_of(sample, realisation):
    """One realisation of a sample: its own placement, misalignment azimuth and disturbance, all from its seed.

    A correction may have given the sample a `seed_offset`: its realisations are then others than those of the first attempt.
    """
    from hardmag.micromagnetics.half_cycle import HalfCycle  # imports torch, which describing a structure does without

    settings = sample["half_cycle"]
    structure = structure_of(sample)
    seed = seed_of(sample["id"], sample.get("seed_offset", 0) + realisation)
    rng = np.random.default_rng(seed)
    azimuth = rng.uniform(0, 2 * pi)
    direction = field_direction(sample["alpha_deg"], structure.c_axis, structure.tilt_axis, settings["tilt_deg"], azimuth)
    return HalfCycle(
        body=structure.build(rng),
        direction=tuple(float(c) for c in direction),
        seed=seed,
        demag=structure.demag,
        **{k: v for k, v in settings.items() if k not in ("realisations", "precision", "tilt_deg")},
    )
