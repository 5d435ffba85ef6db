"""The energy of a batch of samples on equal grids: gradient, energy, and the cheap local part of the Hessian."""

from dataclasses import dataclass, fields

import torch

from hardmag.micromagnetics.anisotropy import anisotropy_gradient
from hardmag.micromagnetics.demag import Demag
from hardmag.micromagnetics.exchange import add_exchange, exchange_diagonal, face_stiffness
from hardmag.micromagnetics.zeeman import zeeman_gradient


def sample_sum(x):
    """Sum over everything but the batch, in an order that does not depend on the batch: (B, …) → (B,).

    The two stages keep each row's reduction within one thread, so that a sample's sum is bitwise the same in any batch.
    """
    return x.flatten(2).sum(2).sum(1)


def dot(a, b):
    """Per-sample scalar product of two fields: (B,)."""
    return sample_sum(a * b)


def normalised(m):
    """m/|m| cell by cell. m: (B, 3, nx, ny, nz)."""
    return m / m.square().sum(1, keepdim=True).sqrt()


def tangent(v, m):
    """v less its component along m, cell by cell."""
    return v - (v * m).sum(1, keepdim=True) * m


@dataclass
class Materials:
    """Properties on the grid for B samples; every tensor leads with the batch dimension."""

    Ms: torch.Tensor  # (B, 1, nx, ny, nz), A/m
    inv_Ms: torch.Tensor  # 1/Ms, 0 in empty cells
    K2: torch.Tensor  # 2K, J/m³
    axis: torch.Tensor  # (B, 3, 1, 1, 1), or (B, 3, nx, ny, nz) where axes differ from cell to cell
    face_x: torch.Tensor | None  # 2·S·A_ij/d², J/m³
    face_y: torch.Tensor | None
    face_z: torch.Tensor | None
    diagonal: torch.Tensor  # of the exchange operator, J/m³
    moment: torch.Tensor  # (B,): Σ Ms

    @property
    def faces(self):
        return (self.face_x, self.face_y, self.face_z)

    @classmethod
    def of(cls, voxels, device, dtype, strength=1.0):
        """One sample (B = 1) from Voxels."""
        on_grid = lambda key: torch.as_tensor(voxels.per_cell(key), dtype=torch.float64)  # noqa: E731
        Ms, A, K = on_grid("Ms_A_per_m"), on_grid("A_J_per_m"), on_grid("Ku_J_per_m3")
        faces = face_stiffness(A, torch.as_tensor(voxels.index.astype("int64")), voxels.cell_m, voxels.periodic, strength)
        axis = torch.as_tensor(voxels.easy_axis().copy())
        if voxels.one_axis:
            axis = axis[:, :1, :1, :1]
        lead = [None if f is None else f[None, None] for f in faces]
        tensors = dict(
            Ms=Ms[None, None],
            inv_Ms=torch.where(Ms > 0, 1 / torch.where(Ms > 0, Ms, 1), 0)[None, None],
            K2=2 * K[None, None],
            axis=axis[None],
            face_x=lead[0],
            face_y=lead[1],
            face_z=lead[2],
            diagonal=exchange_diagonal(lead, Ms[None, None]),
            moment=Ms.sum()[None],
        )
        return cls(**{k: None if v is None else v.to(device, dtype).contiguous() for k, v in tensors.items()})

    def map(self, function):
        """A copy with function applied to every tensor."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Materials(**{k: None if v is None else function(k, v) for k, v in values.items()})


class System:
    """Energies of a batch. m: (B, 3, nx, ny, nz) unit vectors; energies are densities times cells (J/m³ summed)."""

    def __init__(self, n, cell_m, periodic, device, dtype, demag=True):
        self.demag = Demag(n, cell_m, periodic, device, dtype) if demag else None

    def gradient(self, materials, m, field_T):
        """∂E/∂m (J/m³) at applied field field_T (B, 3): like m."""
        g = zeeman_gradient(materials.Ms, field_T) + anisotropy_gradient(m, materials.K2, materials.axis)
        add_exchange(g, m, materials.faces)
        if self.demag is not None:
            g += self.demag.gradient(m, materials.Ms)
        return g

    def energy(self, materials, m, g, field_T):
        """Total energy (J/m³ summed over cells), less ΣK: (B,). All terms are quadratic but Zeeman, which is linear."""
        return 0.5 * dot(m, g + zeeman_gradient(materials.Ms, field_T))


class LocalHessian:
    """Riemannian Hessian at m without the demagnetising term, made positive definite: the preconditioner.

    H v = exchange(v) + s v − 2K u_t (u_t·v) with u_t the tangential part of the easy axis and the shift
    s = max(−m·g, 2K|u_t|² + floor): where the true shift makes a cell unstable, it is replaced by a small stable one.
    """

    FLOOR = 0.02  # of the mean of 2K + |m·g|: keeps the operator away from singular
    CONDITION = 80.0  # of the part of the spectrum that the polynomial inverts; softer modes are only amplified

    def __init__(self, materials, m, radial):
        """radial = m·g: (B, 1, nx, ny, nz)."""
        self.faces = materials.faces
        self.m = m
        self.K2 = materials.K2
        self.u = tangent(materials.axis.expand_as(m), m)
        scale = sample_sum(materials.K2 + radial.abs())[:, None, None, None, None] / radial[0].numel()
        floor = self.K2 * self.u.square().sum(1, keepdim=True) + self.FLOOR * scale
        self.shift = torch.maximum(-radial, floor)
        self.excess = self.shift + radial  # of the shift over the true one
        self.inverse_diagonal = 1 / (materials.diagonal + self.shift)

    def apply(self, v):
        """H v, like m."""
        out = self.shift * v
        out -= (self.K2 * (self.u * v).sum(1, keepdim=True)) * self.u
        return add_exchange(out, v, self.faces)

    def curvature(self, p):
        """Second derivative of the local energy along a tangential direction p, with the true shift: (B,)."""
        return dot(p, self.apply(p) - self.excess * p)

    def solve(self, b, degree):
        """Tangential field ≈ H⁻¹ b for tangential b: a Chebyshev polynomial of the given degree.

        With the diagonal D divided out the spectrum lies in (0, 2] by Gershgorin's theorem; the polynomial inverts
        [2/CONDITION, 2]. It is a fixed, symmetric, positive operator without a single reduction: outer conjugacy is
        exact, nothing is synchronised, and no sample's sums depend on another's.
        """
        low, high = 2 / self.CONDITION, 2.0
        centre, radius = (high + low) / 2, (high - low) / 2
        ratio = radius / centre  # σ⁻¹ of the three-term recurrence (Saad, Iterative Methods, alg. 12.1)
        rho = ratio
        residual = b
        d = b * (self.inverse_diagonal / centre)
        x = d.clone()
        for _ in range(degree):
            residual = residual - self.apply(d)
            following = 1 / (2 / ratio - rho)
            d.mul_(following * rho)
            d += residual * (self.inverse_diagonal * (2 * following / radius))
            x += d
            rho = following
        return tangent(x, self.m)
