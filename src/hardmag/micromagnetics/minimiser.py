"""Preconditioned nonlinear conjugate gradients on the sphere, one field evaluation a pass, every sample on its own.

Each sample has its own direction, step, line search and convergence; nothing but the field evaluation is shared, so a
sample's iterates do not depend on its neighbours in the batch. After Exl et al. 2018 (arXiv 1801.03690): Polak-Ribière+
directions, preconditioned by a polynomial of the local Hessian. In an avalanche, where steps are as long as they may be,
the demagnetising field is kept while walls sweep on: see `_swept`.

Energy differences follow from the gradients at both ends. All terms but those of quartic.py, which add theirs, are quadratic or
linear in m, so E(m') − E(m) = ½ (g + g')·(m' − m) exactly; split into tangential and radial parts, with |m| = |m'| = 1 used
analytically, it keeps its relative precision in fp32 however small the difference is.
"""

from dataclasses import replace

import torch

from hardmag.materials import MU0
from hardmag.micromagnetics import cellwise, quartic
from hardmag.micromagnetics.fusion import fused
from hardmag.micromagnetics.iterate import ARMIJO, DEGREE, MAX_ROTATION, SWEEP_DEGREE, SWEEP_T, SWEEPS, Iterate
from hardmag.micromagnetics.system import Materials, dot, sample_sum
from hardmag.micromagnetics.waiting import may_hold

try:
    from hardmag.micromagnetics import cpu_minimiser
except ImportError:  # numba is missing, as on a bare GPU node
    cpu_minimiser = None


def wide(x):
    """(B,) → (B, 1, 1, 1, 1)."""
    return x[:, None, None, None, None]


def advance(system, materials, it, field_T):
    """One pass: evaluate the field at each sample's trial point, accept it or shorten the step, choose the next trial point.

    field_T: (B, 3). Returns (iterate, accepted (B,) bool, torque (B,) in T: the largest |tangential gradient|/weight).
    A sample is at rest when an accepted pass has a torque below its tolerance.
    """
    if cpu_minimiser is not None and it.m.device.type == "cpu" and isinstance(materials, Materials) and materials.Q is None:
        return cpu_minimiser.advance(system, materials, it, field_T)
    fresh = it.fresh
    it, accepted, torque = _pass(lambda m: system.gradient(materials, m, field_T), materials, it, DEGREE)
    if system.demag is not None:
        sweeping = torch.nonzero(accepted & ~fresh & (it.limited | (torque > SWEEP_T))).flatten()
        if len(sweeping):
            it = _swept(materials, it, sweeping)
    return it, accepted, torque


def _pass(gradient, materials, it, degree):
    full = gradient(it.trial)
    g, radial, change, accepted, torque, share = _measured(
        full,
        it.trial,
        it.m,
        it.g,
        it.radial,
        it.p,
        it.slope,
        it.step,
        it.curvature,
        it.bound,
        it.share,
        it.fresh,
        materials.inv_weight,
        None if materials.Q is None else quartic.beyond(it.m, it.trial, materials.Q, materials.quartic_axes),
    )
    hessian = materials.hessian(it.trial, radial)
    p, gz, slope, bound, largest = _directed(
        hessian.solve(g, degree), it.trial, g, it.g, it.p, it.gz, it.fresh, materials.Ms, materials.weight
    )
    curvature = hessian.curvature(p)
    step, limited = _first_step(largest, slope, curvature + share * bound)
    new = Iterate(
        m=it.trial,
        trial=_moved(it.trial, p, step),
        g=g,
        radial=radial,
        p=p,
        step=step,
        slope=slope,
        gz=gz,
        curvature=curvature,
        bound=bound,
        share=share,
        fresh=torch.zeros_like(it.fresh),
        limited=limited,
        backtracks=torch.zeros_like(it.backtracks),
    )
    if may_hold(~accepted):
        new = _shortened(accepted, change, it, new)
    return new, accepted, torque


@fused
def _measured(full, trial, m, g0, radial0, p, slope, step, curvature, bound, share, fresh, inv_weight, beyond):
    """What the gradient at the trial point says: its parts, the energy's change, acceptance, torque, demagnetising share."""
    g, radial, square, work, along, bend = cellwise.measured(full, trial, m, g0, radial0, p)
    torque = (square.sqrt() * inv_weight).flatten(1).amax(1)
    change = 0.5 * (sample_sum(work) + 0.5 * sample_sum(bend))
    if beyond is not None:
        change = change + sample_sum(beyond)
    accepted = fresh | (change <= ARMIJO * step * slope)
    met = ((sample_sum(along) - slope) / step - curvature) / bound
    return g, radial, change, accepted, torque, torch.where(fresh | ~torch.isfinite(met), share, met.clamp(0, 1))


@fused
def _directed(z, m, g, g0, p0, gz0, fresh, Ms, weight):
    """Polak-Ribière+ direction p from the preconditioned gradient z, with g·z, g·p, µ0 Σ Ms weight p², and max |p|."""
    gz = dot(g, z)
    beta = torch.where(fresh | (gz0 <= 0), 0, (gz - dot(g0, z)) / torch.where(gz0 > 0, gz0, 1)).clamp(min=0)
    p = cellwise.combined(z, p0, m, beta)
    slope = dot(g, p)
    uphill = slope > -0.1 * gz
    p = torch.where(wide(uphill), -z, p)
    square, weighted = cellwise.squares(p, Ms * weight)
    return p, gz, torch.where(uphill, -gz, slope), MU0 * sample_sum(weighted), square.flatten(1).amax(1).sqrt()


@fused
def _moved(m, p, step):
    return cellwise.moved(m, p, step)


@fused
def _shortened(accepted, change, it, new):
    """`new` where accepted; elsewhere `it` with its step cut to the minimum of the parabola through both energies and slope."""
    parabola = -0.5 * it.slope * it.step / (change / it.step - it.slope)
    step = torch.where(torch.isfinite(parabola), parabola, 0).clamp(min=0.1 * it.step, max=0.5 * it.step)
    refused = replace(
        it,
        trial=cellwise.moved(it.m, it.p, step),
        step=step,
        share=new.share,
        limited=torch.zeros_like(it.limited),
        backtracks=it.backtracks + 1,
    )
    pick = lambda name, t: torch.where(accepted.reshape(-1, *[1] * (t.ndim - 1)), t, getattr(refused, name))  # noqa: E731
    return new.map(pick)


@fused
def _first_step(largest, slope, curvature):
    """Newton's step along a direction, at most MAX_ROTATION in the cell that turns most, and whether that limits it."""
    newton = torch.where(curvature > 0, -slope / torch.where(curvature > 0, curvature, 1), float("inf"))
    longest = MAX_ROTATION / largest.clamp(min=1e-30)
    return torch.minimum(newton, longest), newton > longest


def _swept(materials, it, samples):
    """The iterate with the trial points of `samples` (indices) carried on by SWEEPS passes without a field evaluation.

    They descend in U(m) = local energy + the demagnetising energy linearised at the present m + ½ µ0 Ms |Δm|² weight. The
    demagnetising tensor lies between 0 and 1, so the true energy is never above U, and equal to it at the present m:
    whatever lowers U lowers the energy, and no barrier is crossed that the energy has.
    """
    part = materials.map(lambda _, t: t.index_select(0, samples))
    inner = it.map(lambda _, t: t.index_select(0, samples))
    bound = MU0 * part.Ms * part.weight
    constant = inner.g + (inner.radial - bound) * inner.m - part.local(inner.m)  # |m| = 1: the last term of U is linear too
    inner = replace(inner, radial=inner.radial - bound, share=torch.zeros_like(inner.share))
    for _ in range(SWEEPS):
        inner, _, _ = _pass(lambda m: part.local(m) + constant, part, inner, SWEEP_DEGREE)
    # A direction from before the sweep is of no use after it: gz = 0 has the next pass begin anew, and bound = 0 has it
    # keep the demagnetising share, which cannot be told from a point that does not lie along p.
    void = {name: getattr(it, name).index_fill(0, samples, 0.0) for name in ("gz", "bound")}
    return replace(it, trial=it.trial.index_copy(0, samples, inner.m), **void)
