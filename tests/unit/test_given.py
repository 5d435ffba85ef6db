"""A dataset that is given in place of a campaign's simulations."""

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from hardmag.campaign.ledger import plan_campaign
from hardmag.cli import main
from hardmag.dataset.build import build_dataset
from hardmag.dataset.given import adopt, take_dataset
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import read_json
from hardmag.sealed import BLOCK, seal


@pytest.fixture
def given(campaign_file, publish, tmp_path):
    """(campaign file, its dataset, the flat table that came with it)."""
    config, folder = campaign_file(), tmp_path / "results"
    plan = plan_campaign(config, folder)
    files = publish(folder, 0, plan["batches"], {})
    build_dataset(folder, files, config, tmp_path / "given.h5", tmp_path / "given.parquet")
    return config, tmp_path / "given.h5", tmp_path / "given.parquet"


def test_taken_as_it_is(given, tmp_path):
    _, dataset, table = given
    take_dataset(dataset, tmp_path / "dataset.h5", tmp_path / "dataset.parquet")
    assert (tmp_path / "dataset.h5").read_bytes() == dataset.read_bytes()
    taken, built = pq.read_table(tmp_path / "dataset.parquet"), pq.read_table(table)
    assert set(taken.column_names) == set(built.column_names)
    for name in built.column_names:
        np.testing.assert_array_equal(taken[name].to_numpy(), built[name].to_numpy())


def test_adopted_as_a_plan_without_batches(given, tmp_path, monkeypatch, capsys):
    config, dataset, _ = given
    monkeypatch.chdir(tmp_path)
    assert main(["plan", str(config), "--dataset", str(dataset)]) == 0
    assert "4 samples given by" in capsys.readouterr().out
    found, plan = read_json("results/tiny/given.json"), read_json(tmp_path / "results" / "plan.json")
    assert found["batches"] == [] and found["samples"] == plan["samples"] == list(read_table(dataset)["id"])
    assert found["settings"] == plan["settings"] and set(found["sources"]) == {str(config), str(dataset)}
    assert not (tmp_path / "results" / "tiny" / "plan.json").exists()


def test_of_another_campaign_it_is_refused(given, campaign_file, tmp_path):
    _, dataset, _ = given
    with pytest.raises(UserError, match="given.h5: holds campaign tiny, .*campaign.yaml is campaign other"):
        adopt(campaign_file(name="other"), dataset, tmp_path / "given.json")
    config = campaign_file(half_cycle={"realisations": 3})  # ids depend on it
    with pytest.raises(UserError, match="given.h5: 4 of 4 samples do not follow from .*campaign.yaml, the first is"):
        adopt(config, dataset, tmp_path / "given.json")
    assert not (tmp_path / "given.json").exists()


def test_samples_of_another_physics_version_cannot_be_compared(given, campaign_file, tmp_path):
    """An id holds the physics version: such a dataset is taken by its campaign's name."""
    _, dataset, _ = given
    with h5py.File(dataset, "r+") as file:
        file.attrs["physics_version"] = 0
    seal(dataset, "dataset")
    adopt(campaign_file(half_cycle={"realisations": 3}), dataset, tmp_path / "given.json")
    assert read_json(tmp_path / "given.json")["physics_version"] == 0


def test_damaged_it_is_refused(given, tmp_path):
    _, dataset, _ = given
    content = bytearray(dataset.read_bytes())
    content[BLOCK + 100] ^= 1
    dataset.write_bytes(content)
    with pytest.raises(UserError, match="given.h5: checksum does not match"):
        take_dataset(dataset, tmp_path / "dataset.h5", tmp_path / "dataset.parquet")
    assert not (tmp_path / "dataset.h5").exists()
