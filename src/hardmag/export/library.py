"""Libraries that only exports need: imported where they are used, and named where they are missing."""

from importlib import import_module

from hardmag.errors import UserError


def load(name, extra):
    """The module. extra: of the project's optional dependencies, the one that has it. Raises UserError where it is missing."""
    try:
        return import_module(name)
    except ImportError:
        raise UserError(f"this export needs {name}, which is not installed: pip install 'hardmag[{extra}]'") from None
