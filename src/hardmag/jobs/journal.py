"""Every finished half-cycle on disk before the next one starts.

One file per writer, so that two workers of one batch (a lost node's job that still runs, beside its replacement) never
write to the same file; each line carries a checksum, so that a torn line is known and left out. Merged on reading.
"""

import hashlib
import json
import os
import socket
from pathlib import Path

from hardmag.campaign.attempts import Record


class JournalWriter:
    """Appends records to a file of its own in `folder`; each is synced to disk before append() returns."""

    def __init__(self, folder):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in folder.glob("*.jsonl"))
        self._file = open(folder / f"{number:04d}-{writer_name()}.jsonl", "a")  # noqa: SIM115 — closed by close()

    def append(self, record):
        """Add one Record, its curve of lists."""
        text = json.dumps(record.to_dict(), separators=(",", ":"))
        self._file.write(f"{_digest(text)} {text}\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self):
        """Close the file."""
        self._file.close()


def read_journal(folder):
    """{HalfCycleKey: Record} of all writers; of equal ones the first counts. Torn lines are left out."""
    records = {}
    for path in sorted(Path(folder).glob("*.jsonl")):
        with open(path, errors="replace") as file:
            for line in file:
                digest, _, text = line.rstrip("\n").partition(" ")
                if digest == _digest(text):
                    record = Record.from_dict(json.loads(text))
                    records.setdefault(record.half_cycle, record)
    return records


def writer_name():
    """Name of this process among all that ever work on a batch."""
    return f"{socket.gethostname()}-{os.environ.get('SLURM_JOB_ID', 'local')}-{os.getpid()}"


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]
