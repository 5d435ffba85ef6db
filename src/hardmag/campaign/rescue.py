"""Rescue rounds: what failed in one round is corrected and packed into the batches of the next."""

from collections import Counter
from pathlib import Path

from hardmag.campaign.audit import judge
from hardmag.campaign.batch_file import read_batch
from hardmag.campaign.corrections import correct
from hardmag.campaign.ledger import entry, estimates, extend
from hardmag.files import read_json, write_json


def plan_rescue(folder, round_, previous_batches, output):
    """Write the plan of a rescue round: {"batches": […], "estimates": {batch: cost}, "failed": {code: n}, "given_up": n}.

    previous_batches: result files of the round before. Samples that the campaign no longer wants are passed over.
    """
    plan = read_json(Path(folder) / "plan.json")
    wanted, quality = set(plan["samples"]), plan["settings"]["quality"]
    failed, entries, given_up = Counter(), [], 0
    for path in previous_batches:
        for e, runs in results(path):
            if e["sample"]["id"] not in wanted:
                continue
            verdict = judge(runs, quality)
            if verdict.failure is None:
                continue
            failed[str(verdict.failure)] += 1
            attempt = correct(e, verdict.failure, verdict.detail)
            if attempt is None:
                given_up += 1
            else:
                entries.append(entry(*attempt))
    batching = plan["settings"]["batching"]
    batches = extend(folder, round_, entries, batching["samples"])
    counts = {"failed": dict(failed), "given_up": given_up}
    write_json(output, {"round": round_, "batches": batches, "estimates": estimates(folder, batches, batching)} | counts)


def results(path):
    """(entry, its half-cycles) for each sample of a batch file."""
    entries, runs = read_batch(path)
    return [(e, runs[e["key"]]) for e in entries]
