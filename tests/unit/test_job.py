"""What a workflow script says when its work fails."""

import pytest

from hardmag.errors import UserError
from hardmag.job import files_of, job


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (UserError("own.yaml: not so"), "error: own.yaml: not so\n"),
        (OSError(28, "No space left on device"), "error: [Errno 28] No space left on device; make room and run again"),
    ],
)
def test_in_one_line(tmp_path, raised, said):
    with pytest.raises(SystemExit) as ended, job(tmp_path / "log"):
        print("before")
        raise raised
    assert ended.value.code == 1
    assert (tmp_path / "log").read_text().startswith(f"before\n{said}")


def test_a_mistake_of_ours_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), job(tmp_path / "log"):
        raise ZeroDivisionError
    with pytest.raises(FileNotFoundError), job(tmp_path / "log"):
        (tmp_path / "missing").read_text()


def test_files_of_an_input_are_a_list():
    """A list of one that stood behind a checkpoint comes as its file."""
    assert files_of("r/a.json") == ["r/a.json"] and files_of(("a", "b")) == ["a", "b"] and files_of([]) == []
