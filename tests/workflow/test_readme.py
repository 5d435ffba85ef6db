"""Every command that README.md shows, where there is a Snakefile, config/ and data/ and nothing else: run, run dry, or read."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from snakemake.cli import get_argument_parser

from hardmag import cli
from hardmag.campaign.config import load_campaign

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
CODE, FENCED = re.compile(r"`([^`\n]+)`"), re.compile(r"^```(\w*)\n(.*?)^```\n", re.M | re.S)
BLOCKS = FENCED.findall(README.partition("## Where things are")[0])
SHOWN = [line.partition(" #")[0].strip() for kind, block in BLOCKS if kind == "" for line in block.splitlines() if line]


def makes(command, site):
    """make knows how."""
    done = subprocess.run(["make", "-n", *command.split()[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def reads(command, site):
    """The command line is understood; a campaign file is there and valid."""
    arguments = cli._parse(shlex.split(command)[1:])
    if hasattr(arguments, "config"):
        load_campaign(arguments.config)


def runs(command, site):
    """In this process."""
    assert cli.main(shlex.split(command)[1:]) == 0


def reads_snakemake(command, site):
    """Snakemake understands it."""
    get_argument_parser().parse_args(shlex.split(command)[1:])


def runs_dry(command, site):
    """With -n, on a campaign and a dataset that are there."""
    for name, given in (("FILE", "config/smco17/workstation.yaml"), ("DATASET.h5", "data/smco17-workstation.h5")):
        command = command.replace(f"={name}", f"={given}")
    words = [sys.executable, "-m", "snakemake", "-n", *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=site, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Job stats:" in done.stdout


def simulates(command, site):
    """The case that README prints, which is among the examples (unit/test_examples.py)."""
    runs(command.replace("CASE.yaml", "examples/voxels.yaml"), site)


HOW = {
    "make demo": makes,
    "make demo-coreshell": makes,
    "make paper": makes,
    "make test": makes,
    "hardmag init smco17 -o my.yaml": runs,
    "hardmag validate my.yaml": runs,
    "hardmag run my.yaml": reads,
    "hardmag run config/smco17/literature.yaml": reads,
    "hardmag plan config/smco17/paper.yaml": runs,
    "hardmag status results/smco17-demo --watch": reads,
    "hardmag resume config/smco17/paper.yaml": reads,
    "hardmag quarantine list results/smco17-demo": reads,
    "hardmag rerun ID --campaign results/smco17-demo": reads,
    "hardmag simulate CASE.yaml -o OUT.h5": simulates,
    "hardmag info results/smco17-demo": runs,
    "hardmag export curves results/smco17-demo -o curves.csv": runs,
    "hardmag predict L_nm=60 d_nm=25 wS_nm=7 wZ_nm=1.5 alpha_deg=30": reads,
    "hardmag design mu0_Hc_T=3.5 phi_p=0.1": reads,
    "hardmag design mu0_Hc_T=4 phi_p=0.1 --campaign results/smco17-workstation": reads,
    "snakemake --profile profiles/local -n --config campaign=config/smco17/paper.yaml": runs_dry,
    "snakemake --profile profiles/slurm --config campaign=config/smco17/paper.yaml": runs_dry,
    "snakemake --profile profiles/local --config campaign=FILE dataset=DATASET.h5 -- figures": runs_dry,
    "snakemake --profile profiles/local --config campaign=FILE --report report.html": reads_snakemake,
    'hardmag composition "Nd0.4La0.6" --T 433': runs,
    "hardmag find-composition --K1 3.77 --Ms 1.45 --max Nd=0.4": runs,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder as a clone is."""
    folder = tmp_path_factory.mktemp("clone")
    for name in ("Snakefile", "workflow", "profiles", "config", "data", "examples"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "results" / "smco17-demo").mkdir(parents=True)
    (folder / "results" / "smco17-demo" / "dataset.h5").symlink_to(ROOT / "data" / "smco17-workstation.h5")
    return folder


def test_every_command_has_its_check():
    assert list(HOW) == SHOWN


@pytest.mark.parametrize("command", HOW)
def test_command(command, site, monkeypatch):
    monkeypatch.chdir(site)
    HOW[command](command, site)


def test_commands_within_the_text():
    """Of make and hardmag, with words in capitals for what is to be filled in."""
    for command in CODE.findall(FENCED.sub("", README)):
        if command.startswith("make "):
            makes(command, ROOT)
        elif command.startswith("hardmag "):
            cli._parse(shlex.split(command)[1:])
