"""Quarantined samples: which they are, and their release for another try (released.py)."""

from pathlib import Path

from hardmag.campaign.ledger import plan_of
from hardmag.campaign.released import add_releases
from hardmag.control.status import Watcher, last_words
from hardmag.errors import UserError
from hardmag.files import read_json


def quarantined(folder):
    """[(sample, Row, corrections of its last attempt)] of a campaign, in the order of its batches."""
    folder, plan = Path(folder), plan_of(folder)
    watcher = Watcher(folder)
    found = watcher.find(plan)
    kinds, last = watcher.kinds(found, plan), last_words(found)
    keys = {key: (sample, f) for sample, (_, key, f) in last.items() if kinds[key][0] == "quarantined"}
    corrections = {}
    for name in {f.name for _, f in keys.values()}:
        entries = read_json(folder / "batches" / f"{name}.json")["entries"]
        corrections |= {e["key"]: e["corrections"] for e in entries}
    return [(sample, f.rows[key], corrections[key]) for key, (sample, f) in keys.items()]


def listed(folder):
    """The quarantined samples as a table."""
    rows = [("sample", "code", "seen", "tried")]
    for sample, row, corrections in quarantined(folder):
        rows.append((sample, row.failure, row.detail, "; ".join(map(_change, corrections)) or "nothing"))
    if len(rows) == 1:
        return "no sample is quarantined"
    widths = [max(len(row[n]) for row in rows) for n in range(3)]
    return "\n".join("  ".join([*(text.ljust(w) for text, w in zip(row, widths, strict=False)), row[3]]) for row in rows)


def _change(correction):
    changes = [f"{name} {old} → {new}" for name, (old, new) in correction["change"].items()]
    return f"{correction['failure']}: {', '.join(changes) or 'run again'}"


def release(folder, names):
    """Let quarantined samples be tried afresh by the next run. names: ids or beginnings of ids; None: all. Returns the ids."""
    candidates = {sample: (row, corrections) for sample, row, corrections in quarantined(folder)}
    if names is None:
        chosen = list(candidates)
    else:
        chosen = list(dict.fromkeys(unique(name, candidates, f"{folder}: of the quarantined samples") for name in names))
    new = []
    for sample in chosen:
        row, corrections = candidates[sample]
        before = sum("released" in c["change"] for c in corrections)
        mark = {"failure": row.failure, "detail": row.detail, "change": {"released": [before, before + 1]}}
        new.append({"sample": sample, "corrections": [*corrections, mark]})
    if new:
        add_releases(folder, new)
    return chosen


def unique(name, ids, what):
    """The one of `ids` that begins with `name`. what: names them in messages."""
    found = [i for i in ids if i.startswith(name)]
    if len(found) != 1:
        raise UserError(f"{what} {f'{len(found)} begin' if found else 'none begins'} with {name!r}")
    return found[0]
