"""The energy of a batch of samples on one tetrahedral mesh, as system.py has it for grids: the same minimiser serves both.

Fields are (B, 3, n, 1, 1), n nodes. Energies, linear elements: exchange Σ A ∫|∇m|²; anisotropy Σ K Σ_i (1 − (u·m_i)²) ∫φ_i, at
the nodes, where |m| = 1 ("lumped"); Zeeman −∫Ms m·B; demagnetising ½ µ0 Σ M·N M V over the cells of a
regular grid, M the mean magnetisation in each (particle_mesh.py), N the finite differences' tensor. Its field goes back to the
nodes by the transpose, so that gradient and energy agree exactly.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch

from hardmag.micromagnetics import quartic
from hardmag.micromagnetics.demag import Demag
from hardmag.micromagnetics.elements import Elements, elements_of
from hardmag.micromagnetics.fusion import fused
from hardmag.micromagnetics.local_terms import inverted, recurrence
from hardmag.micromagnetics.sparse import nodal_operator, nodal_solve, product
from hardmag.micromagnetics.system import LocalHessian, System, dot, sample_sum, tangent
from hardmag.micromagnetics.zeeman import zeeman_gradient


@dataclass
class NodalMaterials:
    """Properties at the nodes for B samples; every tensor leads with the batch dimension. Energies in J/m³ times V_i/V0, V_i
    the volume of a node, V0 their mean."""

    elements: Elements  # of the mesh, the same for all
    Ms: torch.Tensor  # (B, 1, n, 1, 1): Ms · weight bounds the demagnetising energy: ½ µ0 Σ Ms weight |m|² is never below it
    weight: torch.Tensor  # ∫Ms φ_i / V0; 0 at empty nodes
    inv_weight: torch.Tensor  # 1/weight, 0 at empty nodes
    tensor: torch.Tensor  # (B, 6, n, 1, 1), xx yy zz yz xz xy: Σ 2K u uᵀ ∫φ_i / V0 over the phases
    axis: torch.Tensor  # (B, 3, n, 1, 1): easy axis of the phase that has most of the node's moment
    stiffness: torch.Tensor  # (B, entries): −2A ∫∇φ_i·∇φ_j / V0 of neighbours
    diagonal: torch.Tensor  # (B, 1, n, 1, 1): half an upper bound of the exchange operator
    spread: torch.Tensor  # (B, entries): Ms times the mean of φ_i over a cell of the grid
    gathered: torch.Tensor  # its transpose, times the cell's volume
    moment: torch.Tensor  # (B,): Σ weight
    Q: torch.Tensor | None = None  # (B, A, n, 1, 1): Σ Q ∫φ_i / V0 over the phases, see quartic.py
    quartic_axes: torch.Tensor | None = None  # (B, 3 A, 1, 1, 1)

    @property
    def moments(self):
        """The nodes' magnetic moments, of which `moment` is the sum."""
        return self.weight

    @classmethod
    def of(cls, mesh, device, dtype):
        """One sample (B = 1) from a Mesh."""
        e = elements_of(mesh)
        Ms, A = (np.array([getattr(p, key) for p in mesh.phases]) for key in ("Ms_A_per_m", "A_J_per_m"))
        K, u = quartic.quadratic_K(mesh.phases), np.array([p.axis for p in mesh.phases])
        weight = Ms @ e.nodal
        inverse = np.divide(1, weight, out=np.zeros_like(weight), where=weight > 0)
        squares = np.stack([u[:, i] * u[:, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))])
        spread = Ms @ e.mean
        filled = e.spread.row_sums(spread)
        gathered = spread[e.transposed] * e.cell_volume
        ceiling = e.gathered.row_sums(gathered * filled[e.gathered.index])
        lead = lambda a: torch.as_tensor(np.ascontiguousarray(a))[None].to(device, dtype)  # noqa: E731
        nodes = lambda a: lead(np.atleast_2d(a))[..., None, None]  # noqa: E731
        Q, axes = quartic.at_nodes(mesh.phases, e.nodal) or (None, None)
        return cls(
            elements=e,
            Ms=nodes(ceiling * inverse),
            weight=nodes(weight),
            inv_weight=nodes(inverse),
            tensor=nodes((squares * 2 * K) @ e.nodal),
            axis=nodes(u[np.argmax(Ms[:, None] * e.nodal, axis=0)].T),
            stiffness=lead(A @ e.stiffness),
            diagonal=nodes(A @ e.diagonal),
            spread=lead(spread),
            gathered=lead(gathered),
            moment=torch.as_tensor([weight.sum()]).to(device, dtype),
            Q=None if Q is None else nodes(Q),
            quartic_axes=None if Q is None else lead(axes)[..., None, None, None],
        )

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "elements"}
        return NodalMaterials(self.elements, **{k: None if v is None else function(k, v) for k, v in values.items()})

    def local(self, m):
        """Exchange and anisotropy part of the gradient, like m: (B, 3, n, 1, 1)."""
        quadratic = nodal_operator(self.elements.neighbours, self.stiffness, m, torch.zeros_like(self.weight), self.tensor)
        return quadratic if self.Q is None else quadratic + quartic.gradient(m, self.Q, self.quartic_axes)

    def hessian(self, m, radial):
        """The preconditioner at m, see NodalHessian."""
        return NodalHessian(self, m, radial)

    def superposed(self, weights):
        """Σ weights[:, k, l, m] of cosines with k, l, m half waves along x, y, z over the box: (1, 3, n, 1, 1)."""
        at = self.elements.nodes - self.elements.nodes.min(0)
        total = torch.as_tensor(weights).to(self.weight)
        waves = [cosines(weights.shape[1], x / max(x.max(), 1e-30)) for x in at.T]
        smooth = torch.einsum("cklm,kn,ln,mn->cn", total, *(torch.as_tensor(w).to(total) for w in waves))
        return smooth[None, :, :, None, None]


def cosines(modes, at):
    """√2 cos(πk·at), and 1 for k = 0: (modes, n), of a mean square of 1. at: (n,) in [0, 1]."""
    k = np.arange(modes)[:, None]
    return np.where(k == 0, 1, 2**0.5) * np.cos(np.pi * k * at)


class NodalSystem(System):
    """The energy of a batch of samples on one mesh. m: (B, 3, n, 1, 1) unit vectors."""

    def __init__(self, mesh, device, dtype, demag=True):
        self.cells, cell_m = elements_of(mesh).grid
        self.demag = Demag(self.cells, cell_m, (False, False, False), device, dtype) if demag else None
        self.one = torch.ones(1, 1, 1, 1, 1, dtype=dtype, device=device)

    def gradient(self, materials, m, field_T):
        """∂E/∂m at applied field field_T (B, 3): like m."""
        g = materials.local(m) + zeeman_gradient(materials.weight, field_T)
        if self.demag is not None:
            e = materials.elements
            M = product(e.spread, materials.spread, m.flatten(2)).view(len(m), 3, *self.cells)
            field = self.demag.gradient(M, self.one, self.one)
            g += product(e.gathered, materials.gathered, field.flatten(2)).view_as(m)
        return g


class NodalHessian:
    """As system.LocalHessian: H v = exchange(v) + s v − P T P v with the tangential projection P and the shift
    s = max(−m·g, tr PTP + floor), which is never below the largest eigenvalue of PTP."""

    def __init__(self, materials, m, radial):
        """radial = m·g: (B, 1, n, 1, 1)."""
        self.pattern, self.stiffness = materials.elements.neighbours, materials.stiffness
        self.diagonal, self.m, self.radial = materials.diagonal, m, radial
        tensor = materials.tensor
        if materials.Q is not None:
            tensor, _, lowest = quartic.split(m, tensor, materials.Q, materials.quartic_axes)
            self.radial = radial + lowest
        self.tensor, self.shift = _tensor_and_shift(m, self.radial, tensor, LocalHessian.FLOOR)

    def curvature(self, p):
        """Second derivative of the local energy along a tangential direction p, with the true shift: (B,)."""
        return dot(p, nodal_operator(self.pattern, self.stiffness, p, -self.radial, self.tensor))

    def solve(self, b, degree):
        """Tangential field ≈ H⁻¹ b for tangential b: the Chebyshev polynomial of local_terms.local_solve."""
        weights = recurrence(degree, LocalHessian.CONDITION, b.dtype, b.device)
        inverse = inverted(self.diagonal + self.shift)
        return tangent(nodal_solve(self.pattern, self.stiffness, b, self.shift, self.tensor, inverse, weights), self.m)


@fused
def _tensor_and_shift(m, radial, tensor, floor):
    """(P T P, shift) with P = 1 − m mᵀ."""
    flat, trace = quartic.projected(tensor, m)
    scale = sample_sum(trace + radial.abs())[:, None, None, None, None] / radial.shape[2]
    return flat, torch.maximum(-radial, trace + floor * scale)
