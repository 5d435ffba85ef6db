"""The crystal field of Nd and Pr against values computed by another program from the same parameters."""

import numpy as np
import pytest

from hardmag.intrinsic.crystal_field import IONS, anisotropy, moment_muB

# ion, T (K), m_T: K1, K2, K3 (MJ/m³) and the moment (µB), of a prototype of Yamada's model that shares no code with this one.
COMPUTED = (
    ("Nd", 4.2, 0.5, -11.5282, 23.0014, -3.9044, 3.2372),
    ("Nd", 4.2, 1.0, -12.3473, 33.4758, -12.631, 3.2621),
    ("Nd", 300, 0.3, 0.8442, 0.0262, -0.0001, 1.1884),
    ("Nd", 300, 0.9, 3.6781, 1.1077, -0.1059, 2.4557),
    ("Nd", 433, 0.75, 2.0883, 0.1695, -0.0076, 1.788),
    ("Pr", 300, 0.5, 1.8576, 0.0413, 0.0029, 1.2377),
    ("Pr", 300, 1.0, 5.8444, 0.3061, 0.116, 2.0627),
    ("Pr", 433, 0.75, 2.1324, 0.0436, 0.0032, 1.2283),
)


@pytest.mark.parametrize("row", COMPUTED, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_crystal_field_gives_the_computed_constants(row):
    ion, T_K, m_T, *K, moment = row
    found = anisotropy(IONS[ion], T_K, m_T)
    # 1 % of the largest constant; the table is rounded to 1e-4.
    assert found == pytest.approx(K, abs=0.01 * max(map(abs, K)))
    assert moment_muB(IONS[ion], T_K, m_T) == pytest.approx(moment, rel=0.01)


def test_no_field_of_the_metals_no_anisotropy():
    assert anisotropy(IONS["Nd"], 300.0, 0.0) == pytest.approx(np.zeros(3), abs=1e-9)


def test_second_order_parameter_scales_the_anisotropy_at_high_temperature():
    """F is linear in A to first order in A/T: at 2000 K, what A_2^0 adds to K1 doubles with it, but for terms in (A/T)²."""
    ion = IONS["Nd"]
    one, two = (anisotropy(ion.with_A20(scale), 2000.0, 1.0)[0] for scale in (1.0, 2.0))
    none = anisotropy(ion.with_A20(0.0), 2000.0, 1.0)[0]
    assert (two - none) / (one - none) == pytest.approx(2, rel=0.05)
