"""What --config and --configfile name is what is taken, whatever the file is called; else it is refused by name."""

import subprocess
from pathlib import Path

import pytest

from hardmag.campaign.named_files import encoded, named_files
from hardmag.errors import UserError

ODD = [
    "run #2.yaml",
    "#1.yaml",
    "-n.yaml",
    "it's.yaml",
    '"quoted".yaml',
    "'quoted'.yaml",
    "1e3",
    "True",
    "null",
    "a=b.yaml",
    "ä µ0.yaml",
    "$HOME `id` $(id) \\n !!.yaml",
    "{x}.yaml",
    "50%20.yaml",
    "file:a.yaml",
    "a: [b, c",
    "& *x ~",
    "nicht-utf8-\udcff.yaml",
]


def campaign(*arguments, configfiles=(), config=()):
    return named_files(arguments, configfiles, dict(config))["campaign"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ODD)
def test_any_name_is_taken_as_typed_and_comes_through_shells(name, folder):
    """As typed; and as jobs get it: Snakemake writes repr() into a command line, SLURM's plugin that into --wrap="…"."""
    (folder / name).touch()
    assert campaign(f"campaign={name}") == name
    job = repr(f"campaign={encoded(name)}")
    plain = subprocess.run(["sh", "-c", f"printf %s {job}"], capture_output=True, text=True, check=True).stdout
    wrapped = 'sh -c "printf %s {}"'.format(job.replace('"', '\\"'))
    assert subprocess.run(["sh", "-c", wrapped], capture_output=True, text=True, check=True).stdout == plain
    assert campaign(plain) == name


def test_a_usual_name_stays_legible():
    assert encoded("config/smco17/paper.yaml") == "config/smco17/paper.yaml"


def test_the_same_file_has_one_name(folder):
    (folder / "x.yaml").touch()
    assert campaign("campaign=./x.yaml") == campaign("campaign='x.yaml'") == "x.yaml"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["campain=x.yaml"],
            "--config: unknown key 'campain'; allowed are campaign, dataset, verification; did you mean campaign?",
        ),
        (["colour=x"], "--config: unknown key 'colour'; allowed are campaign, dataset, verification"),
        (["campaign="], "--config campaign= names no file"),
        (["campaign=a.yaml", "campaign=b.yaml"], "--config campaign: given twice, as a.yaml and as b.yaml"),
        (["campaign=a\nb.yaml"], "'a\\nb.yaml': a file's name with a control character; rename it"),
        (["dataset={a}.h5"], "{a}.h5: a dataset whose name has braces, which are Snakemake's wildcards; rename it"),
    ],
)
def test_what_is_refused(arguments, words):
    with pytest.raises(UserError) as error:
        named_files(arguments, [], {})
    assert str(error.value) == words


SECTIONS = {"name": "x", "nanostructure": {}, "design": {}}


def test_a_campaign_file_as_configfile_is_the_campaign(folder):
    (folder / "x.yaml").touch()
    file, other = folder / "x.yaml", folder / "y.yaml"
    assert campaign(configfiles=[file], config=SECTIONS) == "x.yaml"
    assert campaign("campaign=x.yaml", configfiles=[file], config=SECTIONS | {"campaign": "x.yaml"}) == "x.yaml"
    assert named_files(["dataset=d.h5"], [file], SECTIONS) == {"campaign": "x.yaml", "dataset": "d.h5"}
    with pytest.raises(
        UserError, match="^--configfile: one campaign file, got x.yaml, y.yaml; or give --config campaign=FILE$"
    ):
        campaign(configfiles=[file, other], config=SECTIONS)
    other.touch()
    with pytest.raises(UserError, match="^two campaign files, --configfile x.yaml and --config campaign=y.yaml: give one$"):
        campaign("campaign=y.yaml", configfiles=[file], config=SECTIONS)


def test_a_configfile_may_hold_the_keys_of_config_instead():
    config = {"campaign": "x.yaml", "dataset": "d.h5"}
    assert named_files([], [Path("keys.yaml")], config) == config
    assert named_files(["campaign=y.yaml"], [Path("keys.yaml")], config)["campaign"] == "y.yaml"
    with pytest.raises(UserError, match="^--configfile: unknown key 'campaigns'; allowed are .*; did you mean campaign"):
        named_files([], [Path("keys.yaml")], {"campaigns": "x.yaml"})


def test_nothing_is_named():
    assert named_files([], [], {}) == {}
