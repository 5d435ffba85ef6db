"""Half-cycles set aside in flight: what a worker that must go leaves to its successor, beside the journal.

One file per worker, published whole by rename, checksum first. A file that is damaged, or was left by a version whose state
had other parts, is passed over: its half-cycles begin anew, to the same result.
"""

import hashlib
import io
from dataclasses import fields
from pathlib import Path

import torch

from hardmag.campaign.journal import writer_name
from hardmag.files import atomic_path
from hardmag.micromagnetics.half_cycle import Slots
from hardmag.micromagnetics.minimiser import Iterate
from hardmag.micromagnetics.stepping import Stepping
from hardmag.micromagnetics.system import Materials

PARTS = (Slots, Iterate, Stepping, Materials)
LAYOUT = [[f.name for f in fields(part)] for part in PARTS]


def write_suspended(folder, states):
    """Leave {(key, realisation): Slots} in the journal folder."""
    content = io.BytesIO()
    torch.save({"layout": LAYOUT, "states": states}, content)
    with atomic_path(Path(folder) / f"suspended-{writer_name()}.pt") as temporary, open(temporary, "wb") as file:
        file.write(hashlib.sha256(content.getbuffer()).hexdigest().encode())
        file.write(content.getbuffer())


def read_suspended(folder, wanted):
    """{(key, realisation): Slots} of those in `wanted`, of equal ones that which has got furthest."""
    found = {}
    for path in sorted(Path(folder).glob("suspended-*.pt")):
        for run, state in _states(path).items():
            if run in wanted and (run not in found or int(state.evaluations) > int(found[run].evaluations)):
                found[run] = state
    return found


def drop_suspended(folder):
    """Remove what nobody needs any more."""
    for path in Path(folder).glob("suspended-*.pt"):
        path.unlink()


def _states(path):
    content = path.read_bytes()
    if content[:64] != hashlib.sha256(content[64:]).hexdigest().encode():
        print(f"{path}: damaged, its half-cycles begin anew", flush=True)
        return {}
    with torch.serialization.safe_globals(list(PARTS)):
        data = torch.load(io.BytesIO(content[64:]), weights_only=True)
    if data["layout"] != LAYOUT:
        print(f"{path}: left by another version of hardmag, its half-cycles begin anew", flush=True)
        return {}
    return data["states"]
