"""The rules of figures and tables against their list, and a campaign whose dataset is given: dry runs of the real Snakemake."""

import re
import sys

import h5py
import numpy as np
import pytest

from hardmag import PHYSICS_VERSION
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import make_plan
from hardmag.dataset.checks import ATTRIBUTES
from hardmag.dataset.rehearsal import rehearsed
from hardmag.dataset.schema import TEXTS, attributes, columns_of
from hardmag.papers import artefacts_of
from hardmag.sealed import seal, written


@pytest.fixture
def given(workspace):
    """A workspace with a dataset of its campaign: every column and curve is there, what simulations would give is made up."""
    path = workspace.folder / "tiny.yaml"
    text = path.read_text().replace("L_nm: [12, 20]", "L_nm: [12, 13, 14, 15, 16, 18, 20]")  # nanostructures enough for maps
    workspace.write(text.replace("alpha_deg: [0, 40, 90]", "alpha_deg: [0, 40]"))
    table = rehearsed(make_plan(load_campaign(path)).samples)
    with written(workspace.folder / "given.h5", "dataset") as file:
        file.attrs.update(dict.fromkeys(ATTRIBUTES, "") | {"schema_version": 2, "kind": "smco17", "campaign": "tiny"})
        file.attrs.update(physics_version=PHYSICS_VERSION, settings='{"quality": {"max_quarantine_fraction": 0}}')
        for name, quantity in (columns_of("smco17") | TEXTS).items():
            file.create_dataset(f"samples/{name}", data=list(table[name])).attrs.update(attributes(quantity))
        for name in ("curves/mu0_H_T", "curves/m_parallel", "half_cycles/mu0_H_T", "half_cycles/m_parallel"):
            file[name] = np.empty(0)
        for group in ("curves", "half_cycles"):
            file[f"{group}/offset"] = [0]
        file["half_cycles/sample"] = np.empty(0, dtype=int)
    return workspace


OTHERS = ("verification", "learning", "front", "explore")  # stages: where designs were simulated, and with targets of their own


def planned(workspace, target, *given):
    """(rules, outputs) of a dry run. given: further settings of the command line."""
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    done = workspace.call([*command, "dataset=given.h5", *given, "--", target])
    assert done.returncode == 0, done.stderr
    outputs = [path for line in re.findall(r"^    output: (.*)", done.stdout, re.M) for path in line.split(", ")]
    return set(re.findall(r"^(?:local)?rule (\w+):", done.stdout, re.M)), outputs


def test_all_of_the_list_is_made_and_nothing_is_simulated(given):
    rules, outputs = planned(given, "figures")
    wanted = [artefact for artefact in artefacts_of("smco17").values() if artefact.when not in OTHERS]
    assert {rule for rule in rules if rule.startswith("draw_")} == {f"draw_{a.sheet}" for a in wanted}
    for artefact in wanted:
        assert all(f"results/tiny/{path}" in outputs for path in artefact.outputs.values())
    assert {"build_dataset", "score_model", "find"} < rules
    assert not rules & {"run_batch", "plan_rescue"}
    assert {p.name for p in given.results.iterdir() if p.is_file()} == {"given.json"}
    assert not any((given.results / name).exists() for name in ("ledger", "batches"))


def test_designs_are_tabled_where_they_were_simulated(given):
    (given.folder / "judged.json").write_text("{}")
    rules, outputs = planned(given, "figures", "verification=judged.json")
    assert "draw_verification" in rules and "results/tiny/tables/designs.csv" in outputs
    assert "results/tiny/tables/inverse_methods.md" in outputs
    command = [sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml", "dataset=given.h5"]
    done = given.call([*command, "verification=no.json"])
    assert (
        done.returncode != 0
        and "error: no.json: no such verification (--config verification=FILE)" in done.stderr + done.stdout
    )


def test_joined_with_another_dataset(given):
    """Its samples are simulated; models stand on all; of twelve nanostructures there are no maps, which the plan says."""
    other = given.folder / "given.h5"
    with h5py.File(other, "r+") as file:
        file["samples/status"][file["samples/L_nm"][()] == 13] = "quarantined"
    seal(other, "dataset")
    text = (given.folder / "tiny.yaml").read_text().replace("13, 14, 15, 16, 18, ", "")
    given.write(text + "dataset: [given.h5]\n")
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    done = given.call(command)
    assert done.returncode == 0, done.stderr
    assert "joined with given.h5: 28 samples" in done.stderr
    assert "left out: maps: 12 nanostructures" in done.stderr
    jobs = dict(re.findall(r"^(?:rule|checkpoint) (\w+):\n +input: (.*)", done.stdout, re.M))
    assert jobs["join_dataset"] == "results/tiny/dataset.h5, given.h5" and "run_batch" in jobs
    for rule in ("train_forward", "train_designer", "score_model", "analyse", "find"):
        assert jobs[rule].startswith("results/tiny/joined.h5"), rule
    assert jobs["draw_explore"].endswith("/ensemble.json, results/tiny/joined.h5")
    assert "joined.h5" not in jobs["replay_domain_states"] + jobs["check_quality"]
    assert "figures/maps.png" not in done.stdout and "figures/angular.png" in done.stdout


def test_no_such_dataset_is_one_line(given):
    (given.folder / "given.h5").unlink()
    command = [sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml", "dataset=given.h5"]
    done = given.call(command)
    assert done.returncode != 0 and "error: given.h5: no such dataset" in done.stderr + done.stdout


def test_a_dataset_in_other_units_is_one_line(given):
    """Before any job, as nothing below it could be trusted."""
    with h5py.File(given.folder / "given.h5", "r+") as file:
        file["samples/mu0_Hc_T"].attrs["unit"] = "mT"
    seal(given.folder / "given.h5", "dataset")
    done = given.call([sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml", "dataset=given.h5"])
    said = done.stderr + done.stdout
    assert done.returncode != 0 and "Traceback" not in said
    assert [line for line in said.splitlines() if "error: given.h5: column mu0_Hc_T: unit is 'mT', must be 'T'" in line]


def test_what_no_network_can_be_trained_on_is_one_line(given):
    """In the log of the job, which the profile shows: lengths that are not numbers. Nothing is left behind."""
    with h5py.File(given.folder / "given.h5", "r+") as file:
        file["samples/L_nm"][0] = np.nan
    seal(given.folder / "given.h5", "dataset")
    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/local", "--retries", "0"]
    done = given.call([*command, "--config", "campaign=tiny.yaml", "dataset=given.h5", "--", "results/tiny/forward.h5"])
    said = done.stderr + done.stdout
    assert done.returncode != 0 and "Traceback" not in said
    (error,) = {line.strip() for line in said.splitlines() if line.strip().startswith("error: ")}
    assert "dataset.h5: no surrogate can be trained: column L_nm: row 0 of 28: must be a finite number" in error
    assert not (given.results / "forward.h5").exists()
