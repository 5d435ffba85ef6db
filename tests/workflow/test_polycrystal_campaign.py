"""A campaign of polycrystals by the reduced-order model through the real Snakemake, killed and resumed."""

from comparison import assert_identical
from conftest import Workspace

from hardmag.dataset.read import read_table
from hardmag.files import read_json

MAGNETS = """
name: tiny
nanostructure: {kind: polycrystal, grains: 12, boundary_nm: 4, structure_seed: 1}
design:
  kind: grid
  parameters: {grain_size_nm: [26, 60, 200], misalignment_deg: [10, 30], magnetostatics: [with, without]}
half_cycle: {from_T: 1.0, to_T: -10.0, realisations: 2}
quality: {max_quarantine_fraction: 0.5}
batching: {samples: 4}
"""


def test_magnets_killed_and_resumed_give_the_same_dataset(workspace, tmp_path_factory):
    """Also: what cannot be drawn, here grains of 22 nm of which some are too thin for their points, is tried again, given up by
    name, and loses no other sample. Magnetostatics lowers the coercivity, more so in larger grains."""
    undisturbed = Workspace(tmp_path_factory.mktemp("undisturbed"))
    for each in (undisturbed, workspace):
        each.write(MAGNETS)
    done = undisturbed.run("dataset")
    assert done.returncode == 0, done.stderr + (undisturbed.results / "snakemake.log").read_text()
    workspace.killed_at_work("", 300, "dataset")
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr + (workspace.results / "snakemake.log").read_text()
    assert_identical(workspace.results / "dataset.h5", undisturbed.results / "dataset.h5")

    quality = read_json(workspace.results / "quality.json")
    assert (quality["samples"], quality["accepted"], quality["reasons"]) == (12, 8, {"unfit_structure": 4})
    table = read_table(workspace.results / "dataset.h5")
    Hc = {
        (D, how): table["mu0_Hc_T"][(table["grain_size_nm"] == D) & (table["magnetostatics"] == how)]
        for D in (60, 200)
        for how in ("with", "without")
    }
    loss = {D: (Hc[D, "without"] - Hc[D, "with"]).mean() for D in (60, 200)}
    assert 0.1 < loss[60] < loss[200]
