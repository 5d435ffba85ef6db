"""The laws by which grains switch: Stoner and Wohlfarth's, or the table of a SwitchingLaw in the mean field of the grain."""

from dataclasses import dataclass
from math import inf

import numpy as np
import torch

from hardmag.reduced_order.stoner_wohlfarth import astroid


@dataclass(eq=False)
class Laws:
    """Laws of G grains, of which L are tables of up to n angles, those of shorter tables filled up.

    law: (G,) row of the tables, −1 for Stoner and Wohlfarth's law.
    """

    HA: torch.Tensor  # (G,) anisotropy field in T
    law: torch.Tensor
    angles: torch.Tensor  # (L, n) deg, from 0; what is filled up is inf
    fields: torch.Tensor  # (L, n) T

    @classmethod
    def of(cls, laws, HA):
        """Laws of a list (G,) of SwitchingLaw or None. HA: (G,), on the device of the others."""
        tables = list(dict.fromkeys(law for law in laws if law is not None))
        n = max((len(law.angles_deg) for law in tables), default=0)
        filled = lambda row, by: [*row, *[by] * (n - len(row))]  # noqa: E731
        angles = [filled(law.angles_deg, inf) for law in tables]
        fields = [filled(law.mu0_H_sw_T, law.mu0_H_sw_T[-1]) for law in tables]
        place = {law: k for k, law in enumerate(tables)} | {None: -1}
        make = lambda a: torch.tensor(np.array(a, dtype=float).reshape(len(tables), n), device=HA.device)  # noqa: E731
        return cls(HA, torch.tensor([place[law] for law in laws], device=HA.device), make(angles), make(fields))

    def excess(self, T, axis, grain):
        """How near fields T (3, k), in T, are to switching grains (k,) whose moments lie on the side of `axis` (3, k).

        (k,): the field over the switching field at its angle, 0 where it does not oppose the moment.
        """
        found = astroid(T, axis, self.HA[grain])
        own = torch.nonzero(self.law[grain] >= 0).flatten() if len(self.fields) else ()
        if len(own):
            found[own] = self._by_table(T[:, own], axis[:, own], self.law[grain[own]])
        return found

    def _by_table(self, T, axis, law):
        along, size = (T * axis).sum(0), T.square().sum(0).sqrt()
        across = (size.square() - along.square()).clamp(min=0).sqrt()
        angle = torch.rad2deg(torch.atan2(across, along.abs()))[:, None]
        angles, fields = self.angles[law], self.fields[law]
        after = torch.searchsorted(angles, angle, right=True).clamp(max=angles.shape[1] - 1)
        (a, b), (low, high) = ([t.gather(1, k)[:, 0] for k in (after - 1, after)] for t in (angles, fields))
        at_angle = low + (high - low) * (angle[:, 0] - a) / (b - a)
        return torch.where(along < 0, size / at_angle, 0)
