"""The first campaign of a kind: valid as it is written, and with all its defaults taken out of their comments."""

import json
import re
from pathlib import Path

import pytest
import yaml
from refusals import complaint

from hardmag.campaign.config import Campaign, load_campaign
from hardmag.campaign.design import make_plan
from hardmag.campaign.first import EDITORS
from hardmag.cli import main
from hardmag.nanostructures import KINDS

FIRST = [name for name, kind in KINDS.items() if kind.first]
OPTIONAL = {"verification": {}, "active_learning": {"cycles": 1, "samples": 1}}  # what these need, where they are asked for


@pytest.fixture(params=FIRST)
def written(request, tmp_path, monkeypatch):
    """Name of the kind; its campaign is in KIND.yaml of the current folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", request.param]) == 0
    return request.param


def test_it_is_valid_and_has_samples(written):
    campaign = load_campaign(f"{written}.yaml")
    assert campaign.name == written
    assert len(make_plan(campaign).samples) >= 20  # as many as surrogates need


def test_its_comments_are_the_defaults(written):
    """Each comment that is a key, taken out of its comment, leaves the campaign as it is."""
    text = Path(f"{written}.yaml").read_text(encoding="utf-8")
    whole = yaml.safe_load(re.sub(r"^( *)# ( *\w+:)", r"\1\2", text, flags=re.M))
    assert whole.keys() == Campaign.model_fields.keys()
    for section, needed in OPTIONAL.items():
        model = Campaign.model_fields[section].annotation.__args__[0]
        given = {key: value for key, value in whole.pop(section).items() if key not in needed}
        assert model.model_validate(given | needed) == model.model_validate(needed)
    kind = KINDS[written]
    varied = whole["design"]["parameters"].keys() - {"alpha_deg"}
    known = {key for key in kind.model_fields if not key.endswith("_sha256")} - varied
    shared = whole.pop("nanostructure")
    assert shared.keys() == known
    as_written = yaml.safe_load(text)
    defaults = {key: kind.model_fields[key].get_default(call_default_factory=True) for key in shared}
    for key, value in shared.items():
        wanted = as_written["nanostructure"].get(key, defaults[key])
        assert value == (list(wanted) if isinstance(wanted, tuple) else wanted), key
    as_it_is = Campaign.model_validate(as_written)
    assert Campaign.model_validate(whole | {"nanostructure": as_written["nanostructure"]}) == as_it_is


def test_editors_find_the_schema(written):
    line = Path(f"{written}.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(Path(line.removeprefix(EDITORS)).read_text())["properties"].keys() == Campaign.model_fields.keys()


@pytest.mark.parametrize(("file", "name"), [("my magnets.yaml", "my-magnets"), ("_µ.yaml", FIRST[0]), ("v1.2.yaml", "v1-2")])
def test_its_name_is_that_of_the_file_as_far_as_a_folder_may_be_called_so(file, name, tmp_path):
    assert main(["init", FIRST[0], "-o", str(tmp_path / file)]) == 0
    assert load_campaign(tmp_path / file).name == name


def test_what_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    assert complaint(capsys, "init", FIRST[0], "-o", "mine.yaml") == "mine.yaml: is there already; -o names another file"
    assert complaint(capsys, "init", "smco") == (
        f"smco: no kind that has a first campaign; there are {', '.join(FIRST)}; did you mean smco17?"
    )


def test_validate_writes_nothing_and_says_what_a_run_would(tmp_path, monkeypatch, capsys):
    """Its lines are those of plan, but for the costs; what a run refuses, it does."""
    monkeypatch.chdir(tmp_path)
    main(["init", FIRST[0], "-o", "mine.yaml"])
    capsys.readouterr()
    assert main(["validate", "mine.yaml"]) == 0
    *said, last = capsys.readouterr().out.splitlines()
    assert last == "mine.yaml: valid" and [p.name for p in tmp_path.iterdir()] == ["mine.yaml"]
    assert main(["plan", "mine.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[: len(said)] == said
    text = (tmp_path / "mine.yaml").read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("realisations: 2 ", "realisations: 0 "))
    assert complaint(capsys, "validate", "mine.yaml").startswith("mine.yaml: half_cycle.realisations: ")
    (tmp_path / "mine.yaml").write_text(
        text.replace("name: mine", "name: other").replace("# max_runtime_min: 1440", "max_runtime_min: 10")
    )
    many = (tmp_path / "mine.yaml").read_text().replace("realisations: 2 ", "realisations: 100 ")
    (tmp_path / "mine.yaml").write_text(many)
    assert "batching.max_runtime_min = 10 is less than" in complaint(capsys, "validate", "mine.yaml", "--device", "cpu")
