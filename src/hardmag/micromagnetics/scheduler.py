"""Continuous batching: half-cycles enter a slot as soon as one is free, and leave it when they end."""

from collections import deque

import torch

from hardmag.micromagnetics.bodies import group_of, system_of
from hardmag.micromagnetics.half_cycle import Curve, Status, advance_slots, load, overwrite, taken_up, tensors
from hardmag.micromagnetics.host_memory import keep_freed_memory
from hardmag.micromagnetics.waiting import ROUND, at_hand

DTYPES = {"fp32": torch.float32, "fp64": torch.float64}


def run_half_cycles(
    runs,
    *,
    slots=8,
    device="cpu",
    precision="fp32",
    on_curve=None,
    on_rest=None,
    stop=None,
    suspended=None,
):
    """Run half-cycles on equal or different grids or meshes.

    runs: {key: HalfCycle}; slots: most half-cycles in flight; on_curve(key, Curve) is called as each one ends;
    on_rest(key, field_T, m) at each equilibrium, m: (3, nx, ny, nz) numpy (slow: for single runs);
    stop(): asked before each pass, on a GPU before each eighth (waiting.py); once it is true, what is in flight is set aside in
    the mapping `suspended`, {key: Slots on the CPU}. What that holds at the beginning goes on from there, to the same curve bit
    by bit as without the break.
    Returns {key: Curve} of those that ended.
    """
    keep_freed_memory()
    curves = {}
    suspended = {} if suspended is None else suspended

    def finish(key, curve):
        curves[key] = curve
        if on_curve is not None:
            on_curve(key, curve)

    groups = {}
    for key, run in runs.items():
        groups.setdefault((group_of(run.body), run.demag), []).append(key)
    for (_, demag), keys in groups.items():
        system = system_of(runs[keys[0]].body, device, DTYPES[precision], demag)
        group = {k: runs[k] for k in keys}
        _run_group(system, group, slots, device, DTYPES[precision], finish, on_rest, stop or _never, suspended)
    return curves


def _never():
    return False


def _run_group(system, runs, slots, device, dtype, finish, on_rest, stop, suspended):
    queue = deque(runs)
    length = max(r.most_fields for r in runs.values())
    in_slot, state = [None] * min(slots, len(queue)), None  # keys; None: vacant
    round_ = 1 if on_rest is not None or at_hand(device) else ROUND
    while not stop():
        for slot, key in enumerate(in_slot):
            if key is None and queue:
                in_slot[slot] = queue.popleft()
                one = _entering(in_slot[slot], runs, suspended, device, dtype, length)
                state = state or joined([one] * len(in_slot))
                overwrite(state, slot, one)
        if None in in_slot:
            state = _without_gaps(state, in_slot)
        if not in_slot:
            return
        for _ in range(round_):
            state, recorded, field_T = advance_slots(system, state)
        if on_rest is not None:
            for slot in torch.nonzero(recorded).flatten().tolist():
                on_rest(in_slot[slot], float(field_T[slot]), state.iterate.m[slot].cpu().numpy().copy())
        for slot, status in enumerate(state.status.tolist()):
            if status != Status.RUNNING:
                finish(in_slot[slot], _curve(state, slot))
                in_slot[slot] = None
    for slot, key in enumerate(in_slot):
        if key is not None:
            suspended[key] = state.part(slot, slot + 1).to("cpu", length)


def _entering(key, runs, suspended, device, dtype, length):
    """Slots of one half-cycle, from its beginning or from where it was set aside."""
    aside = suspended.get(key)
    one = None if aside is None else taken_up(aside, runs[key], device, length)
    return load(runs[key], device, dtype, length) if one is None else one


def _without_gaps(state, in_slot):
    """The slots that are not vacant: the last ones move up into the gaps, in `in_slot` too."""
    for slot in reversed(range(len(in_slot))):
        if in_slot[slot] is None:
            last = in_slot.pop()
            if slot < len(in_slot):
                in_slot[slot] = last
                overwrite(state, slot, state.part(len(in_slot), len(in_slot) + 1))
    return state.part(0, len(in_slot))


def joined(parts):
    """One batch of several, in their order: of Slots, or of Materials."""
    rows = zip(*map(tensors, parts), strict=True)
    return parts[0].map(lambda _, __: torch.cat(next(rows)))


def _curve(state, slot):
    H, m = state.trace[slot, :, : int(state.count[slot])].cpu().numpy().copy()
    status, evaluations = Status(int(state.status[slot])), int(state.evaluations[slot])
    return Curve(H.round(9), m, status, evaluations, round(float(state.stepping.at_T[slot]), 9))
