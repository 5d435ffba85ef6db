"""What a half-cycle of the reduced-order model costs: CPU seconds and memory over the number of grains, for cost.GRAIN.

Each number of grains in a process of its own, one thread. Writes benchmarks/reduced_order.json; what that holds already stays.
Run: python benchmarks/reduced_order.py [GRAINS …]  (10,000 grains take half an hour)
"""

import json
import resource
import subprocess
import sys
import time

import numpy as np
import torch
from common import begun, environment, progress, write

from hardmag.api import nanostructure
from hardmag.micromagnetics.half_cycle import HalfCycle
from hardmag.reduced_order.half_cycle import HalfCycles

GRAINS = (27, 100, 160, 400, 1000, 10_000)
MAGNET = {"grain_size_nm": 1000, "boundary_percent": 1, "misalignment_deg": 35, "structure_seed": 1}


def measure(grains):
    """{structure_s, tensors_s, half_cycle_s (tensors included), all of CPU time, peak_MB, …} of one magnet."""
    magnet = nanostructure("polycrystal", grains=grains, **MAGNET)
    begin = time.process_time()
    body = magnet.build(np.random.default_rng(0))
    structure = time.process_time()
    flight = HalfCycles([HalfCycle(body, (0, 0, 1), 2.0, -8.0, 0.64, resolution_T=0.01)], "cpu", torch.float32)
    tensors = time.process_time()
    flight.run(lambda: False)
    (curve,) = flight.ended()
    return {
        "structure_s": round(structure - begin, 2),
        "tensors_s": round(tensors - structure, 2),
        "half_cycle_s": round(time.process_time() - structure, 2),
        "points": flight.system.points.shape[1],
        "evaluations": curve.evaluations,
        "status": curve.status.name,
        "peak_MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main(counts):
    result = environment() | {"magnet": MAGNET, "grains": begun("reduced_order").get("grains", {})}
    for grains in counts:
        done = subprocess.run(
            [sys.executable, __file__, "--one", str(grains)], check=True, capture_output=True, text=True
        ).stdout
        result["grains"][str(grains)] = json.loads(done)
        progress(grains, result["grains"][str(grains)])
        write("reduced_order", result)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        environment()
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main([int(n) for n in sys.argv[1:]] or GRAINS)
