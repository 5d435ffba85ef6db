"""The fence: one worker at a time, whatever becomes of the one before."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from hardmag.jobs import fence
from hardmag.jobs.fence import claimed, holder

HOLD = """
import sys, time
from hardmag.jobs.fence import claimed
with claimed(sys.argv[1], lambda: False):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(fence, "BEAT_S", 0.05)
    monkeypatch.setattr(fence, "SILENT_S", 0.6)
    monkeypatch.setattr(fence, "LOOK_S", 0.02)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def stranger(folder):
    """Function: write the newest generation as a process of another host would have; returns its path."""

    def write(generation=1):
        folder.mkdir(exist_ok=True)
        path = folder / f"fence-{generation:04d}.json"
        path.write_text(json.dumps({"host": "elsewhere", "pid": 1, "job": "77"}))
        return path

    return write


def never():
    return False


def test_nobody_holds_it_before_and_after(folder, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "1234")
    assert holder(folder) is None
    with claimed(folder, never) as claim:
        now = holder(folder)
        assert (now.pid, now.job, now.released, claim.lost) == (os.getpid(), "1234", False, False)
        assert now.name.endswith(", SLURM job 1234")
    assert holder(folder).released
    with pytest.raises(ZeroDivisionError), claimed(folder, never):
        raise ZeroDivisionError
    assert holder(folder).released  # a worker that failed keeps nobody waiting


def test_two_take_turns(folder):
    inside, order = [], []

    def work(name):
        with claimed(folder, never):
            inside.append(name)
            order.append(len(inside))
            time.sleep(0.2)
            inside.remove(name)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert order == [1, 1, 1, 1]


def test_a_beating_heart_is_waited_for_and_silence_is_not(folder, stranger):
    path, begin = stranger(), time.monotonic()
    stop = threading.Event()

    def beat():
        while not stop.wait(0.1) and time.monotonic() - begin < 1.5:  # more than twice the silence that is borne
            os.utime(path)

    heart = threading.Thread(target=beat)
    heart.start()
    with claimed(folder, never) as claim:
        waited = time.monotonic() - begin
        assert claim.generation == 2
    stop.set()
    heart.join()
    assert 1.5 + 0.4 < waited < 30  # far less than for ever, on a machine that is busy with other tests


def test_clocks_that_are_wrong_do_not_matter(folder, stranger):
    """A file time of last year on a holder that beats, as from a node whose clock is off: still waited for."""
    path = stranger()
    for step in range(20):
        threading.Timer(0.1 * step, os.utime, (path, (1e9 + step, 1e9 + step))).start()
    begin = time.monotonic()
    with claimed(folder, never):
        assert time.monotonic() - begin > 1.9


def test_a_dead_process_of_this_host_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr(fence, "SILENT_S", 1e9)
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not holder(folder).released
    with claimed(folder, never) as claim:
        assert claim.generation == 2


def test_one_that_was_taken_for_dead_learns_of_it(folder, stranger):
    with claimed(folder, never) as claim:
        stranger(2)
        deadline = time.monotonic() + 30
        while not claim.lost:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert (holder(folder).generation, holder(folder).released) == (2, False)  # the newer one's is left alone


def test_waiting_can_be_given_up(folder, stranger, capsys):
    stranger()
    begin = time.monotonic()
    with claimed(folder, lambda: time.monotonic() - begin > 0.2) as claim:
        assert claim is None
    assert "held by process 1 on elsewhere, SLURM job 77, waiting" in capsys.readouterr().out
    assert holder(folder).generation == 1
