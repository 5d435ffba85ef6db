"""Half-cycles by hardmag and by magnum.np in one run: same voxels, field axis, final torque and precision, one thread.

Both are warmed up first (kernels built, code compiled). Writes benchmarks/against_magnumnp.json.
Run: python benchmarks/against_magnumnp.py
"""

import logging
import sys
import time
from dataclasses import replace
from statistics import median

import magnumnp
import torch
from common import HERE, environment, half_cycle, progress, write

from hardmag.loops import analyse
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures import SmCo17
from hardmag.voxels import Voxels

sys.path.insert(0, str(HERE.parent / "tests" / "physics"))
from peer import peer_curve

CASES = {
    "SmCo-1:7 film, 96×96×1 cells of 0.5 nm": dict(size_nm=(48, 48, 2), cell_nm=(0.5, 0.5, 2), layers=1),
    "SmCo-1:7 box, 64×64×8 cells of 0.5×0.5×1 nm": dict(size_nm=(32, 32, 8), cell_nm=(0.5, 0.5, 1), layers="all"),
}
STEP_T = 0.25
REPEATS = 3


def open_run(shape):
    """Open boundaries: magnum.np has no z-invariant kernel."""
    structure = SmCo17(L_nm=40, d_nm=20, wS_nm=6, wZ_nm=3, **shape)
    run = half_cycle(structure, step_T=STEP_T, resolution_T=None, to_T=-12.0)
    drawn = run.body
    return replace(run, body=Voxels(drawn.index, drawn.phases, drawn.cell_m), direction=(0.1219, 0.9925, 0.0))


def ours(run, precision):
    curve = run_half_cycles({0: run}, precision=precision)[0]
    return curve.mu0_H_T, curve.m_parallel, curve.evaluations


def theirs(run, precision):
    return peer_curve(run, torch.float32 if precision == "fp32" else torch.float64)


def timed(simulate, run, precision):
    """(seconds, result) of a half-cycle."""
    begin = time.perf_counter()
    H, m, evaluations = simulate(run, precision)
    seconds = time.perf_counter() - begin
    Hc = analyse(H, m, 1.0).mu0_Hc_T
    progress(simulate.__name__, precision, run.body.index.shape, f"{seconds:.2f} s", evaluations, Hc)
    return seconds, {"mu0_Hc_T": Hc, "evaluations": evaluations, "fields": len(H)}


def compare(shape):
    """Both in turn, REPEATS times, after a short half-cycle each to warm up: the ratio is the median of those of each turn,
    for a machine that others use too is slow for both at the same time."""
    run, rows = open_run(shape), {}
    for precision in ("fp32", "fp64"):
        for simulate in (ours, theirs):
            simulate(replace(run, to_T=run.from_T - STEP_T), precision)
        turns = [(timed(ours, run, precision), timed(theirs, run, precision)) for _ in range(REPEATS)]
        a, b = ({"seconds": median(t[k][0] for t in turns), **turns[0][k][1]} for k in (0, 1))
        ratios = {
            "faster": median(t[1][0] / t[0][0] for t in turns),
            "faster_by_turn": [round(t[1][0] / t[0][0], 2) for t in turns],
            "fewer_evaluations": b["evaluations"] / a["evaluations"],
            "difference_of_Hc_T": a["mu0_Hc_T"] - b["mu0_Hc_T"],
        }
        rows[precision] = {"hardmag": a, "magnumnp": b, "ratios": ratios}
    return rows


if __name__ == "__main__":
    logging.disable(logging.INFO)  # magnum.np logs every iteration
    machine = environment()
    torch._dynamo.config.disable = False  # tests run magnum.np uncompiled; here it may do its best
    settings = {"magnumnp": magnumnp.__version__, "step_T": STEP_T, "tolerance_T": 1e-3}
    write("against_magnumnp", machine | settings | {"cases": {name: compare(shape) for name, shape in CASES.items()}})
