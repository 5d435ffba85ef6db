"""Friedberg-Paul pinning: a wall held by a plate of finite thickness with other A, K and Ms than the magnet around it.

Let θ be the angle to the field, 0 far on the left and π far on the right, so that the field B drives the wall to the right.
A stationary wall has A θ'² = K sin²θ − Ms B cos θ + C in each region, with C = Ms B on the left and −Ms B on the right
(index 1), and an unknown C₂ in the plate (index 2). θ and A θ' are continuous where the wall enters the plate (θ = a) and
leaves it (θ = b). Taking the two conditions from one another,

    B = (A₁K₁ − A₂K₂)(sin²b − sin²a) / [A₁M₁(2 − cos a + cos b) + A₂M₂(cos a − cos b)],

either of them gives C₂, and the thickness D = ∫ √A₂ dθ / √(K₂ sin²θ − M₂ B cos θ + C₂) from a to b ties b to a. The wall
is torn off at the largest B over all a. D → ∞ (a → 0) gives the single boundary, D → 0 the first-order result
(2K₁/M₁)(D/δ₁)(A₁/A₂ − K₂/K₁)/(3√3).
"""

import numpy as np
import pytest
import torch
from helpers import materials_of, relaxed, system_of, wall
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from hardmag.materials import MU0, Phase
from hardmag.voxels import Voxels

MAGNET = Phase("magnet", 1e-11, 1e6, 1.0 / MU0)
# Ratios A₂/A₁, K₂/K₁, M₂/M₁ and thickness (m). δ₁ = 3.16 nm.
PLATES = {
    "K, thin": (1.0, 0.3, 1.0, 1e-9),
    "K": (1.0, 0.3, 1.0, 4e-9),
    "K, thick": (1.0, 0.3, 1.0, 20e-9),
    "K = 0": (1.0, 0.0, 1.0, 3e-9),
    "A": (0.4, 1.0, 1.0, 3e-9),
    "A, K": (0.5, 0.3, 1.0, 5e-9),
    "A, K, Ms": (0.5, 0.3, 0.6, 5e-9),
    "A, K, Ms, shallow": (0.8, 0.9, 1.2, 2e-9),
}


def plate_of(A, K, M, _thickness):
    return Phase("plate", A * MAGNET.A_J_per_m, K * MAGNET.Ku_J_per_m3, M * MAGNET.Ms_A_per_m)


def depinning_field(plate, thickness):
    """B (T) at which the plate (a Phase) lets go of the wall, by the first integrals above.

    Up to five δ₀ of the plate; in thicker ones a is too small for the search, and the single boundary holds to 1e-5."""
    A1, K1, M1 = MAGNET.A_J_per_m, MAGNET.Ku_J_per_m3, MAGNET.Ms_A_per_m
    A2, K2, M2 = plate.A_J_per_m, plate.Ku_J_per_m3, plate.Ms_A_per_m

    def field(a, b):
        force = (A1 * K1 - A2 * K2) * (np.sin(b) ** 2 - np.sin(a) ** 2)
        return force / (A1 * M1 * (2 - np.cos(a) + np.cos(b)) + A2 * M2 * (np.cos(a) - np.cos(b)))

    def extent(a, b):
        B = field(a, b)
        at_a = A1 * (K1 * np.sin(a) ** 2 + M1 * B * (1 - np.cos(a))) / A2  # A₂ θ'² where the wall enters
        rest = at_a - K2 * np.sin(a) ** 2 + M2 * B * np.cos(a)
        slope = lambda t: np.sqrt((K2 * np.sin(t) ** 2 - M2 * B * np.cos(t) + rest) / A2)  # noqa: E731
        # Over s = ln tan(θ/2), dθ = sin θ ds, the integrand stays smooth where θ is close to 0 or π.
        angle = lambda s: 2 * np.arctan(np.exp(s))  # noqa: E731
        return quad(lambda s: np.sin(angle(s)) / slope(angle(s)), np.log(np.tan(a / 2)), np.log(np.tan(b / 2)))[0]

    def leaves(a):
        return brentq(lambda b: extent(a, b) - thickness, a + 1e-9, np.pi - a)  # sin b > sin a: the field is positive

    # At the symmetric position, b = π − a, there is no field; from there on the wall hangs out further on the right.
    symmetric = brentq(lambda a: extent(a, np.pi - a) - thickness, 1e-9, np.pi / 2 - 1e-9)
    field_at = lambda depth: field(a := symmetric * np.exp(-depth), leaves(a))  # noqa: E731
    return -minimize_scalar(lambda depth: -field_at(depth), bounds=(0, 4), method="bounded").fun


def test_limits_of_the_formula():
    """Thin plates: first order in D, off by the next order, below 1 % at D = δ₁/30. Thick ones: Heistracher's single
    boundary, reached exponentially, to 1e-4 at five times the plate's own δ₀."""
    A, K, M = 0.5, 0.3, 0.6
    plate, anisotropy_T, delta = plate_of(A, K, M, None), MAGNET.anisotropy_field_T, MAGNET.delta0_m
    assert depinning_field(plate, delta / 30) == pytest.approx(anisotropy_T / 30 * (1 / A - K) / 27**0.5, rel=0.01)
    boundary = anisotropy_T * (1 - A * K) / (1 + np.sqrt(A * M)) ** 2
    assert depinning_field(plate, 5 * plate.delta0_m) == pytest.approx(boundary, rel=1e-4)


@pytest.mark.parametrize(("d", "tolerance"), [(0.5e-9, 0.01), (0.25e-9, 0.003)])
def test_depinning_field(d, tolerance):
    """Without demagnetising field: every plate holds the wall at (1 − tolerance) of its depinning field, and lets it go to
    the end of the chain at (1 + tolerance).

    The cells' own error is of second order: the walls leave 0.2 to 0.6 % late with cells of half a nanometre, 0.0 to
    0.2 % late with half of that."""
    n = round(160e-9 / d)
    x = (np.arange(n) + 0.5 - n / 2) * d
    expected = np.array([depinning_field(plate_of(*plate), plate[-1]) for plate in PLATES.values()])
    samples = []
    for plate in PLATES.values():
        index = (np.abs(x) < plate[-1] / 2).astype(int).reshape(n, 1, 1)
        samples.append(Voxels(index, (MAGNET, plate_of(*plate)), (d, d, d)))
    system, materials = system_of(samples[0], demag=False), materials_of(*samples)
    m, held = wall(x, MAGNET.delta0_m).repeat(len(samples), 1, 1, 1, 1), []
    for share in (0.5, 0.9, 0.97, 1 - tolerance, 1 + tolerance):
        field_T = torch.zeros(len(samples), 3, dtype=torch.float64)
        field_T[:, 1] = -torch.as_tensor(share * expected)
        m = relaxed(system, materials, m, field_T, tolerance_T=5e-5)
        held.append((m[:, 1].mean((1, 2, 3)) > -0.3).tolist())
    assert all(held[-2]), "torn off too early"
    assert not any(held[-1]), "held too long"
    assert (m[:, 1] < -0.99).all()
