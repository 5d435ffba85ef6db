"""One worker at a time on a batch: across nodes, without trust in their clocks or in locks of the file system.

Who holds a batch has made the newest of its generations, fence-0001.json, fence-0002.json, …, and touches that file while it
works; at its end it renames it, which a full disk does not prevent. Somebody else who comes waits. A holder that has been
silent for too long is taken over from, by making the next generation, which one worker alone can do; the old one, should it
still be alive (a node that was only cut off, and whose job was submitted again), sees that at its next beat and stops. What
both have journalled counts: see journal.py.
"""

import json
import os
import socket
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BEAT_S = 5
SILENT_S = 60  # many beats: a file server may be busy
LOOK_S = 1


@dataclass(frozen=True)
class Holder:
    """Who made the newest generation of a batch's fence; silent_s: since its last beat."""

    generation: int
    host: str
    pid: int
    job: str | None  # of SLURM
    released: bool
    silent_s: float

    @property
    def name(self):
        """For messages."""
        return f"process {self.pid} on {self.host}" + (f", SLURM job {self.job}" if self.job else "")


class Claim:
    """A batch that is held. lost: whether somebody else has taken it over, as of the last beat."""

    def __init__(self, folder, generation):
        self.folder, self.generation, self.lost = folder, generation, False
        self._over = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    def _beat(self):
        while not self._over.wait(BEAT_S):
            with suppress(OSError):  # a file server that is away for a while
                os.utime(_path(self.folder, self.generation))
            self.lost = _newest(self.folder) != self.generation
            if self.lost:
                return

    def release(self):
        """Let the next one have it."""
        self._over.set()
        self._heart.join()
        with suppress(FileNotFoundError):
            os.rename(_path(self.folder, self.generation), _path(self.folder, self.generation, released=True))


@contextmanager
def claimed(folder, give_up):
    """Hold the batch of this journal folder: a Claim; wait for it while another's heart beats.

    None if give_up(), asked every LOOK_S, became true before.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    claim = _wait(folder, give_up)
    try:
        yield claim
    finally:
        if claim is not None:
            claim.release()


def holder(folder):
    """The Holder of a batch, None where nobody has ever held it."""
    folder = Path(folder)
    generation = _newest(folder)
    for released in (False, True):
        path = _path(folder, generation, released)
        with suppress(FileNotFoundError):
            content = json.loads(path.read_text())
            return Holder(generation, **content, released=released, silent_s=time.time() - path.stat().st_mtime)
    return None


def _wait(folder, give_up):
    beat, since, told = None, time.monotonic(), False
    while True:
        if give_up():
            return None
        last = holder(folder)
        if last is None or last.released or _is_gone(last) or time.monotonic() - since > SILENT_S:
            generation = last.generation + 1 if last else 1
            if _made(folder, generation):
                return Claim(folder, generation)
            continue
        if not told:
            told = True
            print(f"{folder.name}: held by {last.name}, waiting", flush=True)
        time.sleep(LOOK_S)
        seen = _beats(folder)
        if seen != beat:  # by this process's own clock: those of other nodes may be off
            beat, since = seen, time.monotonic()


def _is_gone(last):
    """Whether the holder was a process of this host that is no more."""
    if last.host != socket.gethostname():
        return False
    try:
        os.kill(last.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _made(folder, generation):
    """Make a generation, whole from the start; False if somebody was faster."""
    temporary = folder / f".fence-{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}.tmp"
    temporary.write_text(json.dumps(_me()))
    try:
        os.link(temporary, _path(folder, generation))
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True


def _me():
    return {"host": socket.gethostname(), "pid": os.getpid(), "job": os.environ.get("SLURM_JOB_ID")}


def _newest(folder):
    return max((int(p.stem.split("-")[1]) for p in folder.glob("fence-*.json")), default=0)


def _path(folder, generation, released=False):
    return folder / f"fence-{generation:04d}{'-released' if released else ''}.json"


def _beats(folder):
    """Something that changes with every beat."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("fence-*.json")}
