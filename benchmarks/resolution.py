"""Hc and Φp on halving the cell, and of one layer against sixteen: 6 nanostructures × 3 Z sets.

Writes benchmarks/resolution.json. Run: python benchmarks/resolution.py
"""

import time

from common import Z_SETS, environment, figures, half_cycle, progress, structures, write

from hardmag.micromagnetics.scheduler import run_half_cycles

CELLS_NM = (1.0, 0.5, 0.25)
LAYERS_CELL_NM = 1.0
COUNT, BOX_NM = 6, 48


def measure(structure):
    begin = time.perf_counter()
    result = figures(run_half_cycles({0: half_cycle(structure)})[0])
    progress(
        structure.L_nm, structure.z_set, structure.cell_nm, structure.layers, result, f"{time.perf_counter() - begin:.0f} s"
    )
    return result


def resolved(**fixed):
    return structures(COUNT, size_nm=(BOX_NM, BOX_NM, 32), **fixed)


def rows():
    found = []
    for k in range(COUNT):
        for z in Z_SETS:
            s = resolved()[k](z)
            row = {"L_nm": s.L_nm, "d_nm": s.d_nm, "wS_nm": s.wS_nm, "wZ_nm": s.wZ_nm, "z_set": z}
            row["one_layer"] = {str(c): measure(resolved(cell_nm=(c, c, 2.0))[k](z)) for c in CELLS_NM}
            row["layers_16"] = measure(resolved(cell_nm=(LAYERS_CELL_NM, LAYERS_CELL_NM, 2.0), layers="all")[k](z))
            found.append(row)
    return found


if __name__ == "__main__":
    machine = environment()
    settings = {"box_nm": [BOX_NM, BOX_NM, 32], "cells_nm": CELLS_NM, "layers_cell_nm": LAYERS_CELL_NM}
    write("resolution", machine | settings | {"rows": rows()})
