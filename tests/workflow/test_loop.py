"""Active learning through the real Snakemake: a cycle that is killed and resumed; the campaign stays as it is."""

import json
import sys

from comparison import assert_identical
from test_campaign import copy_of

from hardmag.campaign.rescue import plan_rescue
from hardmag.dataset.build import build_dataset
from hardmag.dataset.read import read_table
from hardmag.files import read_json
from hardmag.jobs.worker import run_batch

SECTIONS = """
surrogate: {epochs: 20}
active_learning:
  cycles: 1
  samples: 3
  explore: 0.4
  parameters: {L_nm: {min: 12, max: 20}, wS_nm: {min: 2, max: 4}, alpha_deg: [40]}
"""


def by_hand(folder, config, output):
    """The dataset of the first cycle, in this process: its batches and rounds run one after the other."""
    part, own = folder / "cycles" / "1", sorted(folder.glob("rounds/*/*.h5"))
    scratch, batches, added = output.parent, read_json(part / "plan.json")["batches"], []
    for round_ in (0, 1, 2):
        results = [scratch / "rounds" / str(round_) / f"{name}.h5" for name in batches]
        for path in results:
            run_batch(part / "batches" / path.with_suffix(".json").name, path, scratch / "journal" / path.stem, threads=1)
        added += results
        if round_ < 2:
            plan_rescue(part, round_ + 1, results, scratch / "rounds" / f"{round_ + 1}.json")
            batches = read_json(scratch / "rounds" / f"{round_ + 1}.json")["batches"]
    build_dataset(folder, [*own, *added], config, output, output.with_suffix(".parquet"), additions=[part])


def test_a_cycle_killed_and_resumed(finished, workspace, tmp_path):
    copy_of(finished, workspace)
    workspace.write((workspace.folder / "tiny.yaml").read_text() + SECTIONS)
    before = {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in workspace.results.rglob("*.h5")}
    cycle = workspace.results / "cycles" / "1"
    workspace.killed_at_work("cycles/1", 600, "learning")
    assert not (cycle / "dataset.h5").exists()
    designs = (cycle / "designs.json").read_bytes()
    done = workspace.run("learning")
    assert done.returncode == 0, done.stderr + (workspace.results / "snakemake.log").read_text()
    assert (cycle / "designs.json").read_bytes() == designs
    assert {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in before} == before

    by_hand(workspace.results, workspace.folder / "tiny.yaml", tmp_path / "by_hand" / "dataset.h5")
    assert_identical(cycle / "dataset.h5", tmp_path / "by_hand" / "dataset.h5")
    table = read_table(cycle / "dataset.h5")
    assert list(table["origin"]) == ["design"] * 12 + sorted(table["origin"][12:], reverse=True)
    assert sorted(table["origin"][12:]) == ["acquired", "acquired", "space_filling"]
    states = read_json(workspace.results / "learning.json")["states"]
    assert [(s["cycle"], s["samples"]) for s in states] == [(0, 12), (1, 15)]
    assert (workspace.results / "figures" / "learning.png").stat().st_size > 0
    status = workspace.call([sys.executable, "-m", "hardmag", "status", "results/tiny", "--json"])
    samples = json.loads(status.stdout)["samples"]
    assert (samples["samples"], samples["accepted"], samples["remaining"]) == (15, 15, 0)


def test_dry_run_shows_the_first_cycle(workspace):
    """And, with neither section, nothing of it; a stage without its section is refused."""
    command = [sys.executable, "-m", "snakemake", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    done = workspace.run("verification")
    assert (done.returncode, done.stderr) == (
        2,
        "error: tiny.yaml: verification: the stage verification needs this section\n",
    )
    text = (workspace.folder / "tiny.yaml").read_text() + SECTIONS + "verification: {queries: 3, designs: 1}\n"
    # Samples enough for the surrogates, without which there is no verification.
    workspace.write(text.replace("[12, 20]", "[12, 16, 20]", 1).replace("[0, 40, 90]", "[0, 20, 40, 60]"))
    done = workspace.call(command)
    assert done.returncode == 0, done.stderr
    rules = {line.split()[0]: line.split()[-1] for line in done.stdout.split("Job stats:")[1].splitlines() if line.split()}
    assert rules.items() >= {"run_batch": "6", "propose_samples": "1", "propose_designs": "1", "plan_additions": "2"}.items()
