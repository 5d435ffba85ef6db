"""Half-cycles by hardmag and by magnum.np in one run: same voxels, field axis, final torque, one thread.

Writes benchmarks/against_magnumnp.json. Run: make bench
"""

import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch

from hardmag import PHYSICS_VERSION
from hardmag.loops import analyse
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures import SmCo17
from hardmag.voxels import Voxels

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "physics"))
from peer import peer_curve  # noqa: E402
from test_against_magnumnp import random_three_phase_box  # noqa: E402


def smco_film():
    """One open layer of a SmCo-1:7 cell, 64×64 cells of 1 nm (magnum.np has no z-invariant kernel)."""
    cell = SmCo17(L_nm=60, d_nm=24, wS_nm=7, wZ_nm=3, size_nm=(64, 64, 2), cell_nm=(1, 1, 2))
    drawn = cell.build(np.random.default_rng(0))
    return Voxels(drawn.index, drawn.phases, drawn.cell_m)


CASES = {
    "three-phase box 15×12×9": (random_three_phase_box, (0.1219, 0, 0.9925)),
    "SmCo-1:7 film 64×64×1": (smco_film, (0.1219, 0.9925, 0)),
}


def measure(make, direction):
    """One case: Hc, seconds and evaluations of both codes."""
    run = HalfCycle(make(), direction, from_T=1.0, to_T=-8.0, step_T=0.25, seed=1)
    begin = time.perf_counter()
    fields_T, curve, evaluations = peer_curve(run)
    seconds = time.perf_counter() - begin
    Hc = analyse(fields_T, curve, 1.0).mu0_Hc_T
    row = {"magnumnp_fp64": {"mu0_Hc_T": Hc, "seconds": seconds, "evaluations": evaluations}}
    for precision in ("fp64", "fp32"):
        begin = time.perf_counter()
        ours = run_half_cycles({0: run}, precision=precision)[0]
        seconds = time.perf_counter() - begin
        Hc = analyse(ours.mu0_H_T, ours.m_parallel, 1.0).mu0_Hc_T
        row[f"hardmag_{precision}"] = {"mu0_Hc_T": Hc, "seconds": seconds, "evaluations": ours.evaluations}
    return row


if __name__ == "__main__":
    torch.set_num_threads(1)
    result = {
        "machine": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "physics_version": PHYSICS_VERSION,
        "step_T": 0.25,
        "tolerance_T": 1e-3,
        "cases": {name: measure(*case) for name, case in CASES.items()},
    }
    (HERE / "against_magnumnp.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["cases"], indent=1))
