"""released.json: samples that were released from quarantine, each with the history that its new entry begins with."""

from pathlib import Path

from hardmag.files import read_json, write_json


def released_file(folder):
    """Where it is: in results/<campaign>."""
    return Path(folder) / "released.json"


def releases(folder):
    """[{sample: id, corrections: history, its last change being {released: [times before, times]}}], oldest first."""
    path = released_file(folder)
    return read_json(path) if path.exists() else []


def add_releases(folder, new):
    """Append to them."""
    write_json(released_file(folder), releases(folder) + new)
