"""What is known of a running campaign: counts of samples and half-cycles, of each batch and in all."""

from collections import Counter
from dataclasses import dataclass, field

from hardmag.control.usage import Used
from hardmag.jobs.fence import Holder


@dataclass(frozen=True)
class Counts:
    """Samples: accepted; failing (to be corrected) and quarantined by code; the rest has no verdict yet. Half-cycles."""

    samples: int = 0
    accepted: int = 0
    failing: dict = field(default_factory=dict)
    quarantined: dict = field(default_factory=dict)
    half_cycles: int = 0
    half_cycles_done: int = 0

    @property
    def remaining(self):
        """Samples without a verdict."""
        return self.samples - self.accepted - sum(self.failing.values()) - sum(self.quarantined.values())

    def __str__(self):
        parts = [f"{self.accepted} accepted", _coded("failing", self.failing)]
        parts += [_coded("quarantined", self.quarantined)] if self.quarantined else []
        return f"{', '.join(parts)}, {self.remaining} remaining of {self.samples} samples"


def _coded(word, codes):
    listed = ", ".join(f"{code} {n}" for code, n in sorted(codes.items()))
    return f"{sum(codes.values())} {word}" + (f" ({listed})" if listed else "")


def together(parts):
    """Counts of several batches."""
    rows = [(p.samples, p.accepted, p.failing, p.quarantined, p.half_cycles, p.half_cycles_done) for p in parts]
    samples, accepted, failing, quarantined, half_cycles, done = zip(*rows, strict=True)
    codes = (dict(sum(map(Counter, c), Counter())) for c in (failing, quarantined))
    return Counts(sum(samples), sum(accepted), *codes, sum(half_cycles), sum(done))


def duration(seconds):
    """'40 s', '12 min', '3.5 h', '4.2 days'."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def left(seconds):
    """An estimate of what is left: never 0 of what is not over, and not to the second."""
    return "less than 1 min left" if seconds < 60 else f"about {duration(max(90, seconds))} left"


class Pace:
    """How fast half-cycles end since a first look; the clock is in seconds."""

    def __init__(self, counts, now):
        self._done, self._begin = counts.half_cycles_done, now

    def seconds_left(self, counts, now):
        """Of the half-cycles that are planned; None while none has ended, and once all have."""
        new, undone = counts.half_cycles_done - self._done, counts.half_cycles - counts.half_cycles_done
        return (now - self._begin) * undone / new if new > 0 and undone > 0 else None


@dataclass(frozen=True)
class BatchProgress:
    """Where one batch stands. state: done, damaged (see error), running, silent (a worker without a sign of life) or waiting;
    used: by its job, None until it has ended; estimated_s: what the plan expects of it on one device; addition: folder of the
    addition that it belongs to, empty for the campaign's own."""

    name: str
    round: int
    state: str
    counts: Counts
    holder: Holder | None
    error: str
    used: Used | None
    estimated_s: float
    addition: str = ""


@dataclass(frozen=True)
class Progress:
    """A campaign's batches, and the counts of its samples by the last word on each. config: the campaign file."""

    campaign: str
    config: str
    counts: Counts
    batches: list

    @property
    def over(self):
        """Whether every sample is accepted or quarantined, and none is to be run once more (an outlier)."""
        return self.counts.remaining == 0 and not self.counts.failing and all(b.state == "done" for b in self.batches)

    @property
    def half_cycles_per_hour(self):
        """Half-cycles that a job ends in an hour, from the jobs that are over; None before the first."""
        ended = [b for b in self.batches if b.used and b.used.seconds]
        hours = sum(b.used.seconds for b in ended) / 3600
        return sum(b.counts.half_cycles_done for b in ended) / hours if ended else None

    @property
    def seconds_left(self):
        """If as many jobs as now go on, and the plan's estimates are wrong by as much as so far; None when that is unknown."""
        ended = [b for b in self.batches if b.used and b.estimated_s]
        running = sum(b.state == "running" for b in self.batches)
        if not ended or not running:
            return None
        scale = sum(b.used.seconds for b in ended) / sum(b.estimated_s for b in ended)
        undone = [(b.counts.half_cycles - b.counts.half_cycles_done) / b.counts.half_cycles for b in self.batches]
        return scale * sum(share * b.estimated_s for share, b in zip(undone, self.batches, strict=True)) / running
