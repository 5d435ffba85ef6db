"""Which stages cannot be made of a campaign's dataset, and why: asked before the first simulation, and again of its result."""

from difflib import get_close_matches

import numpy as np

from hardmag.dataset.join import beside, known
from hardmag.dataset.rehearsal import rehearsed
from hardmag.errors import UserError
from hardmag.surrogates.rows import rows_of

ENOUGH = 1000  # samples, evenly taken out of a long design: planning it is to stay quick
OF_SMCO17 = ("analysis", "explore", "verification")  # stages that other kinds do not have


def outlook(campaign, samples):
    """What a plan says of what can be made of a campaign's samples: `left_out`, and `known` of the data to learn from.

    What a part of the samples suffices for, all do; where that lacks something, all are looked at.
    """
    part = samples[:: max(1, len(samples) // ENOUGH)]
    lacking = left_out(campaign, rehearsed(part))
    if lacking and len(part) < len(samples):
        lacking = left_out(campaign, rehearsed(samples))
    return {"known": known(campaign, samples), "left_out": lacking}


def left_out(campaign, table):
    """{stage: why it is left out} of a campaign whose dataset has this table; before the simulations, a rehearsed one.

    Its finished datasets beside it count too. Raises UserError for a goal of the active learning that is no column.
    """
    has_coercivity = np.isfinite(table["mu0_Hc_T"][table["status"] == "accepted"]).any()
    if campaign.dataset:
        table = beside(table, campaign.dataset)
    if campaign.active_learning:
        table = table | _fractions(campaign, table)
    kind, found = campaign.nanostructure["kind"], {}
    lacking = _complaint(rows_of, table, kind)
    if lacking:
        found["surrogates"] = lacking
    for stage in OF_SMCO17:
        if stage == "verification" and campaign.verification is None:
            continue
        if kind != "smco17":
            found[stage] = f"not for nanostructures of kind {kind}"
        elif lacking:
            found[stage] = lacking
    if not has_coercivity:
        found["coercivities"] = "no accepted sample has a coercivity"  # pictures of them, and of how one reverses
    if campaign.active_learning:
        lacking = _complaint(_learned_from, campaign, table)
        if lacking:
            found["learning"] = lacking
    return found


def _fractions(campaign, table):
    """Columns of goals about phases, which are known once a structure is drawn. UserError for a goal that is no column."""
    wanted = {goal.split()[1] for goal in campaign.active_learning.goals if " " in goal} - table.keys()
    for column in sorted(wanted):
        if not column.startswith("fraction_"):
            near = get_close_matches(column, table, 1)
            meant = f", did you mean {near[0]}?" if near else ""
            raise UserError(f"active_learning.goals: {column}: the dataset has no such column{meant}")
    return dict.fromkeys(wanted, table["mu0_Hc_T"])


def _learned_from(campaign, table):
    from hardmag.learning.known import exact_goals, known_rows, search_space  # imports torch

    settings = campaign.active_learning.model_dump(mode="json")
    space = search_space(campaign, settings)
    known_rows(table, campaign.nanostructure["kind"], space, settings["goals"], exact_goals(campaign, space, settings["goals"]))


def _complaint(check, *arguments):
    """What a check has to say against a table; None where it passes."""
    try:
        check(*arguments)
    except UserError as error:
        return str(error).removeprefix("table: ").removeprefix("active_learning: ")
    return None
