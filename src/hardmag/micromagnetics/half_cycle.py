"""Demagnetisation half-cycles: saturate, lower the field step by step, follow the minimum until the sample has reversed.

A batch of slots runs many half-cycles at once, each on its own field axis and at its own pace; what is recorded and
decided stays on the device.
"""

from dataclasses import dataclass, field, fields, replace

import numpy as np
import torch

from hardmag.mesh import Mesh
from hardmag.micromagnetics import stepping
from hardmag.micromagnetics.at_once import slots_at_once
from hardmag.micromagnetics.bodies import completed, materials_of
from hardmag.micromagnetics.fusion import fused
from hardmag.micromagnetics.iterate import DEGREE, MAX_BACKTRACKS, Iterate
from hardmag.micromagnetics.minimiser import advance, wide
from hardmag.micromagnetics.nodal import NodalMaterials
from hardmag.micromagnetics.outcome import REVERSED_AT, Status
from hardmag.micromagnetics.stepping import Stepping
from hardmag.micromagnetics.system import Materials, dot, normalised, sample_sum, tangent
from hardmag.micromagnetics.waiting import at_hand, may_hold
from hardmag.voxels import Voxels

KICK_MODES = 4  # waves of the disturbance along each direction: smooth, so that exchange does not undo it at once
MAX_FORESIGHT = 0.3  # rad: a state is extrapolated to the next field if no cell turns more


@dataclass(frozen=True)
class HalfCycle:
    """One half-cycle of one sample. Fields in T (µ0·H); direction: of the applied field, any length.

    step_T: longest field step; resolution_T: to which jumps of M are located, None for fixed steps of step_T.
    kick: size (rad) of the disturbance given to m at every new field, a fixed smooth pattern drawn from `seed`, without
    which a perfectly symmetric state would not leave a maximum of its energy. tolerance_T: at rest when the torque is below
    it in every cell. reversed_at: the run ends when m_parallel ≤ −reversed_at × its first value.
    interface_strength, exchange: S and the formula of exchange.py, 'variational' or 'yang_eq7'. demag: whether there is a
    demagnetising field.
    """

    body: Voxels | Mesh = field(repr=False)
    direction: tuple[float, float, float]
    from_T: float
    to_T: float
    step_T: float
    seed: int = 0
    tolerance_T: float = 1e-3
    max_iterations: int = 2000
    kick: float = 0.005
    reversed_at: float = REVERSED_AT
    interface_strength: float = 1.0
    exchange: str = "variational"
    resolution_T: float | None = None
    demag: bool = True

    @property
    def unit_direction(self):
        """Direction as a unit vector (3,)."""
        h = np.asarray(self.direction, dtype=float)
        return h / np.linalg.norm(h)

    @property
    def most_fields(self):
        """How many fields it can have at most."""
        return stepping.most_fields(self.from_T, self.to_T, self.step_T, self.resolution_T)


@dataclass(frozen=True)
class Curve:
    """What a half-cycle gives: m_parallel = M·h over total Ms·V at each field reached, status, and cost.

    stopped_at_T: the field in hand when it ended. With a resolution the run ends as soon as the sample has reversed, so the
    last value is then of a state on its way down.
    """

    mu0_H_T: np.ndarray
    m_parallel: np.ndarray
    status: Status
    evaluations: int
    stopped_at_T: float


@dataclass
class Slots:
    """State of the half-cycles in flight; every tensor leads with the batch dimension."""

    materials: Materials | NodalMaterials
    iterate: Iterate
    stepping: Stepping
    h: torch.Tensor  # (B, 3)
    kick: torch.Tensor  # (B, 3, nx, ny, nz): disturbance added to m at each new field
    parked: torch.Tensor  # (B, 3, nx, ny, nz): where the last refused step had got to
    stable: torch.Tensor  # (B, 3, nx, ny, nz): the last accepted equilibrium; at first, the saturated state
    drift: torch.Tensor  # (B, 3, nx, ny, nz): change of it per T of the step that led there
    variational: torch.Tensor  # (B,) bool: there is an energy
    tolerance_T: torch.Tensor  # (B,), fp64, as the next two
    reversed_at: torch.Tensor
    entry_energy: torch.Tensor  # on entering the field in hand
    max_iterations: torch.Tensor
    iterations: torch.Tensor  # passes at the field in hand
    evaluations: torch.Tensor  # passes in all
    status: torch.Tensor
    count: torch.Tensor  # (B,) fields recorded
    trace: torch.Tensor  # (B, 2, most fields): those fields, and m_parallel there

    def map(self, function):
        """A copy with function(name, tensor) applied to every tensor."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        parts = ("materials", "iterate", "stepping")
        return Slots(**{k: v.map(function) if k in parts else function(k, v) for k, v in values.items()})

    def part(self, first, stop):
        """The slots from `first` to before `stop`: views, not copies."""
        return self.map(lambda _, t: t[first:stop])

    def to(self, device, most_fields):
        """A copy on another device, with room for so many fields (at least those recorded)."""
        trace = torch.full((*self.trace.shape[:2], most_fields), float("nan"), dtype=self.trace.dtype)
        kept = min(most_fields, self.trace.shape[2])
        trace[:, :, :kept] = self.trace[:, :, :kept].cpu()
        return replace(self, trace=trace).map(lambda _, t: t.to(device, copy=True))


def load(run, device, dtype, most_fields):
    """Slots with B = 1 for one half-cycle."""
    scalar = lambda value, kind=torch.float64: torch.tensor([value], dtype=kind, device=device)  # noqa: E731
    materials = materials_of(run, device, dtype)
    h = torch.as_tensor(run.unit_direction, device=device)[None].to(dtype)
    # From infinite field each moment turns towards the end of its easy axis that is nearer to the field.
    along = (materials.axis * h[:, :, None, None, None]).sum(1, keepdim=True)
    start = h[:, :, None, None, None] + torch.where(along < 0, -1, 1) * materials.axis
    start = normalised(start.expand(1, 3, *materials.Ms.shape[2:])).contiguous()
    return Slots(
        materials=materials,
        iterate=Iterate.start(start),
        stepping=stepping.start(run.from_T, run.to_T, run.step_T, run.resolution_T, device),
        h=h,
        kick=run.kick * disturbance(materials, start, run.seed),
        parked=start.clone(),
        stable=start.clone(),
        drift=torch.zeros_like(start),
        variational=scalar(run.exchange == "variational", torch.bool),
        tolerance_T=scalar(run.tolerance_T),
        reversed_at=scalar(run.reversed_at),
        entry_energy=scalar(0.0),
        max_iterations=scalar(run.max_iterations, torch.int64),
        iterations=scalar(0, torch.int64),
        evaluations=scalar(0, torch.int64),
        status=scalar(int(Status.RUNNING), torch.int64),
        count=scalar(0, torch.int64),
        trace=torch.full((1, 2, most_fields), float("nan"), dtype=torch.float64, device=device),
    )


def taken_up(state, run, device, most_fields):
    """Slots of one half-cycle that were set aside, to go on with; None if they are of another mesh than the run's."""
    materials = completed(state.materials, run.body)
    return None if materials is None else replace(state, materials=materials).to(device, most_fields)


def disturbance(materials, m, seed):
    """A random tangential field at m with a mean square of 1, like m: smooth, and largest where least torque resists it.

    It is the answer of the local Hessian to a random smooth torque plus a uniform one: of what may be unstable it holds
    much, and of what is stiff so little that the minimiser is soon done with it.
    """
    rng = np.random.default_rng(seed)
    weights, uniform = rng.standard_normal((3, KICK_MODES, KICK_MODES, KICK_MODES)), rng.standard_normal((3, 1, 1, 1))
    torque = (materials.superposed(weights) / KICK_MODES**1.5 + torch.as_tensor(uniform[None]).to(m)) * materials.weight
    hessian = materials.hessian(m, (materials.local(m) * m).sum(1, keepdim=True))
    answer = hessian.solve(tangent(torque, m), DEGREE)
    return answer / wide((dot(answer, answer) * 3 / answer[0].numel()).sqrt().clamp(min=1e-30))


def advance_slots(system, s):
    """One field evaluation for every slot; slots that have ended stand still. `s` may be overwritten.

    Returns (slots, recorded (B,) bool, field_T (B,)): where a point of the curve was recorded, and its field; the state there
    is iterate.m.
    """
    field_T = s.stepping.at_T.clone()
    together, one = len(s.status), s.iterate.m[0, 0]
    size = slots_at_once(one.numel() * one.element_size() // 4, one.device.type)
    if together <= size:
        return *_advanced(system, s), field_T
    recorded = []
    for first in range(0, together, size):
        new, of_part = _advanced(system, s.part(first, first + size))
        overwrite(s, first, new)
        recorded.append(of_part)
    return s, torch.cat(recorded), field_T


def tensors(s):
    """Those of Slots or Materials, in the order of their map."""
    found = []
    s.map(lambda _, t: found.append(t) or t)
    return found


def overwrite(s, first, new):
    """Put the slots `new` into those of `s` from `first` on, in place."""
    for old, value in zip(tensors(s), tensors(new), strict=True):
        room = old[first : first + len(value)]
        # In an order that matters: the new m is what lies in the place of the old trial, which comes after it.
        if value.data_ptr() != room.data_ptr():
            room.copy_(value)


def _advanced(system, s):
    """(slots, recorded) of advance_slots, where all slots are taken at once; what lies in the fields of `s` may change."""
    here, back, xp = _decided_with(s.h.device)
    field_T = s.stepping.at_T.to(s.h.dtype)[:, None] * s.h
    entering = s.iterate.fresh
    it, passed, torque = advance(system, s.materials, s.iterate, field_T)
    m_parallel = here(_m_parallel(it.m, s.materials.moments, s.h, s.materials.moment))

    step, torque = s.stepping.map(lambda _, t: here(t)), here(torque)
    iterations = xp.where(here(entering), 1, here(s.iterations) + 1)
    with np.errstate(all="ignore"):  # both sides of a `where` are computed, of which one may be anything
        limits = here(s.tolerance_T), here(s.reversed_at), here(s.trace[:, 1, 0])
        running, recorded, refused, reversed_ = _judged(m_parallel, step, here(s.status), here(passed), torque, *limits)
        rose, unsaturated, lost = recorded & False, recorded & (here(s.count) == 0), ~xp.isfinite(torque)
        entry_energy, weighed = s.entry_energy, here(entering) | recorded
        if may_hold(weighed):
            energy = system.energy(s.materials, it.m, it.radial, field_T).double()
            # Cells hold m and their energies to eps; the terms may cancel, so it is their sizes that count, not the total's.
            rounding = 20 * torch.finfo(it.m.dtype).eps * sample_sum(it.radial.abs()).double()
            entry_energy = torch.where(entering, energy, entry_energy)
            rose = recorded & here(s.variational & (energy - entry_energy > rounding))
            lost |= weighed & ~xp.isfinite(here(energy))
            place = s.count[:, None, None].expand(-1, 2, 1)
            point = torch.stack([s.stepping.at_T, back(m_parallel)], 1)[:, :, None]
            s.trace.scatter_(2, place, torch.where(back(recorded)[:, None, None], point, s.trace.gather(2, place)))
        if may_hold(unsaturated):
            unsaturated &= here(_facing(it.m, s.stable, s.materials.moments, s.materials.moment)) < 0.99
        exhausted = (iterations >= here(s.max_iterations)) | (here(it.backtracks) > MAX_BACKTRACKS)
        status = _verdict(here(s.status), step, running, recorded, refused, reversed_, unsaturated, rose, exhausted, lost)

    following = replace(
        s,
        iterate=it,
        entry_energy=entry_energy,
        iterations=back(iterations),
        evaluations=s.evaluations + back(running),
        status=back(status),
        count=s.count + back(recorded),
    )
    moving = xp.nonzero((status == Status.RUNNING) & (recorded | refused))
    moving = moving[0] if xp is np else moving.flatten()
    if len(moving):
        following = _to_next_field(following, moving, step, recorded, m_parallel)
    return following, back(recorded)


def _decided_with(device):
    """(here, back, module): how a tensor of numbers becomes what is decided with, and back; see stepping.py."""
    same = lambda t: t  # noqa: E731
    return (torch.Tensor.numpy, torch.from_numpy, np) if at_hand(device) else (same, same, torch)


@fused
def _m_parallel(m, moments, h, moment):
    """M·h over total Ms·V: (B,) in fp64."""
    return (dot(moments * m, h[:, :, None, None, None]) / moment).double()


@fused
def _facing(m, stable, moments, moment):
    """Share of the moments that are within 90° of where they are in `stable`: (B,)."""
    return sample_sum(moments * ((m * stable).sum(1, keepdim=True) > 0)) / moment


@fused
def _judged(m, step, status, passed, torque, tolerance_T, reversed_at, first_m):
    """(running, recorded, refused, reversed), (B,) bool each. m: m_parallel; first_m: of the first point, NaN before it."""
    running = status == int(Status.RUNNING)
    at_rest = running & passed & (torque < tolerance_T)
    refused = running & stepping.to_be_resolved(step, m, at_rest)
    reversed_ = running & (m <= -reversed_at * first_m)  # false before the first point
    # Once the jump is located, a sample that has reversed need not come to rest to be known as reversed.
    falling = reversed_ & stepping.array_module(m).isfinite(step.resolution_T)
    return running, (at_rest | falling) & ~refused, refused, reversed_


@fused
def _verdict(status, step, running, recorded, refused, reversed_, unsaturated, rose, exhausted, lost):
    """Status (B,) after a pass."""
    for condition, code in (
        (recorded & (step.at_T <= step.to_T), Status.NOT_REVERSED),
        (recorded & reversed_, Status.OK),
        (unsaturated, Status.NOT_SATURATED),
        (rose, Status.ENERGY_ROSE),
        (exhausted & ~recorded & ~refused, Status.NOT_CONVERGED),
        (lost, Status.NOT_A_NUMBER),
    ):  # the later in this list, the graver: it has the last word
        status = stepping.array_module(status).where(running & condition, int(code), status)
    return status


def _to_next_field(s, samples, step, recorded, m_parallel):
    """Slots with the `samples` (indices) at their next field: onwards from here where recorded, else back and half way.

    step, the Stepping of all, recorded and m_parallel: (B,), of what is decided with.
    """
    _, back, _ = _decided_with(s.h.device)
    with np.errstate(all="ignore"):
        new, *flags, width_T, step_T = _following(m_parallel, step, recorded, samples)
    samples, (onwards, smooth, known) = back(samples), map(back, flags)
    pick = lambda t: t.index_select(0, samples)  # noqa: E731
    put = lambda field, part: field.index_copy_(0, samples, part)  # noqa: E731
    trial, parked, stable, drift = _beginning(
        *map(pick, (s.iterate.m, s.stable, s.drift, s.parked, s.kick)),
        *(onwards, smooth, known, back(width_T).to(s.h.dtype), back(step_T).to(s.h.dtype)),
    )
    iterate = replace(s.iterate, trial=put(s.iterate.trial, trial), fresh=s.iterate.fresh.index_fill(0, samples, True))
    return replace(
        s,
        iterate=iterate,
        stepping=s.stepping.map(lambda name, t: t.index_copy(0, samples, back(getattr(new, name)))),
        parked=put(s.parked, parked),
        stable=put(s.stable, stable),
        drift=put(s.drift, drift),
    )


@fused
def _following(m, step, recorded, samples):
    """(Stepping of the `samples` at their next field, onwards, smooth, known, width_T, step_T), all but the first (samples,).

    onwards: the field in hand was accepted; smooth: and no jump has led there, over a step of width_T; known: the next field,
    further by step_T, was seen to lie beyond a jump.
    """
    xp, onwards, m = stepping.array_module(m), recorded[samples], m[samples]
    of_these = step.map(lambda _, t: t[samples])
    forth, taken_back = stepping.accepted(of_these, m), stepping.taken_back(of_these)
    new = forth.map(lambda name, t: xp.where(onwards, t, getattr(taken_back, name)))
    smooth, width_T = onwards & (new.width_T > 0), xp.where(new.width_T > 0, new.width_T, 1)
    return new, onwards, smooth, stepping.at_known_block(new), width_T, stepping.step_of(new)


@fused
def _beginning(m, stable, drift, parked, kick, onwards, smooth, known, width_T, step_T):
    """(trial, parked, stable, drift) with which samples begin at their next field; see _following."""
    drift = torch.where(wide(smooth), (m - stable) / wide(width_T), torch.where(wide(onwards), 0, drift))
    stable = torch.where(wide(onwards), m, stable)
    ahead = drift * wide(step_T)
    turn = ahead.square().sum(1).flatten(1).amax(1).sqrt()
    ahead = torch.where(wide(turn < MAX_FORESIGHT), ahead, 0) + kick
    parked = torch.where(wide(onwards), parked, m)
    # A jump that is located well enough goes on from where it was left.
    return torch.where(wide(known), parked, normalised(stable + ahead)), parked, stable, drift
