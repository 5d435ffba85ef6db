"""Parameters → voxels or a mesh, and phases. A new kind is one file in this folder and one line in KINDS."""

from hardmag.errors import UserError
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.from_file import FromFile
from hardmag.nanostructures.polycrystal import Polycrystal
from hardmag.nanostructures.smco17 import SmCo17

KINDS = {
    "smco17": SmCo17,
    "coreshell": CoreShell,
    "polycrystal": Polycrystal,
    "from_file": FromFile,
}


def refuse_unsolvable(structure, settings, section):
    """Raise UserError where half-cycle settings (a dict, of that section of a file) go not with this structure, or where what
    the kind itself requires is missing."""
    if structure.meshed:
        refuse_on_a_mesh(settings, section)
    if structure.own_exchange:
        refuse_with_interfaces(settings, section)
    structure.require()


def refuse_with_interfaces(settings, section):
    """Raise UserError where half-cycle settings (a dict, of that section of a file) leave boundaries no energy of their own."""
    if settings["exchange"] != "variational":
        raise UserError(f"{section}.exchange: with interfaces it must be variational, got {settings['exchange']}")


def refuse_on_a_mesh(settings, section):
    """Raise UserError where half-cycle settings (a dict, of that section of a file) are for cells alone."""
    for key, only in (("exchange", "variational"), ("interface_strength", 1.0)):
        if settings[key] != only:
            raise UserError(f"{section}.{key}: on a mesh it must be {only}, got {settings[key]}")
