"""Where a campaign stands, read from its files alone: works beside a running campaign and after a crash."""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from hardmag.campaign.additions import additions
from hardmag.campaign.ledger import plan_of, stored_batch
from hardmag.campaign.released import releases
from hardmag.campaign.verdicts import verdicts
from hardmag.control.progress import BatchProgress, Counts, Progress, together
from hardmag.control.tally import Tally
from hardmag.control.usage import used
from hardmag.errors import UserError
from hardmag.files import read_json
from hardmag.jobs.fence import SILENT_S, holder


def ledgers(folder, plan):
    """(round, batch) of every batch in a campaign's ledgers, in their order."""
    for round_ in range(plan["settings"]["quality"]["rescue_rounds"] + 1):
        path = Path(folder) / "ledger" / f"round-{round_}.json"
        for batch in read_json(path) if path.exists() else {}:
            yield round_, batch


@dataclass(frozen=True)
class Found:
    """What files say of a batch. attempts: {key: (sample's id, half-cycles)} of the samples that are wanted; judged: {key:
    Judged} of these, empty before the result; published: its time, else 0."""

    round: int
    name: str
    attempts: dict
    judged: dict
    published: float
    error: str


class Watcher:
    """Reads the progress of one campaign again and again; what is finished is read once."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._attempts = {}  # batch: {key: (sample's id, half-cycles)}
        self._verdicts = {}  # result: (time, size, quality), verdicts
        self._used = {}  # result: used()
        self._tally = Tally()
        self._additions = {}  # folder: its Watcher

    def look(self):
        """Progress now, with that of the additions. Raises UserError where there is no plan."""
        own, added = self._look(), [self._added(folder) for folder in additions(self.folder)]
        counts = together([own.counts, *(p.counts for p in added)])
        return replace(own, counts=counts, batches=[b for p in (own, *added) for b in p.batches])

    def _added(self, folder):
        """Progress of an addition, its batches marked as such."""
        name = str(folder.relative_to(self.folder))
        progress = self._additions.setdefault(folder, Watcher(folder))._look()
        return replace(progress, batches=[replace(b, addition=name) for b in progress.batches])

    def _look(self):
        plan = plan_of(self.folder)
        found = self.find(plan)
        kinds = self.kinds(found, plan)
        estimates = self._estimates(plan)
        batches = [self._batch(f, kinds, estimates.get(f.name, 0.0)) for f in found]
        counts = _counts(
            len(plan["samples"]),
            [kinds[one.key] for _, one in last_words(found).values()],
            sum(b.counts.half_cycles for b in batches),
            sum(b.counts.half_cycles_done for b in batches),
        )
        return Progress(plan["campaign"], next(iter(plan["sources"])), counts, batches)

    def find(self, plan):
        """Found of every batch that holds a sample of the plan; what earlier versions of the campaign asked for is on disk
        still, but does not count."""
        wanted = set(plan["samples"])
        found = [self._find(round_, batch, plan["settings"]["quality"], wanted) for round_, batch in ledgers(self.folder, plan)]
        return [f for f in found if f.attempts]

    def _find(self, round_, batch, quality, wanted):
        result = self.folder / "rounds" / str(round_) / f"{batch}.h5"
        published, judged, error = 0.0, {}, ""
        try:
            published = result.stat().st_mtime
            judged = {key: one for key, one in self._judged(result, quality).items() if one.sample in wanted}
        except FileNotFoundError:
            published = 0.0  # not yet, or taken away while it was read: its samples are taken from the batch below
        except UserError as damage:
            error = str(damage)
        attempts = {key: (one.sample, one.half_cycles) for key, one in judged.items()}
        if error or not published:
            attempts = {key: one for key, one in self._written(batch).items() if one[0] in wanted}
        return Found(round_, batch, attempts, judged, published, error)

    def _written(self, batch):
        """{key: (sample's id, half-cycles)} of a batch, from its file in batches/."""
        if batch not in self._attempts:
            samples = stored_batch(self.folder, batch).samples
            self._attempts[batch] = {key: (sample.id, sample.realisations) for key, sample in samples.items()}
        return self._attempts[batch]

    def _judged(self, result, quality):
        stat = result.stat()
        stamp = (stat.st_mtime_ns, stat.st_size, quality)
        if self._verdicts.get(result, (None,))[0] != stamp:
            self._verdicts[result] = stamp, verdicts(result, quality)
        return self._verdicts[result][1]

    def kinds(self, found, plan):
        """{key: ('accepted', None), ('failing', code) or ('quarantined', code)} of all verdicts.

        Quarantined is what failed at the newest attempt and was passed over by the plan of the next round, if there is one.
        """
        last = last_words(found)
        tried_again = {sample for f in found if f.error or not f.published for sample, _ in f.attempts.values()}
        tried = {sample: one.corrections for sample, (_, one) in last.items()}
        tried_again |= {r.sample for r in releases(self.folder) if len(r.corrections) > tried.get(r.sample, 0)}
        kinds = {}
        for f in found:
            given_up = self._planned(f.round + 1, plan) >= f.published
            for key, one in f.judged.items():
                final = given_up and last[one.sample][1].key == key and one.sample not in tried_again
                kind = "accepted" if one.failure is None else "quarantined" if final else "failing"
                kinds[key] = kind, one.failure
        return kinds

    def _planned(self, round_, plan):
        """When a rescue round was planned: 0 if it was not yet, infinity if there is no such round."""
        if round_ > plan["settings"]["quality"]["rescue_rounds"]:
            return float("inf")
        path = self.folder / "rounds" / str(round_) / "plan.json"
        return path.stat().st_mtime if path.exists() else 0.0

    def _estimates(self, plan):
        """{batch: seconds on one device}, as planned."""
        estimates = dict(plan["estimates"])
        for path in self.folder.glob("rounds/*/plan.json"):
            estimates |= read_json(path)["estimates"]
        return {batch: e["cuda"]["s"] for batch, e in estimates.items()}

    def _batch(self, f, kinds, estimated_s):
        half_cycles = done = sum(n for _, n in f.attempts.values())
        state, worker, job = "damaged" if f.error else "done", None, None
        if not f.published:
            worker = holder(self.folder / "journal" / f.name)
            state = "waiting" if worker is None or worker.released else "running" if worker.silent_s < SILENT_S else "silent"
            done = sum(h.key in f.attempts for h in self._tally.half_cycles(self.folder / "journal" / f.name))
        else:
            job = self._used.get(f.name) or used(self.folder, f.round, f.name)
            self._used[f.name] = job
        counts = _counts(len(f.attempts), [kinds[key] for key in f.judged], half_cycles, done)
        return BatchProgress(f.name, f.round, state, counts, worker, f.error, job, estimated_s)


def last_words(found):
    """{sample's id: (Found, Judged)} of the newest attempt at each sample that has a verdict."""
    last = {}
    for f in found:
        for one in f.judged.values():
            if one.sample not in last or last[one.sample][1].corrections < one.corrections:
                last[one.sample] = f, one
    return last


def _counts(samples, kinds, half_cycles, done):
    number = Counter(kinds)
    codes = {kind: {c: n for (k, c), n in number.items() if k == kind} for kind in ("failing", "quarantined")}
    return Counts(samples, number["accepted", None], codes["failing"], codes["quarantined"], half_cycles, done)
