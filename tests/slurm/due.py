"""Whether the tests on SLURM are due: what they protect has changed since they last passed. Exit code 0: they are.

python tests/slurm/due.py          asks
python tests/slurm/due.py passed   keeps that they have passed on what there is now: `make test-slurm` does, to be committed
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PASSED = Path(__file__).with_name("passed.sha256")
# What runs a campaign: its bookkeeping, its jobs and their files, its profiles; versions of all that it stands on; the tests
# themselves. Its rules and their scripts come to that. What a job computes is none of it.
PROTECTED = (
    *(f"src/hardmag/{folder}/**/*.py" for folder in ("campaign", "cli", "control", "dataset", "jobs")),
    *(f"src/hardmag/{name}.py" for name in ("errors", "files", "job", "sealed", "shipped")),
    "src/snakemake_logger_plugin_hardmag/*.py",
    "Snakefile",
    "profiles/**/*.yaml",
    "constraints.txt",
    "tests/slurm/**/*.py",
    "tests/slurm/*.sh",
)


def rules_and_scripts():
    """The files that the Snakefile includes, and the scripts that they name; other workflows stand beside campaigns."""
    rules = [ROOT / name for name in re.findall(r'include: "(.+)"', (ROOT / "Snakefile").read_text())]
    named = [re.findall(r'"(\.\./scripts/.+\.py)"', rule.read_text()) for rule in rules]
    return {*rules, *((ROOT / "workflow" / "rules" / script).resolve() for names in named for script in names)}


def digest():
    """SHA-256 of the protected files and their names."""
    found = hashlib.sha256()
    for path in sorted({path for pattern in PROTECTED for path in ROOT.glob(pattern)} | rules_and_scripts()):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def main(arguments):
    if arguments == ["passed"]:
        PASSED.write_text(digest() + "\n")
        return 0
    return 1 if PASSED.exists() and PASSED.read_text().strip() == digest() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
