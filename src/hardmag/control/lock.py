"""One controller per campaign, `hardmag run` or a bare Snakemake: a lock that its process holds, and no longer than it lives.

Snakemake's own lock is not used beside it: what is killed leaves that behind, and it tells nothing of who is at work.
"""

import fcntl
import os
import sys
from contextlib import contextmanager
from pathlib import Path

from hardmag.errors import UserError

HOLDER = "HARDMAG_CONTROLLER"  # environment of the Snakemake that `hardmag run` starts: the process that holds the lock
_kept = []  # open files, whose lock ends with the process


@contextmanager
def held(folder, wait=True):
    """Hold a campaign; yields the lock's file. While another run of it is at work: wait for its end, or raise UserError."""
    folder = Path(folder)
    with _opened(folder) as lock:
        if not _taken(lock):
            if not wait:
                raise UserError(f"campaign {folder.name}: a run of it is at work; stop it first (Ctrl-C)")
            print(f"campaign {folder.name}: another run of it is at work, waiting for its end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def hold_to_the_end(folder):
    """Hold a campaign until this process ends: a bare Snakemake, which `hardmag run` and others like itself must not disturb.

    Raises UserError while another run of it is at work. A Snakemake that `hardmag run` has started shares the lock of that.
    """
    if os.environ.get(HOLDER) == str(os.getppid()):
        return
    lock = _opened(Path(folder))
    if not _taken(lock):
        raise UserError(f"campaign {Path(folder).name}: another run of it is at work; wait for its end, or stop it (Ctrl-C)")
    _kept.append(lock)


def is_held(folder):
    """Whether a controller of this campaign is at work."""
    try:
        with open(Path(folder) / ".controller") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _opened(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return open(folder / ".controller", "a+")
    except OSError as error:
        raise UserError(f"{folder}: cannot be written ({error.strerror}); results are left where hardmag is called") from None


def _taken(lock):
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
