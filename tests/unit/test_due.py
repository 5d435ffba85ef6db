"""Whether the tests on SLURM are due follows from the files that they protect."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_due_when_a_protected_file_changes(tmp_path):
    for name in ("src", "workflow", "profiles", "tests/slurm"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)

    def call(*arguments):
        return subprocess.run([sys.executable, tmp_path / "tests" / "slurm" / "due.py", *arguments], check=False).returncode

    assert call("passed") == 0 and call() == 1
    # What a job computes is none of it, nor are workflows that stand beside campaigns.
    for name in ("src/hardmag/loops.py", "workflow/rules/intrinsic.smk", "workflow/scripts/fit_intrinsic.py"):
        (tmp_path / name).write_text("")
        assert call() == 1, name
    for name in (
        "src/hardmag/jobs/worker.py",
        "workflow/rules/rescue.smk",
        "workflow/scripts/run_batch.py",
        "tests/slurm/lab.py",
    ):
        (tmp_path / name).write_text((tmp_path / name).read_text() + "\n")
        assert call() == 0, name
        assert call("passed") == 0 and call() == 1
