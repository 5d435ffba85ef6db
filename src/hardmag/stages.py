"""Which stages a campaign has, and why others are left out: asked before the first simulation, and again of its result.

The plan holds them, and the workflow makes what the plan says: {stage: None, or why it is left out}. A stage that the campaign
file does not ask for, as the active learning without its section, is not named at all.
"""

import numpy as np

from hardmag.dataset.join import beside, known, too_few
from hardmag.dataset.rehearsal import rehearsed
from hardmag.errors import UserError, meant
from hardmag.figures.explore_tables import MOST_NUMBERS, too_many
from hardmag.nanostructures import KINDS
from hardmag.papers import PAPERS
from hardmag.surrogates.rows import rows_of

ENOUGH = 1000  # samples, evenly taken out of a long design: planning it is to stay quick


def outlook(campaign, samples):
    """What a plan says of what can be made of a campaign's samples: `stages`, and `known` of the data to learn from.

    What a part of the samples suffices for, all do; where that lacks something, all are looked at.
    """
    data = known(campaign, samples)
    part = samples[:: max(1, len(samples) // ENOUGH)]
    found = stages(campaign, rehearsed(part), data["nanostructures"])
    if any(found.values()) and len(part) < len(samples):
        found = stages(campaign, rehearsed(samples), data["nanostructures"])
    return {"known": data, "stages": found}


def stages(campaign, table, nanostructures=None):
    """{stage: None, or why it is left out} of a campaign whose dataset has this table; before the simulations, a rehearsed one.

    Its finished datasets beside it count too. nanostructures: how many models will learn from, None where the plan has judged
    that. Raises UserError for a goal of the active learning that is no column.
    """
    has_coercivity = np.isfinite(table["mu0_Hc_T"][table["status"] == "accepted"]).any()
    if campaign.dataset:
        table = beside(table, campaign.dataset)
    if campaign.active_learning:
        table = table | _fractions(campaign, table)
    kind = campaign.nanostructure["kind"]
    lacking = _complaint(rows_of, table, kind)
    paper = PAPERS.get(kind)
    found = {"dataset": None, "coercivities": None}
    found |= dict.fromkeys(("surrogates", "networks", "verification"), lacking)
    found["explore"] = lacking or _complaint(_computed_in_page, table, kind)
    if not has_coercivity:
        found["coercivities"] = "no accepted sample has a coercivity"  # pictures of them, and of how one reverses
    analysed = paper is not None and "analysis" in paper.STAGES
    found["analysis"] = lacking if analysed else f"not for kind {kind}"
    if campaign.verification is None:
        del found["verification"]
    if campaign.active_learning:
        found["learning"] = _complaint(_learned_from, campaign, table)
        if len(campaign.active_learning.goals) == 2:
            found["front"] = found["learning"]
    if paper is not None:
        few = None if nanostructures is None else too_few(nanostructures)
        found |= paper.pictures(campaign, table, found, few)
    return found


def _fractions(campaign, table):
    """Columns of goals about phases, which are known once a structure is drawn. UserError for a goal that is no column."""
    wanted = {goal.split()[1] for goal in campaign.active_learning.goals if " " in goal} - table.keys()
    for column in sorted(wanted):
        if not column.startswith("fraction_"):
            raise UserError(f"active_learning.goals: {column}: the dataset has no such column{meant(column, table)}")
    return dict.fromkeys(wanted, table["mu0_Hc_T"])


def _learned_from(campaign, table):
    from hardmag.learning.known import exact_goals, known_rows, search_space  # imports torch

    settings = campaign.active_learning.model_dump(mode="json")
    space = search_space(campaign, settings)
    known_rows(table, campaign.nanostructure["kind"], space, settings["goals"], exact_goals(campaign, space, settings["goals"]))


def _computed_in_page(table, kind):
    """UserError where features follow from more numbers than a table of explore.html has, and no script has a formula."""
    for feature, numbers in too_many(rows_of(table, kind).variables, KINDS[kind].script()).items():
        from_them = f"{feature} follows from {', '.join(numbers)}"
        raise UserError(f"{from_them}, more than {MOST_NUMBERS}, and no script of kind {kind} computes it (docs/explore.md)")


def _complaint(check, *arguments):
    """What a check has to say against a table; None where it passes."""
    try:
        check(*arguments)
    except UserError as error:
        return str(error).removeprefix("table: ").removeprefix("active_learning: ")
    return None
