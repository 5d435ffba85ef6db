"""Results that stand on the physics version: which are of another one, and how all of them are made anew, in order.

python benchmarks/remake.py                            lists what is stale, and about what it takes
python benchmarks/remake.py --run [NAME …] [--jobs 2]  makes it, or NAME and what that needs; logs: build/remake/NAME.log

A result is stale while a file of it is of another version than hardmag.PHYSICS_VERSION, or was begun here and not finished.
What is broken off goes on at the next call where its own program does: campaigns, and benchmarks that write row by row.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import h5py

from hardmag import PHYSICS_VERSION

ROOT = Path(__file__).parents[1]
LOGS = Path("build") / "remake"  # below ROOT


@dataclass(frozen=True)
class Step:
    """Shell commands, run in ROOT, and the files of theirs that say of which physics version they are.

    One without files, mostly a campaign, is there for others and run when one of these is stale; if finished, it has nothing
    to do. minutes: about, of one core. alone: no other step runs beside it, since it takes all cores or measures by the clock.
    """

    name: str
    minutes: int
    commands: tuple[str, ...]
    files: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    alone: bool = False


def benchmark(name, minutes, *needs, words="", file=None, alone=False):
    """The step of benchmarks/<name>.py, which writes benchmarks/<name>.json or another."""
    command = " ".join(filter(None, [f"python benchmarks/{name}.py", words]))
    return Step(file or name, minutes, (command,), (f"benchmarks/{file or name}.json",), needs, alone)


# The data that come with the project are the first half of that campaign's sequence. They are simulated in a folder of their
# own: results/smco17-workstation is made of them (`make paper`).
HALF = f"{LOGS}/smco17"
WORKSTATION = Step(
    "smco17-workstation",
    300,
    (
        f"mkdir -p {HALF} && sed 's/points: 256/points: 128/' config/smco17/workstation.yaml > {HALF}/workstation.yaml",
        f"(cd {HALF} && hardmag run workstation.yaml dataset verification)",
        f"cp {HALF}/results/smco17-workstation/dataset.h5 data/smco17-workstation.h5",
        f"cp {HALF}/results/smco17-workstation/verification.json data/smco17-verification.json",
    ),
    ("data/smco17-workstation.h5", "data/smco17-verification.json"),
    alone=True,
)
LOOP = Step(
    "smco17-loop",
    30,
    (
        "hardmag run config/smco17/loop.yaml verification learning",
        "cp results/smco17-loop/figures/front.png docs/smco17-loop.png",
        "cp results/smco17-loop/learning.json docs/smco17-loop.json",
    ),
    ("docs/smco17-loop.json",),
    alone=True,
)
# {file of a law: its nanostructure}, of config/polycrystal/smco17.yaml
LAWS = {
    f"config/polycrystal/smco17-L{L}.json": f"L_nm={L} d_nm={d} wS_nm={wS} wZ_nm=3 z_set=dft"
    for L, d, wS in ((30, 15, 4), (50, 20, 5), (70, 25, 6))
}
LAW_OF = "hardmag switching-law --campaign results/smco17-workstation"
JUDGED = (
    "cp results/coreshell-designs/verification.md docs/coreshell-designs.md",
    "cp results/coreshell-designs/verification.json data/coreshell-designs.json",
)
OF_BOTH = "results/coreshell-designs results/smco17-workstation"
STEPS = {
    step.name: step
    for step in (
        WORKSTATION,
        Step("paper", 20, ("make paper",), needs=("smco17-workstation",), alone=True),
        Step("paper-docs", 1, ("make paper-docs",), ("docs/smco17-findings.json",), ("paper",), alone=True),
        Step("smco17-laws", 1, tuple(f"{LAW_OF} {of} -o {file}" for file, of in LAWS.items()), tuple(LAWS), ("paper",)),
        benchmark("reach", 5, "smco17-workstation"),
        benchmark("findings_depend", 60, "smco17-workstation"),
        LOOP,
        Step("coreshell-campaign", 120, ("hardmag run config/coreshell/designs.yaml",), alone=True),
        Step("coreshell-designs", 0, JUDGED, ("data/coreshell-designs.json",), ("coreshell-campaign",)),
        benchmark("little_neodymium", 10, "coreshell-campaign"),
        Step("front-campaign", 80, ("hardmag run config/coreshell/front.yaml dataset",), alone=True),
        benchmark("cost_front", 10, "front-campaign", alone=True),
        benchmark("active_learning", 100, words="results/active_learning", alone=True),
        Step("sizes-campaign", 15, ("hardmag run config/polycrystal/paper.yaml dataset",), alone=True),
        benchmark("grain_sizes", 20, "sizes-campaign"),
        Step("magnet-campaign", 90, ("hardmag run config/polycrystal/magnet.yaml",), alone=True),
        benchmark("magnet_campaign", 5, "magnet-campaign"),
        benchmark("switching_laws", 15, "coreshell-campaign", "paper", words=OF_BOTH),
        benchmark("film", 30),
        benchmark("against_magnumnp", 5, alone=True),
        benchmark("cost", 5, file="cost_cpu", alone=True),
        benchmark("gpu_counts", 10),
        benchmark("gpu", 1, words="--reference", file="gpu_reference"),
        benchmark("stepping", 10),
        benchmark("resolution", 15),
        benchmark("exchange_formulas", 10),
        benchmark("coreshell", 5),
        benchmark("platelet", 30),
        benchmark("second_anisotropy", 10),
        benchmark("reduced_order", 40),
        benchmark("reduced_order_cubes", 15),
        benchmark("reduced_order_validation", 120),
    )
}
# Pages and figures of docs/ from all benchmarks, whatever of these was made: each says of which version its numbers are.
PAGES = Step("pages", 1, ("python benchmarks/report.py",))

# What no step can make, and how it is made. A file of these may be of an older version.
BY_HAND = {
    "benchmarks/against_mammos_mumag.json": "python benchmarks/against_mammos_mumag.py DIR/bin/python, whose environment pip "
    "alone cannot make (its head says how)",
    "docs/coreshell-temperature.md": "hardmag run config/coreshell/temperature.yaml (about 10 minutes of a core): "
    "tables/alpha_and_N_eff.md into the page, figures/temperatures.png over docs/coreshell-temperature.png; then its words",
    "data/README.md": "what it says of (BH)max of the dataset, and of two machines",
    "docs/switching-laws.md, campaigns.md, faq.md, how-to/cell-and-box.md": "numbers that `make test` holds against files",
    "src/hardmag/campaign/cost.json": "python benchmarks/cost.py --install, where half-cycles take more or fewer evaluations",
    "tests/physics/cubes27.json": "its `what` says how",
}

# What holds no result of the physics, and is left as it is when the version changes:
INDEPENDENT = (
    # of images of structures that are drawn, and of a steel: nothing is magnetised there
    *(f"benchmarks/{name}.json" for name in ("segmentation", "power_spectra", "segmented_spectra")),
    *(f"benchmarks/{name}.json" for name in ("section_sizes", "matching")),
    # of curves from formulas
    "benchmarks/estimators.json",
    # seconds and bytes of a single pass, whatever comes out of it; and of the bookkeeping of made-up results
    *(f"benchmarks/{name}.json" for name in ("mesh_cost_cpu", "scale")),
    # whether files are read as they were written, whatever stands in them
    "benchmarks/round_trips.json",
    # of measured constants by composition
    "docs/composition-findings.json",
)


def version_of(file):
    """The physics version that a JSON file or a dataset says it is of; None: it does not say, is broken or not there."""
    path = ROOT / file
    try:
        if path.suffix == ".h5":
            with h5py.File(path) as content:
                return content.attrs.get("physics_version")
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return content.get("environment", content).get("physics_version")


def is_stale(step):
    """Whether a file of it is of another physics version, or the step was begun and not finished."""
    return begun(step).exists() or any(version_of(file) != PHYSICS_VERSION for file in step.files)


def begun(step):
    """A mark that is there from a step's begin until it has succeeded: files that are written row by row are of the new version
    before they are whole."""
    return ROOT / LOGS / f"{step.name}.begun"


def to_make(names=()):
    """[Step] of all results that are stale, or of those of these names, with what they need that is not current."""
    found = set()

    def add(name):
        step = STEPS[name]
        if name not in found and (not step.files or is_stale(step)):
            found.add(name)
            for need in step.needs:
                add(need)

    for name in names or [name for name, step in STEPS.items() if step.files]:
        add(name)
    return [step for name, step in STEPS.items() if name in found]


def make(steps, jobs):
    """Run steps, as many at a time, each after those that it needs; [Step] of those that have succeeded. What needs one that
    has failed is not begun."""
    by_name, ready, running, made = {step.name: step for step in steps}, [], {}, []
    order = TopologicalSorter({step.name: by_name.keys() & step.needs for step in steps})
    order.prepare()
    with ThreadPoolExecutor(jobs) as pool:
        while True:
            ready += [by_name[name] for name in order.get_ready()]
            while ready and len(running) < jobs and not (running and any(one.alone for one in [ready[0], *running.values()])):
                step = ready.pop(0)
                running[pool.submit(succeeds, step)] = step
            if not running:
                return made
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                step = running.pop(future)
                if future.result():
                    made.append(step)
                    order.done(step.name)


def succeeds(step):
    """Run its commands, and see that its files are of this physics version then."""
    begun(step).parent.mkdir(parents=True, exist_ok=True)
    begun(step).touch()
    log, begin = LOGS / f"{step.name}.log", time.monotonic()
    print(f"{step.name}: begun, {log}", flush=True)
    # What comes with the project is of a CPU, and by the programs of the environment that this runs in.
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": programs, "CUDA_VISIBLE_DEVICES": ""}
    with (ROOT / log).open("w") as file:
        command = " &&\n".join(step.commands)
        code = subprocess.run(command, shell=True, cwd=ROOT, env=environment, stdout=file, stderr=file).returncode
    minutes = (time.monotonic() - begin) / 60
    old = [file for file in step.files if version_of(file) != PHYSICS_VERSION]
    if code != 0 or old:
        why = f"exit code {code}" if code != 0 else f"{', '.join(old)} not of physics version {PHYSICS_VERSION}"
        print(f"{step.name}: FAILED after {minutes:.1f} min: {why}; {log}", flush=True)
        return False
    begun(step).unlink()
    print(f"{step.name}: made in {minutes:.1f} min", flush=True)
    return True


def listed(steps):
    """Lines on steps, what they take, and what is left to do by hand."""
    lines = [f"{'about min':>9}  what"]
    for step in steps:
        after = f"; after {', '.join(step.needs)}" if step.needs else ""
        lines.append(f"{step.minutes:9d}  {step.name}: {', '.join(step.files) or 'for others'}{after}")
    lines.append(f"{sum(step.minutes for step in steps):9d}  of one core, in all")
    return "\n".join([*lines, "By hand:", *(f"  {file}: {how}" for file, how in BY_HAND.items())])


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", nargs="*", metavar="NAME", help="make what is stale, or NAME and what it needs")
    parser.add_argument("--jobs", type=int, default=2, help="steps at a time (default: 2); campaigns take all cores, alone")
    given = parser.parse_args(words)
    if unknown := [name for name in given.run or () if name not in STEPS]:
        parser.error(f"{unknown[0]}: not one of {', '.join(STEPS)}")
    if given.jobs < 1:
        parser.error(f"--jobs: {given.jobs}, must be at least 1")
    steps = to_make(given.run or ())
    if given.run is None:
        print(listed(steps) if steps else f"nothing is stale: all is of physics version {PHYSICS_VERSION}")
    else:
        made = [*make(steps, given.jobs), *make([PAGES], 1)]
        if missing := [step.name for step in (*steps, PAGES) if step not in made]:
            print(f"not made: {', '.join(missing)}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
