"""Finished datasets joined with a campaign's own."""

import json

import h5py
import numpy as np
import pytest

from hardmag import PHYSICS_VERSION
from hardmag.campaign.ledger import plan_campaign, summary
from hardmag.cli import main
from hardmag.dataset.build import build_dataset
from hardmag.dataset.join import MIN_FOR_MAPS, join, known, too_few
from hardmag.dataset.read import describe, health, read_curves, read_table
from hardmag.errors import UserError
from hardmag.files import read_json, sha256
from hardmag.sealed import seal


@pytest.fixture
def made(campaign_file, publish, tmp_path):
    """Function: write a campaign file, run its samples as square loops, and build the dataset NAME.h5."""

    def make(name, failing=0, **sections):
        config, folder = campaign_file(**sections), tmp_path / "results" / name
        plan = plan_campaign(config, folder)
        files = publish(folder, 0, plan["batches"], dict.fromkeys(plan["samples"][:failing], "NOT_CONVERGED"))
        build_dataset(folder, files, config, tmp_path / f"{name}.h5", tmp_path / f"{name}.parquet")
        return tmp_path / f"{name}.h5"

    return make


def design(L_nm):
    return {"kind": "grid", "parameters": {"L_nm": L_nm, "d_nm": [20], "wZ_nm": [4], "alpha_deg": [0, 30]}}


def changed(path, change):
    """Change a dataset as a user might, seal and all."""
    with h5py.File(path, "r+") as file:
        change(file)
    seal(path, "dataset")
    return path


def test_each_sample_once_with_its_curves_and_its_file(made, tmp_path):
    own, other = made("own", design=design([30, 50])), made("other", design=design([50, 40, 60]))
    join(own, [other], tmp_path / "joined.h5", 1.0)
    joined, first, second = (read_table(path) for path in (tmp_path / "joined.h5", own, other))
    new = [i for i, sample in enumerate(second["id"]) if sample not in set(first["id"])]
    assert len(new) == 4 and list(joined["id"]) == [*first["id"], *second["id"][new]]
    assert list(joined["source"]) == [""] * 4 + [str(other)] * 4
    assert list(joined["L_nm"]) == [30, 30, 50, 50, 40, 40, 60, 60]
    assert set(joined) == {*first, "source"}
    averages, half_cycles = read_curves(tmp_path / "joined.h5")
    for path, rows in ((own, range(4)), (other, new)):
        of_file = read_curves(path)
        for row in rows:
            number = list(joined["id"]).index(read_table(path)["id"][row])
            np.testing.assert_array_equal(averages[number], of_file[0][row])
            np.testing.assert_array_equal(half_cycles[number], of_file[1][row])
    with h5py.File(tmp_path / "joined.h5") as file:
        assert json.loads(file.attrs["joined"]) == {str(other): sha256(other)}
        assert list(file["half_cycles/realisation"]) == [0, 1] * 8 and set(file["half_cycles/status"]) == {b"OK"}
    assert health(tmp_path / "joined.h5")["samples"] == 8
    assert "file that the sample is of" in describe(tmp_path / "joined.h5")


def test_the_first_accepted_result_counts(made, tmp_path):
    own, other = made("own", failing=1), made("other")
    join(own, [other], tmp_path / "joined.h5", 1.0)
    joined = read_table(tmp_path / "joined.h5")
    assert set(joined["status"]) == {"accepted"} and sorted(joined["source"]) == ["", "", "", str(other)]
    assert len(read_curves(tmp_path / "joined.h5")[0]) == 4
    join(other, [own], tmp_path / "joined.h5", 1.0)
    assert set(read_table(tmp_path / "joined.h5")["source"]) == {""}


def test_results_that_contradict_each_other_are_refused(made, tmp_path):
    own, other = made("own"), made("other")

    def raise_Hc(file):
        file["samples/mu0_Hc_T"][2] += 0.5

    changed(other, raise_Hc)
    join(own, [other], tmp_path / "joined.h5", 0.6)  # as far apart as realisations may be
    with pytest.raises(
        UserError, match="own.h5 and .*other.h5 contradict each other in sample .*: mu0_Hc_T is 3.05 and 3.55 T"
    ):
        join(own, [other], tmp_path / "joined.h5", 0.4)

    def lengthen(file):
        file["samples/L_nm"][2] = 51.0

    changed(other, lengthen)
    with pytest.raises(UserError, match="contradict each other in sample .*: L_nm is 50.0 and 51.0; leave one"):
        join(own, [other], tmp_path / "joined2.h5", 1.0)
    assert not (tmp_path / "joined2.h5").exists()


def test_rows_of_other_files_are_no_additions_of_the_campaign(made, tmp_path):
    own, other = made("own"), made("other", design=design([40]))

    def of_a_loop(file):
        for name, values, unit in (("addition", [3, 3], "1"), ("origin", ["acquired", "design"], "")):
            kind = h5py.string_dtype() if unit == "" else None
            file.create_dataset(f"samples/{name}", data=values, dtype=kind).attrs.update(unit=unit, description="")

    join(own, [changed(other, of_a_loop)], tmp_path / "joined.h5", 1.0)
    joined = read_table(tmp_path / "joined.h5")
    assert list(joined["addition"]) == [0] * 6
    assert list(joined["origin"]) == ["design"] * 4 + ["acquired", "design"]


def test_a_column_that_one_file_has_alone(made, tmp_path):
    own, other = made("own"), made("other", design=design([40]))

    def more(file):
        for name, values in (("extra", [1.5, 2.5]), ("words", ["a", "b"])):
            file.create_dataset(f"samples/{name}", data=values).attrs.update(unit="", description="of the user's")

    join(own, [changed(other, more)], tmp_path / "joined.h5", 1.0)
    joined = read_table(tmp_path / "joined.h5")
    np.testing.assert_array_equal(joined["extra"], [np.nan] * 4 + [1.5, 2.5])
    assert list(joined["words"]) == [""] * 4 + ["a", "b"]


def test_planned_with_what_will_be_known(made, campaign_file, tmp_path, monkeypatch, capsys):
    """Paths are relative to the campaign file; the plan follows from the files too."""
    made("other", design=design([50, 40, 60]))
    monkeypatch.chdir(tmp_path)
    config = campaign_file(dataset=["other.h5"], nanostructure={"kind": "smco17", "size_nm": [80, 64, 32], "wS_nm": 3})
    assert main(["plan", str(config)]) == 0
    said = capsys.readouterr().out
    assert f"joined with {tmp_path / 'other.h5'}: 6 samples, 6 accepted" in said
    assert "its box along x differs: 64, here 80; coercivities depend on it" in said and "box along y" not in said
    plan = read_json("results/tiny/plan.json")
    assert plan["known"]["samples"] == 10 and plan["known"]["nanostructures"] == 4  # L = 50 is in both, in other boxes
    assert plan["sources"][str(tmp_path / "other.h5")] == sha256("other.h5")
    assert plan["settings"]["dataset"] == [str(tmp_path / "other.h5")]
    assert said.startswith(summary(plan) + "\n")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda file: file.attrs.update(physics_version=0),
            f"physics version 0, the campaign's is {PHYSICS_VERSION}: their samples",
        ),
        (lambda file: file["samples/mu0_Hc_T"].attrs.update(unit="mT"), "column mu0_Hc_T: unit is 'mT', must be 'T'"),
        (lambda file: file.__delitem__("samples/phi_p"), "no column phi_p"),
        (
            lambda file: file["samples/specification"].__setitem__(0, '{"nanostructure": {"kind": "coreshell"}}'),
            "nanostructures of kind coreshell, smco17, the campaign's are of kind smco17",
        ),
    ],
    ids=["physics", "unit", "column", "kind"],
)
def test_what_cannot_be_joined_is_refused_by_the_plan(made, campaign_file, tmp_path, monkeypatch, capsys, change, says):
    changed(made("other"), change)
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(campaign_file(dataset=["other.h5"]))]) == 2
    error = capsys.readouterr().err
    named = f"error: {tmp_path / 'campaign.yaml'}: {tmp_path / 'other.h5'}: {says}"
    assert error.startswith(named) and error.count("\n") == 1
    assert not (tmp_path / "results" / "tiny" / "plan.json").exists()


def test_files_that_are_not_there_or_damaged_are_refused_by_the_plan(made, campaign_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = campaign_file(dataset=["no.h5"])
    assert main(["plan", str(config)]) == 2
    assert f"error: {config}: dataset: {tmp_path / 'no.h5'} does not exist" in capsys.readouterr().err
    made("other").write_bytes(b"not a dataset")
    config = campaign_file(dataset=["other.h5"])
    assert main(["plan", str(config)]) == 2
    assert "other.h5: not a readable dataset" in capsys.readouterr().err
    config = campaign_file(dataset=["other.h5", "./other.h5"])
    assert main(["plan", str(config)]) == 2
    assert "other.h5 stands twice" in capsys.readouterr().err


def test_beside_a_dataset_that_is_given(made, campaign_file, tmp_path, monkeypatch, capsys):
    made("given")
    made("other", design=design([40]))
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(campaign_file(dataset=["other.h5"])), "--dataset", "given.h5"]) == 0
    said, plan = capsys.readouterr().out, read_json("results/tiny/given.json")
    assert "4 samples given by given.h5" in said and "other.h5: 2 samples, 2 accepted" in said
    assert plan["known"]["samples"] == 6 and plan["known"]["nanostructures"] == 3
    assert set(plan["sources"]) == {str(tmp_path / "campaign.yaml"), "given.h5", str(tmp_path / "other.h5")}


def test_too_few_nanostructures_for_maps():
    assert too_few(MIN_FOR_MAPS) is None
    assert too_few(MIN_FOR_MAPS - 1).startswith(f"{MIN_FOR_MAPS - 1} nanostructures")
    assert too_few(0) is None  # a kind without these lengths: it has no maps anyway


def test_what_is_known_of_a_campaign_alone(campaign_file):
    from hardmag.campaign.config import load_campaign
    from hardmag.campaign.design import make_plan

    angles = {"kind": "grid", "parameters": {"L_nm": [30, 50], "d_nm": [20], "wZ_nm": [4], "alpha_deg": list(range(0, 50, 5))}}
    campaign = load_campaign(campaign_file(design=angles))
    found = known(campaign, make_plan(campaign).samples)
    assert found == {"samples": 20, "nanostructures": 2, "lines": []}
