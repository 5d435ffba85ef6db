"""Which plan counts: of this version, of these files, of this physics; what an older or a newer version made."""

import hashlib

import pytest

from hardmag import PHYSICS_VERSION
from hardmag.campaign.current import PLAN_VERSION, is_current, stored_plan
from hardmag.campaign.ledger import plan_campaign, plan_of
from hardmag.cli import main
from hardmag.errors import UserError
from hardmag.files import read_json, write_json


@pytest.fixture
def planned(campaign_file, tmp_path):
    """(campaign file, plan.json) of a campaign in a folder of its own."""
    config, folder = campaign_file(), tmp_path / "results" / "tiny"
    plan_campaign(config, folder, "cpu")
    return config, folder / "plan.json"


def change(path, **changes):
    write_json(path, {key: value for key, value in (read_json(path) | changes).items() if value is not None})


def test_a_plan_is_current_until_something_changes(planned):
    config, path = planned
    assert read_json(path)["plan_version"] == PLAN_VERSION and is_current(path, config, {})
    assert not is_current(path.with_name("given.json"), config, {})
    assert not is_current(path, config.with_name("other.yaml"), {})
    assert not is_current(path, config, {"dataset": "given.h5"})
    write_json(path.with_name("released.json"), [])
    assert not is_current(path, config, {})
    path.with_name("released.json").unlink()
    before = config.read_text()
    config.write_text(before + "# another\n")
    assert not is_current(path, config, {})
    config.write_text(before)
    assert is_current(path, config, {})
    change(path, physics_version=PHYSICS_VERSION - 1)
    assert not is_current(path, config, {})


def test_a_given_dataset_is_of_its_own_physics(tmp_path):
    config, path, given = tmp_path / "a.yaml", tmp_path / "given.json", {"dataset": "d.h5"}
    config.write_text("x")
    sources = {str(config): hashlib.sha256(b"x").hexdigest()}
    write_json(path, {"plan_version": PLAN_VERSION, "physics_version": 0, "sources": sources, "given": given})
    assert is_current(path, config, given)
    assert not is_current(path, config, given | {"verification": "v.json"}) and not is_current(path, config, {})


def test_an_older_plan_is_made_anew_and_its_batches_taken_up(planned):
    """The first plans had no number, and no stages."""
    config, path = planned
    first, batches = read_json(path), {p: p.read_bytes() for p in path.parent.rglob("batches/*")}
    change(path, plan_version=None, stages=None)
    assert not is_current(path, config, {}) and plan_of(path.parent)["batches"] == first["batches"]
    assert plan_campaign(config, path.parent, "cpu") == first
    assert {p: p.read_bytes() for p in path.parent.rglob("batches/*")} == batches and is_current(path, config, {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            f'{{"plan_version": {PLAN_VERSION + 1}}}',
            f"plan version {PLAN_VERSION + 1}, made by a newer hardmag; this one knows {PLAN_VERSION}",
        ),
        ('{"plan_version": 1, "camp', "damaged; delete it, and it is made anew: ledger and batches are kept"),
        ("[]", "damaged; delete it"),
    ],
)
def test_a_plan_that_is_not_understood_is_refused_in_one_line(planned, tmp_path, monkeypatch, capsys, content, message):
    config, path = planned
    path.write_text(content)
    for reader in (stored_plan, lambda path: is_current(path, config, {}), lambda path: plan_of(path.parent)):
        with pytest.raises(UserError, match=message) as caught:
            reader(path)
        assert "\n" not in str(caught.value)
    monkeypatch.chdir(tmp_path)
    for command in ("plan", "status"):
        assert main([command, str(config)]) == 2
        assert message in capsys.readouterr().err
    assert path.read_text() == content


def test_a_table_that_is_made_by_a_rule_is_planned_when_it_is_there(campaign_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "designs.smk").write_text("")
    design = {"kind": "table", "file": "designs.csv", "made_by": "designs.smk", "parameters": {"alpha_deg": [0]}}
    config = campaign_file(design=design)
    assert main(["plan", str(config)]) == 2
    said = capsys.readouterr().err
    assert "designs.csv is not made yet: `hardmag run` makes it, or snakemake -s " in said and said.count("\n") == 1
    assert not list((tmp_path / "results").rglob("*"))
    (tmp_path / "designs.csv").write_text("L_nm,d_nm,wZ_nm\n30,20,4\n")
    assert main(["plan", str(config)]) == 0
    assert str(tmp_path / "designs.csv") in read_json(tmp_path / "results" / "tiny" / "plan.json")["sources"]
