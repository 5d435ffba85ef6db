"""An installation that its user may only read, and a user without a home: containers, shared installations."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "hardmag"
WORK = """
import torch
from hardmag.micromagnetics import cellwise, cpu_cellwise, cpu_kernels, cpu_sparse
from hardmag.micromagnetics.demag_kernel import demag_spectrum
v, m = torch.tensor([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1, 1), torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1, 1)
print(hardmag.__file__, cellwise.tangent(v, m).flatten().tolist(), len(demag_spectrum((2, 1, 1), (1e-9,) * 3, (False,) * 3)[1]))
"""


@pytest.fixture
def reader(tmp_path):
    """Function: run Python code where the package and the home cannot be written, nor made."""
    sealed = tmp_path / "sealed"
    shutil.copytree(PACKAGE, sealed / "hardmag", ignore=shutil.ignore_patterns("__pycache__"))
    folders = [sealed, *(path for path in sealed.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    # Root may write everywhere, but for a process that has given up that right.
    plain = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    if plain and shutil.which("setpriv") is None:
        pytest.skip("needs setpriv (util-linux) to give up root's rights")
    away = {"HOME", "XDG_CACHE_HOME", "HARDMAG_CACHE", "NUMBA_CACHE_DIR", "PYTHONPATH"}
    env = {k: v for k, v in os.environ.items() if k not in away} | {"PYTHONPATH": str(sealed), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(code, **more):
        return subprocess.run(
            [*plain, sys.executable, "-c", code], env=env | more, cwd=tmp_path, capture_output=True, text=True, check=False
        )

    probe = run(f"open({str(sealed / 'hardmag' / 'probe')!r}, 'w')")
    if "PermissionError" not in probe.stderr:
        pytest.skip("folders cannot be made read-only here")
    yield run
    for folder in folders:
        folder.chmod(0o755)


def test_without_a_place_for_its_caches_it_runs(reader, tmp_path):
    """Results as ever; each cache that is not kept is said in one sentence."""
    done = reader("import hardmag" + WORK, HOME=str(tmp_path / "sealed" / "none"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(maxsplit=1)[1] == "[1.0, 2.0, 0.0] 6\n"
    assert str(tmp_path) in done.stdout
    assert done.stderr.count("what numba compiles is not kept") == 1
    assert done.stderr.count("the demagnetising kernel is not kept there") == 1


def test_a_user_without_even_the_name_of_a_home(reader, tmp_path):
    """A number without an entry among the users: no home is known."""
    nobody = "import os, pwd, hardmag\nos.environ.pop('HOME')\npwd.getpwuid = {}.__getitem__\n"
    done = reader(nobody + WORK, HOME=str(tmp_path), NUMBA_CACHE_DIR=str(tmp_path / "numba"))
    assert done.returncode == 0, done.stderr
    assert "not kept" not in done.stderr and list((tmp_path / "numba").rglob("*.nbi"))
