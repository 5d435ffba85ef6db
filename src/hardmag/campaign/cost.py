"""What a campaign costs: seconds, memory, disk. benchmarks/cost.py measures the figures, cost.json beside this holds them.

One pass evaluates the field of all half-cycles in flight once. It takes a fixed time, and for each half-cycle one that grows
like cells·log2(cells), as FFTs do. Device kinds: 'cpu' is one core, 'cuda' one GPU.
"""

import json
from collections import Counter
from functools import cache
from importlib.resources import files
from math import ceil, inf, log2

from hardmag.micromagnetics.at_once import slots_at_once
from hardmag.nanostructures import KINDS

DEVICES = {"cpu": "CPU core", "cuda": "GPU"}
AUTO_SLOTS = {"cpu": 8, "cuda": 256}  # most of `batching.slots: auto`
# A node of a mesh counts as so many cells, beside its grid: 0.5 to 3.4 by time, 2.1 by memory (benchmarks/mesh_cost.py).
GRAIN = 80  # likewise a grain of the reduced-order model (benchmarks/reduced_order.py)
NODE = 2
WORDS = {"fp32": 1, "fp64": 2}  # fp64 counts as twice the cells: as many bytes to keep and to move
MEMORY_SHARE = 0.8  # of a device's free memory, for the half-cycles in flight
HOST_MB = 4000  # of a worker process: Python, torch and its libraries
MOST_GRIDS = 6  # that are listed one by one
SAFETY, LEAST_MIN = 2, 10  # a job's time limit: so many times its p95, and so many minutes at least
# Bytes on disk. A half-cycle of about 40 fields stands in the journal (text), the batch file and the dataset.
DISK = {"half_cycles": 3500, "samples": 4000, "batches": 20000}


@cache
def figures():
    """cost.json: {device kind: {pass_s, cell_s, evaluations, …}}."""
    return json.loads(files("hardmag.campaign").joinpath("cost.json").read_text())


def half_cycle_s(cells, slots, kind, evaluations="evaluations"):
    """Seconds of a device that one of `slots` half-cycles in flight takes; evaluations: that key's, or 'evaluations_p95'."""
    f = figures()[kind]
    return f[evaluations] * (f["pass_s"] / slots + f["cell_s"] * cells * log2(max(cells, 2)))


def batch_s(loads, slots, kind, evaluations="evaluations"):
    """Seconds of a batch on one device. loads: (cells, half-cycles) of each sample; equal grids share the slots."""
    half_cycles = Counter()
    for cells, count in loads:
        half_cycles[cells] += count
    return sum(n * half_cycle_s(cells, min(slots, n), kind, evaluations) for cells, n in half_cycles.items())


def auto_slots(cells, kind, free_bytes=inf):
    """Half-cycles in flight for `slots: auto`: on a CPU as many as a pass takes at once, for more than these leave its cache
    from pass to pass; on a GPU as many as fit."""
    most = AUTO_SLOTS[kind]
    if kind == "cpu":
        return min(most, slots_at_once(cells, kind))
    budget = MEMORY_SHARE * free_bytes
    return next((n for n in range(most, 1, -1) if memory_bytes(cells, n, kind) <= budget), 1)


def memory_bytes(cells, slots, kind):
    """What so many half-cycles in flight take at the peak: what is kept of each, and what a pass needs for those it takes at
    once."""
    f = figures()[kind]
    return cells * (f["bytes_per_cell"] * slots + f["pass_bytes_per_cell"] * min(slots, slots_at_once(cells, kind)))


def load_of(sample):
    """(cells, half-cycles) of a sample; cells of fp64 count as WORDS says."""
    return cells_of(grid_of(sample)) * WORDS[sample.precision], sample.realisations


def cells_of(shape):
    """Cells that a structure counts for. shape: (nx, ny, nz), (nodes, nx, ny, nz) of a mesh and its grid, or (grains,)."""
    if len(shape) == 1:
        return GRAIN * shape[0]
    *nodes, nx, ny, nz = shape
    return nx * ny * nz + NODE * sum(nodes)


def grid_of(sample):
    """`shape` of a sample's structure, see cells_of; asked for once for equal parameters, as a kind may have to draw it."""
    return _grid(json.dumps(sample.nanostructure, sort_keys=True))


@cache
def _grid(content):
    content = json.loads(content)
    return KINDS[content["kind"]].model_validate(content).shape


def batch_estimate(attempts, batching):
    """Of one batch, {device kind: {s: expected seconds, minutes: a job should ask for, slots, slots_MB, host_MB}}.

    attempts: of the batch; batching: that section of the campaign file. The samples of a batch are alike, so the
    minutes allow for all of them to need as many evaluations as one in twenty does.
    """
    loads = [load_of(attempt.sample) for attempt in attempts]
    largest, half_cycles = max(cells for cells, _ in loads), sum(n for _, n in loads)
    estimate = {}
    for kind in figures():
        slots = min(half_cycles, auto_slots(largest, kind) if batching["slots"] == "auto" else batching["slots"])
        p95_s = batch_s(loads, slots, kind, "evaluations_p95")
        estimate[kind] = {
            "s": round(batch_s(loads, slots, kind), 1),
            "minutes": max(LEAST_MIN, ceil(SAFETY * p95_s / 60)),
            "slots": slots,
            "slots_MB": ceil(memory_bytes(largest, slots, kind) / 1e6),
            # Beside a GPU the host only makes the demagnetising kernel, which takes about as much as one half-cycle.
            "host_MB": HOST_MB + ceil(memory_bytes(largest, slots if kind == "cpu" else 1, kind) / 1e6),
        }
    return estimate


def campaign_cost(samples, batches):
    """{half_cycles, grids: [[*shape, samples], …], disk_bytes} of a campaign without rescues. batches: their number."""
    grids = Counter(grid_of(s) for s in samples)
    counts = {"half_cycles": sum(load_of(s)[1] for s in samples), "samples": len(samples), "batches": batches}
    return {
        "half_cycles": counts["half_cycles"],
        "grids": [[*grid, count] for grid, count in sorted(grids.items())],
        "disk_bytes": sum(DISK[name] * count for name, count in counts.items()),
    }


def cost_table(plan):
    """What a plan (plan.json) costs, without rescues, as lines of text."""
    cost, batching = plan["cost"], plan["settings"]["batching"]
    found = {kind: [b[kind] for b in plan["estimates"].values()] for kind in DEVICES}
    largest = {kind: max(estimates, key=lambda e: e["slots_MB"]) for kind, estimates in found.items()}
    up_to = {"cpu": "", "cuda": "up to " if batching["slots"] == "auto" else ""}
    guessed = {kind: " (estimate)" if figures()[kind]["measured"].startswith("estimate") else "" for kind in DEVICES}

    def row(name, text):
        return name, "".join(f"{text(kind):<26}" for kind in DEVICES).rstrip()

    rows = [("half-cycles", f"{cost['half_cycles']:,}")]
    rows += _grids(cost["grids"])
    rows += [
        row("", lambda kind: f"one {DEVICES[kind]}{guessed[kind]}"),
        row("all batches", lambda kind: _time(sum(e["s"] for e in found[kind]))),
        row("longest batch", lambda kind: _time(max(e["s"] for e in found[kind]))),
        row(
            "its time limit", lambda kind: _time(60 * min(max(e["minutes"] for e in found[kind]), batching["max_runtime_min"]))
        ),
        row("memory in use", lambda k: f"{up_to[k]}{_size(1e6 * largest[k]['slots_MB'])} ({largest[k]['slots']} slots)"),
        ("disk", _size(cost["disk_bytes"])),
        ("figures from", "; ".join(f"{DEVICES[kind]}: {figures()[kind]['measured']}" for kind in DEVICES)),
    ]
    return "\n".join(f"  {name:<16}{text}" for name, text in rows)


def _grids(grids):
    """(name, text) about [[nx, ny, nz, samples], …], of meshes [nodes, nx, ny, nz, samples]: each, or of many the span."""
    if len(grids) > MOST_GRIDS:
        cells = [cells_of(grid) for *grid, _ in grids]
        return [("cells", f"{min(cells):,} to {max(cells):,} in {len(grids):,} different grids")]
    rows = []
    for *shape, count in grids:
        if len(shape) == 1:
            rows.append(("grains", f"{shape[0]:,} in {count:,} samples"))
            continue
        *nodes, nx, ny, nz = shape
        cells = f"{nx * ny * nz:,} ({nx} × {ny} × {nz})"
        if nodes:
            rows.append(("nodes", f"about {nodes[0]:,}, on a grid of {cells} in {count:,} samples"))
        else:
            rows.append(("cells", f"{cells} in {count:,} samples"))
    return rows


def _time(seconds):
    """Two digits, in minutes or hours."""
    minutes = seconds / 60
    return f"{max(1, round(minutes))} min" if minutes < 60 else f"{float(f'{minutes / 60:.2g}'):,g} h"


def _size(number):
    """Bytes with two digits."""
    unit, name = next((u, n) for u, n in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")) if number >= u or u == 1)
    return f"{float(f'{number / unit:.2g}'):,g} {name}"
