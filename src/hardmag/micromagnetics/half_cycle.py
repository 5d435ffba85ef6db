"""Demagnetisation half-cycles: saturate, lower the field step by step, follow the minimum until the sample has reversed.

A batch of slots runs many half-cycles at once, each on its own field axis and at its own pace; what is recorded and
decided stays on the device, so that a pass needs no word from the host.
"""

from dataclasses import dataclass, field, fields, replace
from enum import IntEnum

import numpy as np
import torch

from hardmag.micromagnetics.minimiser import MAX_BACKTRACKS, Iterate, advance, wide
from hardmag.micromagnetics.system import Materials, dot, normalised, sample_sum
from hardmag.voxels import Voxels


class Status(IntEnum):
    """How a half-cycle ended; RUNNING while it has not."""

    RUNNING = 0
    OK = 1
    NOT_CONVERGED = 2  # the iteration cap or the line search ran out at one field
    NOT_A_NUMBER = 3
    ENERGY_ROSE = 4  # between entering a field and coming to rest there
    NOT_SATURATED = 5  # at the first field
    NOT_REVERSED = 6  # at the last field


@dataclass(frozen=True)
class HalfCycle:
    """One half-cycle of one sample. Fields in T (µ0·H); direction: of the applied field, any length.

    kick: size (rad) of the disturbance given to m at every new field, a fixed pattern drawn from `seed`, without which
    a perfectly symmetric state would not leave a maximum of its energy. tolerance_T: at rest when the torque is below
    it in every cell. reversed_at: the run ends when m_parallel ≤ −reversed_at × its first value.
    """

    voxels: Voxels = field(repr=False)
    direction: tuple[float, float, float]
    from_T: float
    to_T: float
    step_T: float
    seed: int = 0
    tolerance_T: float = 1e-3
    max_iterations: int = 2000
    kick: float = 0.02
    reversed_at: float = 0.8
    interface_strength: float = 1.0

    @property
    def unit_direction(self):
        """Direction as a unit vector (3,)."""
        h = np.asarray(self.direction, dtype=float)
        return h / np.linalg.norm(h)

    @property
    def fields_T(self):
        """The field axis from from_T down to to_T."""
        count = int(round((self.from_T - self.to_T) / self.step_T)) + 1
        return self.from_T - self.step_T * np.arange(count)


@dataclass(frozen=True)
class Curve:
    """What a half-cycle gives: m_parallel = M·h over total Ms·V at each field reached, status and cost."""

    mu0_H_T: np.ndarray
    m_parallel: np.ndarray
    status: Status
    evaluations: int


@dataclass
class Slots:
    """State of the half-cycles in flight; every tensor leads with the batch dimension."""

    materials: Materials
    iterate: Iterate
    h: torch.Tensor  # (B, 3)
    kick: torch.Tensor  # (B, 3, nx, ny, nz): disturbance added to m at each new field
    start: torch.Tensor  # (B, 3, nx, ny, nz): saturated state
    from_T: torch.Tensor  # (B,), fp64, as the next four
    step_T: torch.Tensor
    tolerance_T: torch.Tensor
    reversed_at: torch.Tensor
    entry_energy: torch.Tensor  # on entering the present field
    last: torch.Tensor  # (B,) index of the last field
    max_iterations: torch.Tensor
    k: torch.Tensor  # (B,) index of the present field
    iterations: torch.Tensor  # passes at the present field
    evaluations: torch.Tensor  # passes in all
    status: torch.Tensor
    trace: torch.Tensor  # (B, fields) m_parallel, fp64

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Slots(**{k: v.map(function) if k in ("materials", "iterate") else function(k, v) for k, v in values.items()})


def load(run, device, dtype, trace_length):
    """Slots with B = 1 for one half-cycle."""
    h = torch.as_tensor(run.unit_direction)
    axis = torch.as_tensor(run.voxels.easy_axis().copy())
    # From infinite field each moment turns towards the end of its easy axis that is nearer to the field.
    along = (axis * h[:, None, None, None]).sum(0, keepdim=True)
    start = h[:, None, None, None] + torch.where(along < 0, -1.0, 1.0) * axis
    start = normalised(start[None]).to(device, dtype)
    rng = np.random.default_rng(run.seed)
    noise = rng.standard_normal((3, *run.voxels.index.shape)) + rng.standard_normal((3, 1, 1, 1))
    scalar = lambda value, kind=torch.float64: torch.tensor([value], dtype=kind, device=device)  # noqa: E731
    return Slots(
        materials=Materials.of(run.voxels, device, dtype, run.interface_strength),
        iterate=Iterate.start(start),
        h=h[None].to(device, dtype),
        kick=torch.as_tensor(run.kick * noise)[None].to(device, dtype),
        start=start,
        from_T=scalar(run.from_T),
        step_T=scalar(run.step_T),
        tolerance_T=scalar(run.tolerance_T),
        reversed_at=scalar(run.reversed_at),
        entry_energy=scalar(0.0),
        last=scalar(len(run.fields_T) - 1, torch.int64),
        max_iterations=scalar(run.max_iterations, torch.int64),
        k=scalar(0, torch.int64),
        iterations=scalar(0, torch.int64),
        evaluations=scalar(0, torch.int64),
        status=scalar(int(Status.RUNNING), torch.int64),
        trace=torch.full((1, trace_length), float("nan"), dtype=torch.float64, device=device),
    )


def advance_slots(system, s):
    """One field evaluation for every slot; slots that have ended stand still.

    Returns (slots, at_rest (B,) bool, m): where at rest, m is the equilibrium, while the slots' own has been disturbed
    already if the field moves on.
    """
    running = s.status == Status.RUNNING
    field_T = (s.from_T - s.k * s.step_T).to(s.h.dtype)[:, None] * s.h
    entering = s.iterate.fresh
    it, accepted, torque, energy = advance(system, s.materials, s.iterate, field_T)
    energy = energy.double()
    entry_energy = torch.where(entering, energy, s.entry_energy)
    iterations = torch.where(entering, 1, s.iterations + 1)
    at_rest = running & accepted & (torque < s.tolerance_T)

    m_parallel = (dot(s.materials.Ms * it.m, s.h[:, :, None, None, None]) / s.materials.moment).double()
    k = s.k[:, None]
    trace = s.trace.scatter(1, k, torch.where(at_rest[:, None], m_parallel[:, None], s.trace.gather(1, k)))
    first = trace[:, 0]

    # fp32 sums of ~1e5 terms are good to ~1e-6 of their size; a rise beyond 1e-5 is real.
    rose = at_rest & (energy - entry_energy > 1e-5 * (entry_energy.abs() + energy.abs()))
    facing = sample_sum(s.materials.Ms * ((it.m * s.start).sum(1, keepdim=True) > 0)) / s.materials.moment
    unsaturated = at_rest & (s.k == 0) & (facing < 0.99)
    reversed_ = at_rest & (m_parallel <= -s.reversed_at * first)
    exhausted = ~at_rest & ((iterations >= s.max_iterations) | (it.backtracks > MAX_BACKTRACKS))
    status = s.status
    for condition, code in (
        (at_rest & (s.k == s.last), Status.NOT_REVERSED),
        (reversed_, Status.OK),
        (unsaturated, Status.NOT_SATURATED),
        (rose, Status.ENERGY_ROSE),
        (exhausted, Status.NOT_CONVERGED),
        (~torch.isfinite(torque) | ~torch.isfinite(energy), Status.NOT_A_NUMBER),
    ):  # the later in this list, the graver: it has the last word
        status = torch.where(running & condition, int(code), status)

    onward = at_rest & (status == Status.RUNNING)
    m = it.m
    it.m = torch.where(wide(onward), normalised(m + s.kick), m)
    it.fresh = onward
    following = replace(
        s,
        iterate=it,
        entry_energy=entry_energy,
        k=torch.where(onward, s.k + 1, s.k),
        iterations=iterations,
        evaluations=s.evaluations + running,
        status=status,
        trace=trace,
    )
    return following, at_rest, m
