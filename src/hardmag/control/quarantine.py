"""Quarantined samples: which they are, and their release for another try (released.py)."""

from pathlib import Path

from hardmag.campaign.ledger import plan_of, stored_batch
from hardmag.campaign.released import Release, add_releases
from hardmag.control.status import Watcher, last_words
from hardmag.errors import UserError


def quarantined(folder):
    """[(Judged, corrections)] of the last attempt at each, in the order of the campaign's batches."""
    folder, plan = Path(folder), plan_of(folder)
    watcher = Watcher(folder)
    found = watcher.find(plan)
    kinds, last = watcher.kinds(found, plan), last_words(found)
    last = [(f, one) for f, one in last.values() if kinds[one.key][0] == "quarantined"]
    batches = [stored_batch(folder, name) for name in {f.name for f, _ in last}]
    corrections = {attempt.key: attempt.corrections for batch in batches for attempt in batch.attempts}
    return [(one, corrections[one.key]) for _, one in last]


def listed(folder):
    """The quarantined samples as a table."""
    rows = [("sample", "code", "seen", "tried")]
    for judged, corrections in quarantined(folder):
        rows.append((judged.sample, judged.failure, judged.detail, "; ".join(map(_change, corrections)) or "nothing"))
    if len(rows) == 1:
        return "no sample is quarantined"
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    return "\n".join("  ".join([*(text.ljust(w) for text, w in zip(row, widths, strict=False)), row[3]]) for row in rows)


def _change(correction):
    changes = [f"{name} {old} → {new}" for name, (old, new) in correction["change"].items()]
    return f"{correction['failure']}: {', '.join(changes) or 'run again'}"


def release(folder, names):
    """Let quarantined samples be tried afresh by the next run. names: ids or beginnings of ids; None: all. Returns the ids."""
    candidates = {judged.sample: (judged, corrections) for judged, corrections in quarantined(folder)}
    if names is None:
        chosen = list(candidates)
    else:
        chosen = list(dict.fromkeys(unique(name, candidates, f"{folder}: of the quarantined samples") for name in names))
    new = []
    for sample in chosen:
        judged, corrections = candidates[sample]
        before = sum("released" in c["change"] for c in corrections)
        mark = {"failure": judged.failure, "detail": judged.detail, "change": {"released": [before, before + 1]}}
        new.append(Release(sample, [*corrections, mark]))
    if new:
        add_releases(folder, new)
    return chosen


def unique(name, ids, what):
    """The one of `ids` that begins with `name`. what: names them in messages."""
    found = [i for i in ids if i.startswith(name)]
    if len(found) != 1:
        raise UserError(f"{what} {f'{len(found)} begin' if found else 'none begins'} with {name!r}")
    return found[0]
