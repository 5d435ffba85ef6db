"""What numba keeps of compiled loops is used as long as nothing has changed that is compiled into them, and no longer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "hardmag"
TANGENT = """
import torch
from hardmag.micromagnetics import cellwise, cpu_cellwise
v, m = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1, 1), torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1, 1)
found = cellwise.tangent(v, m).flatten().tolist()
print(found[2], sum(sum(loop.stats.cache_hits.values()) for loop in cpu_cellwise._TANGENT))
"""
RULE, OTHER = "out[p] = v[p] - s[p] * m[p]", "out[p] = v[p] + s[p] * m[p]"


def test_a_change_of_what_is_called(tmp_path):
    """A loop of one module calls one of another, in which a sign is changed: (result, how often what was kept was taken)."""
    shutil.copytree(PACKAGE, tmp_path / "hardmag", ignore=shutil.ignore_patterns("__pycache__"))
    env = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"} | {"PYTHONPATH": str(tmp_path)}

    def run():
        done = subprocess.run([sys.executable, "-c", TANGENT], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    assert [run(), run()] == [["0.0", "0"], ["0.0", "1"]]
    called = tmp_path / "hardmag" / "micromagnetics" / "cpu_loops.py"
    text = called.read_text()
    assert text.count(RULE) == 1
    called.write_text(text.replace(RULE, OTHER))
    assert run() == ["6.0", "0"]
