"""Anisotropy of a rare earth in R2Fe14B by its crystal field: K1, K2, K3 and the moment at a temperature.

The lowest J multiplet, H = Σ A_l^m ⟨r^l⟩ θ_l O_l^m + 2 (g_J − 1) H_m m_T n·J, is diagonalised for directions n of the
transition metals' moment; F = −k T ln Tr exp(−H/kT) is averaged over the two signs of the sites and over φ = 0 and 45°, and
F(θ) − F(0) = K1 sin²θ + K2 sin⁴θ + K3 sin⁶θ is fitted from 0 to 90°. Model and parameters: Yamada, Kato, Yamamoto and Nakagawa,
Phys. Rev. B 38, 620 (1988); ⟨r^l⟩: Freeman and Watson, Phys. Rev. 127, 2058 (1962); operators: Stevens 1952, Hutchings 1964.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

BOLTZMANN = 1.380649e-23  # J/K
PER_CELL = 8  # rare earths in a cell of four formula units
THETA = np.radians(np.arange(0, 91, 5))
PHI = np.radians([0.0, 45.0])


@dataclass(frozen=True)
class Ion:
    """J, gJ; H_m_K: molecular field in K; r_a0: ⟨r^l⟩ in Bohr radii; stevens: θ_l; A_K: {(l, m): A_l^m in K per a0^l};
    cell_nm3: volume of four formula units."""

    J: float
    gJ: float
    H_m_K: float
    r_a0: dict
    stevens: dict
    A_K: dict
    cell_nm3: float

    def with_A20(self, scale):
        """The same ion with the second-order parameter A_2^0 scaled."""
        return replace(self, A_K=self.A_K | {(2, 0): self.A_K[2, 0] * scale})


ND = Ion(
    J=9 / 2,
    gJ=8 / 11,
    H_m_K=350.0,
    r_a0={2: 1.001, 4: 2.401, 6: 12.396},
    stevens={2: -7 / 1089, 4: -136 / 467181, 6: -1615 / 42513471},
    A_K={(2, 0): 295, (2, -2): 454, (4, 0): -12.3, (6, 0): -1.84, (6, -2): -9.8, (6, 4): -15.9, (6, -6): 0.0},
    cell_nm3=0.9477,
)
PR = Ion(
    J=4.0,
    gJ=4 / 5,
    H_m_K=300.0,
    r_a0={2: 1.086, 4: 2.822, 6: 15.726},
    stevens={2: -52 / 2475, 4: -4 / 5445, 6: 272 / 4459455},
    A_K={(2, 0): 295, (2, -2): 454, (4, 0): -12.3, (6, 0): -6.89, (6, -2): 14.7, (6, 4): -29.8, (6, -6): -25.1},
    cell_nm3=0.9524,
)
IONS = {"Nd": ND, "Pr": PR}


def anisotropy(ion, T_K, m_T):
    """(K1, K2, K3) in MJ/m³ of the rare earths alone, were all of them this ion.

    T_K: temperature > 0; m_T: magnetisation of the transition metals over that at 0 K, from 0 to 1.
    """
    energy = np.mean([_free_energy(ion, T_K, m_T, sign, phi) for sign in (1, -1) for phi in PHI], axis=0)
    sine2 = np.sin(THETA) ** 2
    K = np.linalg.lstsq(np.stack([sine2, sine2**2, sine2**3], axis=1), energy - energy[0], rcond=None)[0]
    return K * BOLTZMANN * PER_CELL / (ion.cell_nm3 * 1e-27) / 1e6


def moment_muB(ion, T_K, m_T):
    """Moment of one ion along the c-axis, in Bohr magnetons, with the transition metals' moment there."""
    moments = []
    for sign in (1, -1):
        levels, states = np.linalg.eigh(_hamiltonians(ion, m_T, sign, np.zeros(1), 0.0)[0])
        weight = np.exp(-(levels - levels[0]) / T_K)
        Jz = np.real(np.einsum("ij,ik,kj->j", states.conj(), _angular(ion.J)[2], states))
        moments.append(ion.gJ * (weight * Jz).sum() / weight.sum())
    return float(np.mean(moments))


def _free_energy(ion, T_K, m_T, sign, phi):
    """(θ,) in K."""
    levels = np.linalg.eigvalsh(_hamiltonians(ion, m_T, sign, THETA, phi))
    lowest = levels[:, :1]
    return lowest[:, 0] - T_K * np.log(np.exp((lowest - levels) / T_K).sum(axis=1))


def _hamiltonians(ion, m_T, sign, theta, phi):
    """(θ, 2J + 1, 2J + 1) in K. sign: of the site, which that of the terms with m < 0 follows."""
    operators = _stevens_operators(ion.J)
    field = sum(
        ion.stevens[order] * ion.r_a0[order] * A * (sign if m < 0 else 1) * operators[order, m]
        for (order, m), A in ion.A_K.items()
    )
    Jx, Jy, Jz = _angular(ion.J)
    n = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)])
    exchange = 2 * (ion.gJ - 1) * ion.H_m_K * m_T
    return field + exchange * sum(c[:, None, None] * component for c, component in zip(n, (Jx, Jy, Jz), strict=True))


def _angular(J):
    """Jx, Jy, Jz: (2J + 1, 2J + 1) each, m from J down."""
    m = np.arange(J, -J - 1, -1)
    raising = np.diag(np.sqrt(J * (J + 1) - m[1:] * (m[1:] + 1)), 1).astype(complex)
    lowering = raising.conj().T
    return (raising + lowering) / 2, (raising - lowering) / 2j, np.diag(m).astype(complex)


@cache
def _stevens_operators(J):
    """{(l, m): O_l^m} of those that the sites' symmetry leaves."""
    Jx, Jy, Jz = _angular(J)
    X, one = J * (J + 1), np.eye(len(Jz))
    z = {n: np.linalg.matrix_power(Jz, n) for n in (2, 4, 6)}
    up, down = Jx + 1j * Jy, Jx - 1j * Jy
    cosine = {n: (np.linalg.matrix_power(up, n) + np.linalg.matrix_power(down, n)) / 2 for n in (2, 4, 6)}
    sine = {n: (np.linalg.matrix_power(up, n) - np.linalg.matrix_power(down, n)) / 2j for n in (2, 4, 6)}
    sixth = 33 * z[4] - (18 * X + 123) * z[2] + (X**2 + 10 * X + 102) * one
    return {
        (2, 0): 3 * z[2] - X * one,
        (2, -2): sine[2],
        (4, 0): 35 * z[4] - (30 * X - 25) * z[2] + (3 * X**2 - 6 * X) * one,
        (6, 0): 231 * z[6]
        - (315 * X - 735) * z[4]
        + (105 * X**2 - 525 * X + 294) * z[2]
        - (5 * X**3 - 40 * X**2 + 60 * X) * one,
        (6, -2): _symmetric(sixth, sine[2]),
        (6, 4): _symmetric(11 * z[2] - (X + 38) * one, cosine[4]),
        (6, -6): sine[6],
    }


def _symmetric(a, b):
    return (a @ b + b @ a) / 2
