"""Anisotropy beyond the easy axis: K2, cubic anisotropy, easy planes and cones.

E = K1 (1 − c²) + K2 (1 − c²)² + Kc (α1²α2² + α2²α3² + α3²α1²), with c = u·m and α_i = e_i·m. As |m| = 1, that is, less a
constant, the quadratic term −(K1 + 2 K2) c² and a sum of fourth powers Σ_a Q_a (e_a·m)⁴: Q = K2 along the easy axis, Q = −Kc/2
along each of the cubic axes. All other terms are quadratic in m, or linear. These are not: the difference of their energies
takes one more term to be exact (`beyond`), and their part of the Hessian depends on m (`split`).

Q: (B, A, nx, ny, nz) of A axes; axes: (B, 3 A, nx, ny, nz) or (B, 3 A, 1, 1, 1); tensors: (B, 6, …), xx yy zz yz xz xy.
"""

import numpy as np
import torch

from hardmag.micromagnetics.fusion import fused
from hardmag.micromagnetics.sparse import symmetric

SECOND, THIRD = (0, 1, 2, 1, 0, 0), (0, 1, 2, 2, 2, 1)  # rows and columns of a tensor's six components
FULL = (0, 5, 4, 5, 1, 3, 4, 3, 2)  # where the nine of the matrix stand among the six


def quadratic_K(phases):
    """K1 + 2 K2 of phases, J/m³: (len(phases),)."""
    return np.array([p.Ku_J_per_m3 + 2 * p.K2_J_per_m3 for p in phases])


def fourth_powers(phase):
    """(Q in J/m³, axis) four times: along the easy axis, and along the cubic ones."""
    return [(phase.K2_J_per_m3, phase.axis), *((-phase.Kc_J_per_m3 / 2, axis) for axis in phase.cubic_frame)]


def used(phases):
    """Which of the four some phase needs: that along the easy axis where K2 or the sign of K1 asks for it."""
    beyond = any(p.K2_J_per_m3 != 0 or p.Ku_J_per_m3 < 0 for p in phases)
    cubic = any(p.Kc_J_per_m3 != 0 for p in phases)
    return (0,) * beyond + (1, 2, 3) * cubic


def terms_of(phases):
    """{axis (3,): Q of each phase (len(phases),), J/m³}; {} if all have an easy axis and nothing beyond."""
    found = {}
    for place, phase in enumerate(phases):
        for k in used((phase,)):
            Q, axis = fourth_powers(phase)[k]
            found.setdefault(axis, np.zeros(len(phases)))[place] += Q
    return found


def on_grid(voxels):
    """(Q (A, nx, ny, nz) in J/m³, axes (3 A, nx, ny, nz)) of Voxels, fp64; None if A is 0."""
    Q, axes = [], []
    for k in used(voxels.phases):
        of_phases, own = zip(*(fourth_powers(phase)[k] for phase in voxels.phases), strict=True)
        Q.append(np.array(of_phases)[voxels.index])
        axes.append(np.moveaxis(np.array(own)[voxels.index], -1, 0) if k else voxels.easy_axis())
    return (np.stack(Q), np.concatenate(axes)) if Q else None


def at_nodes(phases, shares):
    """(Q (A, n) in J/m³, axes (3 A,)) at the nodes of a mesh, fp64; None if A is 0. shares: (len(phases), n)."""
    terms = terms_of(phases)
    return (np.stack([Q @ shares for Q in terms.values()]), np.concatenate(list(terms))) if terms else None


def _along(axes, v):
    """Directions (B, A, 3, …), and the components of v along them (B, A, …)."""
    directions = axes.unflatten(1, (-1, 3))
    return directions, (directions * v[:, None]).sum(2)


@fused
def gradient(m, Q, axes):
    """Like m: Σ_a 4 Q_a c_a³ e_a."""
    directions, c = _along(axes, m)
    return ((4 * Q * c**3)[:, :, None] * directions).sum(1)


@fused
def energy(m, Q, axes):
    """Σ_a Q_a c_a⁴: (B, 1, nx, ny, nz)."""
    return (Q * _along(axes, m)[1] ** 4).sum(1, keepdim=True)


@fused
def beyond(m, trial, Q, axes):
    """What E(trial) − E(m) has beyond the mean of both gradients times trial − m: −Σ_a Q_a (c_a + c_a') (c_a' − c_a)³, exactly.

    (B, 1, nx, ny, nz). Like the rest of the difference it keeps its relative precision however near the states are.
    """
    c, step = _along(axes, m)[1], _along(axes, trial - m)[1]
    return -(Q * (2 * c + step) * step**3).sum(1, keepdim=True)


def outer(v):
    """v vᵀ. v: (B, 3, …)."""
    return v[:, SECOND] * v[:, THIRD]


def projected(tensor, m):
    """P T P with P = 1 − m mᵀ: T − (w mᵀ + m wᵀ) + (m·w) m mᵀ, w = T m; and its trace (B, 1, …)."""
    w = symmetric(tensor, m)
    along = (m * w).sum(1, keepdim=True)
    across = w[:, SECOND] * m[:, THIRD] + m[:, SECOND] * w[:, THIRD] - along * m[:, SECOND] * m[:, THIRD]
    return tensor - across, tensor[:, :3].sum(1, keepdim=True) - along


@fused
def split(m, tensor, Q, axes):
    """(W, width, lowest) of P T P = lowest P + W, T = tensor − Σ_a 12 Q_a c_a² e_a e_aᵀ, which is less the second derivative of
    all terms that are local to a cell, tensor = Σ 2K u uᵀ being that of the quadratic ones.

    lowest (B, 1, …): the lower of the two eigenvalues in the plane across m; W has one, width ≥ 0 (B, 1, …).
    """
    directions, c = _along(axes, m)
    squares = directions[:, :, SECOND] * directions[:, :, THIRD]
    flat, trace = projected(tensor - ((12 * Q * c**2)[:, :, None] * squares).sum(1), m)
    identity = m.new_tensor([1, 1, 1, 0, 0, 0]).reshape(6, *[1] * (m.ndim - 2))
    plane = identity - outer(m)
    rest = flat - trace / 2 * plane
    weights = m.new_tensor([1, 1, 1, 2, 2, 2]).reshape(6, *[1] * (m.ndim - 2))
    half = ((weights * rest.square()).sum(1, keepdim=True) / 2).sqrt()
    return rest + half * plane, 2 * half, trace / 2 - half


@fused
def direction_of(W):
    """u with u uᵀ width = W: a unit vector, or 0 where W is 0, like the first three components."""
    full = W[:, FULL].unflatten(1, (3, 3))
    longest = W[:, :3].argmax(1, keepdim=True)[:, None].expand(-1, 1, 3, *[-1] * (W.ndim - 2))
    column = full.gather(1, longest)[:, 0]
    length = column.square().sum(1, keepdim=True).sqrt()
    return torch.where(length > 0, column / torch.where(length > 0, length, 1), 0)
