"""What all suites share: what may be skipped, what each test costs, and a campaign with its page, made once."""

import json
import os
import time

import pytest
from explore_case import load_case, make_case, make_grain_case
from once import made_once

IN_CI = os.environ.get("CI") == "true"  # set by .ci/run, which installs what tests need: only these may be missing there
OPTIONAL = ("needs a CUDA GPU", "needs node", "needs a machine or container that may mount a tmpfs")
CPU_S = pytest.StashKey()  # of this process and its children, when the phase before ended
TIMES, BEGIN = [], time.monotonic()


def pytest_addoption(parser):
    parser.addoption("--times", metavar="COMMAND", help="leave what the tests of this command took in build/times")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report, now = (yield), sum(os.times()[:4])
    report.user_properties = [("cpu_s", now - item.config.stash.get(CPU_S, now))]
    item.config.stash[CPU_S] = now
    if report.failed and not IN_CI and (missing := why_no_gmsh()) and missing in f"{report.longrepr}{report.capstderr}":
        report.outcome = "skipped"
        report.longrepr = (*item.location[:2], f"needs the libraries of gmsh ({missing}): make libraries, as root")
    return judged(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return judged((yield))


def judged(report):
    """In CI a test that is skipped has failed, but for what is optional."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not report.longrepr[2].endswith(OPTIONAL):
        report.outcome, report.longrepr = "failed", f"skipped, which nothing is in CI: {report.longrepr[2]}"
    return report


def why_no_gmsh():
    """What the system says where it cannot load gmsh, else None."""
    try:
        import gmsh  # noqa: F401
    except OSError as error:
        return str(error)


def pytest_runtest_logreport(report):
    TIMES.append((report.nodeid, report.when, report.duration, dict(report.user_properties).get("cpu_s", 0.0)))


def pytest_sessionfinish(session):
    command = session.config.option.times
    if command and not hasattr(session.config, "workerinput"):
        path = session.config.rootpath / "build" / "times" / f"{command.split()[-1]}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"command": command, "wall_s": time.monotonic() - BEGIN, "tests": TIMES}))


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    return load_case(made_once(tmp_path_factory, "explored", make_case))


@pytest.fixture(scope="session")
def grain_case(tmp_path_factory):
    return load_case(made_once(tmp_path_factory, "explored_grains", make_grain_case))
