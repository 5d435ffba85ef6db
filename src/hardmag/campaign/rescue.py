"""Rescue rounds: what failed in one round is corrected and packed into the batches of the next."""

from collections import Counter
from pathlib import Path

from hardmag.campaign.audit import judge
from hardmag.campaign.batch_file import read_batch
from hardmag.campaign.corrections import correct
from hardmag.campaign.failures import Failure
from hardmag.campaign.ledger import estimates, extend
from hardmag.campaign.outliers import find_outliers
from hardmag.files import read_json, write_json


def plan_rescue(folder, round_, previous_batches, output):
    """Write the plan of a rescue round: {"batches": […], "estimates": {batch: cost}, "failed": {code: n}, "given_up": n}.

    previous_batches: result files of the round before. Samples that the campaign no longer wants are passed over. After
    the first round, samples that were accepted are held against their neighbours in the design; what an outlier's second
    run gives is then its value.
    """
    plan = read_json(Path(folder) / "plan.json")
    wanted, quality = set(plan["samples"]), plan["settings"]["quality"]
    accepted, failures = [], []
    for path in previous_batches:
        for attempt, records in read_batch(path):
            if attempt.sample.id not in wanted:
                continue
            verdict = judge(records, quality)
            if verdict.failure is None:
                accepted.append((attempt, verdict.loop.mu0_Hc_T))
            else:
                failures.append((attempt, verdict.failure, verdict.detail))
    if round_ == 1:
        outliers = find_outliers([attempt.sample for attempt, _ in accepted], [Hc for _, Hc in accepted], quality)
        failures += [(accepted[i][0], Failure.OUTLIER, detail) for i, detail in outliers.items()]
    corrected = [attempt for failure in failures if (attempt := correct(*failure)) is not None]
    failed = Counter(str(failure) for _, failure, _ in failures)
    batching = plan["settings"]["batching"]
    batches = extend(folder, round_, corrected, batching["samples"])
    counts = {"failed": dict(failed), "given_up": len(failures) - len(corrected)}
    write_json(output, {"round": round_, "batches": batches, "estimates": estimates(folder, batches, batching)} | counts)
