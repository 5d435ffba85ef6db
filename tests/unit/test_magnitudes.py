"""Numbers in another unit than their key says are refused, with the unit that they may be in; one switch takes them."""

import numpy as np
import pytest
import yaml

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.errors import UserError
from hardmag.magnitudes import MAGNITUDES, implausible
from hardmag.materials import GRAIN_CORE, GRAIN_LAYER, GRAIN_SHELL, MU0, ND2FE14B, SM2CO17, SMCO5, Z_PHASES
from hardmag.simulate import load_case

PHASE = {"name": "hard", "A_J_per_m": 8.0e-12, "Ku_J_per_m3": 4.9e6, "Ms_A_per_m": 1.281e6}
FIELD = {"direction": [0, 0, 1], "from_T": 1.0, "to_T": -12.0, "step_T": 0.64}


@pytest.mark.parametrize(
    ("key", "value", "unit"),
    [
        ("Ku_J_per_m3", 4.9, "MJ/m³"),
        ("Ku_J_per_m3", 0.7, "MJ/m³"),
        ("Ku_J_per_m3", "4.9", "MJ/m³"),  # YAML takes 4.9e0 for a text
        ("Ms_A_per_m", 1.61, "T (µ0·Ms)"),
        ("Ms_A_per_m", 1281, "kA/m or emu/cm³"),
        ("Ms_A_per_m", 16100, "G"),
        ("A_J_per_m", 8.0, "pJ/m"),
        ("A_J_per_m", 8e-7, "erg/cm"),
        ("core_K1_MJ_per_m3", 4.9e6, "J/m³"),
        ("core_K1_MJ_per_m3", 4900, "kJ/m³"),
        ("core_mu0_Ms_T", 1.281e6, "A/m"),
        ("core_A_pJ_per_m", 8e-12, "J/m"),
        ("cell_nm", [1e-9, 1e-9, 1e-9], "m"),
        ("L_nm", 6e-8, "m"),
        ("wS_nm", 0.007, "µm"),
        ("size_nm", [0.03, 0.03, 0.03], "µm"),
        ("corners_nm", [[0, 0, 0], [6e-8, 0, 0], [0, 6e-8, 0], [0, 0, 6e-8]], "m"),
        ("to_T", -9.5e6, "A/m"),
        ("to_T", -9500, "kA/m or Oe or mT"),
        ("L_nm", {"min": 3e-8, "max": 9e-8}, "m"),
    ],
)
def test_another_unit_is_named(key, value, unit):
    assert f"was it meant in {unit}?" in implausible({key: value})
    assert implausible({"a": [{key: value}]}).startswith(f"a.0.{key} = ")


@pytest.mark.parametrize(
    ("key", "value"),
    [("alpha_deg", [0, 0.5236, 1.5708]), ("alpha_deg", {"min": 0, "max": np.pi / 4}), ("misorientation_deg", 0.785398)],
)
def test_radians_are_told(key, value):
    assert "in radians; angles are in degrees" in implausible({key: value})


@pytest.mark.parametrize("value", [0, 0.5, 1.57, 15, [0, 0.5236, 30], {"min": 0, "max": 90}, [0.1, 1.234]])
def test_degrees_are_taken(value):
    assert implausible({"alpha_deg": value, "tilt_deg": 0.5}) is None


def test_what_magnets_have_is_taken():
    """Every phase of the package; no anisotropy, no layer, permalloy, the softest and the hardest that are in use."""
    phases = (SM2CO17, SMCO5, *Z_PHASES.values(), ND2FE14B, GRAIN_CORE, GRAIN_SHELL, GRAIN_LAYER)
    for phase in phases:
        assert implausible(phase.to_dict()) is None
        assert implausible({"core_mu0_Ms_T": MU0 * phase.Ms_A_per_m, "core_K1_MJ_per_m3": phase.Ku_J_per_m3 / 1e6}) is None
    permalloy = {"A_J_per_m": 1.3e-11, "Ku_J_per_m3": 500, "Ms_A_per_m": 8e5}
    yig = {"A_J_per_m": 3.7e-12, "Ku_J_per_m3": -610, "Ms_A_per_m": 1.4e5}
    iron_cobalt = {"A_J_per_m": 3e-11, "Ku_J_per_m3": 1e4, "Ms_A_per_m": 1.95e6}
    for phase in (permalloy, yig, iron_cobalt, {"Ku_J_per_m3": 0, "Ms_A_per_m": 0, "A_J_per_m": 0, "layer_nm": 0}):
        assert implausible(phase) is None


@pytest.mark.parametrize("magnitudes", MAGNITUDES.values(), ids=MAGNITUDES)
def test_what_is_usual_is_allowed(magnitudes):
    assert magnitudes.least <= magnitudes.usual[0] < magnitudes.usual[1] <= magnitudes.largest


def case(tmp_path, **changes):
    np.save(tmp_path / "v.npy", np.zeros((2, 2, 2), np.uint8))
    data = {"voxels": "v.npy", "cell_nm": [1, 1, 1], "phases": [PHASE], "field": FIELD} | changes
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(data))
    return tmp_path / "case.yaml"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"phases": [PHASE | {"Ku_J_per_m3": 4.9}]},
            "phases.0.Ku_J_per_m3 = 4.9 must be within 100 to 2e+08 J/m³; was it meant in MJ",
        ),
        ({"cell_nm": [1e-9, 1e-9, 1e-9]}, "cell_nm = 1e-09 must be within 0.05 to 100000 nm; was it meant in m?"),
        ({"field": FIELD | {"to_T": -9.5e6, "step_T": 1000.0}}, "field.to_T = -9.5e+06 must be within"),
        ({"solver": {"tolerance_T": 800.0}}, "solver.tolerance_T = 800 must be within"),
    ],
)
def test_case_files(tmp_path, changes, words):
    path = case(tmp_path, **changes)
    with pytest.raises(UserError) as error:
        load_case(path)
    assert str(error.value).startswith(f"{path}: {words}") and "\n" not in str(error.value)
    assert load_case(case(tmp_path, any_magnitude=True, **changes))[0].body.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"nanostructure": {"kind": "smco17", "wS_nm": 3e-9}}, r"nanostructure\.wS_nm = 3e-09 .* in m\?"),
        (
            {"design": {"kind": "grid", "parameters": {"L_nm": [30, 0.04], "d_nm": [20], "wZ_nm": [4]}}},
            r"design\.parameters\.L_nm = 0\.04 .* in µm\?",
        ),
        ({"half_cycle": {"to_T": -9.5e6, "step_T": 1e3}}, r"half_cycle\.to_T = -9\.5e\+06 .* in A/m\?"),
        ({"domains": [{"size_nm": [6e-8, 6e-8, 3e-8]}]}, r"domains\.0\.size_nm = 6e-08 .* in m\?"),
        (
            {"design": {"kind": "grid", "parameters": {"L_nm": [30], "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0, 0.7854]}}},
            r"design\.parameters\.alpha_deg = 0\.7854 looks like 45° in radians",
        ),
    ],
)
def test_campaign_files(campaign_file, sections, words):
    with pytest.raises(UserError, match=words):
        load_campaign(campaign_file(**sections))
    load_campaign(campaign_file(any_magnitude=True, **sections))


def test_tables(campaign_file, tmp_path):
    """The row and the column are named; of angles the whole column tells what they are in."""
    design = {"kind": "table", "file": "points.csv"}
    for line, words in (
        ("30,20,4e-9,0", "points.csv: row 2: wZ_nm = 4e-09 must be within 0.05 to 100000 nm; was it meant in m?"),
        ("30,20,4,0.7854", "points.csv: row 2: alpha_deg = 0.7854 looks like 45° in radians"),
    ):
        (tmp_path / "points.csv").write_text(f"L_nm,d_nm,wZ_nm,alpha_deg\n40,20,4,0\n{line}\n")
        with pytest.raises(UserError) as error:
            make_plan(load_campaign(campaign_file(design=design)))
        assert words in str(error.value)
        (tmp_path / "points.csv").write_text(f"L_nm,d_nm,wZ_nm,alpha_deg\n40,20,4,90\n{line.replace('4e-9', '4')}\n")
        assert len(make_plan(load_campaign(campaign_file(design=design))).samples) == 2
