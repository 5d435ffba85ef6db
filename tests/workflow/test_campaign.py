"""The campaign through the real Snakemake: complete, repeatable, extendable, safe against kills and damage."""

import json
import os
import re
import shutil
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from comparison import assert_identical

from hardmag.campaign.batch_file import read_batch
from hardmag.control.steps import StepReader
from hardmag.dataset.read import read_table
from hardmag.errors import UserError

ROOT = Path(__file__).parents[2]


def copy_of(finished, workspace):
    """Bring a finished campaign into a workspace that may be changed; times kept, or Snakemake runs it anew."""
    shutil.copytree(finished.results, workspace.results)
    shutil.copytree(finished.folder / ".snakemake", workspace.folder / ".snakemake")
    shutil.copy2(finished.folder / "tiny.yaml", workspace.folder / "tiny.yaml")


def test_every_sample_is_there_and_the_unreversed_were_rescued(finished):
    table = read_table(finished.results / "dataset.h5")
    assert len(table["id"]) == 12 == len(set(table["id"]))
    assert set(table["status"]) == {"accepted"}
    rescued = table["rescue_round"] > 0
    assert 0 < rescued.sum() < 12
    assert all("not_reversed" in h for h in table["history"][rescued])
    hard_axis = table["alpha_deg"] == 90
    assert np.isnan(table["mu0_Hc_T"][hard_axis]).all()
    assert np.all((table["mu0_Hc_T"][~hard_axis] > 1) & (table["mu0_Hc_T"][~hard_axis] < 12))


def test_second_run_has_nothing_to_do(finished, workspace):
    copy_of(finished, workspace)
    before = {p: p.stat().st_mtime_ns for p in workspace.results.rglob("*.h5")}
    done = workspace.run("dataset")
    assert done.returncode == 0
    assert "nothing to be done" in done.stdout
    assert before == {p: p.stat().st_mtime_ns for p in workspace.results.rglob("*.h5")}


def test_added_samples_run_alone(finished, workspace):
    copy_of(finished, workspace)
    before = {p.name: p.stat().st_mtime_ns for p in workspace.results.glob("rounds/0/*.h5")}
    campaign = workspace.folder / "tiny.yaml"
    campaign.write_text(campaign.read_text().replace("alpha_deg: [0, 40, 90]", "alpha_deg: [0, 40, 70, 90]"))
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr
    after = {p.name: p.stat().st_mtime_ns for p in workspace.results.glob("rounds/0/*.h5")}
    assert len(after) == len(before) + 1  # the four new samples fill one batch
    assert before.items() <= after.items()
    old, new = read_table(finished.results / "dataset.h5"), read_table(workspace.results / "dataset.h5")
    assert len(new["id"]) == 16
    rows = [list(new["id"]).index(i) for i in old["id"]]
    np.testing.assert_array_equal(new["mu0_Hc_T"][rows], old["mu0_Hc_T"])


def test_controller_killed_and_resumed_gives_the_same_dataset(finished, workspace):
    """SIGKILL in the middle of the first round: the jobs live on and race with their successors. That jobs are killed as well:
    test_loop.py."""
    process = workspace.start("dataset")
    deadline = time.monotonic() + 300
    while workspace.journal_lines() < 5:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (workspace.results / "dataset.h5").exists()
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr + (workspace.results / "snakemake.log").read_text()
    assert_identical(workspace.results / "dataset.h5", finished.results / "dataset.h5")


def test_damaged_batch_files_are_named_and_come_back(finished, workspace):
    """One with a bit flipped, one truncated; their times are those of before."""
    copy_of(finished, workspace)
    victims = sorted(workspace.results.glob("rounds/0/*.h5"))[:2]
    for victim, damage in zip(victims, ("flipped", "truncated"), strict=True):
        times, content = victim.stat(), bytearray(victim.read_bytes())
        if damage == "flipped":
            with h5py.File(victim) as file:
                content[file["half_cycles/m_parallel"].id.get_offset() + 3] ^= 0x10
        victim.write_bytes(content[: len(content) // 2] if damage == "truncated" else content)
        os.utime(victim, ns=(times.st_atime_ns, times.st_mtime_ns))
        with pytest.raises(UserError, match=victim.name):
            read_batch(victim)
    (workspace.results / "dataset.h5").unlink()
    done = workspace.run("dataset")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and any(str(victim.relative_to(workspace.folder)) in errors[0] for victim in victims)
    assert "Traceback" not in done.stderr
    for victim in victims:
        victim.unlink()
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr
    for victim in victims:
        log = (workspace.results / "logs" / "run_batch" / f"0-{victim.stem}.log").read_text()
        assert " 0 half-cycles to run" in log  # all from the journal
    assert_identical(workspace.results / "dataset.h5", finished.results / "dataset.h5")


@pytest.mark.parametrize("profile", ["local", "slurm"])
def test_dry_run_shows_every_batch(workspace, profile):
    """Neither a GPU nor SLURM is needed to see what would run."""
    done = workspace.call(
        [sys.executable, "-m", "snakemake", "-n", "--profile", f"profiles/{profile}", "--config", "campaign=tiny.yaml"]
    )
    assert done.returncode == 0, done.stderr
    counts = {
        line.split()[0]: line.split()[1] for line in done.stdout.splitlines() if line.startswith(("run_batch", "build_d"))
    }
    assert counts == {"run_batch": "3", "build_dataset": "1"}
    asked = [line for line in done.stdout.splitlines() if "runtime=10," in line and "mem_mb=400" in line]
    assert len(asked) == 3  # from the cost of the batches; the profile leaves them alone


def below(folder):
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in (folder, *folder.rglob("*"))}


def test_a_dry_run_of_a_planned_campaign_writes_nothing(workspace):
    """Below results/; the first plans, and no more. A plan of an older version is made anew, with the batches that it has; one
    of a newer version is refused."""
    dry = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    first = workspace.call(dry)
    assert first.returncode == 0, first.stderr
    assert {path.name for path in workspace.results.iterdir()} == {"plan.json", "ledger", "batches"}
    before = below(workspace.folder / "results")
    again = workspace.call(dry)
    assert again.returncode == 0 and below(workspace.folder / "results") == before

    path = workspace.results / "plan.json"
    plan = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in plan.items() if key not in ("plan_version", "stages")}))
    assert workspace.call(dry).returncode == 0 and json.loads(path.read_text()) == plan
    batches = workspace.results / "batches"
    assert {p: seen for p, seen in below(batches).items() if p != batches} == {
        p: seen for p, seen in before.items() if p.parent == batches
    }
    path.write_text(json.dumps(plan | {"plan_version": plan["plan_version"] + 1}))
    done = workspace.call(dry)
    said = done.stderr + done.stdout
    assert done.returncode != 0 and "made by a newer hardmag" in said and "Traceback" not in said


DESIGNS = """
rule designs:
    input:
        model="model.json",
    output:
        table="designs.csv",
    log:
        "designs.log",
    run:
        import json

        d_nm = json.load(open(input.model))["d_nm"]
        with open(output.table, "w") as file:
            file.write("L_nm,wS_nm\\n" + "".join(f"{L},{d_nm / 5}\\n" for L in (12, 20)))
"""


def test_a_table_of_designs_comes_from_a_rule(workspace):
    """As from a fitted model: it is made before the plan, and anew, with the samples that it brings, when the model changes."""
    (workspace.folder / "designs.smk").write_text(DESIGNS)
    (workspace.folder / "model.json").write_text('{"d_nm": 10}')
    text = (workspace.folder / "tiny.yaml").read_text()
    text = text.replace("kind: grid", "kind: table\n  file: designs.csv\n  made_by: designs.smk")
    text = text.replace("L_nm: [12, 20], wS_nm: [2, 4], alpha_deg: [0, 40, 90]", "alpha_deg: [0, 40]")
    text = text.replace("to_T: -4.0", "to_T: -10.0")  # no rescues
    workspace.write(text)
    dry = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    done = workspace.call(dry)
    way = "designs.csv is not made yet: `hardmag run` makes it, or snakemake -s designs.smk -c 1 designs.csv"
    assert done.returncode != 0 and f"error: tiny.yaml: design.file: {way}" in done.stderr + done.stdout
    assert not workspace.results.exists()

    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr
    assert "designs: designs.csv by designs.smk" in done.stdout
    first = read_table(workspace.results / "dataset.h5")
    assert sorted(zip(first["L_nm"], first["wS_nm"], strict=True)) == [(12, 2), (12, 2), (20, 2), (20, 2)]
    (workspace.folder / "model.json").write_text('{"d_nm": 15}')
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr
    second = read_table(workspace.results / "dataset.h5")
    assert set(second["wS_nm"]) == {3} and not set(first["id"]) & set(second["id"])

    (workspace.folder / "model.json").unlink()
    (workspace.folder / "designs.csv").unlink()
    done = workspace.run("dataset")
    assert done.returncode == 1 and "Missing input files for rule designs" in done.stderr and "Traceback" not in done.stderr


def test_every_rule_says_what_it_needs():
    """Rules that run a script have log, benchmark and resources; all inputs and outputs have names."""
    text = "\n".join(path.read_text() for path in [ROOT / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")])
    rules = re.findall(r"^(?:rule|checkpoint) (\w+):\n((?:    .*\n|\n)+)", text, re.M)
    assert len(rules) == len(re.findall(r"^(?:rule|checkpoint)\b", text, re.M)) > 10
    for name, body in rules:
        sections = dict(re.findall(r"^    (\w+):(.*\n(?:     .*\n)*)", body, re.M))
        if "script" in sections:
            made_up = {"input"} if name == "score_twin" else set()  # its data come from a seed
            assert {"input", "output", "log", "benchmark", "resources"} - made_up <= sections.keys(), name
        for section in {"input", "output", "params"} & sections.keys():
            entries = re.findall(r"^        (\w.*)", sections[section], re.M)
            assert entries and all(re.match(r"\w+=", line) for line in entries), (name, section)


def test_bad_campaign_is_one_line(workspace):
    workspace.write((workspace.folder / "tiny.yaml").read_text().replace("step_T: 0.25", "step_T: -0.25"))
    for command in (workspace.command(), [sys.executable, "-m", "snakemake", "-n", "--config", "campaign=tiny.yaml"]):
        done = workspace.call(command)
        assert done.returncode != 0
        assert "Traceback" not in done.stderr + done.stdout
        assert "tiny.yaml: half_cycle.step_T: Input should be greater than 0 (got -0.25)" in done.stderr + done.stdout


def test_gate_fails_loudly_with_reasons(workspace):
    """Nothing reverses, nothing may be corrected, nothing may be quarantined: the campaign fails and says why."""
    text = (workspace.folder / "tiny.yaml").read_text()
    text = text.replace("to_T: -4.0", "to_T: -0.5").replace("rescue_rounds: 2", "rescue_rounds: 0")
    text = text.replace("max_quarantine_fraction: 0.5", "max_quarantine_fraction: 0.01").replace("[0, 40, 90]", "[0]")
    workspace.write(text)
    done = workspace.run("dataset")
    assert done.returncode == 1
    assert "4 of 4 samples are quarantined" in done.stderr and "not_reversed: 4" in done.stderr
    table = read_table(workspace.results / "dataset.h5")  # the dataset is there all the same: failed samples are data
    assert set(table["status"]) == {"quarantined"} and np.isnan(table["mu0_Hc_T"]).all()


def test_own_voxels_go_through_the_campaign(workspace):
    """A user's own array: dataset and figures, without the surrogates that need the SmCo-1:7 parameters."""
    index = np.zeros((8, 8, 6), dtype=np.uint8)
    index[3:5] = 1
    np.save(workspace.folder / "own.npy", index)
    workspace.write(
        """
name: tiny
nanostructure:
  kind: from_file
  voxels: own.npy
  cell_nm: [1.0, 1.0, 1.0]
  phases:
    - {name: hard, A_J_per_m: 8.0e-12, Ku_J_per_m3: 4.0e+6, Ms_A_per_m: 1.2e+6, axis: [0, 0, 1]}
    - {name: soft, A_J_per_m: 1.0e-11, Ku_J_per_m3: 0.0, Ms_A_per_m: 1.5e+6, axis: [0, 0, 1]}
design: {kind: grid, parameters: {alpha_deg: [0, 20, 45]}}
half_cycle: {from_T: 1.0, to_T: -8.0, step_T: 0.25, realisations: 2}
"""
    )
    done = workspace.run()
    assert done.returncode == 0, done.stderr
    table = read_table(workspace.results / "dataset.h5")
    assert list(table["alpha_deg"]) == [0, 20, 45] and set(table["status"]) == {"accepted"}
    # A soft lamella of two cells between hard ones: reversal below the hard phase's 2K/Ms, above the demagnetising field.
    assert np.all((table["mu0_Hc_T"] > 0.5) & (table["mu0_Hc_T"] < 6.67))
    np.testing.assert_allclose(table["fraction_soft"], 2 / 8)  # the user's own phases have columns too
    drawn = {p.name for p in (workspace.results / "figures").iterdir()}
    own = {"structures.png", "half_cycles.png", "parameters.png", "domain_state.png", "demagnetisation.png"}
    assert drawn == own
    assert not (workspace.results / "forward.h5").exists()
    said = done.stdout.splitlines()
    assert "steps beside the simulations: dataset 2; the rest is counted after it" in said
    assert max(map(len, said)) < 80 and not any("about 0" in line for line in said)
    end = said.index("samples: 3 of 3 accepted, 0 of them rescued; 0 quarantined")
    assert said[end - 1].startswith("done in ") and said[end + 1].startswith("µ0Hc: largest ")
    assert said[end + 3] == "open first: results/tiny/figures/parameters.png"
    steps = StepReader(workspace.results).look(time.time())  # 1 batch, 1 rescue plan, 2 of the dataset, 3 of figures, all
    assert (steps.done, steps.total, steps.ended, steps.failed) == (8, 8, True, [])
