"""The first page, the tutorials and the how-to pages, run as they are printed.

Block after block, in a folder that looks like a clone; what they print is held against what the page shows.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hardmag import cli

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [DOCS / "index.md", *sorted((DOCS / "tutorials").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
TOKEN = re.compile(r"(?P<any>…)|(?P<number>(?<![\w.])[-−]?\d+(?:\.\d+)?(?![\w.]*\d))|(?P<space>\s+)|(?P<text>.)", re.S)
# Fields are located to 0.01 T, so a value may differ by that where another processor rounds otherwise; larger ones by 2 %.
ABSOLUTE, RELATIVE = 0.011, 0.02


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder as a clone is, with room for files of one's own."""
    for name in ("Snakefile", "workflow", "profiles", "config", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_page_runs_as_it_is_printed(page, clone):
    scope, printed = {"__name__": page.stem}, ""
    for number, (kind, block) in enumerate(BLOCK.findall(page.read_text()), 1):
        if kind == "python":
            printed = python(block, scope)
        elif kind == "bash":
            printed = bash(block)
        elif kind == "console":
            understood(block)
        elif kind == "text":
            assert (wrong := difference(block, printed)) is None, f"{page.name}, block {number}: {wrong}\nprinted:\n{printed}"


def python(code, scope):
    """What a block prints; the blocks of a page share their names."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "block", "exec"), scope)
    return out.getvalue()


def bash(code):
    """What commands print."""
    done = subprocess.run(["bash", "-euc", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def understood(block):
    """Commands that a cluster or a long time is needed for: hardmag knows their words."""
    for line in block.splitlines():
        if line.startswith("$ hardmag "):
            cli._parse(shlex.split(line.partition(" #")[0])[2:])


def difference(shown, printed):
    """What a page shows against what was printed, None where they agree. … stands for anything."""
    pattern, numbers = "", []
    for token in TOKEN.finditer(shown.strip()):
        kind, text = token.lastgroup, token.group()
        if kind == "number":
            numbers.append(text)
            pattern += r"([-−]?\d+(?:\.\d+)?)"
        else:
            pattern += {"any": ".*?", "space": r"\s+"}.get(kind, re.escape(text))
    found = re.fullmatch(pattern, printed.strip(), re.S)
    if found is None:
        return f"shown is\n{shown}"
    for text, other in zip(numbers, found.groups(), strict=True):
        value, now = (float(word.replace("−", "-")) for word in (text, other))
        if abs(value - now) > (0 if text.isdigit() else max(ABSOLUTE, RELATIVE * abs(value))):
            return f"shown is {text}, printed {other}"
    return None


@pytest.mark.parametrize(
    ("shown", "printed", "agrees"),
    [
        ("Hc 2.76 T", "Hc 2.77 T", True),
        ("Hc 2.76 T", "Hc 2.90 T", False),
        ("Hc 2.76 T", "Hp 2.76 T", False),
        ("8 samples", "9 samples", False),
        ("a …\nend", "a b\nc\nend", True),
        ("a …\nend", "a b\nc", False),
    ],
)
def test_what_counts_as_the_same(shown, printed, agrees):
    assert (difference(shown, printed) is None) == agrees
