"""What comes with hardmag, in a checkout; in a wheel: workflow/test_travel.py."""

from pathlib import Path

import pytest
from refusals import complaint

from hardmag.cli import main
from hardmag.control.controller import campaign_of
from hardmag.shipped import home, image, is_checkout, looked_up

ROOT = Path(__file__).parents[2]


def test_a_checkout_is_its_own_place(capsys):
    assert home() == ROOT and is_checkout()
    assert main(["where"]) == 0 and capsys.readouterr().out == f"{ROOT}\n"


@pytest.mark.parametrize("name", ["profiles/slurm", "config/film/wafer.yaml"])
def test_what_lies_here_comes_first(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert looked_up(name) == str(ROOT / name)
    (tmp_path / name).mkdir(parents=True)
    assert looked_up(name) == name


def test_profiles_in_any_folder(campaign_file, tmp_path, monkeypatch, capsys):
    """One that comes with hardmag, one's own, and neither."""
    path = str(campaign_file())
    monkeypatch.chdir(tmp_path)
    assert campaign_of(path, "profiles/slurm") == ("tiny", Path("results/tiny"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.yaml").touch()
    assert campaign_of(path, "mine") == ("tiny", Path("results/tiny"))
    assert complaint(capsys, "run", path, "--profile", "nine") == "nine: not a Snakemake profile (a folder with a config.yaml)"


def test_the_image_of_jobs(monkeypatch):
    monkeypatch.delenv("HARDMAG_IMAGE", raising=False)
    assert image() == "hardmag.sif"
    monkeypatch.setenv("HARDMAG_IMAGE", "/images/hardmag.sif")
    assert image() == "/images/hardmag.sif"
