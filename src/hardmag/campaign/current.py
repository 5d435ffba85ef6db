"""Whether a campaign's plan is of this version of hardmag, and as its files are now.

The Snakefile imports it, and every job parses that again: standard library only.
"""

import hashlib
import json
from pathlib import Path

from hardmag import PHYSICS_VERSION
from hardmag.errors import UserError

PLAN_VERSION = 2  # of plan.json, given.json and preview.json; one more whenever a reader needs something new of them


def stored_plan(path):
    """The plan in a file, of this version or an older one, from which everything that has run is taken up.

    Raises UserError where it cannot be read, or a newer version of hardmag has made it: what that has put into batches, this
    one might not know.
    """
    try:
        plan = json.loads(Path(path).read_text(encoding="utf-8"))
        version = plan.get("plan_version", 0)  # the first plans had no number
    except (ValueError, AttributeError):
        raise UserError(f"{path}: damaged; delete it, and it is made anew: ledger and batches are kept") from None
    if version > PLAN_VERSION:
        raise UserError(f"{path}: of plan version {version}, made by a newer hardmag; this one knows {PLAN_VERSION} at most")
    return plan


def is_current(path, campaign_file, given):
    """Whether a plan is there and follows from the campaign file, the files that it names and the physics as they are now.

    given: {"dataset": file, "verification": file} of those that stand in place of simulations. Raises UserError as stored_plan.
    """
    path = Path(path)
    if not path.exists():
        return False
    plan = stored_plan(path)
    if plan.get("plan_version") != PLAN_VERSION or plan.get("given", {}) != given:
        return False
    if not given and plan["physics_version"] != PHYSICS_VERSION:
        return False
    released = path.with_name("released.json")
    needed = [str(campaign_file), *([str(released)] if released.exists() and not given else [])]
    sources = plan["sources"]
    return all(name in sources for name in needed) and all(_is(name, checksum) for name, checksum in sources.items())


def _is(name, checksum):
    path = Path(name)
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == checksum
