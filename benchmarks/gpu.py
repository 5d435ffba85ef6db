"""On a CUDA GPU, in one call: field evaluations per second against the memory's bandwidth, half-cycles per hour on the paper's
grids, bitwise repeatability, 30 half-cycles against the same on a CPU.
Run: python benchmarks/gpu.py [--minutes 9] [--to FOLDER]

Writes gpu.json into FOLDER (default: this one) after each section, so that what ends early has lost nothing. Sections for
which the time is too short are left out. With --small it runs tiny grids on whatever device there is, and serves as a test of
itself. --reference computes gpu_reference.json, the curves of the CPU.
"""

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from common import HERE, Z_SETS, environment, figures, half_cycle, progress, structures, write

from hardmag import PHYSICS_VERSION
from hardmag.campaign.cost import figures as cost_figures
from hardmag.materials import SM2CO17
from hardmag.micromagnetics.half_cycle import Status, load
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
SHARE_OF_TIME, SHARE_TO_COMPILE = 1 / 9, 1 / 9  # of all minutes, for one batch, and to compile what it needs


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


def batch(edge_nm, layers, count):
    """`count` half-cycles over the design space on one of the paper's boxes."""
    scale = 0.1 if SMALL else 1.0
    shape = dict(size_nm=(edge_nm * scale, edge_nm * scale, 2.0 * layers), layers="all" if layers > 1 else 1)
    draws = structures(2, cell_nm=(1, 1, 2), **shape) if SMALL else structures(16, **shape)
    runs = [half_cycle(draw(z), from_T=2.0) for draw in draws for z in Z_SETS]
    return {k: replace(runs[k % len(runs)], seed=k) for k in range(count)}


def warm_up(layers):
    """Compile what batches of so many layers need, for several samples and for one: slots that run empty. Five at first, for
    as many as a field has components would be taken for the same number."""
    run_half_cycles(batch(64, layers, 5 if SMALL else 7), slots=5, device=DEVICE)


def throughput(edge_nm, layers, limit_s):
    """Half-cycles per hour of a batch that keeps its slots filled for limit_s, if it does not end before."""
    slots, count = (2, 3) if SMALL else ((64, 384) if layers == 1 else (8, 48))
    runs, suspended, took = batch(edge_nm, layers, count), {}, 0.0
    cells = runs[0].body.index.size
    loading_s = seconds(lambda: load(runs[0], DEVICE, torch.float32, runs[0].most_fields), 5)

    def over():
        nonlocal took
        took = time.perf_counter() - begin
        return took > limit_s

    begin = time.perf_counter()
    curves = run_half_cycles(runs, slots=slots, device=DEVICE, stop=over, suspended=suspended)
    evaluations = sum(c.evaluations for c in curves.values()) + sum(int(s.evaluations.sum()) for s in suspended.values())
    per_half_cycle = cost_figures()["cuda"]["evaluations"]  # of the whole design space: those that ended are the short ones
    row = {"slots": slots, "cells": cells, "seconds": took, "ended": len(curves), "evaluations": evaluations}
    row |= {"cell_evaluations_per_s": cells * evaluations / took, "per_hour": 3600 * evaluations / took / per_half_cycle}
    row |= {"loading_s": loading_s, "failed": sum(c.status is not Status.OK for c in curves.values())}
    progress(edge_nm, layers, row)
    return row


def repeatable():
    """Whether the same batch twice gives the same bits."""
    draws = structures(4, size_nm=(32, 32, 2), cell_nm=(1, 1, 2))
    runs = {k: half_cycle(draw("dft"), seed=k) for k, draw in enumerate(draws)}
    one, other = (run_half_cycles(runs, slots=3, device=DEVICE) for _ in range(2))
    same = lambda a, b: np.array_equal(a.mu0_H_T, b.mu0_H_T) and np.array_equal(a.m_parallel, b.m_parallel)  # noqa: E731
    return all(same(one[k], other[k]) and one[k].evaluations == other[k].evaluations for k in runs)


def on_both():
    """Thirty half-cycles that the CPU computes in half a minute, by name."""
    draws = structures(16, size_nm=(64, 64, 2), cell_nm=(1, 1, 2))[:10]
    return {f"{k} {z}": half_cycle(draw(z), seed=k) for k, draw in enumerate(draws) for z in Z_SETS}


def reference():
    """gpu_reference.json: what the CPU says of them."""
    machine, runs = environment(), on_both()
    write("gpu_reference", machine | {"curves": {k: figures(c) for k, c in run_half_cycles(runs, slots=8).items()}})


def against_cpu():
    """Hc, Hp and Φp of the thirty on this device less those of gpu_reference.json. They are located to 10 mT."""
    held = json.loads((HERE / "gpu_reference.json").read_text())
    if held["physics_version"] != PHYSICS_VERSION:
        sys.exit("benchmarks/gpu_reference.json is of another physics version: python benchmarks/gpu.py --reference")
    runs = dict(list(on_both().items())[: 2 if SMALL else None])
    theirs = {k: held["curves"][k] for k in runs}
    ours = {k: figures(c) for k, c in run_half_cycles(runs, slots=30, device=DEVICE).items()}
    both = [k for k in runs if "status" not in ours[k] and "status" not in theirs[k]]
    unlike = sum(ours[k].get("status") != theirs[k].get("status") for k in runs)
    row = {"samples": len(runs), "reversed_on_both": len(both), "of_another_status": unlike}
    for key in ("mu0_Hc_T", "mu0_Hp_T", "phi_p"):
        off = np.array([abs(ours[k][key] - theirs[k][key]) for k in both])
        row[key] = {"median": float(np.nanmedian(off)), "largest": float(np.nanmax(off)), "within_0.01": int(sum(off < 0.0101))}
    for where, curves in (("here", ours), ("on_the_cpu", theirs)):
        row[f"evaluations_{where}"] = sum(curves[k]["evaluations"] for k in runs)
    progress(row)
    return row


def paper_hours(rows):
    """Hours of the paper's campaign on one card, for those numbers of layers with which both boxes have been measured."""
    large = STRUCTURES * HALF_CYCLES * SHARE_OF_LARGE_BOX
    shares = {"128 nm": STRUCTURES * HALF_CYCLES - large, "192 nm": large}
    hours = {}
    for layers in ("1 layer", "16 layers"):
        of_boxes = {box: rows.get(f"{box}, {layers}") for box in shares}
        if all(of_boxes.values()):
            hours[layers] = sum(shares[box] / row["per_hour"] for box, row in of_boxes.items())
    return hours


def main(minutes, folder):
    begin, result = time.perf_counter(), environment()
    left_s = lambda: 60 * minutes - (time.perf_counter() - begin)  # noqa: E731
    limit_s, to_compile_s = 60 * minutes * SHARE_OF_TIME, 60 * minutes * SHARE_TO_COMPILE

    def done(name, value):
        result[name] = value
        (folder / "gpu.json").write_text(json.dumps(result, indent=1) + "\n")

    def batches(layers):
        for name, (edge_nm, of_them) in CAMPAIGN.items():
            if of_them == layers and left_s() > limit_s + to_compile_s / 2:
                done("half_cycles", result.get("half_cycles", {}) | {name: throughput(edge_nm, layers, limit_s)})
                done("paper_hours", paper_hours(result["half_cycles"]))

    done("bytes_per_s_of_a_copy", bandwidth())
    done("field", [field_speed(n, result["bytes_per_s_of_a_copy"]) for n in FIELD_GRIDS])
    warm_up(1)
    batches(1)
    done("against_cpu", against_cpu())
    done("bitwise_repeatable", repeatable())
    if left_s() > limit_s + to_compile_s:
        warm_up(16)
        batches(16)
    done("minutes", (time.perf_counter() - begin) / 60)
    progress(result.get("paper_hours"), "bitwise repeatable:", result["bitwise_repeatable"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=9.0)
    parser.add_argument("--to", type=Path, default=HERE)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--reference", action="store_true")
    given = parser.parse_args()
    if given.reference:
        reference()
    elif DEVICE == "cpu" and not SMALL:
        sys.exit("benchmarks/gpu.py: no CUDA GPU here (--small runs it on the CPU at toy size)")
    elif SMALL and given.to == HERE:
        sys.exit("benchmarks/gpu.py: --small is no measurement: give it another folder, --to FOLDER")
    else:
        main(given.minutes, given.to)
