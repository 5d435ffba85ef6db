"""One controller per campaign: a lock that its process holds, and the Snakemake that it starts."""

import fcntl
import sys
from contextlib import contextmanager
from pathlib import Path

from hardmag.errors import UserError


@contextmanager
def held(folder, wait=True):
    """Hold a campaign; yields the lock's file. While another run of it is at work: wait for its end, or raise UserError."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".controller", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise UserError(f"campaign {folder.name}: a run of it is at work; stop it first (Ctrl-C)") from None
            print(f"campaign {folder.name}: another run of it is at work, waiting for its end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


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
