"""Half-cycles of core/shell grains by hardmag and by mammos-mumag in one run: the same magnetic elements, materials and fields,
on one core, in turn. mammos-mumag solves for the potential, so its mesh has air around the grain, which hardmag needs not.

mammos-mumag needs esys-escript, which pip does not have; on Debian, with its own python3:
  apt-get install python3-escript python3-venv
  /usr/bin/python3 -m venv --system-site-packages DIR && DIR/bin/pip install mammos-mumag "numpy<2"
Writes benchmarks/against_mammos_mumag.json turn by turn; turns that it holds are not run again, delete it to begin anew.
Run: python benchmarks/against_mammos_mumag.py DIR/bin/python (8 minutes)
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from common import HERE, begun, environment, progress, write
from in_air import magnetic, tetrahedra_in_air, write_fly
from scipy.stats import qmc

from hardmag.materials import MU0
from hardmag.micromagnetics.elements import elements_of
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures.coreshell import CoreShell

GRAIN = dict(a_nm=22, b_nm=22, c_nm=18, shell_nm=4, layer_nm=2)
EDGE_NM = 2.0
RANGES = {
    "core_K1_MJ_per_m3": (0.5, 2.0),
    "core_mu0_Ms_T": (1.0, 1.3),
    "shell_K1_MJ_per_m3": (3.0, 5.0),
    "shell_mu0_Ms_T": (1.3, 1.6),
}
BATCH, TURNS = 16, 3
ANGLE_DEG, FROM_T, TO_T, STEP_T = 2.0, -1.2, -3.5, 0.1
REVERSED_AT = 0.8
ESCRIPT = "/usr/lib/python3-escript"
P2 = """[mesh]
size = 1e-9
scale = 0

[initial state]
state = mz
mx = 0
my = 0
mz = 1

[field]
hstart = {start}
hfinal = {end}
hstep = {step}
hx = {hx}
hy = 0
hz = {hz}
mstep = inf
mfinal = {final}

[minimizer]
"""


def grains():
    """The published materials and BATCH − 1 others (Sobol)."""
    low, high = zip(*RANGES.values(), strict=True)
    points = qmc.scale(qmc.Sobol(len(RANGES), seed=1).random(BATCH)[1:], low, high)
    others = [CoreShell(**GRAIN, **dict(zip(RANGES, p.round(3).tolist(), strict=True))) for p in points]
    return [CoreShell(**GRAIN), *others]


class Worker:
    """mammos-mumag in a process of its own, on the same core."""

    def __init__(self, python, folder):
        own = {"PYTHONPATH": ESCRIPT, "LD_LIBRARY_PATH": f"{ESCRIPT}/lib", "OMP_NUM_THREADS": "1"}
        command = [python, str(HERE / "mammos_mumag_worker.py")]
        self.process = subprocess.Popen(
            command, cwd=folder, env=os.environ | own, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.versions = json.loads(self.process.stdout.readline())

    def half_cycle(self, name, most_fields=None):
        """What mammos_mumag_worker.half_cycle returns."""
        print(json.dumps([name, most_fields]), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def direction():
    alpha = np.radians(ANGLE_DEG)
    return float(np.sin(alpha)), 0.0, float(np.cos(alpha))


def write_model(folder, name, air, mesh):
    """NAME.fly, NAME.krn and NAME.p2: its default tolerances, no states saved, the end as that of hardmag's."""
    write_fly(folder / f"{name}.fly", *air)
    lines = [f"0 0 {p.Ku_J_per_m3} 0 {MU0 * p.Ms_A_per_m} {p.A_J_per_m} 1 0" for p in mesh.phases]
    (folder / f"{name}.krn").write_text("\n".join([*lines, *["0 0 0 0 0 0 1 0"] * 2]) + "\n")
    hx, _, hz = direction()
    final = -REVERSED_AT * MU0 * mesh.mean_Ms_A_per_m()
    (folder / f"{name}.p2").write_text(P2.format(start=FROM_T, end=TO_T, step=-STEP_T, hx=hx, hz=hz, final=final))


def coercivity(H, m):
    """The middle of the field step in which m turns over."""
    last = int(np.flatnonzero(np.asarray(m) > 0)[-1])
    return round(-float(np.mean(H[last : last + 2])), 4)


def ours(runs, precision="fp32"):
    """All of them in one batch."""
    begin = time.process_time(), time.perf_counter()
    curves = run_half_cycles(dict(enumerate(runs)), slots=len(runs), precision=precision)
    seconds = [time.process_time() - begin[0], time.perf_counter() - begin[1]]
    fields = sum(len(c.mu0_H_T) for c in curves.values())
    return {
        "samples": len(runs),
        "fields": fields,
        "evaluations": sum(c.evaluations for c in curves.values()),
        "status": sorted({c.status.name for c in curves.values()}),
        "mu0_Hc_T": [coercivity(curves[k].mu0_H_T, curves[k].m_parallel) for k in range(len(runs))],
        "s_per_field": seconds[0] / fields,
        "s_per_sample": seconds[0] / len(runs),
        "wall_s": seconds[1],
    }


def theirs(worker, name):
    found = worker.half_cycle(name)
    assembling, minimising = found["assembling_s"], found["minimising_s"]
    fields = len(found["mu0_H_T"])
    return {
        "fields": fields,
        "evaluations": found["evaluations"],
        "mu0_Hc_T": coercivity(found["mu0_H_T"], found["J_T"]),
        "largest_torque_T": median(found["largest_torque_T"]),
        "s_per_field": minimising[0] / fields,
        "assembling_s": assembling[0],
        "s_per_sample": assembling[0] + minimising[0],
        "wall_s": assembling[1] + minimising[1],
    }


def compare(worker, runs, k):
    """One turn, with sample k alone. Seconds are those of the processor, and ratios are of one turn: a machine that others use
    is slow for both at the same time."""
    turn = {
        "alone": ours([runs[k]]),
        "alone_fp64": ours([runs[k]], "fp64"),
        "mammos_mumag": theirs(worker, f"sample{k}"),
        "batch": ours(runs),
    }
    for kind in ("alone", "alone_fp64", "batch"):
        times = {key: turn["mammos_mumag"][key] / turn[kind][key] for key in ("s_per_field", "s_per_sample")}
        turn[f"faster_{kind}"] = times
    progress(json.dumps(turn))
    return turn


def main(python):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core for both
    result = environment()
    structures = grains()
    air = tetrahedra_in_air(structures[0], EDGE_NM)
    mesh = magnetic(structures[0], *air, EDGE_NM)
    settings = dict(from_T=FROM_T, to_T=TO_T, step_T=STEP_T, reversed_at=REVERSED_AT)
    runs = [HalfCycle(mesh.with_phases(g.phases), direction(), **settings) for g in structures]
    begin = time.process_time()
    elements_of(mesh)
    result |= {"once_per_mesh_s": time.process_time() - begin}
    result |= {"elements": len(mesh.tetrahedra), "nodes": len(mesh.nodes)}
    result |= {"elements_with_air": len(air[1]), "nodes_with_air": len(air[0])}
    result |= {"angle_deg": ANGLE_DEG, "from_T": FROM_T, "step_T": STEP_T, "tolerance_T": runs[0].tolerance_T}
    result |= {"grain_nm": GRAIN, "edge_nm": EDGE_NM, "ranges": RANGES}
    for precision in ("fp32", "fp64"):
        run_half_cycles({0: replace(runs[0], to_T=FROM_T - STEP_T)}, precision=precision)  # compiles
    turns = begun("against_mammos_mumag").get("turns", [])
    with tempfile.TemporaryDirectory() as folder:
        for k in range(TURNS):
            write_model(Path(folder), f"sample{k}", air, runs[k].body)
        worker = Worker(python, folder)
        worker.half_cycle("sample0", 2)  # compiles
        for k in range(len(turns), TURNS):
            turns.append(compare(worker, runs, k))
            write("against_mammos_mumag", result | {"peer": worker.versions, "turns": turns})
        worker.process.stdin.close()
        worker.process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("python", help="of the environment that has mammos-mumag")
    main(parser.parse_args().python)
