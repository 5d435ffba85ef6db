"""What stands on the physics version and how it is made anew: nothing is forgotten, nothing that ships is of another version,
and steps run in order, go on after a failure and are not run twice."""

import json
import re
import shlex
from graphlib import TopologicalSorter
from pathlib import Path

import h5py
import pytest
import yaml

from hardmag import PHYSICS_VERSION, cli
from hardmag.campaign.config import Campaign
from hardmag.campaign.design import make_plan

ROOT = Path(__file__).parents[2]
HOLD_RESULTS = ("benchmarks/**/*.json", "data/**/*.json", "data/**/*.h5", "docs/**/*.json", "config/polycrystal/*.json")
# Of what is made by hand, what is of an older version today, and why:
OLDER = {
    "benchmarks/against_mammos_mumag.json": 3,  # esys-escript, which mammos-mumag needs, was not at hand since
}


@pytest.fixture
def remake(monkeypatch):
    """remake.py as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import remake

    return remake


@pytest.fixture
def small(remake, tmp_path, monkeypatch):
    """Function: have other steps in place of the project's, in a folder of their own; runs main with words."""
    monkeypatch.setattr(remake, "ROOT", tmp_path)
    monkeypatch.setattr(remake, "PAGES", remake.Step("pages", 0, ("echo pages >> order",)))

    def begin(*steps):
        monkeypatch.setattr(remake, "STEPS", {step.name: step for step in steps})
        return remake.main

    return begin


def writes(remake, name, *needs, version=PHYSICS_VERSION, after="true", alone=False):
    """A step that writes name.json after a shell command, and its name into the file `order`."""
    said = shlex.quote(json.dumps({"physics_version": version}))
    return remake.Step(name, 1, (f"echo {name} >> order", f"echo {said} > {name}.json", after), (f"{name}.json",), needs, alone)


def order(folder):
    return (folder / "order").read_text().split()


def test_every_file_of_results_is_known(remake):
    """A new file belongs to a step of remake.py, or to one of its lists: made by hand, or no result of the physics."""
    files = [file for step in remake.STEPS.values() for file in step.files]
    known = [*files, *(file for file in remake.BY_HAND if file.endswith((".json", ".h5"))), *remake.INDEPENDENT]
    assert len(known) == len(set(known))
    there = {str(path.relative_to(ROOT)) for pattern in HOLD_RESULTS for path in ROOT.glob(pattern)}
    assert there - set(known) == set(), "put these into a step, BY_HAND or INDEPENDENT of benchmarks/remake.py"
    assert [file for file in known if not (ROOT / file).exists()] == []


def test_what_ships_is_of_this_physics_version(remake):
    found = {file: remake.version_of(file) for step in remake.STEPS.values() for file in step.files}
    found |= {file: remake.version_of(file) for file in OLDER}
    assert {file: version for file, version in found.items() if version != PHYSICS_VERSION} == OLDER
    assert OLDER.keys() <= remake.BY_HAND.keys()


def test_commands_are_there(remake):
    """Scripts, campaign files and targets of make exist, `hardmag` takes its words, and copies go over files that are kept."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    for step in (*remake.STEPS.values(), remake.PAGES):
        for command in step.commands:
            program, *words = shlex.split(command.replace("(cd build/remake/smco17 && ", "").rstrip(")"))
            sources = [word for word in words if re.match(r"(benchmarks|config)/.*\.(py|yaml)$", word)]
            assert all((ROOT / word).is_file() for word in sources), command
            if program == "hardmag":
                cli._parser().parse_args(words)
            elif program == "make":
                assert set(words) <= targets
            elif program == "cp":
                assert (ROOT / words[1]).is_file()
            else:
                assert program in ("python", "mkdir") and sources


def test_order_has_no_cycle_and_every_need_is_a_step(remake):
    needs = {name: step.needs for name, step in remake.STEPS.items()}
    assert set(TopologicalSorter(needs).static_order()) == set(needs)  # CycleError


def test_half_of_the_campaign_is_what_comes_with_the_project(remake):
    """The samples of data/smco17-workstation.h5 are those of the campaign file as the first command changes it."""
    change = re.search("'s/(.+)/(.+)/'", remake.STEPS["smco17-workstation"].commands[0])
    text = (ROOT / "config" / "smco17" / "workstation.yaml").read_text()
    assert text.count(change[1]) == 1
    plan = make_plan(Campaign.model_validate(yaml.safe_load(text.replace(change[1], change[2]))))
    with h5py.File(ROOT / "data" / "smco17-workstation.h5") as file:
        assert [sample.id for sample in plan.samples] == [name.decode() for name in file["samples/id"][()]]


def test_a_new_version_makes_everything_stale(remake, monkeypatch, capsys):
    monkeypatch.setattr(remake, "PHYSICS_VERSION", PHYSICS_VERSION + 1)
    assert [step.name for step in remake.to_make()] == list(remake.STEPS)
    assert remake.main([]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name}: " in said for name in [*remake.STEPS, *remake.BY_HAND])


def test_versions_that_files_say(remake, tmp_path, monkeypatch):
    monkeypatch.setattr(remake, "ROOT", tmp_path)
    for name, text in (
        ("a", '{"physics_version": 3}'),
        ("b", '{"environment": {"physics_version": 3}}'),
        ("c", "{}"),
        ("d", '{"'),
    ):
        (tmp_path / f"{name}.json").write_text(text)
    with h5py.File(tmp_path / "e.h5", "w") as file:
        file.attrs["physics_version"] = 3
    assert [remake.version_of(f) for f in ("a.json", "b.json", "c.json", "d.json", "e.h5", "f.h5")] == [
        3,
        3,
        None,
        None,
        3,
        None,
    ]


def test_steps_run_in_order_and_once(remake, small, tmp_path):
    shared = remake.Step("shared", 1, ("echo shared >> order",))
    run = small(writes(remake, "late", "shared", "early"), shared, writes(remake, "early", alone=True), writes(remake, "other"))
    assert run(["--run", "late"]) == 0
    made = order(tmp_path)
    assert set(made[:2]) == {"shared", "early"} and made[2:] == ["late", "pages"]
    assert run(["--run"]) == 0
    assert order(tmp_path)[4:] == ["other", "pages"]
    assert run(["--run"]) == 0 and order(tmp_path)[6:] == ["pages"], "all is made, and the campaign that none needs is not run"
    assert (tmp_path / "build" / "remake" / "late.log").exists()


def test_it_goes_on_after_a_failure_with_what_does_not_need_it(remake, small, tmp_path, capsys):
    broken, needs_it = writes(remake, "broken", after="false"), writes(remake, "next", "broken")
    old = writes(remake, "old", version=PHYSICS_VERSION - 1)
    assert small(broken, needs_it, old, writes(remake, "other"))(["--run", "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert order(tmp_path) == ["broken", "old", "other", "pages"] and said.endswith("not made: broken, next, old\n")
    assert "old.json not of physics version" in said
    # The file is of the new version, but was not finished: begun again, though nothing else is.
    assert remake.version_of("broken.json") == PHYSICS_VERSION
    assert small(writes(remake, "broken"), needs_it, writes(remake, "old"))(["--run"]) == 0
    assert sorted(order(tmp_path)[4:]) == ["broken", "next", "old", "pages"]


def test_steps_at_a_time(remake, small, tmp_path):
    """Two wait for each other's file; a step that is alone sees no other at work."""
    meet = "touch {0}.here; for k in $(seq 100); do test -e {1}.here && exit 0; sleep 0.1; done; exit 1"
    pair = [writes(remake, a, after=meet.format(a, b)) for a, b in (("one", "two"), ("two", "one"))]
    apart = [writes(remake, n, after="mkdir busy && sleep 0.2 && rmdir busy", alone=True) for n in ("three", "four")]
    assert small(*pair, *apart)(["--run"]) == 0
    assert sorted(order(tmp_path)) == ["four", "one", "pages", "three", "two"]


def test_mistakes_are_told_in_one_line(remake, capsys):
    for words, line in (
        (["--run", "x"], "x: not one of smco17-workstation, "),
        (["--jobs", "0"], "--jobs: 0, must be at least 1"),
    ):
        with pytest.raises(SystemExit):
            remake.main(words)
        assert line in capsys.readouterr().err.splitlines()[-1]
