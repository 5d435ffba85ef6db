"""What stands in several places is the same: versions, authors, pins and lock files, schema and campaigns, images."""

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
import yaml

from hardmag import __version__
from hardmag.campaign.first import EDITORS, SCHEMA

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CAMPAIGNS = [*ROOT.glob("config/*/*.yaml"), ROOT / "examples" / "campaign.yaml"]
CAMPAIGNS = [path for path in CAMPAIGNS if "design" in yaml.safe_load(path.read_text())]
PIN = re.compile(r"^([\w.-]+)==([\w.+]+)", re.M)
MAY_LACK = {"cpu": {"torch"}, "cuda": set()}  # its CPU build is installed before the others


def test_one_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    zenodo = json.loads((ROOT / ".zenodo.json").read_text())
    newest = re.search(r"^## (\S+?),", (ROOT / "CHANGELOG.md").read_text(), re.M)[1]
    assert {PROJECT["version"], __version__, citation["version"], zenodo["version"], newest} == {__version__}
    assert [author["name"] for author in citation["authors"]] == [creator["name"] for creator in zenodo["creators"]]
    assert citation["title"] == zenodo["title"]


def test_the_physics_version_of_the_changes():
    from hardmag import PHYSICS_VERSION

    assert f"Physics version {PHYSICS_VERSION}." in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("build", MAY_LACK)
def test_lock_files_hold_the_same_pins(build):
    """All that pyproject.toml asks for, at the versions of constraints.txt, each with its hashes, from no certain index."""
    text = (ROOT / "locks" / f"{build}.txt").read_text()
    locked = dict(PIN.findall(text))
    pins = dict(PIN.findall((ROOT / "constraints.txt").read_text()))
    assert {name: locked[name] for name in pins.keys() & locked.keys()} == {n: pins[n] for n in pins.keys() & locked.keys()}
    asked = {re.match(r"[\w.-]+", line)[0] for line in PROJECT["dependencies"]}
    assert asked - locked.keys() == MAY_LACK[build]
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text and bool(re.search("^nvidia-", text, re.M)) == (build == "cuda")


@pytest.mark.parametrize("path", CAMPAIGNS, ids=lambda path: str(path.relative_to(ROOT)))
def test_editors_find_no_fault_with_a_campaign(path):
    """Its first line names the schema, which has it valid."""
    text = path.read_text()
    first = text.splitlines()[0]
    assert first.startswith(EDITORS)
    schema = (path.parent / first.removeprefix(EDITORS)).resolve()
    assert schema == ROOT / SCHEMA
    jsonschema.validate(yaml.safe_load(text), json.loads(schema.read_text()))


@pytest.mark.parametrize(
    ("wrong", "place"),
    [({"kind": "smco71"}, "kind"), ({"kind": "smco17", "LL_nm": 3}, "LL_nm"), ({"kind": "smco17", "L_nm": -3}, "L_nm")],
)
def test_editors_find_what_a_run_refuses(wrong, place):
    """Of a nanostructure too, whose keys are those of its kind."""
    campaign = yaml.safe_load((ROOT / "config" / "smco17" / "workstation.yaml").read_text()) | {"nanostructure": wrong}
    with pytest.raises(jsonschema.ValidationError) as refused:
        jsonschema.validate(campaign, json.loads((ROOT / SCHEMA).read_text()))
    assert place in f"{refused.value.message} {list(refused.value.absolute_path)}"


@pytest.mark.parametrize("name", ["Dockerfile", "hardmag.def"])
def test_images_are_made_of_files_that_are_there(name):
    """But for the wheel, which make wheel puts into dist/."""
    text = (ROOT / "containers" / name).read_text()
    files = set(re.findall(r"containers/install\.sh|constraints\.txt|locks/\S+\.txt|locks/\{\{ TORCH \}\}\.txt", text))
    assert len(files) == 3
    for build in MAY_LACK:
        named = {re.sub(r"\$\{TORCH\}|\{\{ TORCH \}\}", build, file) for file in files}
        assert f"locks/{build}.txt" in named and all((ROOT / file).is_file() for file in named)
