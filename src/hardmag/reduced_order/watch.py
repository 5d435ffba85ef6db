"""Which grains may be beyond their switching field, by how much the fields in them can have changed: the others need no look.

Of a grain that was looked at, `size` is the astroid norm of the field that opposes it most, A(T) = (|T∥|^⅔ + |T⊥|^⅔)^(3/2),
which has to reach HA. As |a + b|^⅔ ≤ |a|^⅔ + |b|^⅔, and A(T) ≤ 2|T|, a change by no more than δ leaves it within
(size^⅔ + (2δ)^⅔)^(3/2). Where a field does not oppose the moment, it has to change by T∥ until it does, of which `clear` is the
least in the grain.
"""

from dataclasses import dataclass

import torch

ROUNDING = 1e-9  # of the anisotropy field


@dataclass(eq=False)
class Watch:
    """Of G grains, in T: what was seen when each was looked at, and what has happened since."""

    size: torch.Tensor  # (G,)
    clear: torch.Tensor  # (G,)
    drift: torch.Tensor  # (G,) bound of how much the fields at its points have changed; inf: it must be looked at
    expansion: torch.Tensor  # (9, G), M and uniform (3, G) as they were, see System.at_points
    M: torch.Tensor
    uniform: torch.Tensor

    @classmethod
    def of(cls, system):
        """Nothing has been looked at."""
        zeros = torch.zeros_like(system.axis)
        none = torch.zeros_like(system.J)
        return cls(none, none.clone(), torch.full_like(none, torch.inf), zeros.repeat(3, 1), zeros, zeros)

    def suspects(self, system, expansion, M, uniform, further=0.0):
        """Grains (G,) that may be beyond their switching field, also in a field that differs by up to `further` T (G,)."""
        first, second = (uniform + expansion[:3]) - (self.uniform + self.expansion[:3]), expansion[3:] - self.expansion[3:]
        slope = (second[:3].square().sum(0) + 2 * second[3:].square().sum(0)).sqrt()
        own = (M - self.M).square().sum(0).sqrt() * system.norms[:, 0]
        change = self.drift + own + first.square().sum(0).sqrt() + slope * system.radius + further
        largest = (self.size.pow(2 / 3) + (2 * change).pow(2 / 3)).pow(1.5)
        return (change >= self.clear) | (largest >= (1 - ROUNDING) * system.HA)

    def looked(self, system, seen, excess, clear, expansion, M, uniform):
        """Take down what was seen of the grains `seen` (G,): excess and clear (G,) of System.excess in those fields."""
        self.size = torch.where(seen, excess * system.HA, self.size)
        self.clear = torch.where(seen, clear, self.clear)
        self.drift = torch.where(seen, 0, self.drift)
        self.expansion = torch.where(seen, expansion, self.expansion)
        self.M, self.uniform = torch.where(seen, M, self.M), torch.where(seen, uniform, self.uniform)
