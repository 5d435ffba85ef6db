"""The floors of the house: a module imports only from those before its own; the solver runs on a bare GPU node."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "hardmag"
FLOORS = [
    {"errors", "shipped"},
    {"materials", "discontinuity", "outline", "polyhedron", "switching"},
    {"files", "magnitudes", "voxels", "mesh", "grains", "loops"},
    {"sealed"},
    {"nanostructures", "micromagnetics"},
    {"images"},
    {"reduced_order"},
    {"solvers"},
    {"campaign"},
    {"jobs"},
    {"dataset"},
    {"surrogates"},
    {"inverse"},
    {"learning"},
    {"intrinsic"},
    {"films"},
    {"analysis"},
    {"figures"},
    {"papers"},
    {"stages"},
    {"control"},
    {"demagnetisation"},
    {"result_file"},
    {"simulate"},
    {"export"},
    {"api"},
    {"microstructure"},
    {"job", "parser", "conformance"},
    {"cli"},
    {"reference"},
    {"__main__"},
]
SOLVER_MAY_IMPORT = {
    "torch",
    "numpy",
    "scipy",
    "hardmag.discontinuity",
    "hardmag.materials",
    "hardmag.outline",
    "hardmag.polyhedron",
    "hardmag.voxels",
    "hardmag.mesh",
    "hardmag.micromagnetics",
}
STANDARD = {
    "collections",
    "ctypes",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "itertools",
    "math",
    "os",
    "pathlib",
    "tempfile",
    "time",
    "warnings",
    "zipfile",
}


def imports(path):
    """Dotted names of all modules that a file imports, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def floor_of(name):
    return next(level for level, modules in enumerate(FLOORS) if name in modules)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_only_from_floors_below(path):
    own = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if own == "__init__":  # of the package itself: what it names, it imports only when it is used (test_api)
        return
    for name in imports(path):
        assert name.split(".")[0] != "snakemake", "only workflow/scripts knows Snakemake"
        parts = name.split(".")
        if parts[0] == "hardmag" and len(parts) > 1 and parts[1] != own:
            assert floor_of(parts[1]) < floor_of(own), f"{own} imports {name}"


@pytest.mark.parametrize("path", sorted((SOURCE / "micromagnetics").glob("*.py")), ids=lambda p: p.name)
def test_solver_needs_torch_numpy_scipy_only(path):
    for name in imports(path):
        package = ".".join(name.split(".")[:2]) if name.startswith("hardmag") else name.split(".")[0]
        allowed = SOLVER_MAY_IMPORT | STANDARD | ({"numba"} if path.name.startswith("cpu_") else set())
        assert package in allowed, f"{path.name} imports {name}"


def test_solver_runs_without_numba():
    """As on a bare GPU node: local_terms then falls back on torch."""
    code = "import sys; sys.modules['numba'] = None; from hardmag.micromagnetics import local_terms as l; print(l.cpu_kernels)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "None\n"


OF_ONE_KIND = re.compile(r"smco17|coreshell|from_file|\b(?:L|d|wS|wZ|shell)_nm\b|\bz_set\b|2:17")
# Who may know a kind by its name, its columns or its phases: its own rooms, the published phases, case files, and examples of
# commands.
MAY = ("nanostructures/", "papers/", "materials/", "simulate.py", "cli/")


def test_only_their_own_rooms_know_the_kinds():
    files = [path for path in SOURCE.rglob("*") if path.suffix in (".py", ".js", ".html")]
    knowing = {str(path.relative_to(SOURCE)) for path in files if OF_ONE_KIND.search(path.read_text())}
    assert not {name for name in knowing if not name.startswith(MAY)}


def _with_hardmag(folder, pattern):
    return sorted((SOURCE.parents[1] / folder).rglob(pattern))


PYTHON = [*SOURCE.rglob("*.py"), *_with_hardmag("workflow/scripts", "*.py"), *_with_hardmag("benchmarks", "*.py")]


@pytest.mark.parametrize("path", sorted(PYTHON), ids=lambda p: str(p.relative_to(SOURCE.parents[1])))
def test_what_is_imported_is_there(path):
    """Also where a function imports what it alone needs, which no import of its module shows."""
    named = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    named = [(node.module, alias.name) for node in named if node.module.split(".")[0] == "hardmag" for alias in node.names]
    assert not [(module, name) for module, name in named if not _is_there(module, name)]


def _is_there(module, name):
    """Whether a module has a name, or is a package with such a module."""
    return hasattr(import_module(module), name) or find_spec(f"{module}.{name}") is not None


def test_adapters_are_thin():
    for path in sorted((SOURCE.parents[1] / "workflow" / "scripts").glob("*.py")):
        assert len(path.read_text().splitlines()) <= 25, path.name
