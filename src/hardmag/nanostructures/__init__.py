"""Parameters → voxels and phases. A new kind is one file in this folder and one line in KINDS."""

from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.from_file import FromFile
from hardmag.nanostructures.smco17 import SmCo17

KINDS = {
    "smco17": SmCo17,
    "coreshell": CoreShell,
    "from_file": FromFile,
}
