"""Which field comes next: long steps on the reversible branch, bisection back from the last stable state around a jump.

All state is per sample, (B,) in fp64; decisions are elementwise. On a GPU they are made of tensors and stay there; on the CPU
of numpy arrays, which for so few numbers are some times faster.
"""

from dataclasses import dataclass, fields

import numpy as np
import torch

from hardmag.discontinuity import JUMP, beyond_forecast

PLAIN = 0.04  # of Ms: such a drop in a state that is still moving, which need not come to rest to be known as a jump
LARGE = 0.3  # drops that are located as well as the first one and the one through zero
# Error of the linear forecast below which the step is doubled; above four times that it is halved. Between the recorded
# points of a parabola a straight line is off by an eighth of it: 0.001 of Ms.
CURVED = 0.008
FIRST_STEP = 16  # in units of the resolution
COARSE = 5  # times the resolution: to that the other jumps before Hc are located, for a field far beyond one drives it further
LONG = 16  # times the resolution: a step of more drives a state over barriers that it would not leave by itself
ROUNDING_T = 1e-9


@dataclass
class Stepping:
    """Where each sample stands on its field axis. Fields in T; m is M·h over total Ms·V."""

    at_T: torch.Tensor  # the field in hand
    to_T: torch.Tensor  # the last one
    longest_T: torch.Tensor  # step
    resolution_T: torch.Tensor  # to which jumps are located; inf: fixed steps
    stable_T: torch.Tensor  # the last field accepted; inf before the first
    stable_m: torch.Tensor
    width_T: torch.Tensor  # of the step that led there; 0 after a jump
    slope: torch.Tensor  # −dm/dH over that step
    bend: torch.Tensor  # its growth per T
    blocked_T: torch.Tensor  # a field known to lie beyond a jump; −inf if none
    blocked_step_T: torch.Tensor  # the step by which that became known
    depinned: torch.Tensor  # bool: the first discontinuity has passed

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        return Stepping(**{f.name: function(f.name, getattr(self, f.name)) for f in fields(self)})


def start(from_T, to_T, longest_T, resolution_T, device):
    """Stepping with B = 1; resolution_T = None: fixed steps of longest_T."""
    scalar = lambda x: torch.tensor([x], dtype=torch.float64, device=device)  # noqa: E731
    inf = float("inf")
    return Stepping(
        at_T=scalar(from_T),
        to_T=scalar(to_T),
        longest_T=scalar(longest_T),
        resolution_T=scalar(inf if resolution_T is None else resolution_T),
        stable_T=scalar(inf),
        stable_m=scalar(1.0),
        width_T=scalar(0.0),
        slope=scalar(0.0),
        bend=scalar(0.0),
        blocked_T=scalar(-inf),
        blocked_step_T=scalar(0.0),
        depinned=torch.zeros(1, dtype=torch.bool, device=device),
    )


def most_fields(from_T, to_T, longest_T, resolution_T):
    """How many fields a half-cycle can have at most: steps are at least half the resolution long."""
    shortest = longest_T if resolution_T is None else min(longest_T, resolution_T / 2)
    return int((from_T - to_T) / shortest) + 3


def array_module(x):
    """numpy or torch, whichever x is of: their functions have the same names here."""
    return np if isinstance(x, np.ndarray) else torch


def begun(s):
    """Whether a first equilibrium has been accepted: (B,) bool."""
    return array_module(s.stable_T).isfinite(s.stable_T)


def step_of(s):
    """Step from the last accepted field to the one in hand: (B,), 0 at the first."""
    return array_module(s.at_T).where(begun(s), s.stable_T - s.at_T, 0)


def at_known_block(s):
    """Whether the field in hand lies beyond the jump, as no long step has shown: (B,) bool. It need not be tried again."""
    return (s.at_T <= s.blocked_T) & (s.blocked_step_T <= LONG * s.resolution_T + ROUNDING_T)


def excess(s, m):
    """Drop of m over the step to the field in hand beyond twice its forecast: (B,)."""
    return beyond_forecast(s.stable_m - m, step_of(s), s.slope, s.bend, s.width_T)


def to_be_resolved(s, m, at_rest):
    """Whether this step holds a jump that is to be located better: (B,) bool. It is then taken back.

    The first jump, the one through zero and large ones are located to the resolution, others before Hc to COARSE times that.
    """
    xp = array_module(m)
    jumped = excess(s, m) > xp.where(at_rest, JUMP, PLAIN)
    matters = ~s.depinned | (m <= 0) | (s.stable_m - m > LARGE)
    widest = xp.where(matters, 1, COARSE) * s.resolution_T
    return begun(s) & (s.stable_m > 0) & jumped & (step_of(s) > widest + ROUNDING_T)


def accepted(s, m):
    """Stepping after the equilibrium m at the field in hand was accepted, with the next field in hand."""
    xp = array_module(m)
    first, step = ~begun(s), step_of(s)
    jumped = ~first & (excess(s, m) > JUMP)
    restart = first | jumped
    safe = xp.where(first, 1, step)
    slope = xp.where(restart, 0, (s.stable_m - m) / safe)
    bend = xp.where(restart | (s.width_T == 0), 0, (slope - s.slope) / ((safe + s.width_T) / 2))
    error = abs(s.stable_m - s.slope * step - m)
    following = xp.where(error < CURVED, 2 * step, xp.where(error < 4 * CURVED, step, step / 2))
    following = xp.where(restart, xp.maximum(step, FIRST_STEP * s.resolution_T), xp.maximum(following, s.resolution_T))
    following = xp.where(m > 0, xp.minimum(following, s.longest_T), s.longest_T)
    ahead = ~jumped & (s.at_T > s.blocked_T + ROUNDING_T)  # what was seen beyond a jump is not what follows this one
    blocked = xp.where(ahead, s.blocked_T, -float("inf"))
    return _onwards(
        s, s.at_T, m, xp.where(restart, 0, step), slope, bend, following, blocked, s.blocked_step_T, s.depinned | jumped
    )


def taken_back(s):
    """Stepping after the step to the field in hand was refused: about half way back to the last accepted field."""
    return _onwards(s, s.stable_T, s.stable_m, s.width_T, s.slope, s.bend, s.longest_T, s.at_T, step_of(s), s.depinned)


def _onwards(s, stable_T, m, width, slope, bend, step, blocked, blocked_step, depinned):
    xp = array_module(stable_T)
    bracket = stable_T - blocked  # inf where nothing is known to lie ahead
    # Halves are powers of two of the resolution, so that the last one is as long as it may be.
    power = xp.ceil(xp.log2(bracket / s.resolution_T - ROUNDING_T)) - 1
    half = xp.where(bracket > s.resolution_T + ROUNDING_T, s.resolution_T * 2**power, bracket)
    at = xp.maximum(stable_T - xp.minimum(step, half), blocked)
    at = xp.where(at - s.to_T < ROUNDING_T, s.to_T, at)
    return Stepping(at, s.to_T, s.longest_T, s.resolution_T, stable_T, m, width, slope, bend, blocked, blocked_step, depinned)
