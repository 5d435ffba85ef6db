"""What docs/testing.md says of the tests' times is what was measured."""

import json

import times


def test_the_docs_say_what_was_measured():
    assert times.table(json.loads(times.KEPT.read_text())) in times.PAGE.read_text()


def test_phases_of_a_test_are_added_up():
    a, b = "tests/unit/test_a.py::test_1", "tests/slurm/test_b.py::test_2"
    quick = {"command": "make test", "wall_s": 61.4, "tests": [[a, "setup", 1.0, 0.5], [a, "call", 2.0, 2.5]]}
    slow = {"command": "make test-slurm", "wall_s": 300.0, "tests": [[b, "call", 290.0, 8.0]]}
    kept = times.measured([quick, slow])
    assert kept["wall_s"] == {"make test": 61, "make test-slurm": 300}
    assert kept["suites"] == {"unit": {"tests": 1, "cpu_s": 3}, "slurm": {"tests": 1, "cpu_s": 8}}
    assert kept["slowest"] == [[b, 290.0, 8.0], [a, 3.0, 3.0]]
    assert "| `slurm/test_b.py::test_2` | 290 | 8 |" in times.table(kept)
