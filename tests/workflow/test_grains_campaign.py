"""A campaign of core/shell grains through the real Snakemake: every stage that this kind has, and what is drawn after them."""

import re
import sys

import numpy as np

from hardmag.dataset.read import read_table
from hardmag.files import read_json

GRAINS = """
name: tiny
nanostructure: {kind: coreshell, b_nm: 8, cell_nm: [1, 1, 1], core_composition: Ce0.75La0.25, shell_composition: Ce0.75La0.25}
design:
  kind: sobol
  points: 22
  parameters:
    a_nm: {min: 6, max: 10}
    c_nm: {min: 6, max: 8}
    shell_nm: {min: 1, max: 2}
    layer_nm: {min: 1, max: 2}
    core_Nd: {min: 0, max: 1}
    shell_Nd: {min: 0, max: 1}
    magnetostatics: [with, without]
half_cycle: {from_T: 1.0, to_T: -10.0, realisations: 1}
batching: {samples: 22}
surrogate: {epochs: 20, inverse_epochs: 5, trials: 1, models: [k_nearest]}
verification: {queries: 1, designs: 1}
active_learning:
  cycles: 1
  samples: 4
  goals: [coercivity, minimise Nd_at_percent]
  explore: 0.5
  parameters: {magnetostatics: [with]}
"""


def test_grains_from_design_to_front(workspace):
    """Also: in flat grains (a, b > c), whose own field opposes M, Hc* without magnetostatics is above Hc, which the steps of
    10 mT may hide; others may be held by their shape, by µ0 Ms (1.6 T at most) times a few hundredths of demagnetising factor.
    The chosen grains have less Nd or more Hc than those that are left behind."""
    workspace.write(GRAINS)
    done = workspace.run("surrogates", "verification", "learning")
    assert done.returncode == 0, done.stderr + (workspace.results / "snakemake.log").read_text()

    table = read_table(workspace.results / "cycles" / "1" / "dataset.h5")
    assert len(table["id"]) == 48 and set(table["status"]) == {"accepted"}
    designed = {how: np.flatnonzero(table["magnetostatics"][:44] == how) for how in ("with", "without")}
    gain = table["mu0_Hc_T"][designed["without"]] - table["mu0_Hc_T"][designed["with"]]
    flat = np.minimum(table["a_nm"], table["b_nm"])[designed["with"]] > table["c_nm"][designed["with"]]
    assert 10 <= flat.sum() <= 18 and (gain[flat] > -0.011).all() and np.median(gain[flat]) > 0.02
    assert (gain[~flat] > -0.1).all() and np.median(gain[~flat]) < np.median(gain[flat]) - 0.01
    front = read_json(workspace.results / "learning.json")["front"]
    assert {p["origin"] for p in front["simulated"]} == {"design", "space_filling", "acquired"}
    assert len(front["simulated"]) == 26 and any(p["on_front"] for p in front["simulated"])
    dry = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    planned = workspace.call(dry)
    assert planned.returncode == 0, planned.stderr
    drawn = set(re.findall(r"/figures/(\w+)\.png", planned.stdout))
    drawn |= {path.stem for path in (workspace.results / "figures").glob("*.png")}
    own = {"domain_state", "grain", "half_cycles", "kronmuller", "models", "pairs", "parameters", "parity", "structures"}
    assert drawn == own | {"demagnetisation", "learning", "front", "sensitivity"}

    judged = read_json(workspace.results / "verification.json")
    assert len(judged["queries"]) == 1 and len(judged["designs"]) == 4  # a method each
    verified = read_table(workspace.results / "verification" / "dataset.h5")
    for design in judged["designs"]:
        assert {"core_Nd", "shell_Nd", "shell_nm"} <= design["parameters"].keys()
        if design["simulated"] is not None:
            row = np.flatnonzero(np.isclose(verified["a_nm"], design["parameters"]["a_nm"]))[0]
            assert verified["magnetostatics"][row] == "with"
    assert "tables/inverse_methods.md" in planned.stdout
    assert list(read_json(workspace.results / "models.json")["noise"]) == ["mu0_Hc_T"]
