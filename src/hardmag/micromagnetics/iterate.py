"""Where a batch of samples stands in its descent, and what its steps are bounded by: for minimiser.py and cpu_minimiser.py."""

from dataclasses import dataclass, fields

import torch

ARMIJO = 1e-4
MAX_ROTATION = 0.5  # rad in one step, the cell that turns most
MAX_BACKTRACKS = 12
DEGREE = 24  # of the preconditioner's polynomial
SWEEP_T = 1.0  # torque above which a state is taken to be in an avalanche
SWEEPS, SWEEP_DEGREE = 8, 8  # passes there at a frozen demagnetising field


@dataclass
class Iterate:
    """Where each sample stands; every tensor leads with the batch dimension."""

    m: torch.Tensor  # (B, 3, nx, ny, nz)
    trial: torch.Tensor  # the point to be evaluated next, like m
    g: torch.Tensor  # tangential gradient at m
    radial: torch.Tensor  # m·gradient: (B, 1, nx, ny, nz)
    p: torch.Tensor  # search direction, tangential at m
    step: torch.Tensor  # (B,) of the trial point along p
    slope: torch.Tensor  # (B,) g·p
    gz: torch.Tensor  # (B,) g·(preconditioned g); 0: begin with a new direction
    curvature: torch.Tensor  # (B,) second derivative of the local energy along p
    bound: torch.Tensor  # (B,) upper bound of that of the demagnetising energy, µ0 Σ Ms weight p²
    share: torch.Tensor  # (B,) of the bound that the last step has met, within [0, 1]
    fresh: torch.Tensor  # (B,) bool: the trial point is a new beginning, m, g and p are void
    limited: torch.Tensor  # (B,) bool: the step is the longest that MAX_ROTATION allows
    backtracks: torch.Tensor  # (B,) in the present line search

    @classmethod
    def start(cls, m):
        """Begin at m; the first pass evaluates the gradient there."""
        batch, zeros = m.shape[0], torch.zeros_like(m)
        scalar = torch.zeros(batch, dtype=m.dtype, device=m.device)
        flag = torch.zeros(batch, dtype=torch.bool, device=m.device)
        return cls(
            m=m,
            trial=m,
            g=zeros,
            radial=zeros[:, :1],
            p=zeros,
            step=scalar,
            slope=scalar,
            gz=scalar,
            curvature=scalar,
            bound=scalar,
            share=torch.ones_like(scalar),  # the bound itself, until a step has told: too short is better than over a barrier
            fresh=~flag,
            limited=flag,
            backtracks=torch.zeros(batch, dtype=torch.int32, device=m.device),
        )

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        return Iterate(**{f.name: function(f.name, getattr(self, f.name)) for f in fields(self)})
