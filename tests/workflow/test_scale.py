"""What is run again and what is not, from dry runs; status and release on a campaign that the real Snakemake has run."""

import json
import shutil
import subprocess
import sys

import pytest
from test_campaign import copy_of

from hardmag.dataset.read import read_table


@pytest.fixture
def own(finished, workspace):
    """A finished campaign with Snakefile, workflow and package in copies that may be changed."""
    copy_of(finished, workspace)
    for name in ("Snakefile", "workflow"):
        target = (workspace.folder / name).resolve()
        (workspace.folder / name).unlink()
        (shutil.copytree if target.is_dir() else shutil.copy2)(target, workspace.folder / name)
    return workspace


def would_run(workspace):
    """{rule: jobs} of a dry run up to the dataset."""
    done = workspace.call(
        [sys.executable, "-m", "snakemake", "dataset", "-n", "--profile", "profiles/local", "--config", "campaign=tiny.yaml"]
    )
    assert done.returncode == 0, done.stderr
    if "Nothing to be done" in done.stdout + done.stderr:
        return {}
    table = done.stdout.split("Job stats:")[1].split("\n\n")[0].splitlines()
    return {line.split()[0]: int(line.split()[1]) for line in table[3:] if line.split()[0] not in ("total", "dataset")}


def append(path, text):
    path.write_text(path.read_text() + text)


def change(workspace, old, new):
    """In the campaign file."""
    campaign = workspace.folder / "tiny.yaml"
    assert old in campaign.read_text()
    campaign.write_text(campaign.read_text().replace(old, new))


def test_comments_and_limits_of_time_run_nothing_again(own):
    for path in (own.folder / "Snakefile", *(own.folder / "workflow").rglob("*.smk"), *(own.folder / "workflow").rglob("*.py")):
        append(path, "\n# a remark\n")
    change(own, "slots: 2", "slots: 2, max_runtime_min: 100")
    assert would_run(own) == {}


def test_another_physics_version_runs_everything_again(own, tmp_path, monkeypatch):
    import hardmag

    source = tmp_path / "src" / "hardmag"
    shutil.copytree(hardmag.__path__[0], source, ignore=shutil.ignore_patterns("__pycache__"))
    old = f"PHYSICS_VERSION = {hardmag.PHYSICS_VERSION}"
    text = (source / "__init__.py").read_text()
    assert old in text
    (source / "__init__.py").write_text(text.replace(old, f"PHYSICS_VERSION = {hardmag.PHYSICS_VERSION + 1}"))
    monkeypatch.setenv("PYTHONPATH", str(source.parent))
    before = json.loads((own.results / "plan.json").read_text())
    assert would_run(own) == {"run_batch": 3, "plan_rescue": 1, "build_dataset": 1, "check_quality": 1}
    after = json.loads((own.results / "plan.json").read_text())
    assert not set(before["samples"]) & set(after["samples"]) and not set(before["batches"]) & set(after["batches"])


def test_limits_of_quality_run_no_batch_again(own):
    change(own, "max_spread_T: 2.0", "max_spread_T: 3.0")
    assert would_run(own) == {"plan_rescue": 1, "build_dataset": 1, "check_quality": 1}


def test_status_judges_nothing_that_the_jobs_have_judged(finished):
    kept = {path: path.stat().st_mtime_ns for path in (finished.results / "verdicts").iterdir()}
    assert len(kept) == len(list(finished.results.glob("rounds/*/*.h5")))
    done = finished.call([sys.executable, "-m", "hardmag", "status", "tiny.yaml", "--json"])
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert (status["samples"]["accepted"], status["samples"]["remaining"]) == (12, 0)
    assert {b["state"] for b in status["batches"]} == {"done"}
    assert all(b["used"]["seconds"] > 0 and b["used"]["devices"] == 1 for b in status["batches"])
    assert kept == {path: path.stat().st_mtime_ns for path in (finished.results / "verdicts").iterdir()}


def test_released_samples_alone_are_run_again(finished, workspace):
    """With no round of rescue left, what did not reverse is quarantined; released, it is run afresh."""
    copy_of(finished, workspace)
    campaign = workspace.folder / "tiny.yaml"
    campaign.write_text(campaign.read_text().replace("rescue_rounds: 2", "rescue_rounds: 0"))

    def hardmag(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "hardmag", *arguments], cwd=workspace.folder, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    hardmag("plan", "tiny.yaml")
    _, *rows = hardmag("quarantine", "list", "results/tiny")
    table = read_table(finished.results / "dataset.h5")
    assert {row.split()[0] for row in rows} == set(table["id"][table["rescue_round"] > 0])
    chosen = rows[0].split()[0]
    hardmag("quarantine", "release", "results/tiny", chosen)
    before = {path: path.stat().st_mtime_ns for path in workspace.results.glob("rounds/0/*.h5")}
    assert would_run(workspace) == {"run_batch": 1, "build_dataset": 1, "check_quality": 1}
    done = workspace.run("dataset")
    assert done.returncode == 0, done.stderr
    after = {path: path.stat().st_mtime_ns for path in workspace.results.glob("rounds/0/*.h5")}
    assert before.items() <= after.items() and len(after) == len(before) + 1
    table = read_table(workspace.results / "dataset.h5")
    history = dict(zip(table["id"], table["history"], strict=True))
    assert '"released": [0, 1]' in history[chosen]
    assert sum("released" in text for text in history.values()) == 1
