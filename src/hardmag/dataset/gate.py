"""The campaign's gate: too many quarantined samples fail it, with a table of reasons."""

from hardmag.dataset.read import health
from hardmag.errors import UserError
from hardmag.files import write_json


def check(dataset, output):
    """Write the health of a dataset as JSON; raise UserError when more is quarantined than the campaign allows."""
    state = health(dataset)
    share = state["quarantined"] / state["samples"]
    if share > state["allowed"]:
        reasons = ", ".join(f"{code}: {n}" for code, n in sorted(state["reasons"].items()))
        raise UserError(
            f"{dataset}: {state['quarantined']} of {state['samples']} samples are quarantined ({share:.1%}), "
            f"quality.max_quarantine_fraction allows {state['allowed']:.1%}. Reasons: {reasons}"
        )
    write_json(output, state)
