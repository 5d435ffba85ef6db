"""Take away each protection of ../mutants.py, and see its test fail: python tests/slurm/mutate.py [NAME ...]

Each mutant is a copy of the checkout with one text replaced. By hand, as root, after cluster.sh install; an hour for all. What
failed goes to mutants.json and docs/reliability.md; a mutant that no test notices is named, and the exit code is then 1.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from lab import ROOT, cluster, sweep, undisturbed

sys.path.insert(0, str(ROOT / "tests"))
from mutants import MUTANTS, record

HANGS_S, LIMIT_S = 300, 1500  # after which a campaign hangs that is said to; for all of a test
SUITES = ("tests/slurm", "tests/workflow/test_campaign.py")
FRAME = re.compile(r"^tests/\w+/test_\w+\.py:\d+: in (\w+)\n    (.*)", re.M)


def mutated(mutant, folder):
    """A copy of the checkout in `folder`, without the mutant's protection."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    compiled = (str(p.relative_to(ROOT)) for p in ROOT.glob("src/**/__pycache__/*"))  # else each copy compiles the solver anew
    for name in (*filter(None, names), *compiled):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    replace(folder / mutant.file, mutant.old, mutant.new)
    if mutant.hangs:
        replace(folder / "tests/slurm/lab.py", "\nLIMIT_S = 600\n", f"\nLIMIT_S = {HANGS_S}\n")


def replace(path, old, new):
    """Replace a text that stands in a file once."""
    text = path.read_text()
    if text.count(old) != 1:
        sys.exit(f"error: {path}: this must stand there once: {old!r}")
    path.write_text(text.replace(old, new))


def tested(tests, folder, reference):
    """What pytest says of a copy in `folder`, or None if it had to be stopped; the cluster is as before."""
    environment = os.environ | {"PYTHONPATH": str(folder / "src"), "HARDMAG_REFERENCE": str(reference)}
    command = [sys.executable, "-m", "pytest", "-x", "--tb=short", f"--basetemp={folder / 'tmp'}", *SUITES, "-k", tests]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)
    try:
        return process.communicate(timeout=LIMIT_S)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None
    finally:
        process.wait()
        cluster("stop")
        sweep(folder)


def failure(said):
    """{test, line, said} of the first failure in what pytest said: the statement in the test, and what it found."""
    found = FRAME.findall(said.partition("= FAILURES =")[2] or said.partition("= ERRORS =")[2])
    first, *more = re.findall(r"^E {3,}(.*)", said, re.M)
    # What a campaign said may stand before what was asserted.
    complaint = next((line for line in more[1:] if line.startswith("assert ")), first.removeprefix("AssertionError: "))
    return {"test": found[-1][0], "line": found[-1][1], "said": textwrap.shorten(complaint, 140, placeholder="…")}


def survives(name, work, reference):
    """Whether no test notices a mutant; what did is recorded. work: folder for its copy; reference: of an undisturbed run."""
    folder, begin = work / name, time.monotonic()
    mutated(MUTANTS[name], folder)
    said = tested(MUTANTS[name].tests, folder, reference)
    shutil.rmtree(folder, ignore_errors=True)
    log = ROOT / "build" / f"mutant-{name}.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text(said or f"stopped after {LIMIT_S} s")
    found = failure(said) if said and re.search(r"^(FAILED|ERROR) ", said, re.M) else None
    if found and found["said"].startswith("the campaign has not ended") and not MUTANTS[name].hangs:
        found = None  # the machine may have been too slow
    record(name, found and found | {"seconds": round(time.monotonic() - begin)})
    print(f"{name}: {found['line']}: {found['said']}" if found else f"{name}: SURVIVED, see {log}", flush=True)
    return found is None


def main(names):
    unknown = [name for name in names if name not in MUTANTS]
    if unknown:
        sys.exit(f"error: no such mutant: {', '.join(unknown)}; there are: {', '.join(MUTANTS)}")
    with tempfile.TemporaryDirectory(prefix="hardmag-mutants-", ignore_cleanup_errors=True) as work:
        reference = Path(os.environ.get("HARDMAG_REFERENCE") or Path(work) / "reference")
        try:
            cluster("start")
            undisturbed(reference)
        finally:
            cluster("stop")
        return int(any([survives(name, Path(work), reference) for name in names or MUTANTS]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
