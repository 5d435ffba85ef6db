"""released.json: samples that were released from quarantine, each with the history that its new entry begins with."""

from pathlib import Path
from typing import NamedTuple

from hardmag.files import read_json, write_json


class Release(NamedTuple):
    """sample: its id; corrections: its history, the last change in it being {"released": [times before, times]}."""

    sample: str
    corrections: list


def released_file(folder):
    """Where it is: in results/<campaign>."""
    return Path(folder) / "released.json"


def releases(folder):
    """Releases, oldest first."""
    path = released_file(folder)
    return [Release(**content) for content in read_json(path)] if path.exists() else []


def add_releases(folder, new):
    """Append to them."""
    write_json(released_file(folder), [release._asdict() for release in releases(folder) + new])
