"""The published phases against the digits that Yang et al. print in Supplementary Table 4; the rules of a phase."""

import math

import pytest

from hardmag.materials import GRAIN_BOUNDARY, MU0, SM2CO17, SMCO5, Z_PHASES, Phase

# phase: A (pJ/m), Ku (MJ/m³), Ms (kA/m), l_dw (nm), sigma_dw (mJ/m²) as printed; 2 Ku/Ms (T) by hand, to two decimals.
TABLE_4 = {
    "2:17": (SM2CO17, 19.60, 3.9, 987.7, 7.0, 35.0, 7.90),
    "1:5": (SMCO5, 8.60, 18.3, 810.8, 2.2, 50.2, 45.14),
    "Z literature": (Z_PHASES["literature"], 0.48, 2.1, 310.4, 1.5, 4.0, 13.53),
    "Z dft": (Z_PHASES["dft"], 4.83, 2.1, 290.0, 4.8, 12.7, 14.48),
    "Z modified": (Z_PHASES["modified"], 0.70, 1.4, 310.4, 2.2, 4.0, 9.02),
}


@pytest.mark.parametrize("name", TABLE_4)
def test_published_phases_have_the_printed_values(name):
    phase, A, Ku, Ms, l_dw, sigma, H_ani = TABLE_4[name]
    # Inputs are the printed numbers themselves: equal but for the last bit of a change of unit.
    assert phase.A_J_per_m == pytest.approx(A * 1e-12, rel=1e-12)
    assert phase.Ku_J_per_m3 == pytest.approx(Ku * 1e6, rel=1e-12)
    assert phase.Ms_A_per_m == pytest.approx(Ms * 1e3, rel=1e-12)
    # Derived values: half a unit of the last printed digit.
    assert phase.wall_width_m * 1e9 == pytest.approx(l_dw, abs=0.05)
    assert phase.wall_energy_J_per_m2 * 1e3 == pytest.approx(sigma, abs=0.05)
    assert phase.anisotropy_field_T == pytest.approx(H_ani, abs=0.005)


def test_anisotropy_fields_rank_as_in_the_paper():
    fields = {name: row[0].anisotropy_field_T for name, row in TABLE_4.items()}
    assert max(fields, key=fields.get) == "1:5"
    assert min(fields, key=fields.get) == "2:17"


def test_the_modified_z_phase_has_the_wall_width_of_1_5():
    # "estimated assuming an identical l_dw as 1:5-phase": A and Ku of the Z phase are printed to two digits, hence 5 %.
    assert Z_PHASES["modified"].wall_width_m == pytest.approx(SMCO5.wall_width_m, rel=0.05)


def test_grain_boundary_is_2_17_without_anisotropy():
    assert GRAIN_BOUNDARY.Ku_J_per_m3 == 0
    assert (GRAIN_BOUNDARY.A_J_per_m, GRAIN_BOUNDARY.Ms_A_per_m) == (SM2CO17.A_J_per_m, SM2CO17.Ms_A_per_m)
    assert GRAIN_BOUNDARY.delta0_m == math.inf


def test_mu0():
    assert pytest.approx(1.25663706144e-6, rel=1e-11) == MU0


def test_wall_energy_and_width_give_back_A_and_K():
    # σ·l = 4π A and σ/l = 4K/π, whatever the phase; exact but for rounding.
    assert SMCO5.wall_energy_J_per_m2 * SMCO5.wall_width_m == pytest.approx(4 * math.pi * SMCO5.A_J_per_m, rel=1e-12)
    assert SMCO5.wall_energy_J_per_m2 / SMCO5.wall_width_m == pytest.approx(4 * SMCO5.Ku_J_per_m3 / math.pi, rel=1e-12)


def test_axis_is_normalised_and_the_default_is_y():
    assert SM2CO17.axis == (0, 1, 0)
    assert Phase("p", 1e-11, 1e6, 1e6, axis=(3, 0, 4)).axis == pytest.approx((0.6, 0, 0.8), rel=1e-12)


def test_to_dict_and_with_round_trip():
    assert Phase(**{**SMCO5.to_dict(), "axis": tuple(SMCO5.to_dict()["axis"])}) == SMCO5
    changed = SMCO5.with_(Ku_J_per_m3=1e6)
    assert (changed.Ku_J_per_m3, changed.A_J_per_m, SMCO5.Ku_J_per_m3) == (1e6, SMCO5.A_J_per_m, 18.3e6)


def test_empty_space_is_a_phase():
    assert Phase("air", 0, 0, 0).Ms_A_per_m == 0


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ((-1e-12, 1e6, 1e6), "A_J_per_m"),
        ((1e-12, -math.inf, 1e6), "Ku_J_per_m3"),
        ((1e-12, 1e6, -1e6), "Ms_A_per_m"),
        ((math.nan, 1e6, 1e6), "A_J_per_m"),
        ((1e-12, math.inf, 1e6), "Ku_J_per_m3"),
        ((1e-12, 0, 0), "Ms_A_per_m = 0 is empty space"),
        ((0, 1e6, 0), "Ms_A_per_m = 0 is empty space"),
        ((0, 1e6, 1e6), "A_J_per_m must be > 0"),
        ((8.0, 1e6, 1e6), r"A_J_per_m = 8 must be at most 1e-07 J/m"),
        ((8e-7, 1e6, 1e6), r"A_J_per_m = 8e-07 must be at most 1e-07 J/m; was it meant in pJ/m or erg/cm\?"),
        ((1e-12, 1e6, 1e6, (0, 0, 0)), "axis"),
        ((1e-12, 1e6, 1e6, (0, 1)), "axis"),
        ((1e-12, 1e6, 1e6, (0, math.nan, 1)), "axis"),
    ],
)
def test_impossible_phases_are_refused_by_name(values, key):
    with pytest.raises(ValueError, match=f"phase 'odd'.*{key}"):
        Phase("odd", *values)
