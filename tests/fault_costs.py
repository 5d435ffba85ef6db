"""The table of docs/reliability.md, from what the SLURM tests have measured (slurm/faults.json).

HARDMAG_RECORD=1 make test-slurm measures anew, and writes both files.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent
COSTS, PAGE = HERE / "slurm" / "faults.json", HERE.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->\n", "<!-- faults: end -->\n"

PROTECTION = {
    "worker killed (SIGKILL)": "each half-cycle is in the journal, synced to disk, before the next one starts",
    "time limit": "at SIGTERM, or at 90 % of its time, a job sets what is in flight aside; the retry has twice the time",
    "scancel": "the same; squeue says CANCELLED, which counts as a failure: the job is submitted again",
    "more memory than asked for": "the retry has twice the memory and reads the journal",
    "node lost, its processes live on": "a fence with a heartbeat: the new job waits, and is done when the old one publishes",
    "controller killed, started again": "the same fence: the dead controller's jobs end their batches, the new one's wait",
    "controller killed, `hardmag resume`": "its jobs are cancelled, set aside what is in flight, and the new ones take it up",
    "slurmctld away for 20 s": "jobs run on; the executor asks up to 360 times, and keeps to squeue",
    "batch file truncated, bit flipped": "a checksum over the whole file, verified before it is read; rebuilt from the journal",
    "disk full": "the campaign fails and says so; torn lines are known by their checksums and left out",
    "NaN in one sample of a batch": "samples share no number; the failed one is corrected and run again, or quarantined",
}
KILLED, LIMIT, CANCELLED, MEMORY, NODE, CONTROLLER, RESUMED, SLURMCTLD, DAMAGED, DISK, PHYSICS = PROTECTION


def table(costs):
    """Markdown. costs: content of faults.json."""
    rows = ["| fault | lost | done again | work goes on after | how |", "|---|---|---|---|---|"]
    for fault, how in PROTECTION.items():
        cost = costs[fault]
        again = f"{cost['repeated_s']:g} s: {cost['repeated_evaluations']} of {cost['of']} field evaluations"
        again = again if cost["repeated_evaluations"] else "nothing"
        delay = "" if cost["delay_s"] is None else f"{cost['delay_s']} s"
        rows.append(f"| {fault} | nothing | {again} | {delay} | {how} |")
    return "\n".join(rows) + "\n"


def recorded():
    """Content of faults.json."""
    return json.loads(COSTS.read_text()) if COSTS.exists() else {}


def record(found):
    """Put measured costs into both files."""
    costs = recorded() | found
    COSTS.write_text(json.dumps(costs, indent=1) + "\n")
    if costs.keys() >= PROTECTION.keys():
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(head + BEGIN + table(costs) + END + rest.partition(END)[2])
