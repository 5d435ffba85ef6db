"""The campaign's gate: too many quarantined samples fail it, with a table of reasons."""

from hardmag.campaign.config import load_campaign
from hardmag.campaign.ledger import outlook_lines
from hardmag.dataset.read import health, read_table
from hardmag.errors import UserError
from hardmag.files import write_json


def check(dataset, output, config_path=None, stages=None):
    """Write the health of a dataset as JSON; raise UserError when more is quarantined than the campaign allows.

    stages: function of the campaign and the table → {stage: None, or why it cannot be made of what the simulations gave}.
    """
    state = health(dataset)
    share = state["quarantined"] / state["samples"]
    if share > state["allowed"]:
        reasons = ", ".join(f"{code}: {n}" for code, n in sorted(state["reasons"].items()))
        raise UserError(
            f"{dataset}: {state['quarantined']} of {state['samples']} samples are quarantined ({share:.1%}), "
            f"quality.max_quarantine_fraction allows {state['allowed']:.1%}. Reasons: {reasons}"
        )
    if stages is not None:
        state["stages"] = stages(load_campaign(config_path), read_table(dataset))
        print("\n".join(outlook_lines(state)))
    write_json(output, state)
