# The campaign on one page. Which one: snakemake --config campaign=config/smco17/paper.yaml
# Parsed again by every job: standard library and yaml only.
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

# A few constants and functions, nothing heavy.
from hardmag.control.lock import hold_to_the_end
from hardmag.campaign.current import is_current, stored_plan
from hardmag.campaign.named_files import encoded, named_files
from hardmag.errors import UserError
from hardmag.papers import FILES as FILES_OF_PAPERS
from hardmag.papers import artefacts_of
from hardmag.shipped import image, looked_up
from snakemake.utils import min_version

min_version("9.19")


include: "workflow/rules/common.smk"


FILES_GIVEN = files_given()
CAMPAIGN_FILE = FILES_GIVEN["campaign"]
DATASET = FILES_GIVEN.get("dataset")  # a finished one; then nothing is simulated


R = Path("results") / campaign_name()
GPUS = gpus()
remember_min_job_age()
PLAN = read_plan()
ROUNDS = PLAN["settings"]["quality"]["rescue_rounds"]
BATCHING = PLAN["settings"]["batching"]
# What a finished campaign is made again for, beside changed files:
SAMPLES = hashlib.sha256("".join(PLAN["samples"]).encode()).hexdigest()
QUALITY = PLAN["settings"]["quality"]
PHYSICS_VERSION = PLAN["physics_version"]
# {stage: None, or why it is left out}, as far as it is known before the simulations; then see left_out().
STAGES = PLAN["stages"]
LEFT_OUT = {stage: why for stage, why in STAGES.items() if why}
LEARNING = PLAN["settings"]["active_learning"]
# What models learn from, and all that stands on them: the campaign's samples, with those of finished datasets beside.
JOINED = [Path(path) for path in PLAN["settings"]["dataset"]]
ALL_SAMPLES = "joined.h5" if JOINED else "dataset.h5"
# Judgement of inverse designs that were simulated; not every campaign has it, and a given dataset brings its own.
VERIFIED = FILES_GIVEN.get("verification", R / "verification.json")


report: "workflow/report/campaign.rst"


container: image()


onstart:
    begin_run()


# What an addition is called, exactly: a rule that took more for one would vie with those of the campaign for its files.
ADDITION = r"(/verification|/cycles/\d+)"


wildcard_constraints:
    part=f"{ADDITION}?",
    round=r"\d+",
    batch=r"[0-9a-f]{12}",


if DATASET is None:

    include: "workflow/rules/simulate.smk"
    include: "workflow/rules/rescue.smk"
    include: "workflow/rules/dataset.smk"
    include: "workflow/rules/additions.smk"

else:

    include: "workflow/rules/given.smk"


if JOINED:

    include: "workflow/rules/join.smk"


include: "workflow/rules/quality.smk"
include: "workflow/rules/surrogate.smk"
include: "workflow/rules/analysis.smk"
include: "workflow/rules/figures.smk"


if "verification" in STAGES and DATASET is None:

    include: "workflow/rules/verify.smk"


if "learning" in STAGES:

    include: "workflow/rules/learning.smk"


localrules:
    all,
    dataset,
    surrogates,
    analysis,
    figures,
    explore,


rule all:
    default_target: True
    input:
        dataset=rules.dataset.input,
        figures=drawn("figures", "explore", "learning"),
        surrogates=made("surrogates", rules.surrogates.input),
        analysis=made("analysis", rules.analysis.input),
        learning=(
            made("learning", [R / "learning.json"]) if "learning" in STAGES else []
        ),
        verification=(
            made("verification", [VERIFIED]) if "verification" in STAGES else []
        ),
