"""The energy of a batch of samples on equal grids: gradient, energy, and the cheap local part of the Hessian."""

from dataclasses import dataclass, fields

import numpy as np
import torch

from hardmag.micromagnetics import cellwise, quartic
from hardmag.micromagnetics.cellwise import tangent
from hardmag.micromagnetics.demag import Demag
from hardmag.micromagnetics.exchange import exchange_diagonal, face_stiffness
from hardmag.micromagnetics.fusion import fused
from hardmag.micromagnetics.local_terms import local_operator, local_solve
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


@dataclass
class Materials:
    """Properties on the grid for B samples; every tensor leads with the batch dimension.

    Energies and stiffnesses are in units of weight × T: weight = Ms makes them J/m³. With `yang_eq7` they are taken per
    moment, weight = 1, because only so do that formula's local terms derive from an energy (docs/exchange.md).
    """

    Ms: torch.Tensor  # (B, 1, nx, ny, nz), A/m: the source of the demagnetising field
    weight: torch.Tensor  # Ms (J/m³ per T), or 1; 0 in empty cells
    inv_weight: torch.Tensor  # 1/weight, 0 in empty cells
    two_K: torch.Tensor  # 2K·weight/Ms, K = K1 + 2 K2
    axis: torch.Tensor  # (B, 3, 1, 1, 1), or (B, 3, nx, ny, nz) where axes differ from cell to cell
    face_x: torch.Tensor | None  # 2·S·a_ij/d², see exchange.face_stiffness
    face_y: torch.Tensor | None
    face_z: torch.Tensor | None
    diagonal: torch.Tensor  # of the exchange operator
    moment: torch.Tensor  # (B,): Σ Ms
    Q: torch.Tensor | None = None  # (B, A, nx, ny, nz), times weight/Ms, see quartic.py: of K2, K1 < 0, cubic anisotropy
    quartic_axes: torch.Tensor | None = None  # (B, 3 A, nx, ny, nz)

    @property
    def moments(self):
        """The cells' magnetic moments, of which `moment` is the sum."""
        return self.Ms

    @property
    def faces(self):
        return (self.face_x, self.face_y, self.face_z)

    @classmethod
    def of(cls, voxels, device, dtype, strength=1.0, exchange="variational"):
        """One sample (B = 1) from Voxels. Only the indices travel to the device; the grid is filled there, in fp64."""
        if voxels.interfaces and exchange != "variational":
            raise ValueError("interfaces with an exchange of their own go with exchange = 'variational' only")
        index = torch.as_tensor(voxels.index.astype("int64"), device=device)
        table = lambda values: torch.tensor(values, dtype=torch.float64, device=device)  # noqa: E731
        on_grid = lambda key: table([getattr(p, key) for p in voxels.phases])[index]  # noqa: E731
        Ms, A, K = on_grid("Ms_A_per_m"), on_grid("A_J_per_m"), table(quartic.quadratic_K(voxels.phases))[index]
        magnetic = Ms > 0
        inv_Ms = torch.where(magnetic, 1 / torch.where(magnetic, Ms, 1), 0)
        weight, inv_weight = (Ms, inv_Ms) if exchange == "variational" else (magnetic.double(), magnetic.double())
        stiffness = A if exchange == "variational" else A * inv_Ms
        faces = face_stiffness(stiffness, index, voxels.cell_m, voxels.periodic, strength, voxels.interfaces)
        if voxels.axis is not None:
            axis = torch.as_tensor(voxels.axis.copy(), device=device)
        elif voxels.one_axis:
            axis = table(voxels.phases[int(voxels.index.flat[0])].axis)[:, None, None, None]
        else:
            axis = table([p.axis for p in voxels.phases])[index].movedim(-1, 0)
        lead = lambda t: None if t is None else t[None, None].to(device, dtype).contiguous()  # noqa: E731
        faces = [lead(f) for f in faces]
        Q, quartic_axes = quartic.on_grid(voxels) or (None, None)
        return cls(
            Ms=lead(Ms),
            weight=lead(weight),
            inv_weight=lead(inv_weight),
            two_K=lead(2 * K * weight * inv_Ms),
            axis=axis[None].to(device, dtype).contiguous(),
            face_x=faces[0],
            face_y=faces[1],
            face_z=faces[2],
            diagonal=exchange_diagonal(faces, lead(Ms)),
            moment=Ms.sum()[None].to(device, dtype),
            Q=None if Q is None else (table(Q) * weight * inv_Ms)[None].to(device, dtype),
            quartic_axes=None if Q is None else table(quartic_axes)[None].to(device, dtype),
        )

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Materials(**{k: None if v is None else function(k, v) for k, v in values.items()})

    def local(self, m):
        """Exchange and anisotropy part of the gradient, like m: (B, 3, nx, ny, nz)."""
        quadratic = local_operator(m, torch.zeros_like(self.two_K), self.two_K, self.axis, self.faces)
        return quadratic if self.Q is None else quadratic + quartic.gradient(m, self.Q, self.quartic_axes)

    def hessian(self, m, radial):
        """The preconditioner at m, see LocalHessian."""
        return LocalHessian(self, m, radial)

    def superposed(self, weights):
        """Σ weights[:, k, l, m] of cosines with k, l, m half waves along x, y, z over the box: (1, 3, nx, ny, nz)."""
        k = np.arange(weights.shape[1])[:, None]
        waves = [np.where(k == 0, 1, 2**0.5) * np.cos(np.pi * k * (np.arange(n) + 0.5) / n) for n in self.Ms.shape[2:]]
        smooth = torch.as_tensor(weights).to(self.Ms)
        for wave in waves:  # (…, k, …) → (…, cells): one direction after the other, the next comes to the front
            smooth = torch.tensordot(smooth, torch.as_tensor(wave).to(self.Ms), dims=([1], [0]))
        return smooth[None]


class System:
    """The energy of a batch of samples on equal grids. m: (B, 3, nx, ny, nz) unit vectors."""

    def __init__(self, n, cell_m, periodic, device, dtype, demag=True):
        self.demag = Demag(n, cell_m, periodic, device, dtype) if demag else None

    def gradient(self, materials, m, field_T):
        """∂E/∂m (in weight × T, see Materials) at applied field field_T (B, 3): like m."""
        g = materials.local(m) + zeeman_gradient(materials.weight, field_T)
        if self.demag is not None:
            g += self.demag.gradient(m, materials.Ms, materials.weight)
        return g

    def energy(self, materials, m, radial, field_T):
        """Total energy (in weight × T, summed over cells) less ΣK, from radial = m·gradient: (B,).

        All terms are quadratic in m but Zeeman, which is linear, and those of quartic.py.
        """
        beyond = None if materials.Q is None else quartic.energy(m, materials.Q, materials.quartic_axes)
        return _energy(m, radial, materials.weight, field_T, beyond)


@fused
def _energy(m, radial, weight, field_T, quartic_energy):
    twice = radial + (m * zeeman_gradient(weight, field_T)).sum(1, keepdim=True)
    if quartic_energy is not None:  # of their 4 E, radial has half too much
        twice = twice - 2 * quartic_energy
    return 0.5 * sample_sum(twice)


class LocalHessian:
    """Riemannian Hessian at m without the demagnetising term, made positive definite: the preconditioner.

    H v = exchange(v) + s v − 2K u_t (u_t·v) with u_t the tangential part of the easy axis and the shift
    s = max(−m·g, 2K|u_t|² + floor): where the true shift makes a cell unstable, it is replaced by a small stable one.
    With the terms of quartic.py, 2K u_t u_tᵀ is what has to be taken off a multiple of 1, which goes to the shift.
    """

    FLOOR = 0.02  # of the mean of 2K + |m·g|: keeps the operator away from singular
    CONDITION = 200.0  # of the part of the spectrum that the polynomial inverts; softer modes are only amplified

    def __init__(self, materials, m, radial):
        """radial = m·g: (B, 1, nx, ny, nz)."""
        self.faces, self.diagonal = materials.faces, materials.diagonal
        self.m = m
        axis, self.two_K, self.radial = materials.axis, materials.two_K, radial
        if materials.Q is not None:
            tensor = quartic.outer(axis.expand_as(m)) * self.two_K
            W, self.two_K, lowest = quartic.split(m, tensor, materials.Q, materials.quartic_axes)
            axis, self.radial = quartic.direction_of(W), radial + lowest
        self.u, self.shift = _axis_and_shift(m, self.radial, self.two_K, axis, self.FLOOR)

    def curvature(self, p):
        """Second derivative of the local energy along a tangential direction p, with the true shift: (B,)."""
        return _dot(p, local_operator(p, -self.radial, self.two_K, self.u, self.faces))

    def solve(self, b, degree):
        """Tangential field ≈ H⁻¹ b for tangential b, see local_terms.local_solve."""
        x = local_solve(b, self.shift, self.two_K, self.u, self.faces, self.diagonal, degree, self.CONDITION)
        return _tangent(x, self.m)


_dot, _tangent = fused(dot), fused(tangent)


@fused
def _axis_and_shift(m, radial, two_K, axis, floor):
    u = tangent(axis.expand_as(m), m)
    scale = sample_sum(two_K + radial.abs()) / (radial.shape[2] * radial.shape[3] * radial.shape[4])
    return u, cellwise.shift(u, radial, two_K, floor * scale)
