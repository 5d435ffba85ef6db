"""What the benchmarks share: a record of the machine, a JSON file each, nanostructures drawn over the design space."""

import json
import platform
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.stats import qmc

import hardmag
from hardmag.files import atomic_path
from hardmag.loops import analyse
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.nanostructures import SmCo17

HERE = Path(__file__).parent
Z_SETS = ("literature", "dft", "modified")
LOW, HIGH = (30, 11, 3, 1), (120, 50, 12, 8)  # L, d, wS, wZ in nm


def environment(threads=1):
    """Fix the number of threads, and say on what the figures were taken."""
    torch.set_num_threads(threads)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "processor": _processor(),
        "gpu": gpu,
        "threads": threads,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numba": _version("numba"),
        "hardmag": hardmag.__version__,
        "physics_version": hardmag.PHYSICS_VERSION,
    }


def write(name, result):
    """benchmarks/<name>.json."""
    with atomic_path(HERE / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def begun(name):
    """What benchmarks/<name>.json holds, to go on with; {} if it holds nothing or is of another physics version."""
    path = HERE / f"{name}.json"
    held = json.loads(path.read_text()) if path.exists() else {}
    return held if held.get("physics_version") == hardmag.PHYSICS_VERSION else {}


def progress(*words):
    """One line on stderr."""
    print(*words, file=sys.stderr, flush=True)


def structures(count, **fixed):
    """`count` SmCo-1:7 nanostructures of the design space (Sobol), each as a function z_set → SmCo17."""
    points = qmc.scale(qmc.Sobol(4, seed=1).random(count), LOW, HIGH)
    names = ("L_nm", "d_nm", "wS_nm", "wZ_nm")
    return [
        lambda z, p=p: SmCo17(**{k: round(float(v), 1) for k, v in zip(names, p, strict=True)}, z_set=z, **fixed)
        for p in points
    ]


def half_cycle(structure, **settings):
    """A half-cycle at α = 0.5° with the defaults of a campaign."""
    alpha = np.radians(0.5)
    defaults = dict(from_T=1.0, to_T=-15.0, step_T=0.64, resolution_T=0.01, seed=1)
    voxels = structure.build(np.random.default_rng(0))
    return HalfCycle(voxels, (float(np.sin(alpha)), float(np.cos(alpha)), 0.0), **(defaults | settings))


def figures(curve):
    """Hc, Hp, Φp and cost of a curve; None where it failed."""
    if curve.status is not Status.OK:
        return {"status": curve.status.name, "evaluations": curve.evaluations}
    loop = analyse(curve.mu0_H_T, curve.m_parallel, 1.0)
    values = {"mu0_Hc_T": loop.mu0_Hc_T, "mu0_Hp_T": loop.mu0_Hp_T, "phi_p": loop.phi_p}
    return {k: round(v, 6) for k, v in values.items()} | {"evaluations": curve.evaluations}


def _processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(name):
    try:
        return __import__(name).__version__
    except ImportError:
        return None
