"""A wheel, installed where its users may only read: campaigns in other folders than the code's, two users beside each other."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("hardmag-test-a", "hardmag-test-b")

# One batch of two grains in boxes of 20×20 cells, a second each.
TINY = """
name: tiny
nanostructure: {kind: smco17, size_nm: [20, 20, 2], cell_nm: [1.0, 1.0, 2.0], d_nm: 10, wS_nm: 4, wZ_nm: 2, L_nm: 20}
design: {kind: grid, parameters: {alpha_deg: [40, 60]}}
half_cycle: {from_T: 1.0, to_T: -8.0, step_T: 0.5, realisations: 1}
quality: {max_cell_over_delta0: 2.0}
"""


@pytest.fixture(scope="module")
def installed():
    """Environment of one who uses the wheel: it lies in a folder of root's, or of who runs this, that all may read."""
    with tempfile.TemporaryDirectory(prefix="hardmag-") as place:
        Path(place).chmod(0o755)
        wheels, site = Path(place) / "wheels", Path(place) / "site"
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, ROOT], check=True)
        (wheel,) = wheels.glob("hardmag-*.whl")
        subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", site, wheel], check=True)
        away = {"XDG_CACHE_HOME", "HARDMAG_CACHE", "NUMBA_CACHE_DIR"}
        kept = {name: value for name, value in os.environ.items() if name not in away}
        yield kept | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}


def hardmag(installed, folder, *words):
    """What a command of the installed hardmag says in a folder; it must succeed."""
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_stranger_finds_what_came_with_it(installed, tmp_path):
    """In an empty folder: where it is, a first campaign, its plan and its jobs; nothing of the repository is used."""
    home = Path(hardmag(installed, tmp_path, "hardmag", "where").strip())
    assert home == Path(installed["PYTHONPATH"]) / "hardmag" / "_workflow"
    for folder in ("workflow", "profiles", "config", "data", "examples"):
        ours = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"}
        assert ours == {p.relative_to(home) for p in (home / folder).rglob("*") if p.is_file() and p.suffix != ".pyc"}
    hardmag(installed, tmp_path, "hardmag", "init", "smco17", "-o", "mine.yaml")
    assert (tmp_path / "mine.yaml").read_text().startswith(f"# yaml-language-server: $schema={home}/config/")
    assert "24 samples in 4 batches" in hardmag(installed, tmp_path, "hardmag", "plan", "mine.yaml")
    dry = ["snakemake", "-n", "-s", str(home / "Snakefile"), "--profile", str(home / "profiles" / "slurm")]
    jobs = hardmag(installed, tmp_path, *dry, "--config", "campaign=mine.yaml", "--", "dataset")
    counts = dict(line.split()[:2] for line in jobs.splitlines() if line.startswith(("run_batch ", "build_dataset ")))
    assert counts == {"run_batch": "4", "build_dataset": "1"}
    assert {path.name for path in tmp_path.iterdir()} <= {"mine.yaml", "results", ".snakemake"}


def as_user(name, *command):
    """A command line that runs another as a user who may read what the tests' own Python is, and write what is the user's."""
    may = [f"--{which}-caps=+dac_read_search" for which in ("inh", "ambient")]
    who = ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", *may, "--bounding-set=-all,+dac_read_search"]
    return [*who, "--", *command]


@pytest.fixture
def users():
    """{name: home} of two Unix users, made for it."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("useradd", "userdel", "setpriv"))):
        pytest.skip("needs root, useradd and setpriv (util-linux)")
    made = {}
    with tempfile.TemporaryDirectory(prefix="hardmag-homes-") as homes:
        Path(homes).chmod(0o755)
        try:
            for name in NAMES:
                subprocess.run(["useradd", "--create-home", "--base-dir", homes, name], check=True)
                made[name] = Path(homes) / name
            yield made
        finally:
            for name in made:
                subprocess.run(["userdel", name], check=True)


def content(folder):
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in Path(folder).rglob("*")}


def test_two_users_beside_each_other(installed, users):
    """Each runs a campaign of the same name at home, both at once, from one installation that neither of them can write."""
    site = installed["PYTHONPATH"]
    before, runs = content(site), {}
    for name, home in users.items():
        probe = as_user(name, "touch", f"{site}/hardmag/probe")
        assert "Permission denied" in subprocess.run(probe, capture_output=True, text=True, check=False).stderr
        (home / "tiny.yaml").write_text(TINY)
        (home / "numba.py").write_text("raise ImportError")  # it would compile half a minute for each of them; torch serves
        command = as_user(name, sys.executable, "-m", "hardmag", "run", "tiny.yaml", "dataset")
        environment = installed | {"PYTHONPATH": f"{home}:{site}", "HOME": str(home), "USER": name, "LOGNAME": name}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        runs[name] = subprocess.Popen(command, cwd=home, env=environment, **streams)
    for name, run in runs.items():
        said = run.communicate()[0]
        assert run.returncode == 0, said
        assert "samples: 2 of 2 accepted" in said
        assert (users[name] / "results" / "tiny" / "dataset.h5").owner() == name
    assert content(site) == before
