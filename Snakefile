# The campaign on one page. Which one: snakemake --config campaign=config/smco17/paper.yaml
# Parsed again by every job: standard library and yaml only.
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import yaml

import hardmag  # two constants, nothing heavy
from snakemake.utils import min_version

min_version("9.19")


CAMPAIGN_FILE = config.get("campaign", "config/smco17/demo.yaml")
if not Path(CAMPAIGN_FILE).is_file():
    raise WorkflowError(f"error: {CAMPAIGN_FILE}: no such campaign file (--config campaign=FILE)")


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def plan_is_current(path):
    """Whether plan.json follows from the campaign file, its tables and the physics as they are now."""
    if not path.exists():
        return False
    plan = json.loads(path.read_text())
    sources = plan["sources"]
    return (
        plan["physics_version"] == hardmag.PHYSICS_VERSION
        and CAMPAIGN_FILE in sources
        and all(Path(p).is_file() and sha256(p) == s for p, s in sources.items())
    )


# The plan is made before the graph of jobs, so that a dry run shows every batch; jobs find it current.
NAME = (yaml.safe_load(Path(CAMPAIGN_FILE).read_text()) or {}).get("name", "unnamed")
R = Path("results") / str(NAME)
if not plan_is_current(R / "plan.json"):
    done = subprocess.run([sys.executable, "-m", "hardmag", "plan", CAMPAIGN_FILE], capture_output=True, text=True)
    if done.returncode != 0:
        raise WorkflowError(done.stderr.strip() or f"hardmag plan {CAMPAIGN_FILE} failed")
    print(done.stdout, end="", file=sys.stderr)
PLAN = json.loads((R / "plan.json").read_text())
ROUNDS = PLAN["settings"]["quality"]["rescue_rounds"]


wildcard_constraints:
    round=r"\d+",
    batch=r"[0-9a-f]{12}",


include: "workflow/rules/simulate.smk"
include: "workflow/rules/rescue.smk"
include: "workflow/rules/dataset.smk"
include: "workflow/rules/surrogate.smk"
include: "workflow/rules/figures.smk"


localrules:
    all,
    simulate,
    dataset,
    surrogates,
    figures,


rule all:
    default_target: True
    input:
        dataset=R / "dataset.h5",
        quality=R / "quality.json",
        surrogates=rules.surrogates.input,
        figures=rules.figures.input,
