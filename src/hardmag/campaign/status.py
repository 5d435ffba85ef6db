"""Where a campaign stands, read from its files alone: works beside a running campaign and after a crash."""

from dataclasses import dataclass
from pathlib import Path

from hardmag.campaign.audit import judge
from hardmag.campaign.journal import read_journal
from hardmag.campaign.rescue import results
from hardmag.errors import UserError
from hardmag.files import read_json


@dataclass(frozen=True)
class Progress:
    """Counts of samples (accepted, failing: awaiting correction or quarantine, remaining) and of half-cycles."""

    samples: int
    accepted: int
    failing: int
    half_cycles: int
    half_cycles_done: int
    failures: dict

    @property
    def remaining(self):
        """Samples without a verdict."""
        return self.samples - self.accepted - self.failing

    def samples_line(self):
        """Counts of samples in words."""
        codes = ", ".join(f"{code} {n}" for code, n in self.failures.items())
        failing = f"{self.failing} failing" + (f" ({codes})" if codes else "")
        return f"{self.accepted} accepted, {failing}, {self.remaining} remaining of {self.samples} samples"

    def line(self, seconds_left=None):
        """One plain line."""
        left = "" if seconds_left is None else f", about {seconds_left:.0f} s left"
        return f"{self.samples_line()}; half-cycles: {self.half_cycles_done} of {self.half_cycles}{left}"


class Watcher:
    """Reads the progress of one campaign again and again; what is finished is read once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._batches = {}  # batch: its entries, see _entries
        self._verdicts = {}  # result file: ((mtime, size), {sample id: failure or None})

    def look(self):
        """Progress now. Raises UserError where there is no plan."""
        if not (self.folder / "plan.json").exists():
            raise UserError(f"{self.folder}: no campaign here (plan.json is missing)")
        plan = read_json(self.folder / "plan.json")
        wanted = set(plan["samples"])
        verdicts, total, done = {}, 0, 0
        for round_ in range(plan["settings"]["quality"]["rescue_rounds"] + 1):
            path = self.folder / "ledger" / f"round-{round_}.json"
            for batch in read_json(path) if path.exists() else {}:
                # What earlier versions of the campaign asked for is on disk still, but does not count.
                counts = {key: n for key, (sample, n) in self._entries(batch).items() if sample in wanted}
                result = self.folder / "rounds" / str(round_) / f"{batch}.h5"
                total += sum(counts.values())
                if result.exists():
                    done += sum(counts.values())
                    verdicts |= {k: v for k, v in self._judged(result, plan).items() if k in wanted}
                elif counts:
                    done += sum(key in counts for key, _ in read_journal(self.folder / "journal" / batch))
        failures = {}
        for failure in verdicts.values():
            if failure is not None:
                failures[failure] = failures.get(failure, 0) + 1
        accepted = sum(failure is None for failure in verdicts.values())
        return Progress(len(wanted), accepted, len(verdicts) - accepted, total, done, failures)

    def _entries(self, batch):
        """{key: (sample id, half-cycles)} of a batch."""
        if batch not in self._batches:
            entries = read_json(self.folder / "batches" / f"{batch}.json")["entries"]
            self._batches[batch] = {e["key"]: (e["sample"]["id"], e["sample"]["half_cycle"]["realisations"]) for e in entries}
        return self._batches[batch]

    def _judged(self, result, plan):
        stat = result.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        if self._verdicts.get(result, (None,))[0] != stamp:
            verdicts = {e["sample"]["id"]: judge(runs, plan["settings"]["quality"]) for e, runs in results(result)}
            self._verdicts[result] = (stamp, {k: v.failure and str(v.failure) for k, v in verdicts.items()})
        return self._verdicts[result][1]
