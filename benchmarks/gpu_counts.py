"""Without a GPU: what a pass would have one do, and how long that would take. Kernels, bytes and waits are counted where torch
dispatches them, on the CPU. Writes benchmarks/gpu_counts.json. Run: python benchmarks/gpu_counts.py

What fusion.py has compiled on a GPU counts as one kernel, and one more after each sum whose result it goes on with; any other
operation that is no view counts as one. A kernel reads each operand from memory once and writes its result once; caches find
nothing. With --small it counts on a tiny grid, writes nothing, and serves as a test of itself.
"""

import sys
from collections import Counter, defaultdict
from contextlib import contextmanager

import numpy as np
import torch
from common import Z_SETS, environment, half_cycle, progress, structures, write
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from hardmag.campaign.cost import figures
from hardmag.micromagnetics import cellwise, cpu_minimiser, fusion, local_terms, minimiser, waiting
from hardmag.micromagnetics import half_cycle as solver
from hardmag.micromagnetics.half_cycle import advance_slots, load
from hardmag.micromagnetics.scheduler import joined, run_half_cycles
from hardmag.micromagnetics.system import System

SMALL = "--small" in sys.argv
CELL_NM, EDGES = (2.0, (16,)) if SMALL else (0.8, (160, 240))  # the paper's boxes of 128 and 192 nm
SLOTS = 64
CARDS = {"H100": 3.35e12, "H200": 4.8e12}  # bytes per s: NVIDIA's data sheets, SXM modules
# Assumed: a launch through PyTorch; one within a CUDA graph; a value brought to the host, and the launches after it late.
LAUNCH_S, GRAPH_LAUNCH_S, WAIT_S = 4e-6, 1.5e-6, 2e-5
MUMAX3_H100_CELLS_PER_S = 1.98e9  # published: 2048×2048×1 cells, fp32, all field terms
WAITING = {"aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select"}
WITHOUT_KERNEL = {"aten::empty", "aten::empty_like", "aten::new_empty", "aten::empty_strided", "aten::_local_scalar_dense"}
SUMS = {"aten::sum", "aten::amax", "aten::mean"}
EVENTS = ("sweeps", "new fields")
COUNTED = ("kernels", "on numbers per sample", "bytes per cell")


def tensors_in(tree):
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor)]


def nbytes(t):
    """Bytes that a kernel reads of a tensor, what is expanded once."""
    return t.element_size() * int(np.prod([n for n, stride in zip(t.shape, t.stride(), strict=True) if stride]))


def place(t):
    return t.untyped_storage().data_ptr()


class Counting(TorchDispatchMode):
    """Counts kernels, those of them on numbers per sample rather than per cell, and bytes, between one wait and the next.

    cells: of all samples. There is one of it, to which fusion.py's functions are bound once.
    """

    def __init__(self):
        super().__init__()
        self.cells, self.counts, self.fused = 0, [Counter()], None

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result, name = function(*args, **(kwargs or {})), function._schema.name
        taken, given = tensors_in((args, kwargs)), tensors_in(result)
        is_view = not function._schema.is_mutable and bool({place(t) for t in taken} & {place(t) for t in given})
        onto_itself = name == "aten::copy_" and taken[0].data_ptr() == taken[1].data_ptr()  # `G[:, i] += …` ends with one
        if not (is_view or onto_itself or name in WITHOUT_KERNEL):
            if self.fused is None:
                self.launched(sum(map(nbytes, taken + given)), taken + given)
            else:
                self.fused.note(name, taken, given)
        if name in WAITING:
            self.counts.append(Counter())
        return result

    def launched(self, moved, tensors):
        counts = self.counts[-1]
        counts["kernels"] += 1
        counts["on numbers per sample"] += all(t.numel() * 4 < self.cells for t in tensors)
        counts["bytes per cell"] += moved / self.cells

    def compiled(self, function, **_):
        """In place of torch.compile: the function, whose operations are counted as the kernels that it is compiled to."""

        def run(*arguments):
            self.fused = Fused()
            result = function(*arguments)
            fused, self.fused = self.fused, None
            for moved, tensors in fused.kernels(tensors_in(result)):
                self.launched(moved, tensors)
            return result

        return run


class Fused:
    """The operations of one compiled function as kernels: a new one begins where the result of a sum is needed."""

    def __init__(self):
        self.made, self.ready, self.touched, self.kept = {}, {}, defaultdict(dict), []

    def note(self, name, taken, given):
        kernel = max([0, *(self.ready.get(place(t), 0) for t in taken)])
        for t in taken:
            if self.made.get(place(t), -1) < kernel:  # from outside, or written by an earlier kernel and read again
                self.touched[kernel][place(t), "read"] = t
                if place(t) in self.made:
                    self.touched[self.made[place(t)]][place(t), "written"] = t
        self.touched[kernel]  # there is one, if only for what is written
        over_cells = name in SUMS and taken[0].numel() > 3 * given[0].numel()  # sums over components are written out
        for t in given:
            self.made[place(t)], self.ready[place(t)] = kernel, kernel + over_cells
        self.kept += given  # so that no place is used again

    def kernels(self, results):
        """(bytes, tensors) of each."""
        for t in results:
            if place(t) in self.made:
                self.touched[self.made[place(t)]][place(t), "written"] = t
        return [(sum(map(nbytes, touched.values())), touched.values()) for _, touched in sorted(self.touched.items())]


@contextmanager
def as_on_a_gpu(counting):
    """The code that a GPU runs, on the CPU, its compiled functions counted."""
    switched = [
        (minimiser, "cpu_minimiser", None),
        (local_terms, "cpu_kernels", None),
        (cellwise, "cpu_cellwise", None),
        (waiting, "AT_HAND", set()),
        (solver, "slots_at_once", lambda cells, kind: SLOTS),
        (fusion, "COMPILED_ON", {"cpu"}),
        (torch, "compile", counting.compiled),
    ]
    before = [getattr(module, name) for module, name, _ in switched]
    try:
        for module, name, value in switched:
            setattr(module, name, value)
        yield
    finally:
        for (module, name, _), value in zip(switched, before, strict=True):
            setattr(module, name, value)


@contextmanager
def events():
    """Counter of the samples that begin a sweep or go to a new field, while it is open."""
    seen, kept = Counter(), (cpu_minimiser._sweep, minimiser._swept, solver._to_next_field)

    def sweep(body, samples, it):
        seen["sweeps"] += len(samples)
        return kept[0](body, samples, it)

    def swept(materials, it, samples):
        seen["sweeps"] += len(samples)
        return kept[1](materials, it, samples)

    def to_next_field(s, samples, *rest):
        seen["new fields"] += len(samples)
        return kept[2](s, samples, *rest)

    cpu_minimiser._sweep, minimiser._swept, solver._to_next_field = sweep, swept, to_next_field
    try:
        yield seen
    finally:
        cpu_minimiser._sweep, minimiser._swept, solver._to_next_field = kept


def shares():
    """Of all passes of half-cycles over the design space, the share in which a sample sweeps, and in which it goes to a new
    field."""
    shape = dict(size_nm=(16, 16, 2), cell_nm=(2, 2, 2)) if SMALL else dict(size_nm=(80, 80, 2), cell_nm=(1, 1, 2))
    draws = structures(1 if SMALL else 8, **shape)
    with events() as seen:
        curves = run_half_cycles({(k, z): half_cycle(draw(z)) for k, draw in enumerate(draws) for z in Z_SETS}, slots=8)
    return {event: seen[event] / sum(curve.evaluations for curve in curves.values()) for event in EVENTS}


def passes(edge, counting):
    """What passes have a GPU do on a film of edge² cells: {event, or "none": [Counter before each wait, and after the last]},
    and of a field evaluation by itself, "field".

    Of two equal half-cycles, which do the same in every pass: one on the reversible branch, then one far beyond its coercivity.
    """
    size, found = edge * CELL_NM, {}
    structure = structures(1, size_nm=(size, size, 2), cell_nm=(CELL_NM, CELL_NM, 2))[0]("dft")
    counting.cells = 2 * edge**2
    for from_T, wanted in ((1.0, ("none", "new fields")), (-9.0, ("sweeps",))):
        run = half_cycle(structure, from_T=from_T)
        with as_on_a_gpu(counting), events() as seen:
            system = System(run.body.index.shape, run.body.cell_m, run.body.periodic, "cpu", torch.float32)
            state = joined([load(run, "cpu", torch.float32, run.most_fields)] * 2)
            while any(which not in found for which in wanted):
                seen.clear()
                counting.counts = [Counter()]
                with counting:
                    state = advance_slots(system, state)[0]
                which = [event for event in EVENTS if seen[event]] or ["none"]
                if len(which) == 1 and which[0] in wanted:
                    found[which[0]] = counting.counts
            counting.counts = [Counter()]
            with counting:
                system.gradient(state.materials, state.iterate.m, -state.h)
            found["field"] = counting.counts
    return found


def mean_pass(found, share):
    """A pass of SLOTS strangers: [Counter before each wait, and after the last], bytes per cell of the whole batch.

    An event adds its kernels where any sample meets with it, and its bytes for the share that does.
    """
    mean = [Counter(part) for part in found["none"]]
    for event in EVENTS:
        any_of_all = 1 - (1 - share[event]) ** SLOTS
        for whole, part, plain in zip(mean, found[event], found["none"], strict=True):
            for key in part:
                whole[key] += (part[key] - plain[key]) * (share[event] if key == "bytes per cell" else any_of_all)
    return mean


def predicted_s(mean, edge, bytes_per_s, launch_s):
    """Time of a pass: between two waits, launches and bytes pass at the same time, and the longer counts. What follows the last
    wait goes on into the next pass."""
    between = [*mean[1:-1], mean[0] + mean[-1]]
    moved = SLOTS * edge**2 / bytes_per_s
    times = [max(launch_s * part["kernels"], moved * part["bytes per cell"]) for part in between]
    return sum(times) + WAIT_S * (len(between) + 1 / waiting.ROUND)


def speeds(edge, time_s):
    """Of SLOTS samples in that time."""
    cells_per_s = SLOTS * edge**2 / time_s
    return {"cell_evaluations_per_s": cells_per_s, "over_mumax3_h100": cells_per_s / MUMAX3_H100_CELLS_PER_S}


def of_film(edge, share, counting):
    """Counts of its passes, and what they predict."""
    found = passes(edge, counting)
    mean = mean_pass(found, share)
    total = lambda parts: {key: round(sum(p[key] for p in parts), 1) for key in COUNTED} | {"waits": len(parts) - 1}  # noqa: E731
    predictions = {
        card: {
            way: {"pass_s": (time_s := predicted_s(mean, edge, bytes_per_s, launch_s))} | speeds(edge, time_s)
            for way, launch_s in (("as it is", LAUNCH_S), ("in CUDA graphs", GRAPH_LAUNCH_S))
        }
        for card, bytes_per_s in CARDS.items()
    }
    field = found["field"][0]
    for card, bytes_per_s in CARDS.items():
        field_s = max(LAUNCH_S * field["kernels"], SLOTS * edge**2 * field["bytes per cell"] / bytes_per_s)
        predictions[card]["field alone"] = {"pass_s": field_s} | speeds(edge, field_s)
    row = {"edge": edge, "passes": {k: total(v) for k, v in found.items()}, "mean_pass": total(mean), "predicted": predictions}
    progress(row)
    return row


def main():
    machine, share, counting = environment(), shares(), Counting()
    films = [of_film(edge, share, counting) for edge in EDGES]
    assumed = {"launch_s": LAUNCH_S, "launch_in_a_graph_s": GRAPH_LAUNCH_S, "wait_s": WAIT_S, "bytes_per_s": CARDS}
    result = {"slots": SLOTS, "cell_nm": CELL_NM, "shares": share, "films": films, "assumed": assumed}
    if not SMALL:
        write("gpu_counts", machine | result | {"evaluations": figures()["cpu"]["evaluations"]})


if __name__ == "__main__":
    main()
