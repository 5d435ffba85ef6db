"""Coercivities by cells and by elements: a cube of Nd2Fe14B and a core/shell grain, both refined; the polynomial's degree.

Writes benchmarks/coreshell.json. Run: python benchmarks/coreshell.py (five minutes on one core)
"""

import time
from unittest.mock import patch

import numpy as np
from common import environment, progress, write

from hardmag.micromagnetics import minimiser
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures.coreshell import CoreShell
from hardmag.nanostructures.mesher import mesh_of

CUBE = dict(a_nm=20, b_nm=20, c_nm=20, shell_nm=0, layer_nm=0)
ND2FE14B = dict(core_K1_MJ_per_m3=4.9, core_mu0_Ms_T=1.61, core_A_pJ_per_m=8.0)
BRICK = dict(a_nm=24, b_nm=24, c_nm=20, shell_nm=4, layer_nm=2)
ANGLE_DEG = 2.0
# The long steps of a campaign's half-cycle pass over the last half per cent of a barrier: the cube's own field, which is to be
# held against a published one, is approached in short steps. The grain is run as in a campaign, with a small kick.
SWEEPS = {
    "cube": dict(from_T=-6.2, to_T=-7.0, step_T=0.005, kick=1e-4, tolerance_T=1e-4),
    "grain": dict(from_T=1.0, to_T=-9.0, step_T=0.64, resolution_T=0.005, kick=1e-3),
}
CELLS_NM, EDGES_NM, DEGREES = {"cube": (2.0, 1.0), "grain": (1.0, 0.5)}, (2.0, 1.5, 1.0), (8, 24, 48)


def measure(body, sweep, count):
    """Hc, the middle of the field step in which m turns over, and cost of one half-cycle on voxels or a mesh."""
    alpha = np.radians(ANGLE_DEG)
    direction = (float(np.sin(alpha)), 0.0, float(np.cos(alpha)))
    begin = time.perf_counter()
    curve = run_half_cycles({0: HalfCycle(body, direction, **SWEEPS[sweep])})[0]
    seconds = time.perf_counter() - begin
    last = int(np.flatnonzero(curve.m_parallel > 0)[-1])
    Hc = -float(curve.mu0_H_T[last : last + 2].mean())
    found = {"mu0_Hc_T": round(Hc, 4), "status": curve.status.name, "evaluations": curve.evaluations}
    found |= {"points": count, "seconds": round(seconds, 1)}
    progress(sweep, found)
    return found


def by_cells(grain, sweep, edge):
    voxels = CoreShell(**grain, cell_nm=(edge,) * 3).build(None)
    return measure(voxels, sweep, voxels.index.size)


def by_elements(grain, sweep, edge):
    mesh = mesh_of(CoreShell(**grain), edge, coarsest=1.0)
    quality = {key: round(getattr(mesh.quality(), key), 2) for key in ("min_dihedral_deg", "max_aspect_ratio")}
    return measure(mesh, sweep, len(mesh.nodes)) | quality


if __name__ == "__main__":
    machine = environment()
    run_half_cycles({0: HalfCycle(mesh_of(CoreShell(**CUBE), 4.0), (0, 0, 1), 1.0, -9.0, 5.0)})  # compiles
    result = {"angle_deg": ANGLE_DEG, "sweeps": SWEEPS, "grain_nm": BRICK}
    for name, grain in (("cube", CUBE | ND2FE14B), ("grain", BRICK)):
        result[name] = {
            "cells": {str(edge): by_cells(grain, name, edge) for edge in CELLS_NM[name]},
            "elements": {str(edge): by_elements(grain, name, edge) for edge in EDGES_NM},
        }
    result["degree"] = {}
    for degree in DEGREES:
        with patch.object(minimiser, "DEGREE", degree):
            result["degree"][str(degree)] = by_elements(BRICK, "grain", EDGES_NM[0])
    write("coreshell", machine | result)
