"""On a CUDA GPU: field evaluations per second against the memory's bandwidth, half-cycles per hour on the paper's grids,
bitwise repeatability. Writes benchmarks/gpu.json. Run: python benchmarks/gpu.py

With --small it runs tiny grids on whatever device there is, writes nothing, and serves as a test of itself.
"""

import sys
import time
from dataclasses import replace

import numpy as np
import torch
from common import Z_SETS, environment, half_cycle, progress, structures, write

from hardmag.materials import SM2CO17
from hardmag.micromagnetics.half_cycle import Status
from hardmag.micromagnetics.scheduler import run_half_cycles
from hardmag.micromagnetics.system import Materials, System, normalised
from hardmag.voxels import Voxels

SMALL = "--small" in sys.argv
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MUMAX3_H100_CELLS_PER_S = 1.98e9  # published: 2048×2048×1 cells, fp32, all field terms
FIELD_GRIDS = [(16, 16, 1), (8, 8, 4)] if SMALL else [(2048, 2048, 1), (256, 256, 16)]
CAMPAIGN = {  # edge in nm, layers: structures of the paper on that box
    "128 nm, 1 layer": (128, 1),
    "192 nm, 1 layer": (192, 1),
    "128 nm, 16 layers": (128, 16),
    "192 nm, 16 layers": (192, 16),
}
SHARE_OF_LARGE_BOX = 7137 / 17500
STRUCTURES, HALF_CYCLES = 16805, 5


def seconds(function, repeats):
    """Median time of a call."""
    times = []
    for _ in range(repeats + 3):
        begin = time.perf_counter()
        function()
        if DEVICE == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return float(np.median(times[3:]))


def bandwidth():
    """Bytes per second of a copy between two large arrays, read and write counted."""
    a = torch.empty(1 << (16 if SMALL else 28), device=DEVICE)
    b = torch.empty_like(a)
    return 2 * a.nbytes / seconds(lambda: b.copy_(a), 20)


def field_bytes(n):
    """Least traffic of a demagnetising field, bytes per cell: each transform reads and writes its array once.

    Open z-direction: real input and output of 3 components (24), then complex spectra of twice the length along each
    direction in turn, forth and back, read and written, and the product with six real spectra.
    """
    padded = [2 * k if k > 1 else 1 for k in n]
    half = padded[1] // 2 + 1
    rows = n[0] * half * padded[2] if n[2] == 1 else n[0] * n[1] * (padded[2] // 2 + 1)
    full = padded[0] * (half if n[2] == 1 else padded[1] * (padded[2] // 2 + 1))
    middle = 0 if n[2] == 1 else n[0] * padded[1] * (padded[2] // 2 + 1)
    complex_, cells = 3 * 8, np.prod(n)
    transforms = 2 * (3 * 4 * cells + complex_ * rows + complex_ * rows + 2 * complex_ * middle + complex_ * full)
    product = 2 * complex_ * full + 6 * 4 * full
    return float((transforms + product) / cells)


def field_speed(n, rate):
    """All field terms, as MuMax3's figure counts them; the bound is that of the demagnetising field alone."""
    voxels = Voxels(np.zeros(n, int), (SM2CO17,), (5e-9, 5e-9, 5e-9), (False, False, False))
    system = System(n, voxels.cell_m, voxels.periodic, DEVICE, torch.float32)
    materials = Materials.of(voxels, DEVICE, torch.float32)
    m, field_T = normalised(torch.randn(1, 3, *n, device=DEVICE)), torch.ones(1, 3, device=DEVICE)
    cells_per_s = np.prod(n) / seconds(lambda: system.gradient(materials, m, field_T), 30)
    bound = rate / field_bytes(n)
    row = {"grid": n, "cells_per_s": cells_per_s, "bytes_per_cell": field_bytes(n), "share_of_bound": cells_per_s / bound}
    row |= {"over_mumax3_h100": cells_per_s / MUMAX3_H100_CELLS_PER_S}
    progress(row)
    return row


def throughput(edge_nm, layers):
    """Half-cycles per hour, one batch that keeps its slots filled."""
    scale = 0.1 if SMALL else 1.0
    shape = dict(size_nm=(edge_nm * scale, edge_nm * scale, 2.0 * layers), layers="all" if layers > 1 else 1)
    slots, count = (2, 3) if SMALL else ((64, 192) if layers == 1 else (8, 16))
    draws = structures(16, **shape) if not SMALL else structures(2, cell_nm=(1, 1, 2), **shape)
    runs = {k: half_cycle(draws[k % len(draws)](Z_SETS[k % 3]), from_T=2.0, seed=k) for k in range(count)}
    run_half_cycles({0: replace(runs[0], to_T=runs[0].from_T - 0.64)}, device=DEVICE)  # compiles
    begin = time.perf_counter()
    curves = run_half_cycles(runs, slots=slots, device=DEVICE)
    took = time.perf_counter() - begin
    row = {"half_cycles": count, "slots": slots, "seconds": took, "per_hour": 3600 * count / took}
    row |= {"evaluations": int(sum(c.evaluations for c in curves.values()))}
    row |= {"failed": sum(c.status is not Status.OK for c in curves.values())}
    progress(edge_nm, layers, row)
    return row


def repeatable():
    """Whether the same batch twice gives the same bits."""
    draws = structures(4, size_nm=(32, 32, 2), cell_nm=(1, 1, 2))
    runs = {k: half_cycle(draw("dft"), seed=k) for k, draw in enumerate(draws)}
    one, other = (run_half_cycles(runs, slots=3, device=DEVICE) for _ in range(2))
    same = lambda a, b: np.array_equal(a.mu0_H_T, b.mu0_H_T) and np.array_equal(a.m_parallel, b.m_parallel)  # noqa: E731
    return all(same(one[k], other[k]) and one[k].evaluations == other[k].evaluations for k in runs)


def main():
    machine, rate = environment(), bandwidth()
    fields = [field_speed(n, rate) for n in FIELD_GRIDS]
    campaign = {name: throughput(*grid) for name, grid in CAMPAIGN.items()}
    per_hour = {name: row["per_hour"] for name, row in campaign.items()}
    large = STRUCTURES * HALF_CYCLES * SHARE_OF_LARGE_BOX
    small = STRUCTURES * HALF_CYCLES - large
    hours = {
        layers: small / per_hour[f"128 nm, {layers}"] + large / per_hour[f"192 nm, {layers}"]
        for layers in ("1 layer", "16 layers")
    }
    result = {
        "bytes_per_s_of_a_copy": rate,
        "field": fields,
        "half_cycles": campaign,
        "paper_hours": hours,
        "bitwise_repeatable": repeatable(),
    }
    progress(result["paper_hours"], "bitwise repeatable:", result["bitwise_repeatable"])
    if not SMALL:
        write("gpu", machine | result)


if __name__ == "__main__":
    if DEVICE == "cpu" and not SMALL:
        sys.exit("benchmarks/gpu.py: no CUDA GPU here (--small runs it on the CPU at toy size)")
    main()
