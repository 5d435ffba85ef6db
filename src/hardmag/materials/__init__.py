"""Magnetic phases: what a phase is, the published ones, compositions of R2T14B, and what they cost."""

from hardmag.materials.phase import MU0, Phase, by_name, stoner_wohlfarth_field
from hardmag.materials.published import (
    GRAIN_BOUNDARY,
    GRAIN_CORE,
    GRAIN_LAYER,
    GRAIN_SHELL,
    ND2FE14B,
    SM2CO17,
    SMCO5,
    Z_PHASES,
)

__all__ = [
    "GRAIN_BOUNDARY",
    "GRAIN_CORE",
    "GRAIN_LAYER",
    "GRAIN_SHELL",
    "MU0",
    "ND2FE14B",
    "SM2CO17",
    "SMCO5",
    "Z_PHASES",
    "Phase",
    "by_name",
    "stoner_wohlfarth_field",
]
