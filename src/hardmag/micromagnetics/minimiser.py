"""Preconditioned nonlinear conjugate gradients on the sphere, one field evaluation a pass, every sample on its own.

Each sample has its own direction, step, line search and convergence; nothing but the field evaluation is shared, so a
sample's iterates do not depend on its neighbours in the batch. After Exl et al. 2018 (arXiv 1801.03690): Polak-Ribière+
directions, preconditioned by a polynomial of the local Hessian.

Energy differences follow from the gradients at both ends. All terms are quadratic or linear in m, so
E(m') − E(m) = ½ (g + g')·(m' − m) exactly; split into tangential and radial parts, with |m| = |m'| = 1 used
analytically, it keeps its relative precision in fp32 however small the difference is.
"""

from dataclasses import dataclass, fields

import torch

from hardmag.micromagnetics.system import LocalHessian, dot, normalised, sample_sum, tangent

ARMIJO = 1e-4
MAX_ROTATION = 0.5  # rad in one step, the cell that turns most
MAX_BACKTRACKS = 12
PRECONDITIONER_DEGREE = 8


def wide(x):
    """(B,) → (B, 1, 1, 1, 1)."""
    return x[:, None, None, None, None]


@dataclass
class Iterate:
    """Where each sample stands; every tensor leads with the batch dimension."""

    m: torch.Tensor  # (B, 3, nx, ny, nz)
    g: torch.Tensor  # tangential gradient at m, J/m³
    radial: torch.Tensor  # m·gradient: (B, 1, nx, ny, nz)
    p: torch.Tensor  # search direction, tangential at m
    step: torch.Tensor  # (B,) trial step along p
    slope: torch.Tensor  # (B,) g·p
    gz: torch.Tensor  # (B,) g·(preconditioned g)
    fresh: torch.Tensor  # (B,) bool: field or m were just changed, g and p are void
    backtracks: torch.Tensor  # (B,) in the present line search

    @classmethod
    def start(cls, m):
        """Begin at m; the first pass evaluates the gradient there."""
        batch, zeros = m.shape[0], torch.zeros_like(m)
        scalar = torch.zeros(batch, dtype=m.dtype, device=m.device)
        return cls(
            m=m,
            g=zeros,
            radial=zeros[:, :1],
            p=zeros.clone(),
            step=scalar,
            slope=scalar.clone(),
            gz=scalar.clone(),
            fresh=torch.ones(batch, dtype=torch.bool, device=m.device),
            backtracks=torch.zeros(batch, dtype=torch.int32, device=m.device),
        )

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        return Iterate(**{f.name: function(f.name, getattr(self, f.name)) for f in fields(self)})


def advance(system, materials, it, field_T):
    """One pass: evaluate the field at each sample's trial point, accept or shorten the step, choose the next direction.

    field_T: (B, 3). Returns (iterate, accepted (B,) bool, torque (B,) in T: the largest |tangential gradient|/Ms, and
    energy (B,) at the trial point). A sample is at rest when an accepted pass has a torque below its tolerance.
    """
    trial = torch.where(wide(it.fresh), it.m, normalised(it.m + wide(it.step) * it.p))
    full = system.gradient(materials, trial, field_T)
    energy = system.energy(materials, trial, full, field_T)
    radial = (full * trial).sum(1, keepdim=True)
    g = full - radial * trial

    delta = trial - it.m
    change = 0.5 * (dot(it.g + g, delta) + 0.5 * sample_sum((radial - it.radial) * delta.square().sum(1, keepdim=True)))
    accepted = it.fresh | (change <= ARMIJO * it.step * it.slope)
    torque = (g.square().sum(1, keepdim=True).sqrt() * materials.inv_Ms).flatten(1).amax(1)

    hessian = LocalHessian(materials, trial, radial)
    z = hessian.solve(g, PRECONDITIONER_DEGREE)
    gz = dot(g, z)
    beta = torch.where(it.fresh | (it.gz <= 0), 0, (gz - dot(it.g, z)) / torch.where(it.gz > 0, it.gz, 1)).clamp(min=0)
    p = tangent(it.p, trial) * wide(beta) - z
    slope = dot(g, p)
    uphill = slope > -0.1 * gz
    p = torch.where(wide(uphill), -z, p)
    slope = torch.where(uphill, -gz, slope)
    step = _first_step(hessian, p, slope)

    # A refused step is shortened to the minimum of the parabola through both energies and the slope.
    parabola = -0.5 * it.slope * it.step / (change / it.step - it.slope)
    shorter = torch.where(torch.isfinite(parabola), parabola, 0).clamp(min=0.1 * it.step, max=0.5 * it.step)

    take = wide(accepted)
    new = Iterate(
        m=torch.where(take, trial, it.m),
        g=torch.where(take, g, it.g),
        radial=torch.where(take, radial, it.radial),
        p=torch.where(take, p, it.p),
        step=torch.where(accepted, step, shorter),
        slope=torch.where(accepted, slope, it.slope),
        gz=torch.where(accepted, gz, it.gz),
        fresh=torch.zeros_like(it.fresh),
        backtracks=torch.where(accepted, 0, it.backtracks + 1),
    )
    return new, accepted, torque, energy


def _first_step(hessian, p, slope):
    """Newton's step along p for the local Hessian, at most MAX_ROTATION in any cell."""
    curvature = hessian.curvature(p)
    newton = torch.where(curvature > 0, -slope / torch.where(curvature > 0, curvature, 1), float("inf"))
    largest = p.square().sum(1).flatten(1).amax(1).sqrt()
    return torch.minimum(newton, MAX_ROTATION / largest.clamp(min=1e-30))
