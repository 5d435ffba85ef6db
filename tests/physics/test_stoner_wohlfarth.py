"""A particle too small for anything but uniform rotation."""

import numpy as np
import pytest

from hardmag.materials import MU0, Phase
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.voxels import Voxels

K, J = 2.37e6, 1.61
PUBLISHED = {0.1299: 2.646, 0.1044: 2.753, 0.08544: 2.845, 0.0849: 2.848}  # rad between field and axis: µ0Hsw (T)
STEP = 0.002


def switching_field(psi):
    """Stoner and Wohlfarth's µ0Hsw (T) for the field at psi (rad) to the axis."""
    return 2 * K * MU0 / J * (np.cos(psi) ** (2 / 3) + np.sin(psi) ** (2 / 3)) ** -1.5


def test_the_published_numbers_are_the_formula():
    """To the three digits printed."""
    assert [switching_field(psi) for psi in PUBLISHED] == pytest.approx(list(PUBLISHED.values()), abs=6e-4)


@pytest.mark.parametrize("n", [(1, 1, 1), (2, 2, 2)])
@pytest.mark.parametrize(("precision", "tolerance_T"), [("fp64", 1e-4), ("fp32", 1e-3), ("fp32", 1e-4)])
def test_switching_field(n, precision, tolerance_T):
    """One cell and eight, no demagnetising field: where m turns over, the middle of a field step, against the formula.

    0.2 %: a step is up to 0.11 %, so half a step, and up to one more because the last stretch
    before the switch is flat enough to pass for rest."""
    phase = Phase("hard", 7.7e-12, K, J / MU0, (0.0, 0.0, 1.0))
    voxels = Voxels(np.zeros(n, int), (phase,), (1e-9, 1e-9, 1e-9))
    expected = {psi: switching_field(psi) for psi in (*PUBLISHED, 0.3, np.pi / 4)}
    options = {"tolerance_T": tolerance_T, "demag": False}
    runs = {
        psi: HalfCycle(voxels, (np.sin(psi), 0.0, np.cos(psi)), 0.05 - Hsw, -0.05 - Hsw, STEP, **options)
        for psi, Hsw in expected.items()
    }
    for psi, curve in run_half_cycles(runs, precision=precision).items():
        assert curve.status is Status.OK, f"psi = {psi}"
        before = np.flatnonzero(curve.m_parallel > 0)[-1]
        assert -curve.mu0_H_T[before : before + 2].mean() == pytest.approx(expected[psi], rel=0.002)
