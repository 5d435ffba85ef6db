"""The tables of docs/testing.md, from what the tests took: make test test-slurm; python tests/times.py build/times/*.json

What was measured is kept in times.json.
"""

import json
import os
import platform
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEPT, PAGE = HERE / "times.json", HERE.parent / "docs" / "testing.md"
BEGIN, END = "<!-- times: begin -->\n", "<!-- times: end -->\n"
SUITES = ("unit", "physics", "workflow", "browser", "slurm")


def measured(runs):
    """Content of times.json. runs: contents of the files that tests/conftest.py writes."""
    tests = {}
    for run in runs:
        for name, _, seconds, cpu_s in run["tests"]:
            before = tests.get(name, (0.0, 0.0))
            tests[name] = (before[0] + seconds, before[1] + cpu_s)
    suites = {}
    for suite in SUITES:
        if own := [took for name, took in tests.items() if name.startswith(f"tests/{suite}/")]:
            suites[suite] = {"tests": len(own), "cpu_s": round(sum(cpu_s for _, cpu_s in own))}
    slowest = sorted(tests.items(), key=lambda item: -item[1][0])[:10]
    return {
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "wall_s": {run["command"]: round(run["wall_s"]) for run in runs},
        "suites": suites,
        "slowest": [[name, round(seconds, 1), round(cpu_s, 1)] for name, (seconds, cpu_s) in slowest],
    }


def table(kept):
    """Markdown. kept: content of times.json."""
    wall = ", ".join(f"`{command}` {seconds / 60:.1f} min" for command, seconds in kept["wall_s"].items())
    total = sum(suite["cpu_s"] for suite in kept["suites"].values())
    rows = ["| suite | tests | CPU minutes |", "|---|---|---|"]
    rows += [f"| `tests/{name}` | {suite['tests']} | {suite['cpu_s'] / 60:.1f} |" for name, suite in kept["suites"].items()]
    rows += ["", f"Together {total / 60:.1f} CPU minutes ({kept['machine']}); by the clock: {wall}.", ""]
    rows += ["The slowest ten, with the fixtures that they are the first to ask for:", ""]
    rows += ["| test | seconds | CPU seconds |", "|---|---|---|"]
    rows += [f"| `{name.removeprefix('tests/')}` | {seconds:.0f} | {cpu_s:.0f} |" for name, seconds, cpu_s in kept["slowest"]]
    return "\n".join(rows) + "\n"


def main(paths):
    kept = measured([json.loads(Path(path).read_text()) for path in paths])
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    head, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(head + BEGIN + table(kept) + END + rest.partition(END)[2])


if __name__ == "__main__":
    main(sys.argv[1:])
