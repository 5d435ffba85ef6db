"""Coercivities by cells and by elements: a cube of Nd2Fe14B and a core/shell grain, both refined; the polynomial's degree.

Writes benchmarks/coreshell.json. Run: python benchmarks/coreshell.py (five minutes on one core)
"""

import time
from unittest.mock import patch

import numpy as np
from common import environment, figures, progress, write

from hardmag.micromagnetics import minimiser
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.mesher import mesh_of

CUBE = dict(a_nm=20, b_nm=20, c_nm=20, shell_nm=0, layer_nm=0)
ND2FE14B = dict(core_K1_MJ_per_m3=4.9, core_mu0_Ms_T=1.61, core_A_pJ_per_m=8.0)
BRICK = dict(a_nm=24, b_nm=24, c_nm=20, shell_nm=4, layer_nm=2)
ANGLE_DEG = 2.0
KICK = 1e-3  # rad: the default of 5 mrad crosses a barrier up to 0.6 % before it vanishes
CELLS_NM, EDGES_NM, DEGREES = (1.0, 0.5), (2.0, 1.5, 1.0), (8, 24, 48)


def measure(body, count):
    """Hc and cost of one half-cycle on voxels or a mesh."""
    alpha = np.radians(ANGLE_DEG)
    direction = (float(np.sin(alpha)), 0.0, float(np.cos(alpha)))
    begin = time.perf_counter()
    run = HalfCycle(body, direction, 1.0, -9.0, 0.64, resolution_T=0.005, kick=KICK)
    found = figures(run_half_cycles({0: run})[0]) | {"points": count, "seconds": round(time.perf_counter() - begin, 1)}
    progress(found)
    return found


def by_cells(grain, edge):
    voxels = CoreShell(**grain, cell_nm=(edge,) * 3).build(None)
    return measure(voxels, voxels.index.size)


def by_elements(grain, edge):
    mesh = mesh_of(CoreShell(**grain), edge, coarsest=1.0)
    quality = {key: round(getattr(mesh.quality(), key), 2) for key in ("min_dihedral_deg", "max_aspect_ratio")}
    return measure(mesh, len(mesh.nodes)) | quality


if __name__ == "__main__":
    machine = environment()
    run_half_cycles({0: HalfCycle(mesh_of(CoreShell(**CUBE), 4.0), (0, 0, 1), 1.0, -9.0, 5.0)})  # compiles
    result = {"angle_deg": ANGLE_DEG, "kick": KICK, "brick": BRICK}
    for name, grain in (("cube", CUBE | ND2FE14B), ("grain", BRICK)):
        result[name] = {
            "cells": {str(edge): by_cells(grain, edge) for edge in CELLS_NM},
            "elements": {str(edge): by_elements(grain, edge) for edge in EDGES_NM},
        }
    result["degree"] = {}
    for degree in DEGREES:
        with patch.object(minimiser, "DEGREE", degree):
            result["degree"][str(degree)] = by_elements(BRICK, EDGES_NM[0])
    write("coreshell", machine | result)
