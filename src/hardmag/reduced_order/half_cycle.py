"""Demagnetisation half-cycles of macrospin grains: from one switching of a grain to the next (Kovacs et al. 2023, 2.3.4).

The paper lowers the field in steps and reverses the one grain that is nearest to its switching field where several would. Here
the field goes to where the next grain switches, and so needs no such rule: between two events the field at a point changes as
the applied field, but for the rotation of moments, which is followed in steps of at most MAX_TURN.
"""

from dataclasses import dataclass

import numpy as np
import torch

from hardmag.micromagnetics.half_cycle import Curve
from hardmag.micromagnetics.outcome import Status
from hardmag.reduced_order.stoner_wohlfarth import astroid, moments
from hardmag.reduced_order.system import System
from hardmag.reduced_order.watch import Watch

MAX_TURN = 0.01  # rad: by which a moment may turn between two fields, unless that asks for less than LEAST_STEP_T
LEAST_STEP_T = 0.02
EVENT_T = 1e-4  # a switching field is located to that, while moments stand still
LOCATED_T = 1e-3  # and to that where they turn on the way to it
HALVINGS = 16  # of a field step, in search of the first event
MOST_SWEEPS = 500  # over the grains, until their moments rest in each other's field
PATIENCE = 50  # sweeps, after each of which moments turn less far towards where their field would have them
MOST_FLIPS = 3  # of one grain at one field: forth, back and forth
TOLD = 8  # times the tolerance of a moment: by more it must have turned until other grains are told
FACING = 0.99  # of the moment, on the side of the field at first


@dataclass(eq=False)
class State:
    """Half-cycles of S magnets in flight: fields in T, see System for shapes."""

    H: torch.Tensor  # (S,) applied field in hand
    u: torch.Tensor  # (3, G) unit moments
    side: torch.Tensor  # (G,) ±1: on which side of its axis each moment lies
    known_u: torch.Tensor  # (3, G) as the other grains know them
    field: torch.Tensor  # (3, P) of all other grains at the points
    at_centres: torch.Tensor  # (3, G) of far grains
    expansion: torch.Tensor  # (9, G) what is added to `field`, see System.add_far
    flips: torch.Tensor  # (G,) at the field in hand
    rested: torch.Tensor  # (S,) the last field at rest, or at which a grain switched; inf before
    blocked: torch.Tensor  # (S,) a field at which a grain is known to be unstable; −inf if none


class HalfCycles:
    """Runs half-cycles of equal settings `demag`, each to its end. runs: list of HalfCycle, whose bodies are Grains."""

    def __init__(self, runs, device, dtype, on_rest=None):
        self.runs, self.on_rest = runs, on_rest
        self.system = s = System.of([run.body for run in runs], device, dtype, runs[0].demag)
        each = lambda key: torch.tensor([getattr(run, key) for run in runs], dtype=torch.float64, device=device)  # noqa: E731
        self.h = torch.tensor(np.array([run.unit_direction for run in runs]).T, device=device)  # (3, S)
        self.own_h = self.h[:, s.magnet]  # (3, G)
        self.tolerance = (each("tolerance_T")[s.magnet] / s.J).clamp(max=0.01)  # (G,) of moments
        self.resolution_T = torch.tensor([run.resolution_T or torch.inf for run in runs], dtype=torch.float64, device=device)
        self.every = torch.arange(len(s.J), device=device)  # grain
        side = torch.where((s.axis * self.own_h).sum(0) < 0, -1.0, 1.0).double()
        zeros = torch.zeros_like(s.axis)
        self.state = State(
            H=each("from_T"),
            u=side * s.axis,
            side=side,
            known_u=zeros.clone(),
            field=torch.zeros_like(s.points),
            at_centres=zeros.clone(),
            expansion=zeros.repeat(3, 1),
            flips=torch.zeros_like(s.magnet),
            rested=torch.full_like(each("from_T"), torch.inf),
            blocked=torch.full_like(each("from_T"), -torch.inf),
        )
        self.watch = Watch.of(s)
        self.start = self.state.u
        count = len(runs)
        self.curves = [[] for _ in runs]  # [(field, m_parallel), …]
        self.due_T = self.state.H.clone()  # the next field to be recorded
        self.status = [Status.RUNNING] * count
        self.evaluations = [0] * count

    @property
    def going(self):
        """Which have not ended: (S,) bool."""
        return torch.tensor([s is Status.RUNNING for s in self.status], device=self.h.device)

    def run(self, stop):
        """Advance all until they have ended, or stop() is true."""
        while any(s is Status.RUNNING for s in self.status) and not stop():
            self._advance()

    def ended(self):
        """The Curve of each, None of those that have not ended."""
        curves = []
        for status, curve, evaluations, H in zip(
            self.status, self.curves, self.evaluations, self.state.H.tolist(), strict=True
        ):
            fields, m = np.array(curve).reshape(-1, 2).T
            found = Curve(fields.round(9), m, status, evaluations, round(H, 9))
            curves.append(None if status is Status.RUNNING else found)
        return curves

    def _advance(self):
        """One state of rest, or one switching, of each magnet."""
        going, s = self.going, self.system
        for k in torch.nonzero(going).flatten().tolist():
            self.evaluations[k] += 1
        resting = self._relax(going)
        self._tell(going)
        mean = self._mean(self._applied(), self.state.u)
        excess = self._excess(mean)
        unstable = _largest(torch.where(excess >= 1, excess, 0), s.magnet, len(self.runs))  # (S,)
        for k in torch.nonzero(going & ~resting).flatten().tolist():
            self.status[k] = Status.NOT_CONVERGED
        passed = going & resting & (unstable > 0) & self._passed(excess)
        if passed.any():
            self._go_back(passed)
        flipping = going & resting & (unstable > 0) & ~passed
        if flipping.any():
            self._flip(flipping, excess, unstable)
        at_rest = going & resting & ~(unstable > 0)
        if at_rest.any():
            self._record(at_rest)
            at_rest &= self.going
            self._lower(at_rest, mean)

    def _applied(self):
        """µ0·H at each grain: (3, G)."""
        return self.state.H[self.system.magnet] * self.own_h

    def _mean(self, applied, u):
        """Mean field of each grain: (3, G)."""
        if not self.system.magnetostatics:
            return applied
        return applied + self.system.mean_near(u * self.system.J) + self.state.at_centres

    def _relax(self, going):
        """Turn the moments of magnets (S,) until they rest in each other's field; returns which do."""
        s, state = self.system, self.state
        moving, applied = going.clone(), self._applied()
        for sweep in range(MOST_SWEEPS):
            mean, axis = self._mean(applied, state.u), state.side * s.axis
            held = s.rotating & (astroid(mean, axis, s.HA) < 1)  # else it is about to switch, and stays as it is till then
            aim = torch.where(held, moments(mean, axis, s.HA), torch.where(s.rotating, state.u, axis))
            turn = (aim - state.u).square().sum(0).sqrt() / self.tolerance
            if sweep >= PATIENCE:  # a moment about to switch answers so much that the whole way would be too far, to and fro
                aim = state.u + (aim - state.u) / (1 + sweep // PATIENCE)
                aim = aim / aim.square().sum(0).sqrt()
            state.u = torch.where(moving[s.magnet], aim, state.u)
            moving &= _largest(turn, s.magnet, len(self.runs)) > 1
            if not moving.any():
                break
        return ~moving

    def _tell(self, going):
        """Bring the fields of other grains up to the moments of today."""
        s, state = self.system, self.state
        change = state.u - state.known_u
        turned = going[s.magnet] & (change.square().sum(0).sqrt() > TOLD * self.tolerance)
        if s.magnetostatics and turned.any():
            s.add_near(state.field, self.watch.drift, change * s.J, turned)
            s.add_far(state.field, self.watch.drift, state.at_centres, state.expansion, change * s.J, turned)
            state.known_u = torch.where(turned, state.u, state.known_u)

    def _in_grains(self):
        """See System.at_points: (field, expansion, M, uniform)."""
        s, state = self.system, self.state
        return state.field, state.expansion, state.u * s.J, self._applied() + s.exchange * state.u

    def _along(self, mean):
        """Field along the side of each grain in T, (G,): where it is negative, a reversal lowers the energy of the magnet. −inf
        where a grain is not asked that, as one point reverses it always.

        Mirrored at the plane across its easy axis, a moment keeps its anisotropy energy; all else changes by 2 V (M·b) (b·H), b
        its side, H the mean field in the grain but for that of its own part along the axis. A reversal that lowers the energy
        is not undone at the same field.
        """
        s, side = self.system, self.state.side * self.system.axis
        if s.magnetostatics:
            mean = mean - s.own_mean(s.J * (self.state.u * side).sum(0) * side)
        return torch.where(s.downhill, (mean * side).sum(0), -torch.inf)

    def _excess(self, mean):
        """(G,): the largest field over the switching field, at a grain's points, which grains with a law of their own lack, or
        in its mean field (3, G). It may be 0 where it is certainly below 1, or where a reversal would not lower the energy."""
        s, state = self.system, self.state
        axis = state.side * s.axis
        field, *given = self._in_grains()
        suspects = self.watch.suspects(s, *given)
        excess, clear = s.excess(field, *given, axis, suspects)
        self.watch.looked(s, suspects, excess, clear, *given)
        return torch.maximum(s.laws.excess(mean, axis, self.every), torch.where(self._along(mean) < 0, excess, 0))

    def _flip(self, flipping, excess, worst):
        """Reverse, in each of the magnets (S,), the grain that is furthest beyond its switching field."""
        s, state = self.system, self.state
        for k in torch.nonzero(flipping).flatten().tolist():
            members = s.members[k]
            g = int(members[int((excess[members] == worst[k]).int().argmax())])
            state.side[g] *= -1
            state.u[:, g] = state.side[g] * s.axis[:, g]
            state.flips[g] += 1
            self.watch.drift[g] = torch.inf
            state.rested[k], state.blocked[k] = state.H[k], -torch.inf
            if state.flips[g] > MOST_FLIPS:
                self.status[k] = Status.FLIPPED_BACK

    def _passed(self, excess):
        """Which magnets (S,), unstable in the field in hand, are too far beyond the field where that began.

        That is foretold as if moments stood still. Where they turn on the way, it is passed and has to be looked for.
        """
        s, state = self.system, self.state
        beyond_T = _largest((excess - 1) * s.HA, s.magnet, len(self.runs))
        far = (beyond_T > LOCATED_T) & (state.rested - state.H > LOCATED_T)
        ends = [curve[-1][0] if curve else -torch.inf for curve in self.curves]
        last = torch.tensor(ends, dtype=torch.float64, device=state.H.device)
        unseen = last - state.H > self.resolution_T.clamp(min=LOCATED_T) + EVENT_T
        looked_for = state.H - state.blocked < EVENT_T / 2
        return state.rested.isfinite() & (state.rested > state.H) & (far | unseen) & ~looked_for

    def _go_back(self, magnets):
        """Half way to where the magnets (S,) were last at rest; all the way where that is near."""
        state = self.state
        middle = (state.rested + state.H) / 2
        back = torch.where(state.rested - state.H > LOCATED_T, middle, state.rested)
        state.blocked = torch.where(magnets, state.H, state.blocked)
        state.H = torch.where(magnets, back, state.H)

    def _record(self, at_rest):
        s, state = self.system, self.state
        for k in torch.nonzero(at_rest).flatten().tolist():
            H, curve, run = float(state.H[k]), self.curves[k], self.runs[k]
            if float(self.due_T[k]) + 1e-12 < H:
                continue
            own = s.members[k]
            moment = s.moment[own]
            m = float(((state.u[:, own] * self.h[:, k, None]).sum(0) * moment).sum() / moment.sum())
            if not curve and float((((state.u * self.start).sum(0) > 0)[own] * moment).sum() / moment.sum()) < FACING:
                self.status[k] = Status.NOT_SATURATED
            curve.append((H, m))
            self.due_T[k] = max(run.to_T, H - run.step_T)
            if self.on_rest is not None:
                self.on_rest(k, H, state.u[:, own].cpu().numpy().copy())
            if self.status[k] is not Status.RUNNING:
                continue
            if m <= -run.reversed_at * curve[0][1]:
                self.status[k] = Status.OK
            elif run.to_T >= H:
                self.status[k] = Status.NOT_REVERSED

    def _lower(self, magnets, mean):
        """Lower the field of magnets (S,), at rest in the `mean` fields (3, G) of their grains, to the next event, or to the
        next field that is due."""
        state = self.state
        state.rested = torch.where(magnets, state.H, state.rested)
        step = torch.minimum((state.H - self.due_T).clamp(min=0), self._smooth(mean))
        to_block = state.H - state.blocked
        step = torch.where(to_block > LOCATED_T, torch.minimum(step, to_block / 2), step)
        event = self._first_event(step, mean)
        event = torch.where(to_block > LOCATED_T, event, torch.minimum(event, to_block))
        fields = zip(*(t.tolist() for t in (state.H, self.due_T, step, event)), strict=True)
        for k, (H, due, to_due, to_event) in enumerate(fields):
            if magnets[k]:
                state.H[k], self.due_T[k] = self._next(k, H, due, to_due, to_event)
        state.flips[magnets[self.system.magnet]] = 0

    def _next(self, k, H, due, step, event):
        """(field to go to, field to be recorded next) of one magnet at rest in the field H, whose next event is `event` away,
        or further than `step`. Jumps are to lie between records that are no more than resolution_T apart."""
        if event > step:
            return (due, due) if H - step <= due else (H - step, due)
        resolution_T, last = self.runs[k].resolution_T, self.curves[k][-1][0]
        if resolution_T is not None:
            if last - (H - event) <= resolution_T:
                due = max(due, last - resolution_T)
            elif event > resolution_T / 2:
                before = H - event + resolution_T / 2
                return before, before
            elif last > H:
                return H, H  # where it rests, to be recorded
        return max(due, H - max(event, EVENT_T)), due

    def _smooth(self, mean):
        """Field step (S,) by which no moment turns by more than MAX_TURN, but at least LEAST_STEP_T."""
        s, state = self.system, self.state
        lower = moments(mean - LEAST_STEP_T * self.own_h, state.side * s.axis, s.HA)
        turn = torch.where(s.rotating, (lower - state.u).square().sum(0).sqrt(), 0)
        return LEAST_STEP_T * (MAX_TURN / _largest(turn, s.magnet, len(self.runs)).clamp(min=1e-9)).clamp(min=1)

    def _first_event(self, step, mean):
        """How far the field of each magnet may be lowered until a grain switches: (S,), inf where that is beyond `step`."""
        s, state = self.system, self.state
        axis = state.side * s.axis
        field, *given, uniform = self._in_grains()
        suspects = self.watch.suspects(s, *given, uniform, step[s.magnet])
        lowered = s.excess(field, *given, uniform - step[s.magnet] * self.own_h, axis, suspects)[0] >= 1
        p = torch.nonzero(lowered[s.grain]).flatten()
        grain = torch.cat([s.grain[p], self.every])
        T, magnet = torch.cat([s.at_points(p, field, *given, uniform), mean], 1), s.magnet[grain]
        along = torch.cat([self._along(mean)[s.grain[p]], torch.full_like(s.J, -torch.inf)])

        def unstable(low):
            falls = along < low * (self.h[:, magnet] * axis[:, grain]).sum(0)
            return falls & (s.laws.excess(T - low * self.h[:, magnet], axis[:, grain], grain) >= 1)

        soon = torch.nonzero(unstable(step[magnet])).flatten()
        T, grain, magnet, along = T[:, soon], grain[soon], magnet[soon], along[soon]
        stable, beyond = torch.zeros_like(step)[magnet], step[magnet]
        for _ in range(HALVINGS if len(soon) else 0):
            middle = (stable + beyond) / 2
            over = unstable(middle)
            stable, beyond = torch.where(over, stable, middle), torch.where(over, middle, beyond)
        return torch.full_like(step, torch.inf).scatter_reduce(0, magnet, beyond, "amin")


def _largest(values, magnet, count):
    """Of values (G,) the largest in each magnet: (S,), at least 0."""
    return torch.zeros(count, dtype=values.dtype, device=values.device).scatter_reduce(0, magnet, values, "amax")


def run_reduced(runs, *, slots, device, dtype, on_curve=None, on_rest=None, stop=None):
    """Run half-cycles of Grains, {key: HalfCycle}, `slots` at a time; returns {key: Curve}. See solvers.run_half_cycles."""
    curves = {}
    for demag in (True, False):
        keys = [key for key, run in runs.items() if run.demag == demag]
        for begin in range(0, len(keys), slots):
            part = keys[begin : begin + slots]
            if stop is not None and stop():
                return curves
            seen = None if on_rest is None else lambda k, H, u, part=part: on_rest(part[k], H, u)
            flight = HalfCycles([runs[key] for key in part], device, dtype, seen)
            flight.run(stop or (lambda: False))
            for key, curve in zip(part, flight.ended(), strict=True):
                if curve is not None:
                    curves[key] = curve
                    if on_curve is not None:
                        on_curve(key, curve)
    return curves
