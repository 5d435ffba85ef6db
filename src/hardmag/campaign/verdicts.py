"""The verdicts on a batch file, judged once and kept in a small file of their own: judging 17,000 samples takes a minute.

They are judged anew whenever something changed that they follow from: the batch file, `quality`, the code that judges.
"""

import hashlib
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hardmag.errors import UserError
from hardmag.files import read_json, write_json

PACKAGE = Path(__file__).parents[1]
JUDGES = ("campaign/audit.py", "campaign/failures.py", "loops.py", "discontinuity.py", "micromagnetics/outcome.py")


class Judged(NamedTuple):
    """What was found of an attempt. sample: its id; corrections: how many led to it; failure: code, or None when accepted."""

    key: str
    sample: str
    corrections: int
    half_cycles: int
    failure: str | None
    detail: str


def verdicts(result, quality):
    """{key: Judged} of a batch file, results/<campaign>/rounds/<round>/<batch>.h5. Raises UserError where it is damaged."""
    result = Path(result)
    kept = result.parents[2] / "verdicts" / f"{result.parent.name}-{result.stem}.json"
    stat = result.stat()
    of = [stat.st_mtime_ns, stat.st_size, _rules(json.dumps(quality, sort_keys=True))]
    found = _read(kept)
    if found.get("of") == of:
        return {key: Judged(key, *values) for key, values in found["samples"].items()}
    from hardmag.campaign.audit import judge  # their imports take longer than all that is done here
    from hardmag.campaign.batch_file import read_batch

    judged = {}
    for attempt, records in read_batch(result):
        verdict = judge(records, quality)
        code = None if verdict.failure is None else str(verdict.failure)
        counts = len(attempt.corrections), len(records)
        judged[attempt.key] = Judged(attempt.key, attempt.sample.id, *counts, code, verdict.detail)
    with suppress(UserError):  # somebody else's campaign, not to be written to: judged again at the next look
        write_json(kept, {"of": of, "samples": {key: one[1:] for key, one in judged.items()}})
    return judged


def keep_verdicts(result):
    """Judge a batch file that was just published, by the campaign's plan, so that nobody has to who only looks."""
    plan = read_json(Path(result).parents[2] / "plan.json")
    verdicts(result, plan["settings"]["quality"])


def _read(path):
    try:
        return read_json(path)
    except UserError:
        return {}


@cache
def _rules(quality):
    """Digest of all that decides on a verdict beside the half-cycles themselves."""
    code = [(PACKAGE / name).read_bytes() for name in JUDGES]
    return hashlib.sha256(b"".join([quality.encode(), *code])).hexdigest()
