"""What stands in examples/ runs, and README shows one of them."""

import re
from pathlib import Path

import h5py
import pytest
import yaml

from hardmag.campaign.ledger import plan_campaign
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import opened, read_table
from hardmag.files import sha256
from hardmag.jobs.worker import run_batch
from hardmag.materials import stoner_wohlfarth_field
from hardmag.simulate import simulate

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
CASES = sorted(path for path in EXAMPLES.glob("*.yaml") if "field" in yaml.safe_load(path.read_text()))


def test_there_is_one_of_each_kind():
    keys = [set(yaml.safe_load(path.read_text())) for path in CASES]
    assert {path.stem for path in CASES} == {"voxels", "ovf", "nanostructure", "mesh", "polycrystal"}
    assert all(any(key in found for found in keys) for key in ("voxels", "nanostructure", "mesh"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases_run(path, tmp_path):
    assert simulate(path, tmp_path / "out.h5") == "ok"
    with h5py.File(tmp_path / "out.h5") as file:
        # Below the anisotropy field of the hardest phase, 1:5, and above what a soft magnet has.
        assert 1 < file.attrs["mu0_Hc_T"] < 45


def test_readme_prints_a_case_that_is_there():
    printed = re.search(r"## One simulation\n.*?```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    assert yaml.safe_load(printed) == yaml.safe_load((EXAMPLES / "voxels.yaml").read_text())


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """(plan, dataset) of examples/campaign.yaml, its one batch run."""
    folder = tmp_path_factory.mktemp("own-structures")
    config = EXAMPLES / "campaign.yaml"
    plan = plan_campaign(config, folder, "cpu")
    (batch,) = plan["batches"]
    result = folder / "rounds" / "0" / f"{batch}.h5"
    run_batch(folder / "batches" / f"{batch}.json", result, folder / "journal" / batch, devices=["cpu"], threads=1)
    build_dataset(folder, [result], config, folder / "dataset.h5", folder / "dataset.parquet")
    return plan, folder / "dataset.h5"


def test_the_campaign_over_a_table_of_files(campaign):
    """The files lie beside the campaign file; the plan watches each, and each row of the dataset says which one it is of."""
    plan, dataset = campaign
    names = ["structures/hard.npy", "structures/soft_layer.npy", "structures/soft_core.npy"]
    assert {str(EXAMPLES / name): sha256(EXAMPLES / name) for name in names}.items() <= plan["sources"].items()
    table = read_table(dataset)
    assert list(table["voxels"]) == [name for name in names for _ in (20, 40)]
    assert list(table["voxels_sha256"]) == [sha256(EXAMPLES / name) for name in table["voxels"]]
    assert list(table["status"]) == ["accepted"] * 6
    with opened(dataset) as file:
        assert file["samples/voxels"].attrs["description"].startswith(".npy file of whole numbers")


def test_soft_parts_make_the_magnet_softer(campaign):
    """The hard cube, six wall parameters wide, keeps nine tenths of the coherent particle's field; soft parts cost it more."""
    table = read_table(campaign[1])
    hard, layer, core = table["mu0_Hc_T"].reshape(3, 2)
    coherent = stoner_wohlfarth_field(4.9e6, 1.281e6, [0.349, 0.698])
    assert (hard < coherent).all() and (hard > 0.9 * coherent).all()
    assert (layer < hard).all() and (core < hard).all()
