"""Half-cycles set aside in flight: what a worker that must go leaves to its successor, beside the journal.

One file per worker: of each half-cycle a line that says what follows, with a checksum, and then its state. What is damaged or
torn, or was left by a version whose state had other parts, is passed over: that half-cycle begins anew, to the same result.
So is one whose mesh comes out otherwise here.
"""

import hashlib
import io
import json
import os
from dataclasses import fields
from pathlib import Path

import torch

from hardmag.campaign.attempts import HalfCycleKey
from hardmag.jobs.journal import writer_name
from hardmag.micromagnetics.elements import Elements
from hardmag.micromagnetics.half_cycle import Slots
from hardmag.micromagnetics.minimiser import Iterate
from hardmag.micromagnetics.nodal import NodalMaterials
from hardmag.micromagnetics.stepping import Stepping
from hardmag.micromagnetics.system import Materials

PARTS = (Slots, Iterate, Stepping, Materials, NodalMaterials)
LAYOUT = hashlib.sha256(json.dumps([[f.name for f in fields(part)] for part in PARTS]).encode()).hexdigest()[:16]


class Suspended:
    """{HalfCycleKey: Slots} on disk. One state at a time is in memory: a GPU's hundreds would not fit beside a job."""

    def __init__(self, folder):
        self._folder, self._file = Path(folder), None
        self._found = {}  # half-cycle: (evaluations, path, where its state begins, the line about it)
        for path in sorted(self._folder.glob("suspended-*.bin")):
            self._scan(path)

    def __contains__(self, half_cycle):
        return half_cycle in self._found

    def get(self, half_cycle):
        """The state that has got furthest; None if there is none that is whole."""
        if half_cycle not in self._found:
            return None
        _, path, begin, about = self._found[half_cycle]
        with open(path, "rb") as file:
            file.seek(begin)
            content = file.read(about["bytes"])
        if hashlib.sha256(content).hexdigest() != about["sha256"]:
            print(f"{path}: damaged, realisation {about['realisation']} of {about['key']} begins anew", flush=True)
            return None
        with torch.serialization.safe_globals([*PARTS, Elements]):
            return torch.load(io.BytesIO(content), weights_only=True)

    def __setitem__(self, half_cycle, state):
        if self._file is None:
            self._file = open(self._folder / f"suspended-{writer_name()}.bin", "ab")  # noqa: SIM115 — closed by close()
        stream = io.BytesIO()
        torch.save(state, stream)
        content = stream.getvalue()
        key, realisation = half_cycle
        about = {
            "key": key,
            "realisation": realisation,
            "evaluations": int(state.evaluations),
            "layout": LAYOUT,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._file.write(json.dumps(about).encode() + b"\n" + content)

    def close(self):
        """Bring what was set aside to the disk."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def _scan(self, path):
        with open(path, "rb") as file:
            while line := file.readline():
                try:
                    about = json.loads(line)
                    half_cycle = HalfCycleKey(about["key"], about["realisation"])
                    evaluations, length = about["evaluations"], about["bytes"]
                except (ValueError, KeyError, TypeError):
                    print(f"{path}: damaged, what follows there begins anew", flush=True)
                    return
                if about["layout"] != LAYOUT:
                    print(f"{path}: left by another version of hardmag, its half-cycles begin anew", flush=True)
                    return
                if half_cycle not in self._found or evaluations > self._found[half_cycle][0]:
                    self._found[half_cycle] = (evaluations, path, file.tell(), about)
                file.seek(length, os.SEEK_CUR)


def drop_suspended(folder):
    """Remove what nobody needs any more."""
    for path in Path(folder).glob("suspended-*.bin"):
        path.unlink()
