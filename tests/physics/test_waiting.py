"""What a GPU does so that Python does not wait for it, here on the CPU: curves are the same to the bit."""

from dataclasses import replace

import pytest
import torch
from helpers import system_of
from test_independence import adaptive, assert_same
from torch.utils._python_dispatch import TorchDispatchMode

from hardmag.micromagnetics import minimiser, scheduler, waiting
from hardmag.micromagnetics.half_cycle import Status, advance_slots, load
from hardmag.micromagnetics.scheduler import joined, run_half_cycles

SOME = adaptive(4, (False, False, False))
ILL = {**SOME, 1: replace(SOME[1], kick=float("nan")), 2: replace(SOME[2], to_T=-1.0)}  # of which one does not reverse


@pytest.fixture
def in_torch(monkeypatch):
    """Half-cycles pass by pass in torch, as a GPU runs them, but with every question asked."""
    monkeypatch.setattr(minimiser, "cpu_minimiser", None)
    return monkeypatch


@pytest.fixture(scope="module")
def asked():
    """The curves of the compiled pass, which asks all that it likes to."""
    return run_half_cycles(ILL, slots=3)


@pytest.mark.parametrize("round_", [1, 8])
def test_unasked(asked, in_torch, round_):
    """No question that can be spared, decisions in torch, and one look at the ended ones in so many passes."""
    in_torch.setattr(waiting, "AT_HAND", set())
    in_torch.setattr(scheduler, "ROUND", round_)
    assert_same(run_half_cycles(ILL, slots=3), asked)


def test_guards_alone(asked, in_torch):
    """The same code with its questions asked."""
    assert_same(run_half_cycles(ILL, slots=3), asked)


def test_they_end_in_several_ways(asked):
    """Otherwise the tests above would show little."""
    endings = {Status.OK, Status.NOT_A_NUMBER, Status.NOT_REVERSED}
    assert {curve.status for curve in asked.values()} == endings


def test_set_aside_between_rounds(in_torch):
    """Stopped after three rounds, when some have ended in the midst of one, and taken up again."""
    in_torch.setattr(waiting, "AT_HAND", set())
    whole, curves, suspended = run_half_cycles(SOME, slots=4), {}, {}
    while len(curves) < len(SOME):
        left = iter(range(3))
        stop = lambda left=left: next(left, None) is None  # noqa: E731
        curves |= run_half_cycles({k: r for k, r in SOME.items() if k not in curves}, slots=2, stop=stop, suspended=suspended)
    assert_same(curves, whole)


class Waits(TorchDispatchMode):
    """Counts operations that on a GPU would bring a value to the host, or a size that depends on one."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += function._schema.name in ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select")
        return function(*args, **(kwargs or {}))


def test_a_pass_waits_twice(in_torch):
    """For how many samples sweep, and how many go to a new field, whatever happens in it. Decisions asked would be more."""
    in_torch.setattr(waiting, "AT_HAND", set())
    system = system_of(SOME[0].body, dtype=torch.float32)
    state = joined([load(run, "cpu", torch.float32, 500) for run in SOME.values()])
    counts = []
    for _ in range(25):
        with Waits() as waits:
            state = advance_slots(system, state)[0]
        counts.append(waits.count)
    assert set(counts) == {2}
    assert state.count.min() > 1, "they have been at several fields"
