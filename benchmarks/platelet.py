"""The platelet of Kovacs et al. 2023 (Front. Mater. 9:1094055), section 3.2: a core of 400×400×100 nm³ in a shell of 10 nm and
a layer of 4 nm, whose µ0Hc they find to be 1 T. On a CPU the core is smaller, shell and layer are not; --full takes it whole.

They do not say which way the field points: 2° off the c-axis here, and other angles for the smallest grain.
Writes benchmarks/platelet.json case by case; what it holds of this physics version is not run again.
Run: python benchmarks/platelet.py (half an hour on one core), on a GPU: python benchmarks/platelet.py --full
"""

import argparse
import time

import numpy as np
import torch
from common import begun, environment, progress, write

from hardmag.loops import analyse
from hardmag.micromagnetics.half_cycle import HalfCycle, Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.nanostructures.coreshell import CoreShell

THICKNESS = dict(shell_nm=10.0, layer_nm=4.0)
PUBLISHED_NM, PUBLISHED_HC_T = (400, 400, 100), 1.0
CASES = [(0.1, 2.0), (0.2, 2.0), (0.3, 2.0), (0.1, 1.0), (0.4, 2.0)]  # shares of the published core, edges of the cells in nm
FULL = [(1.0, 2.0), (1.0, 1.0)]
ANGLE_DEG = 2.0
OTHER_ANGLES_DEG = (0.5, 5.0, 10.0, 20.0)  # for the first case
SWEEP = dict(from_T=1.0, to_T=-9.0, step_T=0.64, resolution_T=0.002, kick=1e-3)


def platelet(share, cell_nm):
    """The grain with `share` of the published core's extension, materials as published (the defaults of CoreShell)."""
    a, b, c = (share * extension + 2 * THICKNESS["shell_nm"] for extension in PUBLISHED_NM)
    return CoreShell(a_nm=a, b_nm=b, c_nm=c, **THICKNESS, cell_nm=(cell_nm,) * 3)


def measure(share, cell_nm, angle_deg, device):
    grain = platelet(share, cell_nm)
    alpha = np.radians(angle_deg)
    run = HalfCycle(grain.build(None), (float(np.sin(alpha)), 0.0, float(np.cos(alpha))), **SWEEP)
    begin = time.perf_counter()
    curve = run_half_cycles({0: run}, device=device)[0]
    found = {
        "share": share,
        "cell_nm": cell_nm,
        "core_nm": [share * extension for extension in PUBLISHED_NM],
        "cells": run.body.index.size,
        "shares_of_volume": {name: round(part, 3) for name, part in run.body.fractions().items()},
        "status": curve.status.name,
        "evaluations": curve.evaluations,
        "seconds": round(time.perf_counter() - begin, 1),
        "mu0_H_T": curve.mu0_H_T.tolist(),
        "m_parallel": curve.m_parallel.round(5).tolist(),
    }
    if curve.status is Status.OK:
        found["mu0_Hc_T"] = round(analyse(curve.mu0_H_T, curve.m_parallel, 1.0).mu0_Hc_T, 4)
    progress({key: found.get(key) for key in ("core_nm", "cell_nm", "cells", "mu0_Hc_T", "evaluations", "seconds")})
    return found


def main(full):
    result = environment() | {"published_mu0_Hc_T": PUBLISHED_HC_T, "angle_deg": ANGLE_DEG, "sweep": SWEEP, **THICKNESS}
    name, device = ("platelet_full", "cuda") if full else ("platelet", "cpu")
    before = begun(name)
    result |= {"rows": before.get("rows", []), "angles": before.get("angles", {})}
    for share, cell_nm in FULL if full else CASES:
        if not any((row["share"], row["cell_nm"]) == (share, cell_nm) for row in result["rows"]):
            result["rows"].append(measure(share, cell_nm, ANGLE_DEG, device))
            write(name, result)
    for angle_deg in () if full else OTHER_ANGLES_DEG:
        if str(angle_deg) not in result["angles"]:
            result["angles"][str(angle_deg)] = measure(*CASES[0], angle_deg, device)
            write(name, result)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="the published size, on a GPU")
    full = parser.parse_args().full
    if full and not torch.cuda.is_available():
        parser.error("--full needs a GPU")
    main(full)
