"""Loops compiled by numba, kept on disk where there is a place for them: a minute of compiling for each process else."""

import hashlib
import warnings
from pathlib import Path

import numba

NOT_KEPT = (
    f"what numba compiles is not kept, and every process compiles it anew: neither {Path(__file__).parent / '__pycache__'} nor "
    "~/.cache/numba can be written; the environment variable NUMBA_CACHE_DIR names another folder"
)

# What a loop calls is compiled into it, from other modules too, but numba looks at the loop's own file to tell whether what it
# has kept is still good. So the name that it is kept under has a digest of all that may be in it.
PARTS = sorted(Path(__file__).parents[1].glob("*/cpu_*.py"))
DIGEST = hashlib.sha256(b"".join(part.read_bytes() for part in PARTS)).hexdigest()[:12]

# For what compiled loops call, and nothing else does: the entries for Python and C would be compiled for nothing.
inner = numba.njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)


def compiled(loop, parallel=False):
    """loop, compiled without fused operations; parallel: numba.prange shares its turns among threads."""
    loop.__qualname__ = f"{loop.__name__}_{DIGEST}"
    options = {"error_model": "numpy", "parallel": parallel, "no_cfunc_wrapper": True}
    try:
        return numba.njit(cache=True, **options)(loop)
    except RuntimeError as error:
        if not str(error).startswith("cannot cache function"):
            raise
        warnings.warn(NOT_KEPT, stacklevel=1)  # from here, whichever loop it is: said once
        return numba.njit(**options)(loop)
