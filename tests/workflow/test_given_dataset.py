"""The rules of figures and tables against their list, and a campaign whose dataset is given: dry runs of the real Snakemake."""

import re
import sys

import pytest

from hardmag import PHYSICS_VERSION
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.figures.paper import ARTEFACTS
from hardmag.sealed import written


@pytest.fixture
def given(workspace):
    """A workspace with a dataset of its campaign, of which the workflow itself reads no more than the ids."""
    path = workspace.folder / "tiny.yaml"
    workspace.write(path.read_text().replace("alpha_deg: [0, 40, 90]", "alpha_deg: [0, 20, 40, 60, 90]"))
    with written(workspace.folder / "given.h5", "dataset") as file:
        file.attrs.update(schema_version=1, campaign="tiny", physics_version=PHYSICS_VERSION)
        file["samples/id"] = [sample["id"].encode() for sample in make_plan(load_campaign(path)).samples]
    return workspace


def planned(workspace, target, *given):
    """(rules, outputs) of a dry run. given: further settings of the command line."""
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    done = workspace.call([*command, "dataset=given.h5", *given, "--", target])
    assert done.returncode == 0, done.stderr
    outputs = [path for line in re.findall(r"^    output: (.*)", done.stdout, re.M) for path in line.split(", ")]
    return set(re.findall(r"^(?:local)?rule (\w+):", done.stdout, re.M)), outputs


def test_a_rule_for_each_of_the_list_and_nothing_is_simulated(given):
    rules, outputs = planned(given, "figures")
    wanted = {f"make_{name}": list(a.outputs.values()) for name, a in ARTEFACTS.items() if name != "designs"}
    assert {rule for rule in rules if rule.startswith("make_")} == wanted.keys()
    for paths in wanted.values():
        assert all(f"results/tiny/{path}" in outputs for path in paths)
    assert {"build_dataset", "score_model", "find"} < rules
    assert not rules & {"run_batch", "plan_rescue"}
    assert {p.name for p in given.results.iterdir() if p.is_file()} == {"given.json"}
    assert not any((given.results / name).exists() for name in ("ledger", "batches"))


def test_designs_are_tabled_where_they_were_simulated(given):
    (given.folder / "judged.json").write_text("{}")
    rules, outputs = planned(given, "figures", "verification=judged.json")
    assert "make_designs" in rules and "results/tiny/tables/designs.csv" in outputs
    command = [sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml", "dataset=given.h5"]
    done = given.call([*command, "verification=no.json"])
    assert done.returncode != 0 and "error: no.json: verification=FILE" in done.stderr + done.stdout


def test_no_such_dataset_is_one_line(given):
    (given.folder / "given.h5").unlink()
    command = [sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml", "dataset=given.h5"]
    done = given.call(command)
    assert done.returncode != 0 and "error: given.h5: no such dataset" in done.stderr + done.stdout
