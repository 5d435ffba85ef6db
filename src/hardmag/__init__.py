"""hardmag: campaigns of batched micromagnetic half-cycles for permanent magnets.

The names of `__all__` are the Python API. They are imported when they are first used: `import hardmag` alone imports nothing.
"""

from importlib import import_module

TYPE_CHECKING = False  # true to those who check types; typing would take longer to import than all of this
if TYPE_CHECKING:
    from hardmag.api import design, half_cycle, load_dataset, nanostructure, phase_of_composition, predict
    from hardmag.dataset.loaded import Dataset
    from hardmag.demagnetisation import DemagnetisationCurve
    from hardmag.errors import UserError
    from hardmag.inverse.values import Designs, Predicted
    from hardmag.loops import Loop
    from hardmag.materials import Phase
    from hardmag.mesh import Mesh
    from hardmag.micromagnetics.outcome import Status
    from hardmag.voxels import Voxels

__all__ = [
    "PHYSICS_VERSION",
    "Dataset",
    "DemagnetisationCurve",
    "Designs",
    "Loop",
    "Mesh",
    "Phase",
    "Predicted",
    "Status",
    "UserError",
    "Voxels",
    "__version__",
    "design",
    "half_cycle",
    "load_dataset",
    "nanostructure",
    "phase_of_composition",
    "predict",
]

__version__ = "0.1.0"

# Part of every sample id. Raise it when a change alters the result of a simulation: every sample is then run anew.
PHYSICS_VERSION = 4

# Module of each name above, for those who run the package; the imports above tell the same to those who check types.
_MODULES = {
    "Dataset": "dataset.loaded",
    "DemagnetisationCurve": "demagnetisation",
    "Designs": "inverse.values",
    "Loop": "loops",
    "Mesh": "mesh",
    "Phase": "materials",
    "Predicted": "inverse.values",
    "Status": "micromagnetics.outcome",
    "UserError": "errors",
    "Voxels": "voxels",
    **dict.fromkeys(("design", "half_cycle", "load_dataset", "nanostructure", "phase_of_composition", "predict"), "api"),
}


if not TYPE_CHECKING:  # to those who check types, a name that is not above is a mistake

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"hardmag.{_MODULES[name]}"), name)
        globals()[name] = value  # found at once the next time
        return value


def __dir__():
    return sorted({*globals(), *__all__})
