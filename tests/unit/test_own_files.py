"""Files of one's own in a design: looked up beside the campaign file, watched by the plan, missing ones told; and the rows and
duplicates of a table."""

import numpy as np
import pytest

from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.campaign.ledger import plan_campaign, summary
from hardmag.cli import main
from hardmag.errors import UserError
from hardmag.files import sha256

PHASES = [{"name": name, "A_J_per_m": 8e-12, "Ku_J_per_m3": 4e5, "Ms_A_per_m": 1e5} for name in ("hard", "soft")]
OWN = {"kind": "from_file", "cell_nm": [1, 1, 1], "phases": PHASES}


@pytest.fixture
def study(campaign_file, tmp_path, monkeypatch):
    """Function: write a campaign of two voxel files with a design; the current folder is another one."""
    (tmp_path / "structures").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for n in (0, 1):
        np.save(tmp_path / "structures" / f"s{n}.npy", np.full((2, 2, 2), n))
    (tmp_path / "table.csv").write_text("voxels\nstructures/s0.npy\nstructures/s1.npy\n")

    def write(design, **nanostructure):
        return campaign_file(nanostructure=OWN | nanostructure, design=design)

    return write


LEVELS = {"kind": "grid", "parameters": {"voxels": ["structures/s0.npy", "structures/s1.npy"], "alpha_deg": [0, 20]}}
TABLE = {"kind": "table", "file": "table.csv", "parameters": {"alpha_deg": [0, 20]}}


@pytest.mark.parametrize("design", [LEVELS, TABLE])
def test_files_lie_beside_the_campaign_file(study, tmp_path, design):
    plan = plan_campaign(study(design), tmp_path / "r")
    assert len(plan["samples"]) == 4
    for name in ("structures/s0.npy", "structures/s1.npy"):
        assert plan["sources"][str(tmp_path / name)] == sha256(tmp_path / name)


def test_ids_are_those_of_the_content(study, tmp_path):
    """Of a level, of a row and of a key that all samples share: one id; and where the campaign lies does not matter."""
    ids = [s.id for s in make_plan(load_campaign(study(LEVELS))).samples]
    assert [s.id for s in make_plan(load_campaign(study(TABLE))).samples] == ids
    alone = {"kind": "grid", "parameters": {"alpha_deg": [0, 20]}}
    shared = make_plan(load_campaign(study(alone, voxels="structures/s1.npy"))).samples
    assert [s.id for s in shared] == ids[2:]


def test_a_file_of_equal_content_is_watched_too(study, tmp_path):
    """It is no sample of its own while it is equal; the plan must be made anew when it changes."""
    (tmp_path / "structures" / "s1.npy").write_bytes((tmp_path / "structures" / "s0.npy").read_bytes())
    plan = plan_campaign(study(TABLE), tmp_path / "r")
    assert len(plan["samples"]) == 2 and plan["duplicates"] == 2
    assert str(tmp_path / "structures" / "s1.npy") in plan["sources"]


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (LEVELS, r"campaign\.yaml: .*structures/s1\.npy: no such voxel file \(key 'voxels'\)"),
        (TABLE, r"campaign\.yaml: .*table\.csv: row 2: .*structures/s1\.npy: no such voxel file \(key 'voxels'\)"),
    ],
)
def test_missing_files_are_told_when_it_is_planned(study, tmp_path, capsys, design, words):
    (tmp_path / "structures" / "s1.npy").unlink()
    assert main(["plan", str(study(design))]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    with pytest.raises(UserError, match=words):
        plan_campaign(tmp_path / "campaign.yaml", tmp_path / "r")


@pytest.mark.parametrize("levels", [[5], {"min": 1, "max": 2}])
def test_levels_of_a_file_are_names(study, levels):
    design = {"kind": "sobol", "points": 2, "parameters": {"voxels": levels, "alpha_deg": {"min": 0, "max": 20}}}
    with pytest.raises(UserError, match=r"design\.parameters\.voxels: must be names of files"):
        load_campaign(study(design))


def table(campaign_file, tmp_path, text, **sections):
    (tmp_path / "points.csv").write_text(text)
    return campaign_file(design={"kind": "table", "file": "points.csv"}, **sections)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("30,20,4,95", r"points\.csv: row 2: alpha_deg: must be a number from 0 to 90 \(got 95\.0\)"),
        ("-30,20,4,0", r"points\.csv: row 2: L_nm: Input should be greater than 0 \(got -30\.0\)"),
        ("long,20,4,0", r"points\.csv: row 2: L_nm = 'long' must be a finite number"),
        ("30,20,4", r"points\.csv: row 2 has fewer cells than there are columns"),
    ],
)
def test_an_impossible_row_is_named(campaign_file, tmp_path, row, words):
    path = table(campaign_file, tmp_path, f"L_nm,d_nm,wZ_nm,alpha_deg\n40,20,4,0\n{row}\n")
    with pytest.raises(UserError, match=words) as error:
        plan_campaign(path, tmp_path / "r")
    assert str(path) in str(error.value) and "\n" not in str(error.value)


def test_a_mistake_in_what_all_rows_share_is_no_rows(campaign_file, tmp_path):
    path = table(campaign_file, tmp_path, "L_nm,d_nm,wZ_nm\n40,20,4\n", nanostructure={"kind": "smco17", "wS_nm": -3})
    with pytest.raises(UserError, match=r"campaign\.yaml: nanostructure\.wS_nm: Input should be greater than 0"):
        plan_campaign(path, tmp_path / "r")


def test_rows_that_are_left_out_and_rows_that_are_equal_are_counted(campaign_file, tmp_path):
    rows = ["30,20,4", "30,4,4", "30,20,4", "40,20,4", "30,20,4.0", "40,20,30"]
    path = table(campaign_file, tmp_path, "\n".join(["L_nm,d_nm,wZ_nm", *rows, ""]))
    plan = plan_campaign(path, tmp_path / "r")
    assert (plan["combinations"], len(plan["samples"]), plan["duplicates"]) == (6, 2, 2)
    assert plan["rejected"] == {"wZ_nm must be < d_nm": 2} and plan["rejected_rows"] == {"wZ_nm must be < d_nm": [2, 6]}
    assert plan["combinations"] == len(plan["samples"]) + plan["duplicates"] + sum(plan["rejected"].values())
    assert summary(plan) == (
        "campaign tiny: 6 combinations, 2 samples in 1 batch; rejected 2 (2: wZ_nm must be < d_nm in rows 2, 6); "
        "2 equal to earlier ones"
    )


def test_equal_levels_are_counted_too(campaign_file, tmp_path):
    design = {"kind": "grid", "parameters": {"L_nm": [30, 30.0, 40], "d_nm": [20], "wZ_nm": [4]}}
    plan = plan_campaign(campaign_file(design=design), tmp_path / "r")
    assert (plan["combinations"], len(plan["samples"]), plan["duplicates"], plan["rejected_rows"]) == (3, 2, 1, {})
