"""A law of switching: the field at which a grain reverses, by the angle between field and easy axis, as a table."""

from dataclasses import dataclass

import numpy as np

from hardmag.errors import InvalidValue


@dataclass(frozen=True)
class SwitchingLaw:
    """In place of Stoner and Wohlfarth's law, for grains with a nanostructure of their own: linear between its angles.

    angles_deg: rising from 0 to 90, between the easy axis and the line of the field, which opposes the moment; mu0_H_sw_T: the
    field at which the grain reverses, > 0, of the applied field and of all other grains. The field of the grain itself is in
    it: that of the nanostructure, in the shape in which it was simulated.
    """

    angles_deg: tuple[float, ...]
    mu0_H_sw_T: tuple[float, ...]

    def __post_init__(self):
        angles, fields = np.array(self.angles_deg, dtype=float), np.array(self.mu0_H_sw_T, dtype=float)
        if angles.ndim != 1 or angles.shape != fields.shape:
            raise InvalidValue(f"angles_deg and mu0_H_sw_T: must be as many, got {angles.size} and {fields.size}")
        if len(angles) < 2 or angles[0] != 0 or angles[-1] != 90:
            raise InvalidValue("angles_deg: must cover 0 to 90")
        if not (np.diff(angles) > 0).all():
            raise InvalidValue("angles_deg: must rise")
        wrong = np.flatnonzero(~((fields > 0) & np.isfinite(fields)))
        if len(wrong):
            raise InvalidValue(f"mu0_H_sw_T: must be > 0 at each angle, got {fields[wrong[0]]:g} at {angles[wrong[0]]:g} deg")

    def at(self, angles_deg):
        """µ0·H_sw (T) at angles within 0 to 90."""
        return np.interp(angles_deg, self.angles_deg, self.mu0_H_sw_T)
