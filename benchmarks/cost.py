"""Seconds per pass against cells, batch and layers; evaluations per half-cycle; bytes per cell. Fits the cost model.

Writes benchmarks/cost_<cpu|cuda>.json, and with --install the fit into src/hardmag/campaign/cost.json, from which
`hardmag plan` and the SLURM resources are taken. Run: python benchmarks/cost.py [--install]
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from common import Z_SETS, environment, half_cycle, progress, structures, write

import hardmag
from hardmag.micromagnetics.at_once import AT_ONCE
from hardmag.micromagnetics.half_cycle import advance_slots, load, overwrite
from hardmag.micromagnetics.scheduler import joined, run_half_cycles
from hardmag.micromagnetics.system import System

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
GRIDS = {  # edge in cells, layers, slots
    "cpu": [
        (64, 1, 1),
        (64, 1, 8),
        (96, 1, 1),
        (128, 1, 1),
        (128, 1, 8),
        (256, 1, 1),
        (256, 1, 8),
        (64, 8, 1),
        (64, 16, 1),
        (64, 16, 4),
    ],
    "cuda": [
        (128, 1, 8),
        (128, 1, 64),
        (256, 1, 1),
        (256, 1, 8),
        (256, 1, 64),
        (256, 1, 256),
        (384, 1, 64),
        (256, 16, 1),
        (256, 16, 8),
    ],
}
PASSES = {"cpu": 20, "cuda": 100}
MEMORY_GRIDS = [(256, 1), (96, 16)]


def slots_of(edge, layers, slots):
    """A system and `slots` half-cycles of cells of 0.5 nm, at −2 T, on DEVICE in fp32."""
    shape = dict(size_nm=(edge / 2, edge / 2, 2.0 * layers), layers="all" if layers > 1 else 1)
    draws = structures(8, **shape)
    runs = [half_cycle(draws[k % 8](Z_SETS[k % 3]), from_T=-2.0, seed=k) for k in range(slots)]
    v = runs[0].body
    system, state = System(v.index.shape, v.cell_m, v.periodic, DEVICE, torch.float32), None
    for slot, run in enumerate(runs):  # one at a time, as the scheduler does
        one = load(run, DEVICE, torch.float32, run.most_fields)
        state = state or joined([one] * slots)
        overwrite(state, slot, one)
    return system, state


def seconds_per_pass(edge, layers, slots):
    """Median over passes on the reversible branch."""
    system, state = slots_of(edge, layers, slots)
    times = []
    for _ in range(PASSES[DEVICE] + 5):
        begin = time.perf_counter()
        state = advance_slots(system, state)[0]
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    row = {"edge": edge, "layers": layers, "slots": slots, "seconds": float(np.median(times[5:]))}
    progress(row)
    return row


def peak_bytes(edge, layers, slots, at_once):
    """Peak memory of three passes in a process of its own, AT_ONCE being so many cells."""
    sizes = map(str, (edge, layers, slots, at_once))
    return int(subprocess.run([sys.executable, __file__, "--peak", *sizes], capture_output=True, check=True).stdout)


def _print_peak(edge, layers, slots, at_once):
    torch.set_num_threads(1)
    AT_ONCE[DEVICE] = at_once
    system, state = slots_of(edge, layers, slots)
    for _ in range(3):
        state = advance_slots(system, state)[0]
    print(torch.cuda.max_memory_allocated() if DEVICE == "cuda" else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def bytes_per_cell():
    """What a further sample takes at the peak, per cell, and what of it stays between passes; and what it takes where a pass
    takes all samples at once."""
    rows = []
    for edge, layers in MEMORY_GRIDS:
        # So many that the slots, not the libraries, make the peak, and that a pass takes them in parts.
        few = max(2_000_000, 2 * AT_ONCE[DEVICE]) // (edge * edge * layers)
        many = 3 * few
        further = {
            name: round(
                (peak_bytes(edge, layers, many, at_once) - peak_bytes(edge, layers, few, at_once))
                / ((many - few) * edge * edge * layers)
            )
            for name, at_once in (("peak", AT_ONCE[DEVICE]), ("all_at_once", 10**9))
        }
        rows.append(
            {
                "edge": edge,
                "layers": layers,
                "at_once": AT_ONCE[DEVICE],
                **further,
                "kept": kept_bytes(edge, layers),
            }
        )
        progress(rows[-1])
    return rows


def kept_bytes(edge, layers):
    """{name: bytes per cell} of the tensors of one slot after a pass, storage shared between them counted once."""
    system, state = slots_of(edge, layers, 1)
    state, found, seen = advance_slots(system, state)[0], {}, set()

    def count(name, t):
        key = t.untyped_storage().data_ptr()
        if key not in seen and t.ndim > 3:
            seen.add(key)
            found[name] = round(t.untyped_storage().nbytes() / (edge * edge * layers), 1)
        return t

    state.map(count)
    return found | {"sum": round(sum(found.values()), 1)}


def evaluations():
    """Field evaluations of half-cycles over the design space, cells of 1 nm."""
    draws = structures(8, size_nm=(80, 80, 2), cell_nm=(1, 1, 2))
    runs = {(k, z): half_cycle(draw(z)) for k, draw in enumerate(draws) for z in Z_SETS}
    counts = [c.evaluations for c in run_half_cycles(runs, slots=8, device=DEVICE).values()]
    return {
        "median": float(np.median(counts)),
        "mean": float(np.mean(counts)),
        "p95": float(np.percentile(counts, 95)),
        "all": sorted(counts),
    }


def fit(rows):
    """(pass_s, cell_s) of seconds = pass_s + slots·cells·log2(cells)·cell_s, least squares of relative errors."""
    x = np.array([r["slots"] * r["edge"] ** 2 * r["layers"] * np.log2(r["edge"] ** 2 * r["layers"]) for r in rows])
    y = np.array([r["seconds"] for r in rows])
    (a, b), *_ = np.linalg.lstsq(np.stack([1 / y, x / y], 1), np.ones(len(y)), rcond=None)
    return float(max(a, 0.0)), float(b), [round(float(v), 2) for v in (a + b * x) / y]


def main():
    machine = environment()
    rows, memory, counts = [seconds_per_pass(*grid) for grid in GRIDS[DEVICE]], bytes_per_cell(), evaluations()
    pass_s, cell_s, quality = fit(rows)
    result = {"passes": rows, "memory": memory, "evaluations": counts}
    write(f"cost_{DEVICE}", machine | result | {"fit": {"pass_s": pass_s, "cell_s": cell_s, "model_over_measured": quality}})
    if "--install" in sys.argv:
        path = Path(hardmag.__file__).parent / "campaign" / "cost.json"
        table = json.loads(path.read_text())
        table[DEVICE] |= {
            "pass_s": float(f"{pass_s:.3g}"),
            "cell_s": float(f"{cell_s:.3g}"),
            "evaluations": round(counts["mean"]),
            "evaluations_p95": round(counts["p95"]),
            "bytes_per_cell": max(r["peak"] for r in memory),
            "pass_bytes_per_cell": max(r["all_at_once"] - r["peak"] for r in memory),
            "measured": machine["gpu"] or f"{machine['processor']}, {machine['threads']} thread",
        }
        path.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _print_peak(*map(int, sys.argv[2:]))
    else:
        main()
