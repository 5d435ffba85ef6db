"""A small campaign in a folder of its own, run by the real Snakemake."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from once import made_once

ROOT = Path(__file__).parents[2]

# Four structures × three angles in boxes of 20×20 cells; to_T is too short for some, which are rescued.
TINY = """
name: tiny
nanostructure: {kind: smco17, size_nm: [20, 20, 2], cell_nm: [1.0, 1.0, 2.0], d_nm: 10, wZ_nm: 2}
design:
  kind: grid
  parameters: {L_nm: [12, 20], wS_nm: [2, 4], alpha_deg: [0, 40, 90]}
half_cycle: {from_T: 1.0, to_T: -4.0, step_T: 0.25, realisations: 2}
quality: {max_cell_over_delta0: 2.0, max_spread_T: 2.0, rescue_rounds: 2, max_quarantine_fraction: 0.5}
batching: {samples: 4, slots: 2}
"""


class Workspace:
    """A folder with the workflow in it; the code is the repository's."""

    def __init__(self, folder):
        self.folder = folder
        self.results = folder / "results" / "tiny"
        if (folder / "Snakefile").exists():
            return  # made before, by another process
        for name in ("Snakefile", "workflow", "profiles"):
            (folder / name).symlink_to(ROOT / name)
        self.write(TINY)

    def write(self, text):
        """Write the campaign file."""
        (self.folder / "tiny.yaml").write_text(text)

    def command(self, *targets):
        """The command line of a run."""
        return [sys.executable, "-m", "hardmag", "run", "tiny.yaml", *targets]

    def start(self, *targets):
        """A run in the background, in a process group of its own."""
        return subprocess.Popen(
            self.command(*targets),
            cwd=self.folder,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def killed_at_work(self, part, limit_s, *targets):
        """A run that is killed, with all its jobs, as soon as a half-cycle of `part` (a folder below the results) is done."""
        process, deadline = self.start(*targets), time.monotonic() + limit_s
        while not any(path.stat().st_size for path in (self.results / part).glob("journal/*/*.jsonl")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def run(self, *targets):
        """A run to its end: CompletedProcess with text."""
        return self.call(self.command(*targets))

    def call(self, command):
        """Any command in the workspace."""
        environment = os.environ | {"COLUMNS": "200"}
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True, env=environment, check=False)

    def journal_lines(self):
        """Half-cycles finished so far."""
        return sum(len(p.read_text().splitlines()) for p in self.results.glob("journal/*/*.jsonl"))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """An undisturbed run up to the dataset; tests must leave it as it is."""

    def make(folder):
        workspace = Workspace(folder)
        done = workspace.run("dataset")
        assert done.returncode == 0, done.stderr + (workspace.results / "snakemake.log").read_text()

    return Workspace(made_once(tmp_path_factory, "finished", make))
