"""What stands between a campaign and each fault, and how to take it away: every one of these mutants fails its test.

slurm/mutate.py applies them, one at a time, to a copy, and runs the tests there; the second table of docs/reliability.md says
what it saw (slurm/mutants.json).
"""

import json
from pathlib import Path
from typing import NamedTuple

from fault_costs import (
    CANCELLED,
    CONTROLLER,
    DAMAGED,
    DISK,
    KILLED,
    LIMIT,
    MEMORY,
    NODE,
    PAGE,
    PHYSICS,
    RESUMED,
    SLURMCTLD,
)

SEEN = Path(__file__).parent / "slurm" / "mutants.json"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"


class Mutant(NamedTuple):
    """taken: the protection that is taken away, in words; in `file` the text `old`, which stands there once, becomes `new`;
    tests: of slurm/test_faults.py or workflow/test_campaign.py, by pytest's -k; hangs: its campaign never ends. That one takes
    too long else proves nothing."""

    fault: str
    taken: str
    file: str
    old: str
    new: str
    tests: str
    hangs: bool = False


LOST = "lost_job and {}"
AWAY, NODES, CONTROLLERS = "slurmctld_is_away", "lost_nodes", "killed_controllers"
CLEARED, FILES, FULL, NAN = "resume_clears", "damaged_batch_files", "full_disk", "sample_that_fails"

MUTANTS = {
    "journal-not-read": Mutant(
        KILLED,
        "a job does not read the journal when it starts",
        "src/hardmag/jobs/worker.py",
        "    done = read_journal(journal)\n    missing",
        "    done = {}\n    missing",
        LOST.format("killed"),
    ),
    "signals-not-heard": Mutant(
        LIMIT,
        "workers do not hear SIGTERM",
        "src/hardmag/jobs/stopping.py",
        "SIGNALS = (signal.SIGTERM, signal.SIGUSR1)",
        "SIGNALS = ()",
        LOST.format("limit"),
    ),
    "no-retries": Mutant(
        CANCELLED,
        "the job is not submitted again",
        "profiles/slurm/config.yaml",
        "retries: 3 ",
        "retries: 0 ",
        LOST.format("scancel"),
    ),
    "same-memory-again": Mutant(
        MEMORY,
        "the retry has no more memory",
        "workflow/rules/simulate.smk",
        'estimate(wildcards)["host_MB"] * max(1, GPUS) * attempt',
        'estimate(wildcards)["host_MB"] * max(1, GPUS)',
        LOST.format("memory"),
    ),
    "fence-open": Mutant(
        NODE,
        "the fence lets everybody in at once",
        "src/hardmag/jobs/fence.py",
        "        if last is None or last.released or _is_gone(last) or time.monotonic() - since > SILENT_S:\n",
        "        if True:\n",
        NODES,
    ),
    "jobs-not-looked-for": Mutant(
        CONTROLLER,
        "`hardmag run` starts beside the jobs of a dead controller",
        "src/hardmag/control/controller.py",
        "        if lost:\n",
        "        if False:\n",
        CONTROLLERS,
    ),
    "jobs-not-cancelled": Mutant(
        RESUMED,
        "`hardmag resume` does not cancel the jobs that are left",
        "src/hardmag/control/resume.py",
        "            cancel(left)\n",
        "            pass\n",
        CLEARED,
    ),
    "min-job-age-forgotten": Mutant(
        SLURMCTLD,
        "without slurmctld the executor goes over to sacct",
        "Snakefile",
        "remember_min_job_age()\n",
        "",
        AWAY,
        hangs=True,
    ),
    "seal-not-verified": Mutant(
        DAMAGED,
        "the checksum of a batch file is not verified",
        "src/hardmag/sealed.py",
        "    if header != _header(kind, content):\n",
        "    if False:\n",
        FILES,
    ),
    "nothing-rebuilt": Mutant(
        DAMAGED,
        "a job does not read the journal when it starts",
        "src/hardmag/jobs/worker.py",
        "    done = read_journal(journal)\n    missing",
        "    done = {}\n    missing",
        FILES,
    ),
    "lines-not-verified": Mutant(
        DISK,
        "the checksums of the journal's lines are not verified",
        "src/hardmag/jobs/journal.py",
        "                if digest == _digest(text):\n",
        "                if True:\n",
        FULL,
    ),
    "disk-not-named": Mutant(
        DISK,
        "a full disk is an error like any other",
        "src/hardmag/job.py",
        "            if error.errno not in FULL:\n",
        "            if True:\n",
        FULL,
    ),
    "samples-share-a-sum": Mutant(
        PHYSICS,
        "the samples of a batch share a sum",
        "src/hardmag/micromagnetics/system.py",
        "    return x.flatten(2).sum(2).sum(1)\n",
        "    return x.flatten(2).sum(2).sum(1) + 0 * x.sum()\n",
        NAN,
    ),
    "no-corrections": Mutant(
        PHYSICS,
        "a failed sample is not corrected",
        "src/hardmag/campaign/corrections.py",
        "    for rung in LADDERS[failure][tried:]:\n",
        "    for rung in ():\n",
        NAN,
    ),
    "no-quarantine": Mutant(
        PHYSICS,
        "a sample that fails whatever is done counts as accepted",
        "src/hardmag/dataset/build.py",
        '        "status": "accepted" if verdict.failure is None else "quarantined",\n',
        '        "status": "accepted",\n',
        NAN,
    ),
}


def table(seen):
    """Markdown. seen: content of mutants.json."""
    rows = ["| fault | taken away | what then fails |", "|---|---|---|"]
    for name, mutant in MUTANTS.items():
        failed = f"`{seen[name]['line']}`: `{seen[name]['said'].removeprefix('assert ')}`".replace("|", "\\|")
        rows.append(f"| {mutant.fault} | {mutant.taken} | {failed} |")
    return "\n".join(rows) + "\n"


def recorded():
    """Content of mutants.json."""
    return json.loads(SEEN.read_text()) if SEEN.exists() else {}


def record(name, found):
    """Put what a mutant led to into both files. found: None if no test noticed it."""
    seen = {key: value for key, value in (recorded() | {name: found}).items() if key in MUTANTS and value}
    SEEN.write_text(json.dumps({key: seen[key] for key in MUTANTS if key in seen}, indent=1) + "\n")
    if seen.keys() == MUTANTS.keys():
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(head + BEGIN + table(seen) + END + rest.partition(END)[2])
