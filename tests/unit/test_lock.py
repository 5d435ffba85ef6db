"""A campaign has one controller, `hardmag run` or a bare Snakemake, and its lock ends with the process."""

import os
import signal
import subprocess
import sys
import time

import pytest

from hardmag.control.lock import HOLDER, held, hold_to_the_end, is_held
from hardmag.errors import UserError

BARE = """
import time
from hardmag.control.lock import hold_to_the_end
hold_to_the_end("results/tiny")
print("holds", flush=True)
time.sleep(60)
"""


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A process that holds the campaign as a bare Snakemake does."""
    monkeypatch.chdir(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "holds\n"
    yield process
    process.kill()
    process.wait()


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "results").touch()
    with pytest.raises(UserError, match="results/tiny: cannot be written"), held(tmp_path / "results" / "tiny"):
        pass


def test_nobody_breaks_into_a_live_one_and_a_killed_one_leaves_nothing(bare):
    assert is_held("results/tiny")
    with (
        pytest.raises(UserError, match="^campaign tiny: a run of it is at work; stop it first"),
        held("results/tiny", wait=False),
    ):
        pass
    with pytest.raises(UserError, match="^campaign tiny: another run of it is at work; wait for its end"):
        hold_to_the_end("results/tiny")
    bare.send_signal(signal.SIGKILL)
    bare.wait()
    assert not is_held("results/tiny")
    with held("results/tiny", wait=False):
        pass


def test_a_run_waits_for_the_end_of_a_bare_one(bare, capsys):
    process = subprocess.Popen(
        [sys.executable, "-c", f"import os, time; time.sleep(0.3); os.kill({bare.pid}, {signal.SIGKILL})"]
    )
    begin = time.monotonic()
    with held("results/tiny"):
        assert time.monotonic() - begin > 0.1
    process.wait()
    assert capsys.readouterr().err == "campaign tiny: another run of it is at work, waiting for its end\n"


def test_the_snakemake_of_a_run_shares_its_lock(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command, own = [sys.executable, "-c", BARE.replace("time.sleep(60)", "")], os.environ | {HOLDER: str(os.getpid())}
    with held("results/tiny"):
        assert subprocess.run(command, env=own, check=False).returncode == 0
        stranger = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "UserError: campaign tiny: another run of it is at work" in stranger.stderr
