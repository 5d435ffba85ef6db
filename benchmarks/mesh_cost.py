"""What a node of a mesh costs beside a cell: seconds per pass and bytes per half-cycle, for cost.NODE.

The same cube by cells and by elements whose demagnetising grid has those cells. Writes benchmarks/mesh_cost_<cpu|cuda>.json.
Run: python benchmarks/mesh_cost.py (two minutes on one core)
"""

import resource
import subprocess
import sys
import time

import numpy as np
import torch
from common import environment, progress, write

from hardmag.campaign.cost import NODE
from hardmag.micromagnetics.bodies import system_of
from hardmag.micromagnetics.half_cycle import HalfCycle, advance_slots, load
from hardmag.micromagnetics.scheduler import joined
from hardmag.nanostructures.coreshell import CoreShell

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
EDGES_NM = {"cpu": (20, 32), "cuda": (32, 60)}
SLOTS = {"cpu": (1, 4), "cuda": (8, 64)}
CELL_NM, PASSES = 1.25, 20
MEMORY_NM, MEMORY_SLOTS = 20, (500, 1500)  # so many that they, not the libraries, make the peak


def body_of(kind, edge_nm):
    """A cube, in cells or elements of the same grid."""
    shape = {"cell_nm": (CELL_NM,) * 3} if kind == "cells" else {"edge_nm": CELL_NM}
    return CoreShell(a_nm=edge_nm, b_nm=edge_nm, c_nm=edge_nm, shell_nm=0, layer_nm=0, core_K1_MJ_per_m3=4.9, **shape).build(
        None
    )


def in_flight(body, slots):
    run = HalfCycle(body, (0.035, 0, 1), -2.0, -9.0, 0.5)
    one = load(run, DEVICE, torch.float32, run.most_fields)
    return system_of(body, DEVICE, torch.float32, True), joined([one] * slots)


def seconds_per_pass(body, slots):
    """Of the fastest pass on the reversible branch, per half-cycle: a busy machine only ever adds to it."""
    system, state = in_flight(body, slots)
    times = []
    for _ in range(PASSES):
        begin = time.perf_counter()
        state = advance_slots(system, state)[0]
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return min(times) / slots


def peak_bytes(kind, slots):
    """Peak memory of three passes in a process of its own."""
    command = [sys.executable, __file__, "--peak", kind, str(slots)]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)


def _print_peak(kind, slots):
    torch.set_num_threads(1)
    system, state = in_flight(body_of(kind, MEMORY_NM), slots)
    for _ in range(3):
        state = advance_slots(system, state)[0]
    print(torch.cuda.max_memory_allocated() if DEVICE == "cuda" else 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def main():
    torch.set_num_threads(1)
    machine, rows = environment(), []
    for edge_nm in EDGES_NM[DEVICE]:
        cells, mesh = (body_of(kind, edge_nm) for kind in ("cells", "elements"))
        nodes, grid = mesh.shape[0], int(np.prod(mesh.shape[1:]))
        for slots in SLOTS[DEVICE]:
            s = [seconds_per_pass(body, slots) for body in (cells, mesh)]
            node = (s[1] / s[0] * cells.index.size - grid) / nodes
            rows.append(
                {"edge_nm": edge_nm, "slots": slots, "nodes": nodes, "cells": grid, "seconds": s, "node_in_cells": node}
            )
            progress(rows[-1])
    few, many = MEMORY_SLOTS
    extra = {kind: (peak_bytes(kind, many) - peak_bytes(kind, few)) / (many - few) for kind in ("cells", "elements")}
    nodes, *grid = body_of("elements", MEMORY_NM).shape
    memory = {"nodes": nodes, "cells": int(np.prod(grid)), "bytes": extra}
    memory["node_in_cells"] = (extra["elements"] / extra["cells"] - 1) * memory["cells"] / nodes
    progress(memory)
    write(f"mesh_cost_{DEVICE}", machine | {"counted_as": NODE, "passes": rows, "memory": memory})


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _print_peak(sys.argv[2], int(sys.argv[3]))
    else:
        main()
