"""What comes with hardmag beside its modules: the workflow, its profiles, campaigns and data, in a wheel or in a checkout.

The Snakefile imports it, and every job parses that again: standard library only.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent
INSTALLED = PACKAGE / "_workflow"  # in a wheel; laid out as the top folder of the repository


def home():
    """The folder with Snakefile, workflow/, profiles/, config/, data/ and examples/."""
    return INSTALLED if INSTALLED.is_dir() else PACKAGE.parents[1]


def is_checkout():
    """Whether hardmag runs from its repository, whose commit then says what has run."""
    return not INSTALLED.is_dir()


def looked_up(name):
    """A path as named where it exists, seen from the current folder; else the one of that name that comes with hardmag."""
    return name if Path(name).exists() else str(home() / name)


def image():
    """The image that jobs run in under `snakemake --sdm apptainer`: HARDMAG_IMAGE, else hardmag.sif in the current folder."""
    return os.environ.get("HARDMAG_IMAGE", "hardmag.sif")
